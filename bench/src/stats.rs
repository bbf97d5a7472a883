//! Percentiles and medians.

use std::time::Duration;

/// Latencies in microseconds, in no order until asked.
#[derive(Default, Debug)]
pub(crate) struct Latencies {
    us: Vec<u32>,
    sorted: bool,
}

impl Latencies {
    /// Keeps one latency; longer than 71 minutes counts as 71 minutes.
    pub(crate) fn record(&mut self, latency: Duration) {
        self.us.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
        self.sorted = false;
    }

    /// Takes over another's latencies.
    pub(crate) fn merge(&mut self, other: Self) {
        self.us.extend(other.us);
        self.sorted = false;
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.us.len()
    }

    /// The smallest latency that at least the share `q` of all does not exceed (nearest rank); zero without any.
    pub(crate) fn quantile(&mut self, q: f64) -> Duration {
        if !self.sorted {
            self.us.sort_unstable();
            self.sorted = true;
        }
        let rank = (q * self.us.len() as f64).ceil() as usize;
        let us = self.us.get(rank.saturating_sub(1).min(self.us.len().saturating_sub(1)));
        Duration::from_micros(us.copied().unwrap_or(0).into())
    }
}

/// The lower median; zero without values.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

/// A duration in milliseconds, as people read latencies.
pub(crate) fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(us: impl IntoIterator<Item = u64>) -> Latencies {
        let mut all = Latencies::default();
        us.into_iter().for_each(|us| all.record(Duration::from_micros(us)));
        all
    }

    #[test]
    fn quantiles_are_nearest_rank() {
        let mut hundred = of((1..=100).rev());
        let us = |all: &mut Latencies, q| all.quantile(q).as_micros();
        assert_eq!(us(&mut hundred, 0.5), 50);
        assert_eq!(us(&mut hundred, 0.99), 99);
        assert_eq!(us(&mut hundred, 0.999), 100);
        assert_eq!(us(&mut hundred, 1.0), 100);
        assert_eq!(us(&mut hundred, 0.0), 1);
        assert_eq!(us(&mut of([7]), 0.5), 7);
        assert_eq!(us(&mut of([]), 0.5), 0);
    }

    #[test]
    fn merging_keeps_all_and_sorts_again() {
        let mut all = of([1, 2, 3]);
        assert_eq!(all.quantile(1.0).as_micros(), 3);
        all.merge(of([9, 0]));
        assert_eq!((all.len(), all.quantile(1.0).as_micros(), all.quantile(0.0).as_micros()), (5, 9, 0));
    }

    #[test]
    fn the_median_is_a_value_that_was_seen() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.0);
        assert_eq!(median(&[]), 0.0);
    }
}
