//! One request as it was received.

use super::request::Layout;
use crate::webhook::Signed;
use std::ops::Range;
use std::time::Instant;

/// A request, whole, and what it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    /// When it was there to its last byte.
    pub(crate) at: Instant,
    /// The same by the wall clock.
    pub(crate) at_ms: i64,
    /// When its answer was begun; `None` if it has none yet.
    pub(crate) answered: Option<Instant>,
    /// The status of the answer; 0 as long as there is none.
    pub(crate) status: u16,
    /// Which request of its event it is, from 1.
    pub(crate) nth: u32,
    bytes: Box<[u8]>,
    path: Range<usize>,
    body_at: usize,
}

impl Receipt {
    /// A request that was just read.
    pub(super) fn new(at: Instant, at_ms: i64, nth: u32, bytes: &[u8], layout: &Layout) -> Self {
        let (bytes, path, body_at) = (bytes.into(), layout.path.clone(), layout.body_at);
        Self { at, at_ms, answered: None, status: 0, nth, bytes, path, body_at }
    }

    /// Whether it was answered 2xx.
    pub(crate) fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The path with its query.
    pub(crate) fn path(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.path.clone()]).unwrap_or_default()
    }

    /// The body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.body_at..]
    }

    /// A header's value; the name in lower-case letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(&self.bytes[..self.body_at]).ok()?;
        head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// What can be verified of it.
    pub(crate) fn signed(&self) -> Signed<'_> {
        Signed {
            id: self.header("webhook-id"),
            timestamp: self.header("webhook-timestamp"),
            standard: self.header("webhook-signature"),
            own: self.header("x-zenwallet-signature"),
            body: std::str::from_utf8(self.body()).unwrap_or_default(),
            at_ms: self.at_ms,
        }
    }

    /// The payment that the body tells of.
    pub(crate) fn payment_id(&self) -> Option<&str> {
        std::str::from_utf8(payment_id(self.body())?).ok()
    }
}

/// The payment id in a JSON body, found without reading all of it. The peer's bodies have no other name.
pub(super) fn payment_id(body: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"\"payment_id\":\"";
    // From behind: what comes before it, the metadata, is the app's own text.
    let at = body.windows(NAME.len()).rposition(|window| window == NAME)? + NAME.len();
    let bytes = body[at..].iter().position(|b| *b == b'"')?;
    Some(&body[at..at + bytes])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::request::layout;

    #[test]
    fn a_receipt_gives_back_its_parts() {
        let body = r#"{"event_id":"evt_1","metadata":{"payment_id":"x"},"payment_id":"pay_1","status":"SUCCESS"}"#;
        let request =
            format!("POST /ok/1 HTTP/1.1\r\nWebhook-Id: evt_1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let layout = layout(request.as_bytes()).expect("understood").expect("whole");
        let mut receipt = Receipt::new(Instant::now(), 5, 1, request.as_bytes(), &layout);
        assert_eq!((receipt.path(), receipt.body()), ("/ok/1", body.as_bytes()));
        assert_eq!((receipt.header("webhook-id"), receipt.header("x-other")), (Some("evt_1"), None));
        assert_eq!((receipt.payment_id(), receipt.is_accepted()), (Some("pay_1"), false));
        receipt.status = 204;
        assert!(receipt.is_accepted());
        assert_eq!(payment_id(b"{}"), None);
    }
}
