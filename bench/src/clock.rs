//! The harness's own clock: the product's is among the things under test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the harness judges the product's clock by the machine's")]
pub(crate) fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// Parses a time as JSON and both databases spell it, to the millisecond. `None` for anything else.
pub(crate) fn parse_ms(text: &str) -> Option<i64> {
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// Numbers moments in the order in which they happened, which two readings of a clock cannot promise.
#[derive(Default, Debug)]
pub(crate) struct Ticker(AtomicU64);

impl Ticker {
    /// The next number.
    pub(crate) fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_spellings_are_one_moment() {
        let expected = Some(1_769_423_700_500);
        assert_eq!(parse_ms("2026-01-26T10:35:00.5Z"), expected);
        assert_eq!(parse_ms("2026-01-26 10:35:00.5+00"), expected);
        assert_eq!(parse_ms("2026-01-26 11:35:00.500+01"), expected);
        assert_eq!(parse_ms("soon"), None);
    }

    #[test]
    fn the_clock_runs_and_the_ticker_counts() {
        assert!(now_ms() > 1_700_000_000_000);
        let ticker = Ticker::default();
        assert!(ticker.tick() < ticker.tick());
    }
}
