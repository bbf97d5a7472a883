//! Who guesses is slowed down, and nobody else: by the account, by the address, and by the second factor. A browser that
//! has logged in before has a place of its own, so that nobody can keep its owner out by guessing.

use super::{PeopleError, Visitor};
use crate::gateway::Gateway;
use zenwallet_core::app::KeyHash;
use zenwallet_core::id::{InboxId, SessionId};
use zenwallet_core::rate::SlowPolicy;
use zenwallet_core::user::Email;

const ACCOUNT: SlowPolicy = SlowPolicy { every_ms: 60_000, burst: 10 };
const ADDRESS: SlowPolicy = SlowPolicy { every_ms: 6_000, burst: 50 };
const DEVICE: SlowPolicy = SlowPolicy { every_ms: 60_000, burst: 10 };
const SESSION: SlowPolicy = SlowPolicy { every_ms: 60_000, burst: 10 };
/// A second factor has but a million codes.
const SECOND_FACTOR: SlowPolicy = SlowPolicy { every_ms: 300_000, burst: 5 };
/// Inboxes are for trying things out, so a few messages a second are many.
const INBOX: SlowPolicy = SlowPolicy { every_ms: 200, burst: 300 };
const INBOX_SENDER: SlowPolicy = SlowPolicy { every_ms: 500, burst: 120 };
const LINKS: SlowPolicy = SlowPolicy { every_ms: 300_000, burst: 3 };

/// What an attempt is taken out of.
#[derive(Debug)]
pub(in crate::gateway) struct Attempt(Vec<(KeyHash, SlowPolicy)>);

impl Attempt {
    /// To log in.
    pub(super) fn password(email: &Email, visitor: &Visitor, is_known_device: bool) -> Self {
        let of_account = match (is_known_device, &visitor.device) {
            (true, Some(device)) => (bucket("device", &[email.as_str(), device]), DEVICE),
            _ => (bucket("account", &[email.as_str()]), ACCOUNT),
        };
        Self(vec![of_account, of_address(visitor)])
    }

    /// To prove again who one is, in a session.
    pub(super) fn proof(session: SessionId, visitor: &Visitor) -> Self {
        let of_session = (bucket("session", &[&session.to_string()]), SESSION);
        Self(vec![of_session, of_address(visitor)])
    }

    /// To give a code.
    pub(super) fn second_factor(email: &Email) -> Self {
        Self(vec![(bucket("second factor", &[email.as_str()]), SECOND_FACTOR)])
    }

    /// To have a link sent.
    pub(super) fn link(email: &Email, visitor: &Visitor) -> Self {
        Self(vec![(bucket("link", &[email.as_str()]), LINKS), of_address(visitor)])
    }

    /// To leave a message in an inbox.
    pub(in crate::gateway) fn message(inbox: InboxId, visitor: &Visitor) -> Self {
        let of_inbox = (bucket("inbox", &[&inbox.to_string()]), INBOX);
        Self(vec![of_inbox, (bucket("inbox sender", &[&visitor.network()]), INBOX_SENDER)])
    }

    /// To use a token that cannot be guessed anyway.
    pub(super) fn token(visitor: &Visitor) -> Self {
        Self(vec![of_address(visitor)])
    }
}

fn of_address(visitor: &Visitor) -> (KeyHash, SlowPolicy) {
    (bucket("address", &[&visitor.network()]), ADDRESS)
}

fn bucket(purpose: &str, parts: &[&str]) -> KeyHash {
    KeyHash::of(&format!("{purpose}\0{}", parts.join("\0")))
}

impl Gateway {
    /// Takes an attempt, or says how long to wait.
    pub(in crate::gateway) async fn take_attempt(&self, attempt: &Attempt) -> Result<(), PeopleError> {
        match self.store.take_attempt(&attempt.0, self.now()).await? {
            None => Ok(()),
            Some(wait_ms) => Err(PeopleError::Throttled(u64::try_from(wait_ms).unwrap_or(0).div_ceil(1_000).max(1))),
        }
    }

    /// Gives one back that succeeded.
    pub(super) async fn give_attempt_back(&self, attempt: &Attempt) -> Result<(), PeopleError> {
        Ok(self.store.give_attempt_back(&attempt.0, self.now()).await?)
    }
}
