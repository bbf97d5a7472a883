//! Sends alerts by email, on nodes that deliver, where an SMTP server is configured.

use crate::gateway::Gateway;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use zenwallet_store::StoreError;

/// How often due alerts are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often failing endpoints are looked for.
const WATCH_EVERY: Duration = Duration::from_secs(10);
/// Emails of one step, which are sent at the same time.
const BATCH_MAX: u32 = 8;
/// Alerts of one look at endpoints.
const WATCH_MAX: u32 = 500;
/// How long emails that are under way may finish when the node stops. One that does not is sent again by another node.
const GRACE: Duration = Duration::from_secs(5);

/// Sends what users are to be told, until told to stop.
pub async fn run_mail(gateway: Arc<Gateway>, stop: CancellationToken) {
    let mut watched: Option<Instant> = None;
    while !stop.is_cancelled() {
        if watched.is_none_or(|at| at.elapsed() >= WATCH_EVERY) {
            watched = Some(Instant::now());
            if let Err(error) = gateway.raise_endpoint_alerts(WATCH_MAX).await {
                tracing::warn!(%error, "failing endpoints could not be looked for");
            }
        }
        let sent = tokio::select! {
            sent = send_due_alerts(&gateway) => sent,
            () = last_moments(&stop) => return,
        };
        match sent {
            // There may be more.
            Ok(sent) if sent >= BATCH_MAX as usize => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "alerts could not be looked for; trying again"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn last_moments(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(GRACE).await;
}

/// Tells a few users what they are to be told now; says how many.
pub async fn send_due_alerts(gateway: &Gateway) -> Result<usize, StoreError> {
    let batches = gateway.claim_alerts(BATCH_MAX).await?;
    for noted in join_all(batches.iter().map(|batch| gateway.send_alerts(batch))).await {
        noted?;
    }
    Ok(batches.len())
}

/// Looks once for failing endpoints; says how many alerts that made.
#[doc(hidden)]
pub async fn watch_endpoints(gateway: &Gateway) -> Result<usize, StoreError> {
    gateway.raise_endpoint_alerts(WATCH_MAX).await
}
