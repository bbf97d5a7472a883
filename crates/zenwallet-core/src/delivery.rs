//! When a webhook is tried again, and when it is over: one pure function.

use crate::time::Timestamp;

/// Attempts of a delivery: at once, then so many milliseconds after the failure before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RetrySchedule(Vec<i64>);

impl Default for RetrySchedule {
    fn default() -> Self {
        Self(vec![5_000, 30_000, 300_000])
    }
}

/// `Retry-After` may push an attempt later by at most this.
pub const RETRY_AFTER_MAX_MS: i64 = 300_000;

impl RetrySchedule {
    /// The schedule with these waits after a failure, in milliseconds.
    pub fn new(waits_ms: Vec<i64>) -> Self {
        Self(waits_ms)
    }

    /// Attempts in all.
    pub fn attempts_max(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// What an attempt came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttemptResult {
    /// The receiver answered with this status, and asks to wait for so many milliseconds.
    Answered {
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, if it is there and can be read.
        retry_after_ms: Option<i64>,
    },
    /// There was no answer: refused, timed out, no TLS, a forbidden address.
    NoAnswer,
}

/// What becomes of the delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// It is done.
    Delivered,
    /// It is tried again at this moment, never earlier.
    RetryAt(Timestamp),
    /// It has failed for good; it can be sent again by hand.
    Failed,
    /// The receiver is gone for good (410): the delivery has failed and its endpoint is to be disabled.
    Gone,
}

/// Decides what follows attempt number `attempt` (1, 2, …) that ended at `ended_at`.
pub fn after_attempt(schedule: &RetrySchedule, attempt: u32, result: AttemptResult, ended_at: Timestamp) -> Next {
    let asked_ms = match result {
        AttemptResult::Answered { status: 200..=299, .. } => return Next::Delivered,
        AttemptResult::Answered { status: 410, .. } => return Next::Gone,
        AttemptResult::Answered { status: 429 | 503, retry_after_ms } => retry_after_ms.unwrap_or(0),
        AttemptResult::Answered { .. } | AttemptResult::NoAnswer => 0,
    };
    let wait_ms = usize::try_from(attempt).ok().and_then(|n| schedule.0.get(n.checked_sub(1)?));
    match wait_ms {
        Some(wait_ms) => Next::RetryAt(ended_at.plus_ms((*wait_ms).max(asked_ms.min(RETRY_AFTER_MAX_MS)))),
        None => Next::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const END: Timestamp = Timestamp::from_ms(1_000_000);

    fn answered(status: u16, retry_after_ms: Option<i64>) -> AttemptResult {
        AttemptResult::Answered { status, retry_after_ms }
    }

    #[test]
    fn the_default_schedule_is_the_contracts() {
        let schedule = RetrySchedule::default();
        assert_eq!(schedule.attempts_max(), 4);
        let table = [
            (1, answered(500, None), Next::RetryAt(END.plus_s(5))),
            (2, AttemptResult::NoAnswer, Next::RetryAt(END.plus_s(30))),
            (3, answered(302, None), Next::RetryAt(END.plus_s(300))),
            (4, answered(404, None), Next::Failed),
            (1, answered(200, None), Next::Delivered),
            (4, answered(299, None), Next::Delivered),
            (1, answered(410, None), Next::Gone),
            (1, answered(429, Some(60_000)), Next::RetryAt(END.plus_s(60))),
            (1, answered(503, Some(1_000)), Next::RetryAt(END.plus_s(5))),
            (1, answered(429, Some(i64::MAX)), Next::RetryAt(END.plus_s(300))),
            (3, answered(429, Some(1)), Next::RetryAt(END.plus_s(300))),
            // Only 429 and 503 may ask for time.
            (1, answered(500, Some(60_000)), Next::RetryAt(END.plus_s(5))),
            (1, answered(429, Some(-5)), Next::RetryAt(END.plus_s(5))),
        ];
        for (attempt, result, want) in table {
            assert_eq!(after_attempt(&schedule, attempt, result, END), want, "{attempt} {result:?}");
        }
    }

    proptest! {
        #[test]
        fn a_delivery_ends_after_its_last_attempt_and_never_comes_early(
            waits in prop::collection::vec(0..1_000_000_i64, 0..6), statuses in prop::collection::vec(300..600_u16, 8),
        ) {
            let schedule = RetrySchedule::new(waits.clone());
            for (index, status) in statuses.into_iter().filter(|s| *s != 410).enumerate() {
                let next = after_attempt(&schedule, index as u32 + 1, answered(status, None), END);
                match waits.get(index) {
                    Some(wait) => prop_assert_eq!(next, Next::RetryAt(END.plus_ms(*wait))),
                    None => prop_assert_eq!(next, Next::Failed),
                }
            }
        }
    }
}
