//! Ids: a UUIDv7 in the database, `<prefix>_<22 base62 characters>` in public. One value, two spellings.

use crate::time::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Mutex;
use uuid::Uuid;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Ten digits at a time fit a machine word, so no 128-bit division runs per digit.
const BASE_POW_10: u128 = 62_u128.pow(10);
/// Characters of an id after its prefix.
pub const ID_CHARS: usize = 22;

/// What an id names.
pub trait Kind: Copy + Eq + Ord + std::hash::Hash + fmt::Debug + Send + Sync + 'static {
    /// The public prefix, with its underscore.
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($kind:ident $alias:ident $prefix:literal $doc:literal,)*) => {$(
        #[doc = concat!("Marks ids of ", $doc, ".")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $kind {}
        impl Kind for $kind { const PREFIX: &'static str = $prefix; }
        #[doc = concat!("The id of ", $doc, ".")]
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    AppKind AppId "app_" "an app",
    KeyKind KeyId "key_" "an API key",
    PaymentKind PaymentId "pay_" "a payment",
    TransactionKind TransactionId "txn_" "a successful payment's transaction",
    EventKind EventId "evt_" "an event",
    EndpointKind EndpointId "whe_" "a webhook endpoint",
    DeliveryKind DeliveryId "dlv_" "a webhook delivery",
    RequestKind RequestId "req_" "a request",
    UserKind UserId "usr_" "a user",
    SessionKind SessionId "ses_" "a user's session",
    LinkKind LinkId "lnk_" "a link that is good once",
    AuditKind AuditId "aud_" "an entry of the audit log",
    AlertKind AlertId "alr_" "a word to a user",
    InboxKind InboxId "ibx_" "an app's inbox",
    MessageKind MessageId "msg_" "a message in an inbox",
}

/// A typed id: a UUIDv7 whose leading 48 bits are the moment it was made, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<K: Kind>(u128, PhantomData<K>);

impl<K: Kind> Id<K> {
    /// The id of this value.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid.as_u128(), PhantomData)
    }

    /// The value as the database keeps it.
    pub const fn uuid(self) -> Uuid {
        Uuid::from_u128(self.0)
    }

    /// The value's sixteen bytes, most significant first.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id of these sixteen bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes), PhantomData)
    }

    /// The moment the id was made.
    pub const fn created_at(self) -> Timestamp {
        Timestamp::from_ms((self.0 >> 80) as i64)
    }

    /// The smallest value an id made at `at` can have: the start of a range over time.
    pub fn lower_bound(at: Timestamp) -> Self {
        let ms = at.as_ms().clamp(0, (1 << 48) - 1) as u128;
        Self(ms << 80, PhantomData)
    }

    /// Parses the public spelling; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(K::PREFIX)?.as_bytes();
        if digits.len() != ID_CHARS {
            return None;
        }
        let mut value = 0_u128;
        for &byte in digits {
            value = value.checked_mul(62)?.checked_add(u128::from(digit_value(byte)?))?;
        }
        Some(Self(value, PhantomData))
    }

    /// The 22 characters after the prefix.
    pub fn base62(self) -> [u8; ID_CHARS] {
        let mut out = [0; ID_CHARS];
        let (upper, low) = (self.0 / BASE_POW_10, (self.0 % BASE_POW_10) as u64);
        let (high, middle) = ((upper / BASE_POW_10) as u64, (upper % BASE_POW_10) as u64);
        for (part, slots) in [(high, 0..2), (middle, 2..12), (low, 12..22)] {
            let mut rest = part;
            for slot in out[slots].iter_mut().rev() {
                *slot = DIGITS[(rest % 62) as usize];
                rest /= 62;
            }
        }
        out
    }
}

fn digit_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'Z' => Some(byte - b'A' + 10),
        b'a'..=b'z' => Some(byte - b'a' + 36),
        _ => None,
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(K::PREFIX)?;
        f.write_str(std::str::from_utf8(&self.base62()).unwrap_or_default())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where randomness comes from: the operating system, or a seed that a test can repeat.
#[derive(Debug, Default)]
pub enum IdSource {
    /// The thread's cryptographic generator, seeded by the operating system.
    #[default]
    System,
    /// A generator that repeats itself.
    Seeded(Box<Mutex<StdRng>>),
}

impl IdSource {
    /// A source that gives the same ids for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Box::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// Fills `bytes` with randomness fit for secrets.
    #[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Self::System => rand::rng().fill_bytes(bytes),
            // A poisoned lock still guards a usable generator.
            Self::Seeded(rng) => rng.lock().unwrap_or_else(|p| p.into_inner()).fill_bytes(bytes),
        }
    }

    /// A new id made at `now`: 48 bits of time, 74 of randomness.
    pub fn next<K: Kind>(&self, now: Timestamp) -> Id<K> {
        let mut bytes = [0; 16];
        self.fill(&mut bytes[6..]);
        let ms = now.as_ms().clamp(0, (1 << 48) - 1) as u64;
        bytes[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Id::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_public_spelling_parses_back_and_keeps_the_order(a: u128, b: u128) {
            let (x, y) = (PaymentId::from_bytes(a.to_be_bytes()), PaymentId::from_bytes(b.to_be_bytes()));
            prop_assert_eq!(PaymentId::parse(&x.to_string()), Some(x));
            prop_assert_eq!(x.cmp(&y), x.to_string().cmp(&y.to_string()));
            prop_assert_eq!(x.to_string().len(), 26);
        }
    }

    #[test]
    fn a_malformed_id_is_none() {
        let good = PaymentId::from_bytes([7; 16]).to_string();
        for bad in [
            "",
            "pay_",
            &good[..25],
            &format!("{good}0"),
            &good.replace("pay_", "app_"),
            "pay_zzzzzzzzzzzzzzzzzzzzzz",
            "pay_0000000000000000000é0",
        ] {
            assert_eq!(PaymentId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn an_id_carries_its_moment_and_its_version() {
        let at = Timestamp::from_ms(1_769_423_700_123);
        let id: PaymentId = IdSource::seeded(1).next(at);
        assert_eq!(id.created_at(), at);
        assert_eq!(id.uuid().get_version_num(), 7);
        assert!(PaymentId::lower_bound(at) <= id && id < PaymentId::lower_bound(at.plus_ms(1)));
        assert_eq!(IdSource::seeded(9).next::<PaymentKind>(at), IdSource::seeded(9).next::<PaymentKind>(at));
    }
}
