//! Webhook signatures: what is signed, and how it is spelled. Standard Webhooks 1.0.0 and our own header carry
//! the same MAC.

use crate::id::EventId;
use crate::limits::WEBHOOK_SECRETS_MAX;
use crate::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Where the member `signature` stands among the sorted members of an event's content.
const BEFORE_STATUS: &str = ",\"status\":";

/// A key that webhooks are signed with: the bytes after `whsec_`. Hidden in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl SigningKey {
    /// The key of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac_sha256(&self.0, parts)
    }

    /// Whether the key made this MAC of the message, told in a time that says nothing of where they differ.
    fn made(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        let Ok(mut made) = Hmac::<Sha256>::new_from_slice(&self.0) else { return false };
        for part in parts {
            made.update(part);
        }
        made.verify_slice(mac).is_ok()
    }
}

/// HMAC-SHA256 over the parts of a message.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes that are sent: the content with its own signature as a member, still canonical JSON.
pub fn signed_body(key: &SigningKey, content: &str) -> String {
    let signature = hex(&key.mac(&[content.as_bytes()]));
    // No text of the app's stands behind the status, so the last one is the member itself.
    let at = content.rfind(BEFORE_STATUS).unwrap_or(content.len().saturating_sub(1));
    let (before, after) = content.split_at(at);
    format!("{before},\"signature\":\"sha256={signature}\"{after}")
}

/// The headers that make one attempt verifiable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureHeaders {
    /// `webhook-id`: the event's id, the same in every attempt.
    pub id: String,
    /// `webhook-timestamp`: seconds since 1970 of this attempt.
    pub timestamp: String,
    /// `webhook-signature`: `v1,<base64>` for each live key.
    pub standard: String,
    /// `X-ZenWallet-Signature`: `t=…,id=…,v1=<hex>` for each live key.
    pub own: String,
}

/// Signs one attempt with every live key, the newest first.
pub fn sign_attempt(keys: &[SigningKey], id: EventId, at: Timestamp, body: &str) -> SignatureHeaders {
    sign(keys, &id.to_string(), at.as_ms().div_euclid(1_000), body)
}

fn sign(keys: &[SigningKey], id: &str, at_s: i64, body: &str) -> SignatureHeaders {
    let timestamp = at_s.to_string();
    let (mut standard, mut own) = (String::new(), format!("t={timestamp},id={id}"));
    for key in keys {
        let mac = key.mac(&[id.as_bytes(), b".", timestamp.as_bytes(), b".", body.as_bytes()]);
        if !standard.is_empty() {
            standard.push(' ');
        }
        standard.push_str("v1,");
        standard.push_str(&base64(&mac));
        own.push_str(",v1=");
        own.push_str(&hex(&mac));
    }
    SignatureHeaders { id: id.to_owned(), timestamp, standard, own }
}

/// Whether one of the keys signed these bytes under this id and timestamp; `standard` is the header `webhook-signature`.
/// How old the signature is, is not looked at; nor are more signatures than an app can make.
pub fn is_signed(keys: &[SigningKey], id: &str, timestamp: &str, standard: &str, body: &[u8]) -> bool {
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let given = standard.split(' ').filter_map(|part| part.strip_prefix("v1,").and_then(unbase64));
    let given: Vec<_> = given.take(WEBHOOK_SECRETS_MAX * 2).collect();
    keys.iter().any(|key| given.iter().any(|mac| key.made(&message, mac)))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the contract.
    const BODY: &str = "{\"amount\":500,\"completed_at\":\"2026-01-26T10:35:00Z\",\"currency\":\"COINS\",\"event\":\"payment.success\",\"event_id\":\"evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A\",\"metadata\":{\"10\":\"a\",\"2\":\"b\",\"order_id\":\"123\",\"user_email\":\"user@example.com\",\"é\":1.5},\"payment_id\":\"pay_abc123xyz\",\"reference_id\":\"ORDER_123\",\"signature\":\"sha256=cdeb9ba1673d1b579e2533ad13461c1b354dd7348770f8de0db3db0a5f8c4b83\",\"status\":\"SUCCESS\",\"transaction_id\":\"txn_xyz789\"}";

    fn key() -> SigningKey {
        SigningKey::new((0..32).collect())
    }

    #[test]
    fn the_contracts_vector_comes_out_to_the_letter() {
        let signature = ",\"signature\":\"sha256=cdeb9ba1673d1b579e2533ad13461c1b354dd7348770f8de0db3db0a5f8c4b83\"";
        assert_eq!(signed_body(&key(), &BODY.replace(signature, "")), BODY);
        let headers = sign(&[key()], "evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A", 1_769_423_700, BODY);
        assert_eq!(headers.standard, "v1,EnCliAkK7WdOc8vLOYpHIPyYki8x2JdK1wjnc2Nqy8Y=");
        let own = "t=1769423700,id=evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A,v1=1270a588090aed674e73cbcb398a4720fc98922f31d8974ad708e773636acbc6";
        assert_eq!(headers.own, own);
    }

    #[test]
    fn a_signature_is_known_by_any_of_the_keys_and_by_no_other() {
        let (keys, other) = ([key(), SigningKey::new(vec![7; 32])], SigningKey::new(vec![8; 32]));
        let signed = sign(&keys[1..], "evt_x", 5, "{}").standard;
        let given =
            |keys: &[SigningKey], id, at, text: &str, body: &str| is_signed(keys, id, at, text, body.as_bytes());
        assert!(given(&keys, "evt_x", "5", &signed, "{}"));
        assert!(given(&keys, "evt_x", "5", &format!("v1,x v2,y {signed}"), "{}"));
        assert!(!given(&[other], "evt_x", "5", &signed, "{}"));
        for (id, at, text, body) in [
            ("evt_y", "5", signed.as_str(), "{}"),
            ("evt_x", "6", &signed, "{}"),
            ("evt_x", "5", &signed, "{ }"),
            ("evt_x", "5", "", "{}"),
            ("evt_x", "5", "v1,", "{}"),
            ("evt_x", "5", &signed[..20], "{}"),
            ("evt_x", "5", &format!("{}{signed}", "v1,AAAA ".repeat(8)), "{}"),
        ] {
            assert!(!given(&keys, id, at, text, body), "{id} {at} {text} {body}");
        }
    }

    #[test]
    fn every_live_key_signs_and_a_status_in_the_metadata_misleads_nobody() {
        let headers = sign(&[key(), SigningKey::new(vec![7; 32])], "evt_x", 5, "{}");
        assert_eq!(headers.standard.split(' ').count(), 2);
        assert_eq!(headers.own.matches(",v1=").count(), 2);
        let body = signed_body(
            &key(),
            "{\"metadata\":{\"a\":1,\"status\":\"x\"},\"reference_id\":null,\"status\":\"FAILED\",\"type\":\"t\"}",
        );
        assert!(body.contains("\"reference_id\":null,\"signature\":\"sha256="), "{body}");
        assert!(body.ends_with("\",\"status\":\"FAILED\",\"type\":\"t\"}"), "{body}");
    }
}
