//! Reads an answer, within bounds: what is kept fits in a row of the log, whatever was sent.

use super::SendOptions;
use super::error::{SendError, explain_http};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::{HeaderMap, Response, header};
use tokio::time::{Instant, timeout_at};
use zenwallet_core::time::{Clock, Timestamp};

/// Headers that are kept of an answer.
const HEADERS_MAX: usize = 32;
/// Bytes of names and values that are kept of them.
const HEADERS_MAX_BYTES: usize = 4 * 1024;

/// What a receiver said.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status, 100 to 999.
    pub(crate) status: u16,
    /// The first headers, as text.
    pub(crate) headers: Vec<(String, String)>,
    /// The beginning of the body, as text.
    pub(crate) body: String,
    /// How long `Retry-After` asks to wait, in milliseconds, if it can be read.
    pub(crate) retry_after_ms: Option<i64>,
}

/// Reads an answer to its end, to the limit or to the deadline. A success counts when it is whole; a failure is one
/// however it ends.
pub(super) async fn read(
    response: Response<Incoming>,
    options: &SendOptions,
    deadline: Instant,
    clock: &Clock,
) -> Result<Answer, SendError> {
    let (head, body) = response.into_parts();
    let mut start = Start::default();
    let ended = match timeout_at(deadline, read_body(body, &mut start, options)).await {
        Ok(ended) => ended.map_err(|error| explain_http(&error)),
        Err(_) => Err(SendError::timed_out(options.deadline)),
    };
    if head.status.is_success() {
        ended?;
    }
    Ok(Answer {
        status: head.status.as_u16(),
        headers: kept_headers(&head.headers),
        body: start.into_text(options.kept_max_bytes),
        retry_after_ms: head
            .headers
            .get(header::RETRY_AFTER)
            .and_then(|value| retry_after_ms(value.to_str().ok()?, clock)),
    })
}

/// The start of a body.
#[derive(Default)]
struct Start {
    bytes: Vec<u8>,
    is_cut: bool,
}

async fn read_body<B: Body<Data = bytes::Bytes> + Unpin>(
    mut body: B,
    start: &mut Start,
    options: &SendOptions,
) -> Result<(), B::Error> {
    let mut read_bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = options.kept_max_bytes - start.bytes.len();
        start.bytes.extend_from_slice(&data[..data.len().min(room)]);
        start.is_cut |= data.len() > room;
        read_bytes += data.len();
        if read_bytes >= options.answer_max_bytes {
            break;
        }
    }
    Ok(())
}

impl Start {
    /// The bytes as text that both databases keep: U+FFFD stands for what is not UTF-8 and for NUL.
    fn into_text(self, max_bytes: usize) -> String {
        let mut text = String::with_capacity(self.bytes.len());
        let mut chunks = self.bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let is_cut_here = self.is_cut && chunks.peek().is_none();
            if !chunk.invalid().is_empty() && !is_cut_here {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        if text.contains('\0') {
            text = text.replace('\0', "\u{FFFD}");
        }
        text.truncate(text.floor_char_boundary(max_bytes));
        text
    }
}

fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut left_bytes = HEADERS_MAX_BYTES;
    let mut kept = Vec::with_capacity(headers.len().min(HEADERS_MAX));
    for (name, value) in headers.iter().take(HEADERS_MAX) {
        let mut value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let Some(room) = left_bytes.checked_sub(name.as_str().len()) else { break };
        value.truncate(value.floor_char_boundary(room));
        left_bytes = room - value.len();
        kept.push((name.as_str().to_owned(), value));
    }
    kept
}

/// Understands `Retry-After`: seconds, or a date.
fn retry_after_ms(text: &str, clock: &Clock) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(1_000));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    let at = Timestamp::from_ms(at.timestamp().as_millisecond());
    Some(at.as_ms().saturating_sub(clock.now().as_ms()).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;
    use zenwallet_core::time::ManualClock;

    fn text(bytes: &[u8], is_cut: bool, max_bytes: usize) -> String {
        Start { bytes: bytes.to_vec(), is_cut }.into_text(max_bytes)
    }

    #[test]
    fn a_body_becomes_text() {
        assert_eq!(text(b"ok", false, 10), "ok");
        assert_eq!(text(b"a\0b\xffc", false, 8), "a\u{fffd}b\u{fffd}");
        assert_eq!(text(b"a\0b\xffc", false, 100), "a\u{fffd}b\u{fffd}c");
        // A letter that was cut is left out; one that was never whole is marked.
        assert_eq!(text("aé".as_bytes().split_last().unwrap().1, true, 10), "a");
        assert_eq!(text("aé".as_bytes().split_last().unwrap().1, false, 10), "a\u{fffd}");
        assert_eq!(text(&[0xff; 10], true, 7), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn headers_are_kept_up_to_a_number_and_a_size() {
        let mut headers = HeaderMap::new();
        for n in 0..100 {
            let name = HeaderName::from_bytes(format!("x-{n}").as_bytes()).unwrap();
            headers.insert(name, HeaderValue::from_static("v"));
        }
        assert_eq!(kept_headers(&headers).len(), HEADERS_MAX);
        for n in 0..100 {
            let name = HeaderName::from_bytes(format!("x-{n}").as_bytes()).unwrap();
            headers.insert(name, HeaderValue::from_bytes("é".repeat(700).as_bytes()).unwrap());
        }
        let kept = kept_headers(&headers);
        let bytes: usize = kept.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!((HEADERS_MAX_BYTES - 10..=HEADERS_MAX_BYTES).contains(&bytes), "{bytes}");
    }

    proptest! {
        #[test]
        fn retry_after_never_asks_for_the_past(text in "[0-9]{0,30}|\\PC{0,40}|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", now: i64) {
            let clock = Clock::Manual(ManualClock::new(Timestamp::from_ms(now)));
            prop_assert!(retry_after_ms(&text, &clock).is_none_or(|ms| ms >= 0));
        }

        #[test]
        fn a_body_never_outgrows_its_bounds(bytes: Vec<u8>, is_cut: bool, max_bytes in 0..200_usize) {
            let text = text(&bytes, is_cut, max_bytes);
            prop_assert!(text.len() <= max_bytes && !text.contains('\0'));
        }
    }
}
