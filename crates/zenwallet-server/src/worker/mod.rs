//! Work that nobody waits for. Each step is a use-case without timers; the loops here only sleep between steps.

mod deliver;
mod live;
mod mail;
mod send;

#[doc(hidden)]
pub use deliver::Lanes;
pub use deliver::{Dispatch, Slots, run_deliveries};
pub use live::run_live;
#[doc(hidden)]
pub use mail::watch_endpoints;
pub use mail::{run_mail, send_due_alerts};

use crate::gateway::Gateway;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest sleep of the sweeper. A payment lives at least 30 s, so one that was created on any node while the
/// sweeper slept is seen before it is due.
const SWEEP_SLEEP_MAX: Duration = Duration::from_secs(10);
/// Sleep after a failure.
const RETRY_SLEEP: Duration = Duration::from_millis(500);
/// Between two words of this node to the others: what they let in meanwhile is let in too much.
const SHARE_SLEEP: Duration = Duration::from_millis(100);
const UPKEEP_SLEEP: Duration = Duration::from_secs(15);
/// Rounds of upkeep from one look for old deliveries and events to the next: ten minutes.
const PRUNE_LOGS_ROUNDS: u32 = 40;
/// Rows of one upkeep statement: small, so that it never holds the writer up.
const PRUNE_BATCH: u32 = 500;

/// Expires payments at their time until told to stop.
pub async fn run_expiry(gateway: Arc<Gateway>, batch_max: u32, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let sleep = match gateway.expire_due_payments(batch_max).await {
            // A full batch means that more may be due already.
            Ok((expired, _)) if expired >= batch_max => continue,
            Ok((_, next)) => {
                let wait_ms = next.map_or(i64::MAX, |at| at.as_ms() - gateway.now().as_ms());
                Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0)).min(SWEEP_SLEEP_MAX)
            }
            Err(error) => {
                tracing::warn!(%error, "payments could not be expired; trying again");
                RETRY_SLEEP
            }
        };
        // Another node may be expiring what is due: it stays due until that commit, so do not spin.
        let sleep = sleep.max(Duration::from_millis(5));
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Shares with the other nodes how keys are used, until told to stop.
pub async fn run_sharing(gateway: Arc<Gateway>, stop: CancellationToken) {
    let mut sleep = SHARE_SLEEP;
    loop {
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            () = stop.cancelled() => {}
        }
        sleep = match gateway.share_key_use().await {
            Ok(()) => SHARE_SLEEP,
            Err(error) => {
                tracing::warn!(%error, "the use of keys could not be shared; each node keeps its own limits meanwhile");
                RETRY_SLEEP
            }
        };
        if stop.is_cancelled() {
            return;
        }
    }
}

/// Keeps small things in order until told to stop: last use of keys, what apps used, old idempotency keys, deliveries put off too far.
pub async fn run_upkeep(gateway: Arc<Gateway>, stop: CancellationToken) {
    for round in (0..PRUNE_LOGS_ROUNDS).cycle() {
        tokio::select! {
            () = tokio::time::sleep(UPKEEP_SLEEP) => {}
            () = stop.cancelled() => {}
        }
        if let Err(error) = gateway.note_key_use().await {
            tracing::warn!(%error, "the last use of keys could not be noted");
        }
        if let Err(error) = gateway.note_usage().await {
            tracing::warn!(%error, "what apps used could not be noted; trying again");
        }
        if let Err(error) = gateway.tell_of_limits().await {
            tracing::warn!(%error, "alerts of monthly limits could not be raised");
        }
        if stop.is_cancelled() {
            return;
        }
        if let Err(error) = gateway.prune_key_use().await {
            tracing::warn!(%error, "old uses of keys could not be forgotten");
        }
        if let Err(error) = gateway.prune_people().await {
            tracing::warn!(%error, "old sessions could not be forgotten");
        }
        loop {
            match gateway.prune_idempotency_keys(PRUNE_BATCH).await {
                Ok(pruned) if pruned >= u64::from(PRUNE_BATCH) && !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "old idempotency keys could not be forgotten");
                    break;
                }
            }
        }
        recall_deliveries(&gateway, &stop).await;
        // Days are kept and every app is asked: now and then is enough.
        if round == 0 {
            prune_deliveries(&gateway, &stop).await;
            prune_events(&gateway, &stop).await;
            prune_alerts(&gateway, &stop).await;
        }
        crate::metrics::upkeep();
    }
}

/// Lets deliveries be due that a wrong clock has put off.
async fn recall_deliveries(gateway: &Gateway, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match gateway.recall_deliveries(PRUNE_BATCH).await {
            Ok(recalled) if recalled >= u64::from(PRUNE_BATCH) => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "deliveries that wait too long could not be looked for");
                return;
            }
        }
    }
}

/// Forgets deliveries that have been kept long enough.
async fn prune_deliveries(gateway: &Gateway, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match gateway.prune_deliveries(PRUNE_BATCH).await {
            Ok(0) => return,
            Ok(pruned) => tracing::debug!(pruned, "old deliveries were forgotten"),
            Err(error) => {
                tracing::warn!(%error, "old deliveries could not be forgotten");
                return;
            }
        }
    }
}

/// Forgets events that have been kept long enough. Those that deliveries still need stay.
async fn prune_events(gateway: &Gateway, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match gateway.prune_events(PRUNE_BATCH).await {
            Ok(0) => return,
            Ok(pruned) => tracing::debug!(pruned, "old events were forgotten"),
            Err(error) => {
                tracing::warn!(%error, "old events could not be forgotten");
                return;
            }
        }
    }
}

/// Forgets alerts that have been kept long enough.
async fn prune_alerts(gateway: &Gateway, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match gateway.prune_alerts(PRUNE_BATCH).await {
            Ok(0) => return,
            Ok(pruned) => tracing::debug!(pruned, "old alerts were forgotten"),
            Err(error) => {
                tracing::warn!(%error, "old alerts could not be forgotten");
                return;
            }
        }
    }
}
