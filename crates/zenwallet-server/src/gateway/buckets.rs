//! The buckets of keys with a rate limit, and how nodes share them: each counts what it let in, tells it to the others
//! in a round of its own, and takes what they let in out of its buckets. No request waits for that.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zenwallet_core::id::KeyId;
use zenwallet_core::rate::{Heard, Peers, Policy, Told, Verdict};
use zenwallet_core::time::Timestamp;
use zenwallet_store::KeyUse;

/// Longer than any lag between nodes that work, in milliseconds. What the others' counts grew by over a longer time has
/// mostly been refilled; what has not shows in their buckets.
const LAG_MAX_MS: i64 = 1_000;

/// A key's bucket on this node.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    full_at_ns: AtomicI64,
    /// Requests let in here.
    used: AtomicI64,
}

impl Bucket {
    /// Takes one request out.
    pub(super) fn admit(&self, policy: Policy, now: Timestamp) -> Verdict {
        let now_ns = as_ns(now);
        let mut state = self.full_at_ns.load(Ordering::Relaxed);
        loop {
            let verdict = policy.admit(state, now_ns);
            let next = verdict.next_full_at_ns;
            match self.full_at_ns.compare_exchange_weak(state, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    self.used.fetch_add(i64::from(verdict.allowed), Ordering::Relaxed);
                    return verdict;
                }
                Err(other) => state = other,
            }
        }
    }

    fn settle(&self, policy: Policy, now: Timestamp, untold: i64, heard: Heard) {
        let settled = |full_at_ns| Some(policy.settle(full_at_ns, as_ns(now), untold, heard));
        // It never refuses, so there is no failure to look at.
        let _ = self.full_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, settled);
    }
}

/// A bucket with what the nodes know of each other's.
#[derive(Debug)]
struct Shared {
    policy: Policy,
    bucket: Arc<Bucket>,
    /// The part of its count that was told to the others.
    told: i64,
    /// Whether this bucket holds what the others told.
    has_heard: bool,
    peers: Peers,
}

impl Shared {
    /// Counts from zero again, as a node does that has never used the key.
    fn begin_anew(&mut self) {
        self.bucket.used.fetch_sub(self.told, Ordering::Relaxed);
        (self.told, self.has_heard) = (0, false);
        self.peers.forget();
    }
}

/// The buckets of the keys that are used here.
#[derive(Debug, Default)]
pub(super) struct Buckets(Mutex<Round>);

#[derive(Debug, Default)]
struct Round {
    shared: HashMap<KeyId, Shared>,
    heard_at: Timestamp,
}

impl Buckets {
    fn round(&self) -> MutexGuard<'_, Round> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bucket of a key, which has this policy from now on.
    pub(super) fn of(&self, key: KeyId, policy: Policy) -> Arc<Bucket> {
        let mut round = self.round();
        let new = || Shared { policy, bucket: Arc::default(), told: 0, has_heard: false, peers: Peers::default() };
        let shared = round.shared.entry(key).or_insert_with(new);
        shared.policy = policy;
        Arc::clone(&shared.bucket)
    }

    /// Forgets buckets that have filled up: a new one is the same.
    pub(super) fn forget_full(&self, now: Timestamp) {
        self.round().shared.retain(|_, shared| {
            let is_full = shared.bucket.full_at_ns.load(Ordering::Relaxed) <= as_ns(now);
            Arc::strong_count(&shared.bucket) > 1 || !is_full
        });
    }

    /// What the others should know: of keys that were used here since the last round, and of those whose buckets here are
    /// not full, which must go on hearing of the others' use.
    pub(super) fn to_tell(&self, now: Timestamp) -> Vec<KeyUse> {
        let mut round = self.round();
        let was_silent = now.plus_ms(-LAG_MAX_MS) > round.heard_at;
        let mut told = Vec::new();
        for (key_id, shared) in &mut round.shared {
            let used = shared.bucket.used.load(Ordering::Relaxed);
            let full_at_ns = shared.bucket.full_at_ns.load(Ordering::Relaxed);
            if was_silent {
                shared.peers.forget();
            }
            if used != shared.told || full_at_ns > as_ns(now) {
                let full_at = shared.has_heard.then_some(Timestamp::from_ms(full_at_ns / 1_000_000));
                told.push(KeyUse { key_id: *key_id, used, full_at });
            } else {
                shared.begin_anew();
            }
        }
        told
    }

    /// Ends a round: this was told to the others, and that was heard of them.
    pub(super) fn hear(&self, told: &[KeyUse], heard: &[(String, KeyUse)], now: Timestamp) {
        let mut round = self.round();
        round.heard_at = now;
        let mut words: HashMap<KeyId, Vec<(&str, Told)>> = HashMap::new();
        for (node, theirs) in heard {
            let word = Told { used: theirs.used, full_at_ns: theirs.full_at.map(as_ns) };
            words.entry(theirs.key_id).or_default().push((node, word));
        }
        for ours in told {
            let Some(shared) = round.shared.get_mut(&ours.key_id) else { continue };
            let heard = shared.peers.hear(shared.policy, words.remove(&ours.key_id).unwrap_or_default());
            // What the others told was written before they could read what this round wrote.
            let untold = shared.bucket.used.load(Ordering::Relaxed) - shared.told;
            (shared.told, shared.has_heard) = (ours.used, true);
            shared.bucket.settle(shared.policy, now, untold, heard);
        }
    }
}

fn as_ns(at: Timestamp) -> i64 {
    at.as_ms().saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests;
