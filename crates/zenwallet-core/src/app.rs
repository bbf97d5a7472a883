//! Apps and the keys they call with.

use crate::id::{AppId, IdSource, KeyId, UserId};
use crate::limits::{APP_NAME_MAX_CHARS, RATE_PRODUCTION_PER_S, RATE_TEST_PER_S};
use crate::rejection::{Code, Rejection};
use crate::text;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};
use std::fmt;

/// Which of its two separate worlds an app lives in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Environment {
    /// For building against: payments can be simulated.
    Test,
    /// For real use.
    Production,
}

impl Environment {
    /// The name in JSON, SQL and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }

    /// The environment of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Test, Self::Production].into_iter().find(|e| e.as_str() == name)
    }

    /// What every key of such an app starts with.
    pub const fn key_prefix(self) -> &'static str {
        match self {
            Self::Test => "sk_test_",
            Self::Production => "sk_live_",
        }
    }

    const fn default_rate_per_s(self) -> u32 {
        match self {
            Self::Test => RATE_TEST_PER_S,
            Self::Production => RATE_PRODUCTION_PER_S,
        }
    }
}

/// An application that creates payments: one tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// What the payer reads.
    pub name: String,
    /// Its world.
    pub environment: Environment,
    /// The webhook secret, encrypted under the instance's key.
    pub webhook_secret_sealed: Vec<u8>,
    /// Whose app it is; `None` when the console made it.
    pub owner_user_id: Option<UserId>,
    /// Requests per second of each key: `None` is the environment's default, 0 is no limit.
    pub rate_limit_per_s: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether its keys are let in.
    pub is_active: bool,
    /// Payments that it may create in a calendar month (UTC); `None` is no limit.
    pub monthly_payments_max: Option<u32>,
    /// When it was deleted, if it was: its payments stay, nobody sees it any more.
    pub deleted_at: Option<Timestamp>,
}

impl App {
    /// Requests per second of each key; `None` is no limit.
    pub fn rate_per_s(&self) -> Option<u32> {
        match self.rate_limit_per_s {
            Some(0) => None,
            Some(rate) => Some(rate),
            None => Some(self.environment.default_rate_per_s()),
        }
    }
}

/// Checks an app's name.
pub fn check_name(name: &str) -> Result<(), Rejection> {
    if name.trim().is_empty() {
        return Err(Rejection::new(Code::ParameterInvalid, "name", "name may not be empty"));
    }
    text::check_line("name", name, APP_NAME_MAX_CHARS)
}

/// A key as the database keeps it: never the key itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// The app that calls with it.
    pub app_id: AppId,
    /// SHA-256 of the key: it is 256 random bits, so a slow hash would buy nothing.
    pub hash: KeyHash,
    /// Prefix and last four characters, for people: `sk_test_…4f2a`.
    pub hint: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if ever.
    pub revoked_at: Option<Timestamp>,
    /// When it last called, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From where it last called.
    pub last_used_address: Option<String>,
}

/// SHA-256 of a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// The hash of a key's text.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// A key in clear, shown once. It has no `Display` and hides in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

/// Characters of a key after its prefix: 43 of 62 hold 256 bits.
const KEY_CHARS: usize = 43;

impl SecretKey {
    /// A new random key for an app of this environment.
    pub fn generate(ids: &IdSource, environment: Environment) -> Self {
        const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut key = environment.key_prefix().to_owned();
        let target = key.len() + KEY_CHARS;
        while key.len() < target {
            let mut draw = [0; 64];
            ids.fill(&mut draw);
            // 248 is the largest multiple of 62 in a byte: above it the draw would favour some characters.
            let fair = draw.iter().filter(|b| **b < 248).take(target - key.len());
            key.extend(fair.map(|b| ALPHABET[usize::from(b % 62)] as char));
        }
        Self(key)
    }

    /// The key itself, for the one time it is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the database keeps of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }

    /// Prefix and last four characters.
    pub fn hint(&self) -> String {
        let prefix_len = self.0.len() - KEY_CHARS;
        format!("{}…{}", &self.0[..prefix_len], &self.0[self.0.len() - 4..])
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_prefixed_random_and_hidden() {
        let ids = IdSource::seeded(3);
        let (a, b) = (SecretKey::generate(&ids, Environment::Test), SecretKey::generate(&ids, Environment::Production));
        assert!(a.reveal().starts_with("sk_test_") && b.reveal().starts_with("sk_live_"));
        assert_eq!(a.reveal().len(), 8 + KEY_CHARS);
        assert_ne!(a.reveal()[8..], b.reveal()[8..]);
        assert_eq!(format!("{a:?} {:?}", a.hash()), "SecretKey(…) KeyHash(…)");
        assert_eq!(a.hint(), format!("sk_test_…{}", &a.reveal()[47..]));
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let app = |rate| App {
            id: AppId::from_bytes([0; 16]),
            name: "n".into(),
            environment: Environment::Production,
            webhook_secret_sealed: Vec::new(),
            owner_user_id: None,
            rate_limit_per_s: rate,
            created_at: Timestamp::from_ms(0),
            is_active: true,
            monthly_payments_max: None,
            deleted_at: None,
        };
        assert_eq!(app(None).rate_per_s(), Some(200));
        assert_eq!(app(Some(7)).rate_per_s(), Some(7));
        assert_eq!(app(Some(0)).rate_per_s(), None);
    }
}
