//! What a receiver does with a request. A path's first segment names it: `/ok`, `/hang`, `/drip`, `/status-500`, `/fail-2`,
//! `/flaky-7`, `/slow-20`; the segments after it only tell targets apart.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;
use std::time::Duration;

/// A flaky receiver refuses one request of so many …
const FLAKY_ONE_IN: u64 = 5;
/// … among the first so many of an event, so that no event runs out of attempts.
const FLAKY_FIRST: u32 = 3;

/// It takes up to so many milliseconds for one request of so many, so that a fault finds some under way; for all of them, it
/// would fall behind.
const FLAKY_WITHIN_MS: u64 = 40;
const FLAKY_SLOW_ONE_IN: u64 = 8;

/// How a request is treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Behaviour {
    /// 200 at once.
    Healthy,
    /// Reads the request and never answers.
    Hang,
    /// Answers a byte a second.
    Drip,
    /// Always this status.
    Status(u16),
    /// 500 to the first so many requests of each event, then 200.
    FailFirst(u32),
    /// 500 now and then, and now and then a while before the answer; the number, the event and the request's place among the event's
    /// decide.
    Flaky(u64),
    /// 200 after so many milliseconds.
    Slow(u64),
}

/// What is done with one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reaction {
    /// This status, after a while.
    Answer(u16, Duration),
    /// No answer.
    Silence,
    /// A byte a second.
    Drip,
}

impl Behaviour {
    /// What a path asks for, if it names a behaviour.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        path.strip_prefix('/')?.split(['/', '?']).next()?.parse().ok()
    }

    /// What becomes of an event's request number `nth`, counted from 1.
    pub(super) fn react(self, event: &[u8], nth: u32) -> Reaction {
        let at_once = |fails: bool| Reaction::Answer(if fails { 500 } else { 200 }, Duration::ZERO);
        match self {
            Self::Healthy => at_once(false),
            Self::Hang => Reaction::Silence,
            Self::Drip => Reaction::Drip,
            Self::Status(status) => Reaction::Answer(status, Duration::ZERO),
            Self::FailFirst(count) => at_once(nth <= count),
            Self::Flaky(seed) => {
                let drawn = draw(seed, event, nth);
                let fails = nth <= FLAKY_FIRST && drawn.is_multiple_of(FLAKY_ONE_IN);
                let drawn = drawn / FLAKY_ONE_IN;
                let is_slow = drawn.is_multiple_of(FLAKY_SLOW_ONE_IN);
                let wait_ms = if is_slow { drawn / FLAKY_SLOW_ONE_IN % FLAKY_WITHIN_MS } else { 0 };
                Reaction::Answer(if fails { 500 } else { 200 }, Duration::from_millis(wait_ms))
            }
            Self::Slow(ms) => Reaction::Answer(200, Duration::from_millis(ms)),
        }
    }
}

/// A number that looks random and is always the same.
fn draw(seed: u64, event: &[u8], nth: u32) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, event, nth).hash(&mut hasher);
    hasher.finish()
}

impl FromStr for Behaviour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.split_once('-').unwrap_or((text, ""));
        let unknown = || format!("{text}: not one of ok, hang, drip, status-N, fail-N, flaky-N, slow-N");
        let parsed = number.parse::<u64>().map_err(|_| unknown());
        let small = |n: u64| u32::try_from(n).map_err(|_| unknown());
        Ok(match name {
            "ok" => Self::Healthy,
            "hang" => Self::Hang,
            "drip" => Self::Drip,
            "status" => Self::Status(parsed.ok().and_then(|n| u16::try_from(n).ok()).ok_or_else(unknown)?),
            "fail" => Self::FailFirst(small(parsed?)?),
            "flaky" => Self::Flaky(parsed?),
            "slow" => Self::Slow(parsed?),
            _ => return Err(unknown()),
        })
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("ok"),
            Self::Hang => f.write_str("hang"),
            Self::Drip => f.write_str("drip"),
            Self::Status(status) => write!(f, "status-{status}"),
            Self::FailFirst(count) => write!(f, "fail-{count}"),
            Self::Flaky(seed) => write!(f, "flaky-{seed}"),
            Self::Slow(ms) => write!(f, "slow-{ms}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: Reaction = Reaction::Answer(200, Duration::ZERO);
    const FAILED: Reaction = Reaction::Answer(500, Duration::ZERO);

    fn fails(reaction: Reaction) -> bool {
        matches!(reaction, Reaction::Answer(500, _))
    }

    #[test]
    fn a_path_names_its_behaviour_and_reads_back() {
        for text in ["ok", "hang", "drip", "status-410", "fail-2", "flaky-7", "slow-20"] {
            let behaviour: Behaviour = text.parse().expect("a behaviour");
            assert_eq!(behaviour.to_string(), text);
            assert_eq!(Behaviour::of_path(&format!("/{text}/app-1?x=y")), Some(behaviour));
        }
        for text in ["", "status", "status-x", "status-70000", "fail", "other"] {
            assert!(text.parse::<Behaviour>().is_err(), "{text}");
        }
        assert_eq!(Behaviour::of_path("/hook"), None);
    }

    #[test]
    fn failures_are_counted_by_event() {
        let reactions: Vec<_> = (1..=4).map(|nth| Behaviour::FailFirst(2).react(b"evt_1", nth)).collect();
        assert_eq!(reactions, [FAILED, FAILED, OK, OK]);
        assert_eq!(Behaviour::Status(503).react(b"evt_1", 9), Reaction::Answer(503, Duration::ZERO));
    }

    #[test]
    fn a_flaky_receiver_repeats_its_choices_and_gives_in() {
        let refused = |seed: u64| {
            let events = (0..1_000).map(|n: u32| n.to_string());
            events.map(|event| fails(Behaviour::Flaky(seed).react(event.as_bytes(), 1))).collect::<Vec<_>>()
        };
        let failures = refused(7).iter().filter(|failed| **failed).count();
        assert!((150..250).contains(&failures), "{failures} of 1000");
        assert_eq!(refused(7), refused(7));
        assert_ne!(refused(7), refused(8));
        assert!((0..1_000_u32).all(|n| !fails(Behaviour::Flaky(7).react(&n.to_be_bytes(), 4))));
    }
}
