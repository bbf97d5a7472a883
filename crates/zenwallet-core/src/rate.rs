//! The rate limit of a key: a token bucket kept as one number (GCRA), so that a compare-and-swap moves it.

/// A bucket that holds `burst` requests and refills at `per_s` requests a second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Requests per second, at least 1.
    pub per_s: u32,
    /// Requests that may come at once.
    pub burst: u32,
}

/// What a bucket says to one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whether the request may pass.
    pub allowed: bool,
    /// How many more may pass at once.
    pub remaining: u32,
    /// Seconds until the bucket is full, rounded up.
    pub reset_s: u64,
    /// Seconds until the next request may pass, rounded up; 0 when this one may.
    pub retry_after_s: u64,
    /// The bucket's state after this request.
    pub next_full_at_ns: i64,
}

impl Policy {
    /// The policy of a key that may make `per_s` requests a second: bursts of twice that.
    pub fn per_second(per_s: u32) -> Self {
        Self { per_s, burst: per_s.saturating_mul(2) }
    }

    /// Decides on one request. `full_at_ns` is the moment the bucket would be full again (0 for a new one).
    pub fn admit(self, full_at_ns: i64, now_ns: i64) -> Verdict {
        let interval_ns = 1_000_000_000 / i64::from(self.per_s.max(1));
        let depth_ns = interval_ns * i64::from(self.burst.max(1));
        // No bucket is ever emptier than empty: what says so was written before the clock was set back.
        let full_at_ns = full_at_ns.min(now_ns.saturating_add(depth_ns));
        let next = full_at_ns.max(now_ns) + interval_ns;
        let debt_ns = next - now_ns;
        if debt_ns > depth_ns {
            let missing = debt_ns - depth_ns;
            return Verdict {
                allowed: false,
                remaining: 0,
                reset_s: ceil_s(full_at_ns - now_ns),
                retry_after_s: ceil_s(missing).max(1),
                next_full_at_ns: full_at_ns,
            };
        }
        let remaining = u32::try_from((depth_ns - debt_ns) / interval_ns).unwrap_or(u32::MAX);
        Verdict { allowed: true, remaining, reset_s: ceil_s(debt_ns), retry_after_s: 0, next_full_at_ns: next }
    }
}

fn ceil_s(ns: i64) -> u64 {
    u64::try_from((ns + 999_999_999) / 1_000_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let policy = Policy::per_second(10);
        let mut state = 0;
        let now = 1_000_000_000_000;
        for left in (0..20).rev() {
            let verdict = policy.admit(state, now);
            assert!(verdict.allowed);
            assert_eq!(verdict.remaining, left);
            state = verdict.next_full_at_ns;
        }
        let refused = policy.admit(state, now);
        assert_eq!((refused.allowed, refused.retry_after_s, refused.reset_s), (false, 1, 2));
        assert!(policy.admit(state, now + 100_000_000).allowed);
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let policy = Policy::per_second(10);
        let now = 1_000_000_000_000_000_000;
        for back_s in [1, 3_600, 86_400 * 365 * 10] {
            let before = (0..20).fold(0, |state, _| policy.admit(state, now).next_full_at_ns);
            let later = now - back_s * 1_000_000_000;
            let refused = policy.admit(before, later);
            assert_eq!((refused.allowed, refused.retry_after_s, refused.reset_s), (false, 1, 2), "{back_s} s back");
            let again = policy.admit(refused.next_full_at_ns, later + 100_000_000);
            assert!(again.allowed, "{back_s} s back: a tenth of a second refills one");
        }
    }

    proptest! {
        #[test]
        fn no_window_passes_more_than_burst_plus_rate(per_s in 1..500_u32, gaps in prop::collection::vec(0..20_000_000_i64, 1..500)) {
            let policy = Policy::per_second(per_s);
            let (mut state, mut now, mut passed) = (0, 1_000_000_000_000_i64, 0_u64);
            let start = now;
            for gap in gaps {
                now += gap;
                let verdict = policy.admit(state, now);
                state = verdict.next_full_at_ns;
                passed += u64::from(verdict.allowed);
            }
            let elapsed_s = (now - start) as f64 / 1e9;
            prop_assert!(passed as f64 <= f64::from(policy.burst) + elapsed_s * f64::from(per_s) * 1.001 + 1.0);
        }
    }
}
