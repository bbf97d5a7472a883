//! Sessions: how long one lasts, and what becomes of a refresh token that comes in.

use crate::id::{SessionId, UserId};
use crate::limits::{CONFIRMED_S, SESSION_IDLE_S, SESSION_MAX_S};
use crate::time::Timestamp;

/// Why a session ended before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndReason {
    /// The user signed out.
    SignedOut,
    /// It was ended from another session, or by an admin.
    Revoked,
    /// A refresh token came back that had been used: one of two holders stole it.
    Reuse,
    /// The password or the second factor changed.
    CredentialsChanged,
    /// The account was closed.
    AccountClosed,
    /// The user has too many, and this one rested longest.
    Displaced,
}

impl EndReason {
    /// The name in JSON and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::Reuse => "reuse",
            Self::CredentialsChanged => "credentials_changed",
            Self::AccountClosed => "account_closed",
            Self::Displaced => "displaced",
        }
    }
}

/// One login, from its beginning to its end: a family of refresh tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// From where it was last used.
    pub address: String,
    /// The browser or program, as it calls itself.
    pub user_agent: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When its tokens were last renewed.
    pub last_used_at: Timestamp,
    /// When the user last proved who he is.
    pub confirmed_at: Timestamp,
    /// Access tokens from before this moment are worth nothing: what the session proves has changed since.
    pub tokens_since: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// When it was ended, if it was.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// A session that begins now, with a proof of who the user is.
    pub fn begin(id: SessionId, user_id: UserId, address: String, user_agent: String, now: Timestamp) -> Self {
        Self {
            id,
            user_id,
            address,
            user_agent,
            created_at: now,
            last_used_at: now,
            confirmed_at: now,
            tokens_since: now,
            expires_at: expiry(now, now),
            ended_at: None,
        }
    }

    /// Whether its tokens are good at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }

    /// Whether the user has proved who he is lately enough for a dangerous act.
    pub fn is_confirmed(&self, now: Timestamp) -> bool {
        // A proof of the future is a clock's that was set back.
        self.confirmed_at <= now && now < self.confirmed_at.plus_s(CONFIRMED_S)
    }
}

/// When a session that is used `now` ends: after a rest, and in any case after its longest life.
pub fn expiry(created_at: Timestamp, now: Timestamp) -> Timestamp {
    now.plus_s(SESSION_IDLE_S).min(created_at.plus_s(SESSION_MAX_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_while_it_is_used_and_no_longer_than_its_longest_life() {
        let start = Timestamp::from_ms(1_000_000);
        let mut session = Session::begin(
            SessionId::from_bytes([1; 16]),
            UserId::from_bytes([2; 16]),
            String::new(),
            String::new(),
            start,
        );
        let after = |s: i64| start.plus_s(s);
        assert!(session.is_live(after(SESSION_IDLE_S - 1)) && !session.is_live(after(SESSION_IDLE_S)));
        for day in 1..60 {
            session.expires_at = expiry(start, after(day * 24 * 3_600));
            assert!(session.expires_at <= after(SESSION_MAX_S), "day {day}");
        }
        session.ended_at = Some(after(1));
        assert!(!session.is_live(after(1)));
    }

    #[test]
    fn a_proof_lasts_ten_minutes() {
        let start = Timestamp::from_ms(1_000_000);
        let session = Session::begin(
            SessionId::from_bytes([1; 16]),
            UserId::from_bytes([2; 16]),
            String::new(),
            String::new(),
            start,
        );
        for (at, is_confirmed) in [(0, true), (CONFIRMED_S - 1, true), (CONFIRMED_S, false), (-1, false)] {
            assert_eq!(session.is_confirmed(start.plus_s(at)), is_confirmed, "{at}");
        }
    }
}
