//! Webhooks as the contract words them, checked without the product's own code: what is signed, and by whom.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How far the time that an attempt was signed at may be from the time it arrived, in seconds. The contract gives
/// receivers 300; an attempt on this machine arrives at once.
pub(crate) const SIGNED_WITHIN_S: i64 = 20;
/// Before the digits of the content's own signature.
const MEMBER: &str = "\"signature\":\"sha256=";
/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// The key in an app's `whsec_…`.
#[derive(Clone)]
pub(crate) struct WebhookKey(Vec<u8>);

/// What a delivery carries, as far as it can be verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    /// `webhook-id`.
    pub(crate) id: Option<&'a str>,
    /// `webhook-timestamp`.
    pub(crate) timestamp: Option<&'a str>,
    /// `webhook-signature`.
    pub(crate) standard: Option<&'a str>,
    /// `X-ZenWallet-Signature`.
    pub(crate) own: Option<&'a str>,
    /// The body.
    pub(crate) body: &'a str,
    /// When it arrived, in milliseconds.
    pub(crate) at_ms: i64,
}

impl WebhookKey {
    /// Reads a secret as `zenwallet app create` prints it.
    pub(crate) fn parse(secret: &str) -> Option<Self> {
        Some(Self(STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?))
    }

    /// What is wrong with a delivery, if anything.
    pub(crate) fn flaw(&self, signed: Signed<'_>) -> Option<&'static str> {
        let Signed { id: Some(id), timestamp: Some(timestamp), standard: Some(standard), own: Some(own), body, .. } =
            signed
        else {
            return Some("a signature header is missing");
        };
        let mac = self.mac(&[id, ".", timestamp, ".", body]);
        let age_s = timestamp.parse::<i64>().map(|at| signed.at_ms.div_euclid(1_000) - at);
        let checks = [
            (standard == format!("v1,{}", STANDARD.encode(&mac)), "webhook-signature does not fit"),
            (own == format!("t={timestamp},id={id},v1={}", hex(&mac)), "X-ZenWallet-Signature does not fit"),
            (age_s.is_ok_and(|age| age.abs() <= SIGNED_WITHIN_S), "webhook-timestamp is not this attempt's"),
            (self.signs_content(body), "the member signature does not fit"),
        ];
        checks.into_iter().find(|(fits, _)| !fits).map(|(_, flaw)| flaw)
    }

    fn signs_content(&self, body: &str) -> bool {
        split(body).is_some_and(|(content, digits)| digits == hex(&self.mac(&[&content])))
    }

    fn mac(&self, parts: &[&str]) -> Vec<u8> {
        // HMAC takes keys of every length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return Vec::new() };
        parts.iter().for_each(|part| mac.update(part.as_bytes()));
        mac.finalize().into_bytes().to_vec()
    }
}

/// Takes a body apart: the content without its signature, byte for byte, and the signature's digits.
pub(crate) fn split(body: &str) -> Option<(String, &str)> {
    // Text in JSON cannot hold this name with its quotes, and the metadata, which can, stands before it.
    let at = body.rfind(MEMBER)?;
    let digits = body.get(at + MEMBER.len()..at + MEMBER.len() + DIGITS)?;
    let after = body.get(at + MEMBER.len() + DIGITS..)?.strip_prefix("\",")?;
    Some(([&body[..at], after].concat(), digits))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Signs a content as the contract says, for scenes made by hand.
#[cfg(test)]
pub(crate) fn sign(secret: &str, id: &str, at_s: i64, content: &str) -> (String, String, String) {
    let key = WebhookKey::parse(secret).expect("a secret");
    let member = format!("{MEMBER}{}\",\"status\":", hex(&key.mac(&[content])));
    let body = content.replacen("\"status\":", &member, 1);
    let mac = key.mac(&[id, ".", &at_s.to_string(), ".", &body]);
    (format!("v1,{}", STANDARD.encode(&mac)), format!("t={at_s},id={id},v1={}", hex(&mac)), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const ID: &str = "evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A";
    const BODY: &str = concat!(
        r#"{"amount":500,"completed_at":"2026-01-26T10:35:00Z","currency":"COINS","event":"payment.success","#,
        r#""event_id":"evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A","metadata":{"10":"a","2":"b","order_id":"123","#,
        r#""user_email":"user@example.com","é":1.5},"payment_id":"pay_abc123xyz","reference_id":"ORDER_123","#,
        r#""signature":"sha256=cdeb9ba1673d1b579e2533ad13461c1b354dd7348770f8de0db3db0a5f8c4b83","#,
        r#""status":"SUCCESS","transaction_id":"txn_xyz789"}"#
    );
    const STANDARD_MAC: &str = "v1,EnCliAkK7WdOc8vLOYpHIPyYki8x2JdK1wjnc2Nqy8Y=";
    const OWN_MAC: &str = "t=1769423700,id=evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A,\
                           v1=1270a588090aed674e73cbcb398a4720fc98922f31d8974ad708e773636acbc6";

    /// The contract's own vector.
    const VECTOR: Signed<'_> = Signed {
        id: Some(ID),
        timestamp: Some("1769423700"),
        standard: Some(STANDARD_MAC),
        own: Some(OWN_MAC),
        body: BODY,
        at_ms: 1_769_423_700_999,
    };

    fn flaw(signed: Signed<'_>) -> Option<&'static str> {
        WebhookKey::parse(SECRET).expect("a key").flaw(signed)
    }

    #[test]
    fn the_contracts_vector_verifies() {
        assert_eq!(flaw(VECTOR), None);
    }

    #[test]
    fn every_part_is_held_to_its_signature() {
        assert!(flaw(Signed { id: Some("evt_2"), ..VECTOR }).is_some());
        assert!(flaw(Signed { id: None, ..VECTOR }).is_some());
        assert!(flaw(Signed { timestamp: Some("1769423701"), ..VECTOR }).is_some());
        assert!(flaw(Signed { standard: Some("v1,AAAA"), ..VECTOR }).is_some());
        assert!(flaw(Signed { own: Some("t=1"), ..VECTOR }).is_some());
        assert!(flaw(Signed { body: &BODY.replace("500", "501"), ..VECTOR }).is_some());
        assert!(flaw(Signed { at_ms: VECTOR.at_ms + 21_000, ..VECTOR }).is_some());
        let other = WebhookKey::parse("whsec_AAAA").expect("a key");
        assert!(other.flaw(VECTOR).is_some());
    }

    #[test]
    fn the_members_own_signature_counts_too() {
        let content = split(BODY).expect("a signature").0;
        let (standard, own, body) = sign(SECRET, ID, 1_769_423_700, &content);
        assert_eq!((standard.as_str(), own.as_str(), body.as_str()), (STANDARD_MAC, OWN_MAC, BODY));
        let forged = BODY.replace("cdeb9b", "cdeb9a");
        let mac = WebhookKey::parse(SECRET).expect("a key").mac(&[ID, ".", "1769423700", ".", &forged]);
        let (standard, own) =
            (format!("v1,{}", STANDARD.encode(&mac)), format!("t=1769423700,id={ID},v1={}", hex(&mac)));
        let signed = Signed { standard: Some(&standard), own: Some(&own), body: &forged, ..VECTOR };
        assert_eq!(flaw(signed), Some("the member signature does not fit"));
    }

    #[test]
    fn the_content_is_the_body_without_its_signature() {
        let trap = r#"{"metadata":{"signature":"sha256=0"},"signature":"sha256=HEX","status":"SUCCESS"}"#;
        let body = trap.replace("HEX", &"a".repeat(64));
        let (content, digits) = split(&body).expect("a signature");
        assert_eq!(content, r#"{"metadata":{"signature":"sha256=0"},"status":"SUCCESS"}"#);
        assert_eq!(digits, "a".repeat(64));
        assert_eq!(split(r#"{"status":"SUCCESS"}"#), None);
        assert!(WebhookKey::parse("secret").is_none());
    }
}
