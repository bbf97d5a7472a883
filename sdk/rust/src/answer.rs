//! Reading answers, within bounds.

use crate::error::ApiError;
use crate::retry::retry_after;
use crate::{Error, Result};
use reqwest::Response;
use reqwest::header::{self, HeaderMap, HeaderName};
use std::time::SystemTime;

/// A larger answer is refused.
const BODY_MAX: usize = 8 * 1024 * 1024;
/// What is read of an error.
const ERROR_MAX: usize = 64 * 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The body of a success; the error that anything else is.
pub(crate) async fn read_success(mut response: Response) -> Result<Vec<u8>> {
    let status = response.status();
    let too_large = || Error::InvalidResponse(format!("the answer is larger than {BODY_MAX} bytes"));
    // An error that goes on without end has said enough.
    let max = if status.is_success() { BODY_MAX } else { ERROR_MAX };
    if status.is_success() && response.content_length().is_some_and(|length| length > BODY_MAX as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while body.len() <= max {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(Error::Connection(format!("the answer broke off: {}", chain(&error)))),
        }
    }
    if status.is_success() {
        return if body.len() <= max { Ok(body) } else { Err(too_large()) };
    }
    let text = |name: &HeaderName| text_of(response.headers(), name);
    let asked = text(&header::RETRY_AFTER).and_then(|value| retry_after(&value, SystemTime::now()));
    Err(ApiError::read(status.as_u16(), &body, text(&REQUEST_ID), asked).into())
}

/// Refuses a success of another media type.
pub(crate) fn expect_type(response: &Response, expected: &str) -> Result<()> {
    let found = text_of(response.headers(), &header::CONTENT_TYPE).unwrap_or_default();
    if found.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(expected)) {
        return Ok(());
    }
    let found: String = found.chars().take(100).collect();
    Err(Error::InvalidResponse(format!("the answer is {found:?} instead of {expected}")))
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// What an error says, and why, without the URL: that may hold what nobody should read.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let mut text = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(one) = cause {
        text.push(one.to_string());
        cause = one.source();
    }
    // The last one is the reason; those before name the layers it came through.
    text.pop().unwrap_or_else(|| "the request failed".to_owned())
}
