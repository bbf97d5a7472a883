//! Webhooks: verifying them, and having them sent.

use crate::client::Call;
use crate::listener::Listener;
use crate::stream::LogStream;
use crate::{Client, DeliveryDetail, Event, Replay, ReplayWebhooks, Result, Secret, TestWebhook};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};
use sha2::Sha256;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

type Checked<T> = std::result::Result<T, SignatureError>;

const HEADER_MAX: usize = 4096;
const OWN_HEADER: &str = "x-zenwallet-signature";

/// Why a webhook is not ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SignatureError {
    /// The client has no webhook secret, or one that is not `whsec_` and base64.
    SecretInvalid,
    /// There is no signature.
    HeaderMissing,
    /// The signature is not written as it should be.
    HeaderMalformed,
    /// The bytes are not what was signed, or the secret is another.
    SignatureMismatch,
    /// Signed too long ago: it may be played again by somebody, or this clock is ahead.
    TimestampTooOld,
    /// Signed in the future: this clock is behind.
    TimestampTooNew,
    /// Signed by us, and yet no event.
    BodyMalformed,
}

impl SignatureError {
    /// The reason, as every SDK names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretInvalid => "secret_invalid",
            Self::HeaderMissing => "header_missing",
            Self::HeaderMalformed => "header_malformed",
            Self::SignatureMismatch => "signature_mismatch",
            Self::TimestampTooOld => "timestamp_too_old",
            Self::TimestampTooNew => "timestamp_too_new",
            Self::BodyMalformed => "body_malformed",
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            Self::SecretInvalid => "the webhook secret must be whsec_ and base64, as the gateway showed it",
            Self::HeaderMissing => "the request has no X-ZenWallet-Signature",
            Self::HeaderMalformed => "the signature is not written as it should be",
            Self::SignatureMismatch => {
                "the signature is not of this body: use the raw bytes, and the secret of this app"
            }
            Self::TimestampTooOld => "it was signed too long ago, or this machine's clock is ahead",
            Self::TimestampTooNew => "it was signed in the future: this machine's clock is behind",
            Self::BodyMalformed => "it is signed, but its body is no event",
        };
        write!(f, "{why} ({})", self.as_str())
    }
}

impl std::error::Error for SignatureError {}

/// What a webhook is signed with, as its headers tell.
struct Signed<'a> {
    id: &'a str,
    timestamp: &'a str,
    macs: Vec<Vec<u8>>,
}

impl<'a> Signed<'a> {
    /// From `X-ZenWallet-Signature`: `t=…,id=…,v1=…`.
    fn own(header: &'a str) -> Checked<Self> {
        let (mut id, mut timestamp, mut macs) = (None, None, Vec::new());
        for field in header.split(',') {
            let told_twice = match field.split_once('=') {
                Some(("t", value)) => timestamp.replace(value).is_some(),
                Some(("id", value)) => id.replace(value).is_some(),
                Some(("v1", value)) => {
                    macs.push(unhex(value).unwrap_or_default());
                    false
                }
                _ => false,
            };
            if told_twice {
                return Err(SignatureError::HeaderMalformed);
            }
        }
        let (id, timestamp) = id.zip(timestamp).ok_or(SignatureError::HeaderMalformed)?;
        Self { id, timestamp, macs }.within_limits(header.len())
    }

    /// From the three headers of Standard Webhooks.
    fn standard(id: &'a str, timestamp: &'a str, signature: &'a str) -> Checked<Self> {
        let macs = signature.split(' ').filter_map(|one| one.strip_prefix("v1,"));
        let macs = macs.map(|mac| STANDARD.decode(mac).unwrap_or_default()).collect();
        Self { id, timestamp, macs }.within_limits(signature.len())
    }

    fn within_limits(self, length: usize) -> Checked<Self> {
        let is_id = (1..=64).contains(&self.id.len()) && self.id.bytes().all(|byte| byte.is_ascii_graphic());
        let is_time = (1..=12).contains(&self.timestamp.len()) && self.timestamp.bytes().all(|b| b.is_ascii_digit());
        let is_whole = length <= HEADER_MAX && is_id && is_time && !self.macs.is_empty();
        if is_whole { Ok(self) } else { Err(SignatureError::HeaderMalformed) }
    }
}

/// How a signature comes.
#[derive(Clone, Copy)]
enum Given<'a> {
    /// The value of `X-ZenWallet-Signature`.
    Own(&'a str),
    /// The headers of the request.
    Headers(&'a HeaderMap),
}

impl<'a> Given<'a> {
    fn read(self) -> Checked<Signed<'a>> {
        let own = match self {
            Self::Own(own) => own,
            Self::Headers(headers) => {
                // A value that is no text is malformed, not missing.
                let text = |name| headers.get(name).map_or("", |value| value.to_str().unwrap_or("\u{fffd}"));
                let own = text(OWN_HEADER);
                let standard = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
                match standard {
                    _ if !own.is_empty() => own,
                    ("", _, _) | (_, "", _) | (_, _, "") => "",
                    (id, timestamp, signature) => return Signed::standard(id, timestamp, signature),
                }
            }
        };
        if own.is_empty() {
            return Err(SignatureError::HeaderMissing);
        }
        Signed::own(own)
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

fn key_of(secret: &Secret) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(secret.reveal().strip_prefix("whsec_")?).ok()?;
    (16..=64).contains(&bytes.len()).then_some(bytes)
}

/// The object that these bytes are, if they were signed with the secret, at most `tolerance` before or after `now_s`.
fn open(
    secret: Option<&Secret>,
    body: &[u8],
    given: Given<'_>,
    tolerance: Duration,
    now_s: i64,
) -> Checked<Map<String, Value>> {
    let key = secret.and_then(key_of).ok_or(SignatureError::SecretInvalid)?;
    let signed = given.read()?;
    // HMAC takes keys of every length.
    let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| SignatureError::SecretInvalid)?;
    let parts = [signed.id.as_bytes(), b".", signed.timestamp.as_bytes(), b".", body];
    let mac = parts.iter().fold(mac, |mac, part| mac.chain_update(part));
    // Every one is compared, each in constant time.
    if signed.macs.iter().filter(|given| mac.clone().verify_slice(given).is_ok()).count() == 0 {
        return Err(SignatureError::SignatureMismatch);
    }
    let age_s = now_s - signed.timestamp.parse::<i64>().map_err(|_| SignatureError::HeaderMalformed)?;
    let tolerance_s = i64::try_from(tolerance.as_secs()).unwrap_or(i64::MAX);
    if age_s > tolerance_s {
        return Err(SignatureError::TimestampTooOld);
    }
    if age_s < -tolerance_s {
        return Err(SignatureError::TimestampTooNew);
    }
    serde_json::from_slice(body).map_err(|_| SignatureError::BodyMalformed)
}

fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Verifying webhooks, and having them sent.
#[derive(Debug)]
pub struct Webhooks<'a>(pub(crate) &'a Client);

impl Webhooks<'_> {
    /// Whether these bytes are a webhook of ours; `signature` is the header `X-ZenWallet-Signature`.
    pub fn verify(&self, body: &[u8], signature: &str) -> bool {
        self.open(body, Given::Own(signature)).is_ok()
    }

    /// The event that these bytes tell; `signature` is the header `X-ZenWallet-Signature`.
    pub fn construct_event(&self, body: &[u8], signature: &str) -> std::result::Result<Event, SignatureError> {
        self.event(body, Given::Own(signature))
    }

    /// The event of a request with these headers, `X-ZenWallet-Signature` or those of Standard Webhooks.
    pub fn construct_event_of(&self, body: &[u8], headers: &HeaderMap) -> std::result::Result<Event, SignatureError> {
        self.event(body, Given::Headers(headers))
    }

    fn event(&self, body: &[u8], given: Given<'_>) -> Checked<Event> {
        let object = self.open(body, given)?;
        serde_json::from_value(Value::Object(object)).map_err(|_| SignatureError::BodyMalformed)
    }

    fn open(&self, body: &[u8], given: Given<'_>) -> Checked<Map<String, Value>> {
        open(self.0.webhook_secret(), body, given, self.0.webhook_tolerance(), now_s())
    }

    /// Sends a signed `webhook.test` at once, and tells what came of it.
    pub async fn test(&self, target: &TestWebhook) -> Result<DeliveryDetail> {
        self.0.call(Call::post("/api/webhooks/test", target).with_key(None)).await
    }

    /// Sends again what has failed for good since a moment.
    pub async fn replay(&self, wanted: &ReplayWebhooks) -> Result<Replay> {
        self.0.call(Call::post("/api/webhooks/replay", wanted).with_key(None)).await
    }

    /// Follows the app's webhooks behind `after_seq`, else from now on: the very bytes and headers that would be posted,
    /// for you to post. Connects again by itself.
    pub fn listen(&self, after_seq: Option<i64>) -> Listener {
        Listener::new(LogStream::new(self.0.clone(), Call::get("/api/webhooks/listen"), after_seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    #[test]
    fn every_vector_is_answered() {
        let vectors = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/signatures.json")).unwrap();
        let vectors: Vec<Value> = serde_json::from_slice(&vectors).unwrap();
        assert!(vectors.len() > 100);
        for case in vectors {
            let text = |name: &str| case[name].as_str();
            let body = match text("body_base64") {
                Some(base64) => STANDARD.decode(base64).unwrap(),
                None => text("body").unwrap().as_bytes().to_vec(),
            };
            let mut headers = HeaderMap::new();
            for (name, value) in case["headers"].as_object().into_iter().flatten() {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                headers.insert(name, HeaderValue::from_bytes(value.as_str().unwrap().as_bytes()).unwrap());
            }
            let given = text("signature").map_or(Given::Headers(&headers), Given::Own);
            let secret = Secret::from(text("secret").unwrap());
            let tolerance = Duration::from_secs(case["tolerance_s"].as_u64().unwrap());
            let opened = open(Some(&secret), &body, given, tolerance, case["now_s"].as_i64().unwrap());
            let answer = opened.as_ref().map_or_else(|reason| reason.as_str(), |_| "ok");
            assert_eq!(Some(answer), text("expected"), "{case}");
            // A whole event is read as one.
            if let Some(object) =
                opened.ok().filter(|object| object.contains_key("type") && object.contains_key("event_id"))
            {
                serde_json::from_value::<Event>(Value::Object(object)).unwrap();
            }
        }
    }
}
