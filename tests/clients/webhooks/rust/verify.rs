//! Verifies deliveries with the official library: `webhook-verifier FILE`. A line of the file has, with tabs between,
//! `verify` or `refuse`, the secret, the three headers, and the body, which has no tabs: canonical JSON escapes them.

use http::{HeaderMap, HeaderValue};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use std::process::ExitCode;

struct Delivery<'a> {
    secret: &'a str,
    id: &'a str,
    timestamp: &'a str,
    signature: &'a str,
    body: &'a str,
}

impl Delivery<'_> {
    fn is_taken(&self) -> bool {
        let mut headers = HeaderMap::new();
        let given = [
            (HEADER_WEBHOOK_ID, self.id),
            (HEADER_WEBHOOK_TIMESTAMP, self.timestamp),
            (HEADER_WEBHOOK_SIGNATURE, self.signature),
        ];
        for (name, value) in given {
            headers.insert(name, HeaderValue::from_str(value).expect("a header"));
        }
        let verified = Webhook::new(self.secret).and_then(|webhook| webhook.verify(self.body.as_bytes(), &headers));
        verified.is_ok()
    }

    /// The same, honestly signed some seconds from when it was.
    fn is_taken_when_signed(&self, later_s: i64) -> bool {
        let at: i64 = self.timestamp.parse().expect("a time");
        let webhook = Webhook::new(self.secret).expect("a secret");
        let signature = webhook.sign(self.id, at + later_s, self.body.as_bytes()).expect("a signature");
        Delivery { timestamp: &(at + later_s).to_string(), signature: &signature, ..*self }.is_taken()
    }
}

fn main() -> ExitCode {
    let path = std::env::args().nth(1).expect("webhook-verifier FILE");
    let (mut passed, mut failed) = (0, 0);
    for line in std::fs::read_to_string(path).expect("a readable file").lines() {
        let [wanted, secret, id, timestamp, signature, body] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not a delivery: {line}");
        };
        let delivery = Delivery { secret, id, timestamp, signature, body };
        let mut check = |what, ok: bool| {
            (passed, failed) = (passed + i32::from(ok), failed + i32::from(!ok));
            if !ok {
                println!("FAIL  rust: {what}: {line}");
            }
        };
        if wanted == "refuse" {
            check("a wrong secret refuses", !delivery.is_taken());
            continue;
        }
        check("it verifies", delivery.is_taken());
        let tampered = body.replacen("\"event\"", "\"evenT\"", 1);
        check("a tampered body is refused", !Delivery { body: &tampered, ..delivery }.is_taken());
        check("the id of another is refused", !Delivery { id: "evt_other", ..delivery }.is_taken());
        check("signed now it is taken", delivery.is_taken_when_signed(0));
        check("signed 10 min ago it is refused", !delivery.is_taken_when_signed(-600));
        check("signed 10 min ahead it is refused", !delivery.is_taken_when_signed(600));
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
