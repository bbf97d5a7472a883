//! Time is injected: the only place that reads the machine's clock.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

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

    /// The present moment for what must not be forgotten too early because somebody set the clock.
    pub fn bounds(&self) -> Bounds {
        static BELIEF: Mutex<Option<Belief>> = Mutex::new(None);
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::System => {
                let counted_ms = i64::try_from(START.elapsed().as_millis()).unwrap_or(i64::MAX);
                Belief::ask(&BELIEF, system_now().0, counted_ms)
            }
            Self::Manual(clock) => clock.bounds(),
        }
    }
}

/// Between which moments "now" is if the clock was set while the process ran. What is kept for a time is dated with the
/// later one and forgotten by the earlier one, so that a clock that jumps makes it live longer, never shorter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Not before this.
    pub earliest: Timestamp,
    /// Not after this.
    pub latest: Timestamp,
}

/// A clock that was set to another time is believed when it has kept to it for so long.
const BELIEVED_AFTER_MS: i64 = 86_400_000;
/// How far a clock may go astray without having been set.
const ASTRAY_MS: i64 = 60_000;

/// What the clock is believed to show beyond a count of time that nobody can set.
#[derive(Clone, Copy, Debug)]
struct Belief {
    ahead_ms: i64,
    /// What it shows beyond the count of late, and since when by that count.
    of_late: (i64, i64),
}

impl Belief {
    /// The bounds at the moment at which the clock shows `shown_ms` and the count is `counted_ms`.
    fn ask(held: &Mutex<Option<Self>>, shown_ms: i64, counted_ms: i64) -> Bounds {
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead_ms = shown_ms.saturating_sub(counted_ms);
        let belief = held.get_or_insert(Self { ahead_ms, of_late: (ahead_ms, counted_ms) });
        let (late_ms, since_ms) = belief.of_late;
        if (ahead_ms - late_ms).abs() > ASTRAY_MS {
            belief.of_late = (ahead_ms, counted_ms);
        } else if counted_ms - since_ms >= BELIEVED_AFTER_MS {
            *belief = Self { ahead_ms, of_late: (ahead_ms, counted_ms) };
        }
        let believed_ms = counted_ms.saturating_add(belief.ahead_ms);
        Bounds { earliest: Timestamp(shown_ms.min(believed_ms)), latest: Timestamp(shown_ms.max(believed_ms)) }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since_epoch.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
}

/// A clock moved by hand; clones share the same hands.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    shown_ms: AtomicI64,
    /// The time that has passed, which setting the clock does not change.
    counted_ms: AtomicI64,
    belief: Mutex<Option<Belief>>,
}

impl ManualClock {
    /// A clock that shows `at`.
    pub fn new(at: Timestamp) -> Self {
        let clock = Self(Arc::new(Hands {
            shown_ms: AtomicI64::new(at.0),
            counted_ms: AtomicI64::new(0),
            belief: Mutex::new(None),
        }));
        clock.bounds();
        clock
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.shown_ms.load(Ordering::SeqCst))
    }

    /// See [`Clock::bounds`].
    pub fn bounds(&self) -> Bounds {
        Belief::ask(&self.0.belief, self.now().0, self.0.counted_ms.load(Ordering::SeqCst))
    }

    /// Lets `ms` milliseconds pass (negative: back).
    pub fn advance_ms(&self, ms: i64) {
        self.0.counted_ms.fetch_add(ms, Ordering::SeqCst);
        self.0.shown_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets the clock ahead by `ms` milliseconds (negative: back), while no time passes.
    pub fn jump_ms(&self, ms: i64) {
        self.0.shown_ms.fetch_add(ms, Ordering::SeqCst);
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

    #[test]
    fn bounds_hold_both_the_clock_and_the_time_that_has_passed() {
        const DAY_MS: i64 = 86_400_000;
        let hands = ManualClock::new(Timestamp::from_ms(1_000));
        let bounds =
            |earliest, latest| Bounds { earliest: Timestamp::from_ms(earliest), latest: Timestamp::from_ms(latest) };
        hands.advance_ms(500);
        assert_eq!(hands.bounds(), bounds(1_500, 1_500));
        hands.jump_ms(30 * DAY_MS);
        assert_eq!(hands.bounds(), bounds(1_500, 30 * DAY_MS + 1_500));
        hands.jump_ms(-60 * DAY_MS);
        assert_eq!(hands.bounds(), bounds(-30 * DAY_MS + 1_500, 1_500));
        hands.jump_ms(30 * DAY_MS);
        assert_eq!(hands.bounds(), bounds(1_500, 1_500));
    }

    #[test]
    fn a_clock_that_keeps_to_another_time_for_a_day_is_believed() {
        let hands = ManualClock::new(Timestamp::from_ms(0));
        hands.jump_ms(1_000_000_000);
        hands.bounds();
        hands.advance_ms(BELIEVED_AFTER_MS - 1);
        assert_eq!(hands.bounds().earliest, Timestamp::from_ms(BELIEVED_AFTER_MS - 1));
        hands.advance_ms(1);
        assert_eq!(hands.bounds().earliest, hands.now());
        // What only goes slowly astray is believed as it goes.
        for _ in 0..10 {
            hands.advance_ms(BELIEVED_AFTER_MS);
            hands.jump_ms(ASTRAY_MS / 2);
            assert_eq!(hands.bounds(), Bounds { earliest: hands.now(), latest: hands.now() });
        }
    }
}
