//! Deliveries: an event on its way to one target. When it is tried again, and when it is over, is one pure function.

use crate::event::EventType;
use crate::id::{AppId, DeliveryId, EndpointId, EventId, PaymentId};
use crate::time::Timestamp;
use sha2::{Digest, Sha256};

/// Why there is a delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(i16)]
pub enum Cause {
    /// The event happened.
    Event = 0,
    /// Somebody asked for this one again.
    Retry = 1,
    /// Somebody asked for all that failed since a moment.
    Replay = 2,
    /// Somebody tests an address.
    Test = 3,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 4] = [Self::Event, Self::Retry, Self::Replay, Self::Test];

    /// The name in JSON and in the SQL views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Retry => "retry",
            Self::Replay => "replay",
            Self::Test => "test",
        }
    }

    /// The number in the tables.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The cause of this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(i16)]
pub enum DeliveryStatus {
    /// Waiting for its next attempt, or in one.
    Pending = 0,
    /// The receiver has it.
    Delivered = 1,
    /// No attempt is left.
    Failed = 2,
    /// Called off before it was over.
    Canceled = 3,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Canceled];

    /// The name in JSON and in the SQL views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Delivered => "DELIVERED",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// The number in the tables.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The status of this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// An event on its way to one target, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Its id, which carries the moment it was made.
    pub id: DeliveryId,
    /// Whose.
    pub app_id: AppId,
    /// The event's place in the app's log.
    pub event_seq: i64,
    /// The event.
    pub event_id: EventId,
    /// What happened.
    pub kind: EventType,
    /// To which payment.
    pub payment_id: PaymentId,
    /// The endpoint; `None` for a payment's own `webhook_url`.
    pub endpoint_id: Option<EndpointId>,
    /// The address as it was when the delivery was made.
    pub url: String,
    /// Why there is one.
    pub cause: Cause,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts made.
    pub attempts: u32,
    /// When it is tried next, or when the lease of the node that tries it now ends; `None` once it is over.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// The status of the last answer.
    pub response_status: Option<u16>,
    /// What went wrong in the last attempt, if there was no answer or the delivery was called off.
    pub error: Option<String>,
}

/// One attempt of a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// 1, 2, 3 … without gaps.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// The headers sent, as a JSON object; those of the endpoint's own with their values hidden.
    pub request_headers: String,
    /// SHA-256 of the bytes sent, in hexadecimal.
    pub request_body_sha256: String,
    /// The answer's status, if there was one.
    pub response_status: Option<u16>,
    /// The answer's headers, as a JSON object.
    pub response_headers: Option<String>,
    /// The start of the answer's body.
    pub response_body: Option<String>,
    /// Why there was no answer: a stable code, a colon and a sentence.
    pub error: Option<String>,
}

/// Who shares slots and delays: everything that one app sends to one origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lane(i64);

impl Lane {
    /// The lane of an app's deliveries to this URL: those to the same scheme, host and port share it.
    pub fn of(app_id: AppId, url: &str) -> Self {
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url[host..].find(['/', '?']).map_or(url.len(), |at| host + at);
        let hash = Sha256::new().chain_update(app_id.to_bytes()).chain_update(&url[..end]).finalize();
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash[..8]);
        Self(i64::from_be_bytes(bytes))
    }

    /// The lane of this number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The number in the tables.
    pub const fn number(self) -> i64 {
        self.0
    }
}

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
    /// The waits, in milliseconds.
    pub fn delays_ms(&self) -> &[i64] {
        &self.0
    }

    /// The schedule with these waits after a failure, in milliseconds.
    pub fn new(waits_ms: Vec<i64>) -> Self {
        Self(waits_ms)
    }

    /// Attempts in all.
    pub fn attempts_max(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The longest that a delivery may have to wait for an attempt, in milliseconds.
    pub fn longest_wait_ms(&self) -> i64 {
        self.0.iter().copied().fold(RETRY_AFTER_MAX_MS, i64::max)
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
    fn a_lane_is_an_apps_way_to_one_origin() {
        let (app, other) = (AppId::from_bytes([1; 16]), AppId::from_bytes([2; 16]));
        let lane = Lane::of(app, "https://shop.example:8443/hooks?a=1");
        for same in ["https://shop.example:8443", "https://shop.example:8443?b", "https://shop.example:8443/other"] {
            assert_eq!(Lane::of(app, same), lane, "{same}");
        }
        for different in ["http://shop.example:8443/hooks", "https://shop.example/hooks", "https://shop.example:84430"]
        {
            assert_ne!(Lane::of(app, different), lane, "{different}");
        }
        assert_ne!(Lane::of(other, "https://shop.example:8443/hooks"), lane);
    }

    #[test]
    fn the_default_schedule_is_the_contracts() {
        let schedule = RetrySchedule::default();
        assert_eq!(schedule.attempts_max(), 4);
        assert_eq!(schedule.longest_wait_ms(), 300_000);
        assert_eq!(RetrySchedule::new(vec![1, 900_000, 2]).longest_wait_ms(), 900_000);
        assert_eq!(RetrySchedule::new(Vec::new()).longest_wait_ms(), RETRY_AFTER_MAX_MS);
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
