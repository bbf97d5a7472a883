//! Whether a call is made again, and after how long.

use std::time::{Duration, SystemTime};

/// What is asked for beyond this is not waited for.
pub(crate) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
const BACKOFF_FIRST: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(8);

/// How often, and how far apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    /// After the first attempt.
    pub(crate) max: u32,
    /// The longest first wait.
    pub(crate) first: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { max: 3, first: BACKOFF_FIRST }
    }
}

/// How an attempt ended that did not succeed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ended<'a> {
    /// `None`: there was no answer.
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<&'a str>,
    pub(crate) retry_after: Option<Duration>,
}

impl Ended<'_> {
    /// Whether the same request may do better.
    fn may_recover(&self) -> bool {
        match self.status {
            None | Some(408 | 429 | 500 | 502 | 503 | 504) => true,
            Some(409) => self.code == Some("idempotency_key_in_use"),
            Some(_) => false,
        }
    }
}

impl Retries {
    /// The wait before the next attempt, when `attempt` (1, 2, …) ended so; `None`: there is no next. `random` is from 0 to 1.
    pub(crate) fn wait(&self, attempt: u32, ended: Ended<'_>, random: f64) -> Option<Duration> {
        if attempt > self.max || !ended.may_recover() {
            return None;
        }
        match ended.retry_after {
            Some(asked) if asked > RETRY_AFTER_MAX => None,
            asked => Some(self.backoff(attempt, random).max(asked.unwrap_or_default())),
        }
    }

    /// The wait after so many failures in a row.
    pub(crate) fn backoff(&self, failures: u32, random: f64) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(16));
        doubled.min(BACKOFF_MAX).mul_f64(0.5 + random / 2.0)
    }
}

/// What `Retry-After` asks for: seconds, or a moment.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let moment = httpdate::parse_http_date(value).ok()?;
    Some(moment.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_vector_is_answered() {
        let vectors = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/retries.json")).unwrap();
        let vectors: Vec<Value> = serde_json::from_slice(&vectors).unwrap();
        assert!(vectors.len() > 20);
        for case in vectors {
            let number = |name: &str| case[name].as_u64();
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(number("now_s").unwrap());
            let ended = Ended {
                status: number("status").map(|status| u16::try_from(status).unwrap()),
                code: case["code"].as_str(),
                retry_after: case["retry_after"].as_str().and_then(|value| retry_after(value, now)),
            };
            let max = u32::try_from(number("retries").unwrap()).unwrap();
            let attempt = u32::try_from(number("attempt").unwrap()).unwrap();
            let wait = |random| Retries { max, ..Retries::default() }.wait(attempt, ended, random);
            assert_eq!(wait(0.5).is_some(), case["repeated"], "{case}");
            let bounds = (wait(0.0), wait(1.0));
            let ms = |name: &str| number(name).map(Duration::from_millis);
            assert_eq!(bounds, (ms("min_wait_ms"), ms("max_wait_ms")), "{case}");
        }
    }
}
