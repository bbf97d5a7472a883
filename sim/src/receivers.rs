//! The receivers of webhooks: how each one answers, and what it has been sent.

use crate::chance::Chance;
use zenwallet_core::delivery::AttemptResult;

/// How a receiver takes what comes.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Good,
    Slow,
    Broken,
    /// 429 with `Retry-After`.
    Busy,
    /// It never answers.
    Silent,
    Gone,
    /// Anything of the above.
    Moody,
}

const MOODS: [Mood; 12] = [
    Mood::Good,
    Mood::Good,
    Mood::Good,
    Mood::Good,
    Mood::Moody,
    Mood::Moody,
    Mood::Slow,
    Mood::Broken,
    Mood::Broken,
    Mood::Busy,
    Mood::Silent,
    Mood::Gone,
];
pub(crate) const HOSTS: usize = 4;

/// The answer to one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) result: AttemptResult,
    pub(crate) took_ms: i64,
}

pub(crate) struct Receivers([Mood; HOSTS]);

impl Receivers {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        Self(std::array::from_fn(|_| chance.pick(&MOODS).copied().unwrap_or(Mood::Good)))
    }

    /// One of them changes.
    pub(crate) fn change(&mut self, chance: &mut Chance) {
        let host = chance.below(HOSTS);
        self.0[host] = chance.pick(&MOODS).copied().unwrap_or(Mood::Good);
    }

    /// An address of one of them.
    pub(crate) fn url(chance: &mut Chance) -> String {
        format!("https://r{}.example/hook{}", chance.below(HOSTS), chance.below(2))
    }

    /// What a request comes to that waits at most `timeout_ms`.
    pub(crate) fn answer(&self, url: &str, timeout_ms: i64, chance: &mut Chance) -> Answer {
        let host = url.as_bytes().get("https://r".len()).map_or(0, |digit| usize::from(digit - b'0'));
        let mood = match self.0.get(host).copied().unwrap_or(Mood::Good) {
            Mood::Moody => MOODS[chance.below(MOODS.len() - 1)],
            mood => mood,
        };
        let answered = |status, retry_after_ms| AttemptResult::Answered { status, retry_after_ms };
        let (result, took_ms) = match mood {
            Mood::Good | Mood::Moody => (answered(200, None), chance.within(1..120)),
            Mood::Slow => (answered(204, None), chance.within(200..timeout_ms + 300)),
            Mood::Broken => (answered(500, None), chance.within(1..60)),
            Mood::Busy => {
                let status = if chance.percent(50) { 429 } else { 503 };
                (answered(status, Some(chance.within(0..6_000))), chance.within(1..60))
            }
            Mood::Silent => (AttemptResult::NoAnswer, timeout_ms),
            Mood::Gone => (answered(410, None), chance.within(1..60)),
        };
        if took_ms >= timeout_ms {
            return Answer { result: AttemptResult::NoAnswer, took_ms: timeout_ms };
        }
        Answer { result, took_ms }
    }
}
