//! The rate limit of a key: a token bucket kept as one number (GCRA), so that a compare-and-swap moves it. Each node has
//! its own and takes out of it what the others let in, a moment later: over time all of them pass what one would.

use std::collections::HashMap;

/// How much a bucket may owe beyond being empty, in nanoseconds of refilling. Six nodes that let a full burst in at the
/// same moment owe five; what a wrong clock or count says beyond that locks nobody out for longer.
pub const DEBT_MAX_NS: i64 = 10_000_000_000;

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
        let (interval_ns, depth_ns) = (self.interval_ns(), self.depth_ns());
        // After a clock has been set back, a bucket would stay empty until it has caught up.
        let full_at_ns = full_at_ns.min(now_ns + depth_ns + DEBT_MAX_NS);
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

    /// The bucket's state after `count` requests that were let in elsewhere: taken out even when it does not hold that
    /// many, so that what was let in too much is paid back.
    pub fn charge(self, full_at_ns: i64, now_ns: i64, count: i64) -> i64 {
        let charged = full_at_ns.max(now_ns).saturating_add(self.interval_ns().saturating_mul(count));
        charged.min(now_ns + self.depth_ns() + DEBT_MAX_NS)
    }

    /// The bucket's state after a round of [`Peers::hear`]. `untold` requests were let in here of which no other node can
    /// know yet.
    pub fn settle(self, full_at_ns: i64, now_ns: i64, untold: i64, heard: Heard) -> i64 {
        let ahead_ns = heard.full_at_ns - now_ns;
        // A bucket that is emptier than one can be was told by a wrong clock.
        let theirs = match ahead_ns > 0 && ahead_ns <= self.depth_ns() + DEBT_MAX_NS {
            // Of what only this node knows, no more than is still missing in its own bucket.
            true => heard.full_at_ns + self.interval_ns().saturating_mul(untold).min((full_at_ns - now_ns).max(0)),
            false => 0,
        };
        self.charge(full_at_ns.max(theirs), now_ns, heard.count)
    }

    fn interval_ns(self) -> i64 {
        1_000_000_000 / i64::from(self.per_s.max(1))
    }

    fn depth_ns(self) -> i64 {
        self.interval_ns() * i64::from(self.burst.max(1))
    }
}

/// What one round of the other nodes' words about a key comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// Requests let in that are new to this node.
    pub count: i64,
    /// When the emptiest bucket of the nodes that are heard for the first time would be full again; 0: there is none.
    pub full_at_ns: i64,
}

/// The other nodes that use a key, and what each had counted when it was last heard.
#[derive(Clone, Debug, Default)]
pub struct Peers(HashMap<Box<str>, i64>);

impl Peers {
    /// Takes in what a node told of the key: how many requests it has let in since it began to count, and when its bucket
    /// would be full again, if it had heard of the others by then.
    ///
    /// A node that is heard for the first time and has not heard of others has just begun: its whole count is new. Of one
    /// that goes on for longer nobody can say how much of its count has been refilled since, but its bucket tells: it
    /// holds what all nodes used.
    pub fn hear(&mut self, policy: Policy, node: &str, used: i64, full_at_ns: Option<i64>, heard: &mut Heard) {
        // Whoever counts from zero began with a full bucket.
        let at_most_burst = used.min(i64::from(policy.burst));
        match (self.0.get_mut(node), full_at_ns) {
            (Some(known), _) => {
                heard.count += if used >= *known { used - *known } else { at_most_burst };
                *known = used;
                return;
            }
            (None, Some(full_at_ns)) => heard.full_at_ns = heard.full_at_ns.max(full_at_ns),
            (None, None) => heard.count += at_most_burst,
        }
        self.0.insert(node.into(), used);
    }

    /// Forgets them: whoever is heard next is heard for the first time.
    pub fn forget(&mut self) {
        self.0.clear();
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
