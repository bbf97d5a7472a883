//! Time is injected: the only place that reads the machine's clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A quarter of an hour, of which the hours and days of every time zone are made.
pub const QUARTER_MS: i64 = 900_000;

/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `ms` milliseconds after the Unix epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// This moment moved by `ms` milliseconds, saturating.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This moment moved by `s` seconds, saturating.
    pub const fn plus_s(self, s: i64) -> Self {
        Self(self.0.saturating_add(s.saturating_mul(1_000)))
    }

    /// Parses RFC 3339 with an offset, cutting below the millisecond. `None` for anything else.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.parse().ok()?;
        Some(Self(at.as_millisecond()))
    }
}

/// RFC 3339 in UTC; a fraction appears only when there is one (`2026-01-26T10:35:00Z`, `…:00.5Z`).
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at}"),
            // Out of the calendar's range (year 10000): only a broken clock gets here.
            Err(_) => f.write_str("9999-12-31T23:59:59Z"),
        }
    }
}

/// Where "now" comes from: the machine, or a test's hand.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is moved.
    Manual(ManualClock),
}

impl Clock {
    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Manual(clock) => clock.now(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since_epoch.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
}

/// A clock moved by hand; clones share the same hands.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `at`.
    pub fn new(at: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(at.0)))
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    /// Moves the clock by `ms` milliseconds (negative: back).
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_prints_a_fraction_only_when_it_has_one_and_parses_back() {
        for (ms, text) in [
            (1_769_423_700_000, "2026-01-26T10:35:00Z"),
            (1_769_423_700_500, "2026-01-26T10:35:00.5Z"),
            (1_769_423_700_007, "2026-01-26T10:35:00.007Z"),
        ] {
            assert_eq!(Timestamp::from_ms(ms).to_string(), text);
            assert_eq!(Timestamp::parse_rfc3339(text), Some(Timestamp::from_ms(ms)));
        }
        assert_eq!(Timestamp::parse_rfc3339("2026-01-26"), None);
        assert_eq!(Timestamp::parse_rfc3339("2026-01-26T10:35:00"), None);
    }

    #[test]
    fn a_manual_clock_stands_still_until_moved() {
        let hands = ManualClock::new(Timestamp::from_ms(5));
        let clock = Clock::Manual(hands.clone());
        assert_eq!(clock.now(), Timestamp::from_ms(5));
        hands.advance_ms(7);
        assert_eq!(clock.now(), Timestamp::from_ms(12));
    }
}
