//! Alerts by email: how many emails a user gets, and what follows one that could not be sent.

use crate::id::{AlertId, UserId};
use crate::time::Timestamp;
use sha2::{Digest, Sha256};

/// The shortest time between two emails to one user, in milliseconds. The first alert goes at once; what comes within
/// this time goes together, in one email.
pub const DIGEST_MS: i64 = 5 * 60_000;
/// How long an alert may wait for its email before nobody wants it any more, in milliseconds (3 days).
pub const STALE_MS: i64 = 3 * 86_400_000;
/// How long alerts are kept, in milliseconds (30 days).
pub const KEPT_MS: i64 = 30 * 86_400_000;
/// How long it is kept that an endpoint's failure was told of, in milliseconds (400 days): longer than a failing endpoint
/// can stay enabled.
pub const FAILURES_KEPT_MS: i64 = 400 * 86_400_000;
/// How long an endpoint fails before its owner is told, in milliseconds.
pub const FAILING_MS: i64 = 5 * 60_000;
/// Most alerts of one user that may wait for their email; what comes on top of them is lost.
pub const WAITING_MAX: u32 = 1_000;

/// The waits after the first, second, … attempt that failed, in milliseconds.
const RETRY_DELAYS_MS: [i64; 4] = [60_000, 300_000, 1_800_000, 7_200_000];

/// When an email that has failed so many times is tried again; `None` when it is given up.
pub fn retry_at(attempts: u32, now: Timestamp) -> Option<Timestamp> {
    let before = usize::try_from(attempts.saturating_sub(1)).ok()?;
    RETRY_DELAYS_MS.get(before).map(|delay_ms| now.plus_ms(*delay_ms))
}

/// The id of an alert: made of what must not be told twice, so that no two alerts share one.
pub fn id_of(user_id: UserId, occasion: &str, at: Timestamp) -> AlertId {
    let hash = Sha256::new().chain_update(user_id.to_bytes()).chain_update(occasion).finalize();
    let mut bytes = AlertId::lower_bound(at).to_bytes();
    bytes[6..].copy_from_slice(&hash[..10]);
    // The marks of a UUIDv7.
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    AlertId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_tried_five_times_and_ever_later() {
        let now = Timestamp::from_ms(1_000);
        let waits: Vec<_> = (1..=6).map(|n| retry_at(n, now).map(|at| (at.as_ms() - 1_000) / 60_000)).collect();
        assert_eq!(waits, [Some(1), Some(5), Some(30), Some(120), None, None]);
    }

    #[test]
    fn an_alerts_id_tells_users_occasions_and_moments_apart() {
        let (ada, bob) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let at = Timestamp::from_ms(1_769_423_700_000);
        let id = id_of(ada, "key:1", at);
        assert_eq!((id, id.created_at()), (id_of(ada, "key:1", at), at));
        for other in [id_of(bob, "key:1", at), id_of(ada, "key:2", at), id_of(ada, "key:1", at.plus_ms(1))] {
            assert_ne!(id, other);
        }
    }
}
