//! Requests whose bytes are written once; only the digits of the reference or the payment id change from turn to turn.

use std::io::Write;
use std::net::SocketAddr;

/// Digits of a reference's running number: enough for a day at any rate.
const DIGITS: usize = 10;
/// Characters of a payment id, prefix included.
const PAYMENT_ID_CHARS: usize = 26;

/// A whole request with one place that changes, always as long as before.
#[derive(Clone, Debug)]
pub(super) struct Template {
    bytes: Vec<u8>,
    hole_at: usize,
}

impl Template {
    /// A create with a unique reference; `salt` tells connections and runs apart.
    pub(super) fn create(address: SocketAddr, key: &str, salt: &str) -> Self {
        let before = format!(r#"{{"amount":500,"currency":"COINS","reference_id":"ORDER_{salt}_"#);
        let after =
            r#"","description":"Event Ticket Purchase","metadata":{"order_id":"123","user_email":"user@example.com"}}"#;
        let body = format!("{before}{}{after}", "0".repeat(DIGITS));
        let head = head("/api/payments/create", address, key, body.len());
        Self { hole_at: head.len() + before.len(), bytes: [head, body].concat().into_bytes() }
    }

    /// A completion whose payment is filled in later.
    pub(super) fn complete(address: SocketAddr, key: &str) -> Self {
        let (before, hole) = ("/api/payments/", "_".repeat(PAYMENT_ID_CHARS));
        let body = r#"{"status":"SUCCESS"}"#;
        let head = head(&format!("{before}{hole}/complete"), address, key, body.len());
        Self { hole_at: "POST ".len() + before.len(), bytes: [&head, body].concat().into_bytes() }
    }

    /// The request with the running number `n`.
    pub(super) fn numbered(&mut self, n: u64) -> &[u8] {
        let mut hole = &mut self.bytes[self.hole_at..self.hole_at + DIGITS];
        // The hole is as wide as the number is printed; a number beyond it would be cut, not overflow.
        let _ = write!(hole, "{n:010}");
        &self.bytes
    }

    /// The request for this payment; `None` if the id does not have an id's length.
    pub(super) fn addressed(&mut self, payment_id: &[u8]) -> Option<&[u8]> {
        let hole = self.bytes.get_mut(self.hole_at..self.hole_at + PAYMENT_ID_CHARS)?;
        (payment_id.len() == PAYMENT_ID_CHARS).then(|| hole.copy_from_slice(payment_id))?;
        Some(&self.bytes)
    }
}

fn head(path: &str, address: SocketAddr, key: &str, body_bytes: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {body_bytes}\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    #[test]
    fn a_numbered_request_is_whole_and_its_body_is_json() {
        let mut template = Template::create(([127, 0, 0, 1], 80).into(), "sk_test_1", "s_1");
        let (first, second) = (text(template.numbered(7)), text(template.numbered(12_345_678_901)));
        assert_eq!(first.len(), second.len());
        let (head, body) = first.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["reference_id"], "ORDER_s_1_0000000007");
        assert_eq!(body["metadata"]["order_id"], "123");
    }

    #[test]
    fn an_addressed_request_names_its_payment() {
        let mut template = Template::complete(([127, 0, 0, 1], 80).into(), "sk");
        let request = text(template.addressed(b"pay_0123456789012345678901").expect("an id"));
        assert!(request.starts_with("POST /api/payments/pay_0123456789012345678901/complete HTTP/1.1\r\n"));
        assert_eq!(template.addressed(b"pay_1"), None);
    }
}
