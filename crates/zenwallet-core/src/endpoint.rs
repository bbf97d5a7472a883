//! Endpoints: where an app's webhooks go, and which events go there.

use crate::event::EventType;
use crate::id::{AppId, EndpointId};
use crate::limits::{ENDPOINT_HEADER_NAME_MAX_CHARS, ENDPOINT_HEADER_VALUE_MAX_CHARS, ENDPOINT_HEADERS_MAX};
use crate::rejection::{Code, Rejection};
use crate::time::Timestamp;

/// A set of event types, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct EventSet(i16);

impl EventSet {
    /// The three final events of a payment: what an endpoint gets that names no other.
    pub const FINAL: Self = Self(
        (1 << EventType::PaymentSuccess.code())
            | (1 << EventType::PaymentFailed.code())
            | (1 << EventType::PaymentExpired.code()),
    );

    /// The set of these types.
    pub fn of(types: impl IntoIterator<Item = EventType>) -> Self {
        Self(types.into_iter().fold(0, |bits, kind| bits | (1 << kind.code())))
    }

    /// The bits in the tables.
    pub const fn bits(self) -> i16 {
        self.0
    }

    /// The set of these bits; `None` when one of them is no type's or none is set.
    pub fn from_bits(bits: i16) -> Option<Self> {
        let known = Self::of(EventType::ALL).0;
        (bits > 0 && bits & !known == 0).then_some(Self(bits))
    }

    /// Whether a type is in the set.
    pub const fn contains(self, kind: EventType) -> bool {
        self.0 & (1 << kind.code()) != 0
    }

    /// The types in the set, in their order.
    pub fn types(self) -> impl Iterator<Item = EventType> {
        EventType::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

/// Where webhooks go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose.
    pub app_id: AppId,
    /// The address.
    pub url: String,
    /// The events that go there.
    pub events: EventSet,
    /// Headers of its own, as sealed JSON: they may carry credentials.
    pub headers_sealed: Option<Vec<u8>>,
    /// What its owner calls it.
    pub description: Option<String>,
    /// Whether it is the app's default `webhook_url`.
    pub is_default: bool,
    /// Whether webhooks go there now.
    pub is_enabled: bool,
    /// Why the gateway disabled it; `None` while it is enabled or when its owner did.
    pub disabled_reason: Option<String>,
    /// Since when its deliveries have failed for good, without one that succeeded.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Endpoint {
    /// A new endpoint, enabled, for the final events.
    pub fn new(id: EndpointId, app_id: AppId, url: String, created_at: Timestamp) -> Self {
        Self {
            id,
            app_id,
            url,
            events: EventSet::FINAL,
            headers_sealed: None,
            description: None,
            is_default: false,
            is_enabled: true,
            disabled_reason: None,
            failing_since: None,
            created_at,
        }
    }
}

/// Headers that the gateway or HTTP itself sets, and those that would confuse the exchange.
const RESERVED: [&str; 17] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
const RESERVED_PREFIXES: [&str; 2] = ["webhook-", "x-zenwallet-"];

/// Checks an endpoint's own headers.
pub fn check_headers(headers: &[(String, String)]) -> Result<(), Rejection> {
    if headers.len() > ENDPOINT_HEADERS_MAX {
        let message = format!("an endpoint may have at most {ENDPOINT_HEADERS_MAX} headers");
        return Err(Rejection::new(Code::ParameterOutOfRange, "headers", message));
    }
    for (index, (name, value)) in headers.iter().enumerate() {
        check_header(name, value)?;
        if headers[..index].iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            let message = format!("headers names {name} twice");
            return Err(Rejection::new(Code::ParameterDuplicated, format!("headers.{name}"), message));
        }
    }
    Ok(())
}

fn check_header(name: &str, value: &str) -> Result<(), Rejection> {
    let shown: String = name.chars().take(ENDPOINT_HEADER_NAME_MAX_CHARS).collect();
    let reject = |message: String| Err(Rejection::new(Code::ParameterInvalid, format!("headers.{shown}"), message));
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || name.len() > ENDPOINT_HEADER_NAME_MAX_CHARS || !name.chars().all(is_token) {
        return reject(format!("a header's name is 1 to {ENDPOINT_HEADER_NAME_MAX_CHARS} letters, digits and hyphens"));
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        return reject(format!("the gateway sets {name} itself"));
    }
    let is_visible = |c: char| c == ' ' || c == '\t' || c.is_ascii_graphic();
    if value.len() > ENDPOINT_HEADER_VALUE_MAX_CHARS || !value.chars().all(is_visible) {
        let limit = ENDPOINT_HEADER_VALUE_MAX_CHARS;
        return reject(format!("the value of {name} is at most {limit} characters of ASCII, without line ends"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_default_set_is_the_final_events() {
        let names: Vec<_> = EventSet::FINAL.types().map(EventType::as_str).collect();
        assert_eq!(names, ["payment.success", "payment.failed", "payment.expired"]);
    }

    #[test]
    fn headers_are_checked() {
        let given = |name: &str, value: &str| check_headers(&[(name.to_owned(), value.to_owned())]);
        assert!(given("X-Api-Key", "abc 123").is_ok());
        for (name, value) in [
            ("", "x"),
            ("X Y", "x"),
            ("X:", "x"),
            ("Host", "x"),
            ("content-LENGTH", "0"),
            ("Webhook-Id", "x"),
            ("X-ZenWallet-Signature", "x"),
            ("X-A", "a\r\nB: c"),
            ("X-A", "é"),
            ("X-A", &"v".repeat(5_000)),
            (&"n".repeat(200), "x"),
        ] {
            assert!(given(name, value).is_err(), "{name}: {value}");
        }
        let twice = [("X-A".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())];
        assert_eq!(check_headers(&twice).unwrap_err().code, Code::ParameterDuplicated);
        let many: Vec<_> = (0..=ENDPOINT_HEADERS_MAX).map(|n| (format!("X-{n}"), String::new())).collect();
        assert_eq!(check_headers(&many).unwrap_err().code, Code::ParameterOutOfRange);
    }

    proptest! {
        #[test]
        fn a_set_survives_its_bits(bits: i16) {
            match EventSet::from_bits(bits) {
                Some(set) => prop_assert_eq!((set.bits(), EventSet::of(set.types())), (bits, set)),
                None => prop_assert!(bits <= 0 || bits >= 1 << EventType::ALL.len()),
            }
        }
    }
}
