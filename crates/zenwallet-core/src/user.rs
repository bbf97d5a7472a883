//! Users: who may look at which apps, and what they prove it with.

use crate::id::{LinkId, UserId};
use crate::limits::{EMAIL_MAX_CHARS, PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, USER_NAME_MAX_CHARS};
use crate::rejection::{Code, Rejection};
use crate::text;
use crate::time::Timestamp;
use std::fmt;

/// What a user may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Role {
    /// Everything: sees every app, invites, reads the whole audit log.
    Admin,
    /// Sees the apps that are his own.
    Member,
}

impl Role {
    /// The name in JSON, SQL and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Admin, Self::Member].into_iter().find(|role| role.as_str() == name)
    }
}

/// A person with an account.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// His id.
    pub id: UserId,
    /// Where he is written to, and the name he logs in with: in lower case.
    pub email: Email,
    /// What he is called.
    pub name: String,
    /// What he may do.
    pub role: Role,
    /// Argon2id of his password, as a PHC string.
    pub password_hash: String,
    /// When he chose the password.
    pub password_set_at: Timestamp,
    /// His second factor, if he has begun to set one up.
    pub totp: Option<Totp>,
    /// Which alerts he wants by email.
    pub alerts: Alerts,
    /// Whether he may log in.
    pub is_active: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Counts the changes.
    pub version: i64,
}

impl User {
    /// Whether a login needs the second factor.
    pub fn has_totp(&self) -> bool {
        self.totp.as_ref().is_some_and(|totp| totp.confirmed_at.is_some())
    }

    /// Whether he may do what only admins may.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({}, {}, {})", self.id, self.email, self.role.as_str())
    }
}

/// A second factor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Totp {
    /// The shared secret, encrypted under the instance's key.
    pub sealed: Vec<u8>,
    /// When a first code proved that the user has it; before that it is not asked for.
    pub confirmed_at: Option<Timestamp>,
}

/// Who must have a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TotpRule {
    /// Nobody must, everybody may.
    #[default]
    Nobody,
    /// Admins must.
    Admins,
    /// All users must.
    Everybody,
}

impl TotpRule {
    /// Whether this user must have one.
    pub fn asks(self, user: &User) -> bool {
        match self {
            Self::Nobody => false,
            Self::Admins => user.is_admin(),
            Self::Everybody => true,
        }
    }
}

/// An email address in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Email(String);

impl Email {
    /// Checks what is checkable without writing to it: one `@` with something on both sides, no blanks, and a domain of
    /// labels.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        let invalid = || {
            let message = "email must be an address such as ada@example.com";
            Rejection::new(Code::ParameterInvalid, "email", message)
        };
        text::check("email", text, EMAIL_MAX_CHARS)?;
        let (local, domain) = text.rsplit_once('@').ok_or_else(invalid)?;
        let is_plain =
            |part: &str| !part.contains(|c: char| c.is_whitespace() || c.is_control() || "<>(),;:\\\"[]@".contains(c));
        let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
        let is_local = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        if is_local && is_plain(local) && is_plain(domain) && domain.split('.').all(is_label) {
            return Ok(Self(text.to_lowercase()));
        }
        Err(invalid())
    }

    /// The address as it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks a user's name.
pub fn check_name(name: &str) -> Result<(), Rejection> {
    if name.trim().is_empty() {
        return Err(Rejection::new(Code::ParameterInvalid, "name", "name may not be empty"));
    }
    text::check_line("name", name, USER_NAME_MAX_CHARS)
}

/// Checks a password's length; characters of every kind are welcome, and none is asked for.
pub fn check_password_length(param: &'static str, password: &str) -> Result<(), Rejection> {
    text::check(param, password, PASSWORD_MAX_CHARS)?;
    if password.chars().count() < PASSWORD_MIN_CHARS {
        let message = format!("{param} must have at least {PASSWORD_MIN_CHARS} characters");
        return Err(Rejection::new(Code::PasswordTooShort, param, message));
    }
    Ok(())
}

/// What a user can be told of by email.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum AlertType {
    /// A webhook endpoint of one of his apps fails or was disabled.
    WebhookFailing,
    /// A key of one of his apps was made, rotated or revoked.
    KeyChanged,
    /// Somebody logged in as him.
    SignIn,
    /// An app nears its monthly limit, or has come to it.
    UsageLimit,
}

impl AlertType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::WebhookFailing, Self::KeyChanged, Self::SignIn, Self::UsageLimit];

    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebhookFailing => "webhook_failing",
            Self::KeyChanged => "key_changed",
            Self::SignIn => "sign_in",
            Self::UsageLimit => "usage_limit",
        }
    }

    /// The number in the database: one bit of [`Alerts`].
    pub const fn bit(self) -> i64 {
        match self {
            Self::WebhookFailing => 1,
            Self::KeyChanged => 2,
            Self::SignIn => 4,
            Self::UsageLimit => 8,
        }
    }

    /// The alert of this number.
    pub fn from_bit(bit: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.bit() == bit)
    }
}

/// A set of alerts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alerts(i64);

impl Alerts {
    /// Every alert: what a new user wants until he says otherwise.
    pub const ALL: Self = Self(15);

    /// The set of these bits.
    pub fn from_bits(bits: i64) -> Option<Self> {
        (0..=Self::ALL.0).contains(&bits).then_some(Self(bits))
    }

    /// The set as the database keeps it.
    pub const fn bits(self) -> i64 {
        self.0
    }

    /// Whether the set holds this alert.
    pub const fn contains(self, kind: AlertType) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The set with this alert, or without it.
    #[must_use]
    pub const fn with(self, kind: AlertType, is_wanted: bool) -> Self {
        Self(if is_wanted { self.0 | kind.bit() } else { self.0 & !kind.bit() })
    }
}

/// What a link is good for, once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To make an account with this role.
    Invitation(Role),
    /// To choose a new password for this account.
    PasswordReset(UserId),
}

/// A link that is good once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// SHA-256 of the token in it.
    pub hash: crate::app::KeyHash,
    /// What for.
    pub purpose: Purpose,
    /// Whom it is meant for.
    pub email: Email,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl Link {
    /// Whether it can be used at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_sides_and_no_tricks() {
        for good in ["ada@example.com", "Ada.L+x@Example.co.uk", "root@localhost", "ü@bücher.example"] {
            assert_eq!(Email::parse(good).unwrap().as_str(), good.to_lowercase(), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "ada@exa mple.com",
            "ada@example..com",
            "a\n@b.c",
            "a@b@c",
            "<a@b.c>",
            ".a@b.c",
            "a..b@c.d",
            "ada@-b.c",
            "a@b,c",
            &long,
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_password_is_long_enough_in_characters() {
        for (password, fits) in [
            ("1234567", false),
            ("12345678", true),
            ("üüüüüüüü", true),
            (&"x".repeat(128), true),
            (&"x".repeat(129), false),
            ("1234567\0", false),
        ] {
            assert_eq!(check_password_length("password", password).is_ok(), fits, "{password:?}");
        }
    }

    #[test]
    fn a_set_of_alerts_keeps_what_it_was_told() {
        for kind in AlertType::ALL {
            assert_eq!(AlertType::from_bit(kind.bit()), Some(kind));
            let without = Alerts::ALL.with(kind, false);
            assert!(!without.contains(kind) && without.with(kind, true) == Alerts::ALL);
            assert_eq!(Alerts::from_bits(without.bits()), Some(without));
        }
        assert_eq!(Alerts::from_bits(16), None);
        assert_eq!(Alerts::from_bits(-1), None);
    }
}
