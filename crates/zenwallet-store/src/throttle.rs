//! How often somebody failed to prove who he is: counted where every node sees it, and where it outlives them.

use crate::Store;
use crate::error::Result;
use crate::sql::{Tx, values};
use futures_util::FutureExt;
use zenwallet_core::app::KeyHash;
use zenwallet_core::rate::SlowPolicy;
use zenwallet_core::time::Timestamp;

/// A row that is there can be locked.
const PUT: &str = "INSERT INTO throttle (key, full_at_ms) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
const FIND: &str = "SELECT full_at_ms FROM throttle WHERE key = $1";
const SET: &str = "UPDATE throttle SET full_at_ms = $1 WHERE key = $2";
const PRUNE: &str = "DELETE FROM throttle WHERE full_at_ms < $1";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[PUT, FIND, SET, PRUNE];

impl Store {
    /// Takes one attempt out of every one of these buckets, or out of none: then the longest wait, in milliseconds.
    pub async fn take_attempt(&self, buckets: &[(KeyHash, SlowPolicy)], now: Timestamp) -> Result<Option<i64>> {
        let buckets = in_order(buckets);
        self.transact(move |tx| {
            async move {
                let (mut next, mut wait) = (Vec::new(), None);
                for (key, policy) in &buckets {
                    match policy.take(lock(tx, *key, now).await?, now.as_ms()) {
                        Ok(full_at) => next.push((*key, full_at)),
                        Err(missing) => wait = wait.max(Some(missing)),
                    }
                }
                if wait.is_none() {
                    for (key, full_at) in next {
                        tx.execute(SET, values![full_at, key]).await?;
                    }
                }
                Ok(wait)
            }
            .boxed()
        })
        .await
    }

    /// Gives the attempt back: it succeeded.
    pub async fn give_attempt_back(&self, buckets: &[(KeyHash, SlowPolicy)], now: Timestamp) -> Result<()> {
        let buckets = in_order(buckets);
        self.transact(move |tx| {
            async move {
                for (key, policy) in &buckets {
                    let full_at = lock(tx, *key, now).await?;
                    tx.execute(SET, values![policy.give_back(full_at), *key]).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// Forgets buckets that are full: a new one is the same.
    pub async fn prune_throttle(&self, now: Timestamp) -> Result<u64> {
        self.execute_audited(PRUNE, values![now], &[]).await
    }
}

/// Every node locks them in the same order.
fn in_order(buckets: &[(KeyHash, SlowPolicy)]) -> Vec<(KeyHash, SlowPolicy)> {
    let mut buckets = buckets.to_vec();
    buckets.sort_by_key(|(key, _)| key.0);
    buckets
}

async fn lock(tx: &mut Tx, key: KeyHash, now: Timestamp) -> Result<i64> {
    tx.execute(PUT, values![key, now]).await?;
    let found = tx.lock("throttle", FIND, values![key]).await?;
    found.into_iter().next().map_or(Ok(0), |mut row| row.int())
}
