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

/// A bucket for what is rare: it holds `burst` attempts and gets one back every `every_ms` milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlowPolicy {
    /// Milliseconds until one more attempt may come.
    pub every_ms: i64,
    /// Attempts that may come at once.
    pub burst: i64,
}

impl SlowPolicy {
    /// Takes one attempt out: when the bucket will be full again, or how many milliseconds to wait. `full_at_ms` is when
    /// it would be full again before.
    pub fn take(self, full_at_ms: i64, now_ms: i64) -> Result<i64, i64> {
        let depth_ms = self.every_ms * self.burst;
        // A bucket that is emptier than one can be was written by a clock that was set back since.
        let next = full_at_ms.clamp(now_ms, now_ms + depth_ms) + self.every_ms;
        let missing = next - now_ms - depth_ms;
        if missing > 0 { Err(missing) } else { Ok(next) }
    }

    /// Gives one attempt back: it was none that counts.
    pub fn give_back(self, full_at_ms: i64) -> i64 {
        full_at_ms - self.every_ms
    }
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
        let full_at_ns = self.believed(full_at_ns, now_ns);
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
        let full_at_ns = self.believed(full_at_ns, now_ns);
        let from_ns = if count > 0 { full_at_ns.max(now_ns) } else { full_at_ns };
        let charged = from_ns.saturating_add(self.interval_ns().saturating_mul(count));
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

    /// A bucket that is emptier than one can be was written before the clock was set back: it is taken for an empty one,
    /// which would else stay closed until the clock has caught up.
    fn believed(self, full_at_ns: i64, now_ns: i64) -> i64 {
        let empty_at_ns = now_ns.saturating_add(self.depth_ns());
        if full_at_ns > empty_at_ns.saturating_add(DEBT_MAX_NS) { empty_at_ns } else { full_at_ns }
    }

    fn interval_ns(self) -> i64 {
        1_000_000_000 / i64::from(self.per_s.max(1))
    }

    fn depth_ns(self) -> i64 {
        self.interval_ns() * i64::from(self.burst.max(1))
    }
}

/// What a node tells of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Requests let in since it began to count.
    pub used: i64,
    /// When its bucket would be full again; `None`: it has just begun and not heard of other nodes yet.
    pub full_at_ns: Option<i64>,
}

/// What one round of the other nodes' words about a key comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// Requests let in that are new to this node.
    pub count: i64,
    /// To a node that begins: when the emptiest bucket of the others would be full again; 0: all are full.
    pub full_at_ns: i64,
}

/// The other nodes that use a key, with what each told last.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    told: HashMap<Box<str>, Told>,
    /// Whether the last round was heard: whoever is new in this one has begun since.
    in_step: bool,
}

impl Peers {
    /// Takes in a round: what every other node told of the key.
    ///
    /// To a node in step each count says how much is new. One that begins cannot know how much of the counts has been
    /// refilled since, but the others' buckets tell: each holds what all of them used.
    pub fn hear<'a>(&mut self, policy: Policy, round: impl IntoIterator<Item = (&'a str, Told)>) -> Heard {
        let mut heard = Heard::default();
        for (node, told) in round {
            // Whoever begins to count has a full bucket at that moment.
            let whole = told.used.min(i64::from(policy.burst));
            let before = self.told.insert(node.into(), told);
            heard.count += match (before, told.full_at_ns) {
                (Some(before), now) if told.used < before.used || (now.is_none() && before.full_at_ns.is_some()) => {
                    whole
                }
                (Some(before), _) => told.used - before.used,
                (None, Some(full_at_ns)) if !self.in_step => {
                    heard.full_at_ns = heard.full_at_ns.max(full_at_ns);
                    0
                }
                (None, _) => whole,
            };
        }
        self.in_step = true;
        heard
    }

    /// Falls out of step: the next round is a beginning.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

fn ceil_s(ns: i64) -> u64 {
    u64::try_from((ns + 999_999_999) / 1_000_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_bucket_holds_its_burst_and_refills_by_one() {
        let policy = SlowPolicy { every_ms: 60_000, burst: 10 };
        let mut full_at = 0;
        for _ in 0..10 {
            full_at = policy.take(full_at, 1_000_000).unwrap();
        }
        assert_eq!(policy.take(full_at, 1_000_000), Err(60_000));
        assert_eq!(policy.take(full_at, 1_059_999), Err(1));
        full_at = policy.take(full_at, 1_060_000).unwrap();
        assert!(policy.take(full_at, 1_060_000).is_err());
        assert!(policy.take(policy.give_back(full_at), 1_060_000).is_ok());
        // A clock that was set back by a year locks nobody out for longer than an empty bucket does.
        assert_eq!(policy.take(full_at + 365 * 86_400_000, 1_060_000), Err(60_000));
    }
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
            let want: (_, u64, _) = if back_s == 1 { (false, 2, 3) } else { (false, 1, 2) };
            assert_eq!((refused.allowed, refused.retry_after_s, refused.reset_s), want, "{back_s} s back");
            let again = policy.admit(refused.next_full_at_ns, later + want.1.cast_signed() * 1_000_000_000);
            assert!(again.allowed, "{back_s} s back: it opens when it was said to");
        }
    }

    const NOW: i64 = 1_000_000_000_000;
    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn a_charge_goes_beyond_the_depth_and_is_paid_back() {
        let policy = Policy::per_second(10);
        let state = policy.charge(0, NOW, 30);
        let refused = policy.admit(state, NOW);
        assert_eq!((refused.allowed, refused.remaining, refused.retry_after_s, refused.reset_s), (false, 0, 2, 3));
        assert!(!policy.admit(state, NOW + SECOND).allowed);
        assert!(policy.admit(state, NOW + SECOND + SECOND / 10).allowed);
        assert_eq!(policy.charge(5, NOW, 0), 5, "nothing leaves a full bucket as it was");
        // Whatever is charged, after the largest debt the bucket gives again.
        let state = policy.charge(state, NOW, i64::MAX);
        let refused = policy.admit(state, NOW);
        assert_eq!((refused.retry_after_s, refused.reset_s), (11, 12));
        assert!(policy.admit(state, NOW + DEBT_MAX_NS + SECOND / 10).allowed);
    }

    fn told(used: i64, full_at_ns: Option<i64>) -> Told {
        Told { used, full_at_ns }
    }

    #[test]
    fn a_node_in_step_hears_what_is_new() {
        let (policy, mut peers) = (Policy::per_second(10), Peers::default());
        let mut count = |round: &[(&'static str, Told)]| peers.hear(policy, round.iter().copied()).count;
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[("b", told(7, None))]), 7, "whoever is new has begun since");
        assert_eq!(count(&[("b", told(7, None))]), 0);
        assert_eq!(count(&[("b", told(9, Some(NOW))), ("c", told(3, Some(NOW)))]), 5);
        assert_eq!(count(&[("c", told(4, Some(NOW)))]), 1);
        assert_eq!(count(&[("b", told(2, Some(NOW)))]), 2, "a count that fell is a new one");
        assert_eq!(count(&[("b", told(6, None))]), 6, "and so is one that has heard nobody");
        assert_eq!(count(&[("d", told(1_000, None))]), 20, "a bucket holds no more");
    }

    #[test]
    fn a_node_that_begins_hears_how_empty_the_others_are() {
        let (policy, mut peers) = (Policy::per_second(10), Peers::default());
        let round = [("b", told(900, Some(NOW + SECOND))), ("c", told(5, None)), ("d", told(800, Some(NOW)))];
        let heard = peers.hear(policy, round);
        assert_eq!(heard, Heard { count: 5, full_at_ns: NOW + SECOND });
        // Three were let in here that no other could know of: they are missing there as well.
        let here = policy.charge(0, NOW, 4);
        assert_eq!(policy.settle(here, NOW, 3, heard), NOW + SECOND + 8 * SECOND / 10);
        // Of many that have been refilled since, only what is still missing.
        assert_eq!(policy.settle(here, NOW, 300, heard), NOW + SECOND + 9 * SECOND / 10);
        // An emptier bucket here knows as much, and one that cannot be is not believed.
        assert_eq!(policy.settle(NOW + 2 * SECOND, NOW, 0, Heard { count: 0, ..heard }), NOW + 2 * SECOND);
        let wrong = Heard { count: 0, full_at_ns: NOW + 3_600 * SECOND };
        assert_eq!(policy.settle(here, NOW, 0, wrong), here);
        assert_eq!(peers.hear(policy, [("d", told(803, Some(NOW)))]), Heard { count: 3, full_at_ns: 0 });
        peers.forget();
        assert_eq!(peers.hear(policy, [("d", told(999, Some(NOW + 5)))]), Heard { count: 0, full_at_ns: NOW + 5 });
    }

    proptest! {
        #[test]
        fn buckets_that_are_charged_late_pass_together_what_one_would(
            per_s in 10..1_000_u32,
            nodes in 2..6_usize,
            lag in 1..25_usize,
            picks in prop::collection::vec(0..4_usize, 3_000),
        ) {
            let policy = Policy::per_second(per_s);
            let (mut states, mut now, mut passed) = (vec![0_i64; nodes], NOW, Vec::new());
            // Ten milliseconds each: the first node and some others are asked for all they have, and every count
            // arrives after the lag.
            for (step, pick) in picks.iter().enumerate() {
                let mut let_in = vec![0_i64; nodes];
                for node in (0..nodes).filter(|node| *node == 0 || node % 4 >= *pick) {
                    loop {
                        let verdict = policy.admit(states[node], now);
                        states[node] = verdict.next_full_at_ns;
                        if !verdict.allowed {
                            break;
                        }
                        let_in[node] += 1;
                    }
                }
                passed.push(let_in);
                if let Some(late) = step.checked_sub(lag) {
                    let total: i64 = passed[late].iter().sum();
                    for (node, state) in states.iter_mut().enumerate() {
                        *state = policy.charge(*state, now, total - passed[late][node]);
                    }
                }
                now += 10_000_000;
            }
            let total = passed.iter().flatten().sum::<i64>() as f64;
            let (rate, others) = (f64::from(per_s), (nodes - 1) as f64);
            let lag_s = (lag + 2) as f64 / 100.0;
            let allowed = f64::from(policy.burst) + 30.0 * rate * 1.001;
            prop_assert!(total <= allowed + others * (rate * lag_s + 1.0), "{total} of {allowed}");
            prop_assert!(total >= allowed * 0.9, "{total} of {allowed}");
        }

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
