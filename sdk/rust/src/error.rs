//! What goes wrong, by what its reader can do about it.

use crate::models::{ErrorDetail, Payment};
use crate::webhooks::SignatureError;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Why a call came to nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The gateway, or something before it, answered with an error.
    Api(Box<ApiError>),
    /// There was no answer: no connection, or one that broke off.
    Connection(String),
    /// There was no whole answer within the time-out.
    Timeout(String),
    /// A success that is not what it should be.
    InvalidResponse(String),
    /// A webhook that is not ours.
    Signature(SignatureError),
    /// The client was given something that cannot be used: a URL, a key, an id.
    Config(String),
}

/// The class of an answered error; it follows the status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 400, 404, 405, 413, 415 and any other 4xx or 3xx: mend the request.
    InvalidRequest,
    /// 401: mend the key.
    Authentication,
    /// 403: the key, or the user, may not.
    PermissionDenied,
    /// 409: the state of the payment is the reason; the error carries it.
    Conflict,
    /// 422: the idempotency key was used for another request.
    Idempotency,
    /// 429: slow down.
    RateLimit,
    /// 5xx: try again later.
    Server,
}

/// An error as the API tells it. Where something before the gateway answered, only `kind`, `status` and `message` are there.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// Its class.
    pub kind: ErrorKind,
    /// The HTTP status; 0 where the gateway ended a stream.
    pub status: u16,
    /// `invalid_request_error`, …
    pub error_type: Option<String>,
    /// The stable code; `/docs/errors` explains each.
    pub code: Option<String>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The first parameter at fault.
    pub param: Option<String>,
    /// Every parameter at fault.
    pub errors: Vec<ErrorDetail>,
    /// Where the code is explained.
    pub doc_url: Option<String>,
    /// What the gateway's log knows the request by.
    pub request_id: Option<String>,
    /// The payment as it is, where its state is the reason.
    pub payment: Option<Payment>,
    /// What `Retry-After` asked for.
    pub retry_after: Option<Duration>,
}

impl Error {
    /// The answered error, if it is one.
    pub fn as_api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The stable code of an answered error.
    pub fn code(&self) -> Option<&str> {
        self.as_api()?.code.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => error.fmt(f),
            Self::Connection(why) | Self::Timeout(why) | Self::InvalidResponse(why) | Self::Config(why) => {
                f.write_str(why)
            }
            Self::Signature(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [{id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<SignatureError> for Error {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

/// Most characters of a message.
const MESSAGE_MAX: usize = 1_000;
/// How much of a foreign answer an error repeats.
const SHOWN_MAX: usize = 200;

impl ApiError {
    /// The error that an answer is.
    pub(crate) fn read(status: u16, body: &[u8], request_id: Option<String>, retry_after: Option<Duration>) -> Self {
        // Member by member: what is of the wrong kind is absent, the rest still helps.
        let told = serde_json::from_slice(body).unwrap_or(Value::Null);
        let told = &told["error"];
        let kind = match status {
            0 => kind_of(told["type"].as_str()),
            401 => ErrorKind::Authentication,
            403 => ErrorKind::PermissionDenied,
            409 => ErrorKind::Conflict,
            422 => ErrorKind::Idempotency,
            429 => ErrorKind::RateLimit,
            500.. => ErrorKind::Server,
            _ => ErrorKind::InvalidRequest,
        };
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        let ours = text("code").zip(text("message"));
        let is_ours = ours.is_some();
        let (code, message) = match ours {
            Some((code, message)) => (Some(code), message.chars().take(MESSAGE_MAX).collect()),
            None => (None, foreign(status, body)),
        };
        let error = Self {
            kind,
            status,
            error_type: None,
            code,
            message,
            param: None,
            errors: Vec::new(),
            doc_url: None,
            request_id,
            payment: None,
            retry_after,
        };
        if !is_ours {
            return error;
        }
        let details = told["errors"].as_array().into_iter().flatten();
        Self {
            error_type: text("type"),
            param: text("param"),
            errors: details.filter_map(|one| ErrorDetail::deserialize(one).ok()).collect(),
            doc_url: text("doc_url"),
            request_id: text("request_id").or(error.request_id.clone()),
            payment: Payment::deserialize(&told["payment"]).ok(),
            ..error
        }
    }
}

/// The class of what ended a stream, which has no status.
fn kind_of(error_type: Option<&str>) -> ErrorKind {
    match error_type {
        Some("authentication_error") => ErrorKind::Authentication,
        Some("permission_error") => ErrorKind::PermissionDenied,
        Some("conflict_error") => ErrorKind::Conflict,
        Some("rate_limit_error") => ErrorKind::RateLimit,
        Some("api_error") => ErrorKind::Server,
        _ => ErrorKind::InvalidRequest,
    }
}

/// What is said of an answer that is not the gateway's.
fn foreign(status: u16, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(SHOWN_MAX * 4)]);
    let shown: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_MAX).collect();
    if shown.is_empty() {
        return format!("HTTP {status} without a body; it did not come from the gateway");
    }
    format!("HTTP {status} that did not come from the gateway: {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn every_vector_is_answered() {
        let vectors = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/errors.json")).unwrap();
        let vectors: Vec<Value> = serde_json::from_slice(&vectors).unwrap();
        assert!(vectors.len() > 20);
        for case in vectors {
            let (status, expected) = (u16::try_from(case["status"].as_u64().unwrap()).unwrap(), &case["expected"]);
            if status < 300 {
                assert!(serde_json::from_str::<Payment>(case["body"].as_str().unwrap()).is_err(), "{case}");
                assert_eq!(expected["class"], "InvalidResponseError", "{case}");
                continue;
            }
            let header = |wanted: &str| {
                let mut headers = case["headers"].as_object().unwrap().iter();
                headers.find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then(|| value.as_str().unwrap()))
            };
            let asked = header("retry-after").and_then(|value| crate::retry::retry_after(value, SystemTime::now()));
            let request_id = header("request-id").map(str::to_owned);
            let error = ApiError::read(status, case["body"].as_str().unwrap().as_bytes(), request_id, asked);
            let class = match error.kind {
                ErrorKind::Authentication => "AuthenticationError",
                ErrorKind::PermissionDenied => "PermissionDeniedError",
                ErrorKind::Conflict => "ConflictError",
                ErrorKind::Idempotency => "IdempotencyError",
                ErrorKind::RateLimit => "RateLimitError",
                ErrorKind::Server => "ServerError",
                ErrorKind::InvalidRequest => "InvalidRequestError",
            };
            assert_eq!(expected["class"], class, "{case}");
            let told = serde_json::json!({
                "type": error.error_type, "code": error.code, "param": error.param, "doc_url": error.doc_url,
                "request_id": error.request_id, "errors": error.errors,
                "payment_id": error.payment.as_ref().map(|payment| &payment.payment_id),
            });
            for (name, value) in told.as_object().unwrap() {
                assert_eq!(expected.get(name).unwrap_or(&Value::Null), value, "{name}: {case}");
            }
            if class == "RateLimitError" {
                let waited = error.retry_after.map(|wait| wait.as_secs());
                assert_eq!(expected["retry_after_s"], serde_json::json!(waited), "{case}");
            }
            for part in expected["message_contains"].as_array().unwrap() {
                assert!(error.message.contains(part.as_str().unwrap()), "{}: {case}", error.message);
            }
            assert!(error.message.chars().count() <= MESSAGE_MAX);
        }
    }
}
