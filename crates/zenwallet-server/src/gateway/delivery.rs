//! What the worker that delivers webhooks asks of the gateway.

use super::Gateway;
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use zenwallet_core::delivery::RetrySchedule;
use zenwallet_core::id::{AppId, EndpointId, PaymentId};
use zenwallet_core::signature::SigningKey;
use zenwallet_store::{AttemptRecord, ClaimRequest, Claimed, Command, Outcome, StoreError};

use super::secrets::SecretError;

/// How long an app's signing keys are believed: a rotated secret signs within this time.
const BELIEVED_FOR: Duration = Duration::from_millis(500);
/// Most apps whose keys are remembered.
const REMEMBERED_MAX: u64 = 10_000;

/// The signing keys of the apps that had webhooks lately, the newest key first.
#[derive(Debug)]
pub(super) struct SigningKeys(Cache<AppId, Arc<[SigningKey]>>);

impl SigningKeys {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(BELIEVED_FOR).build())
    }

    pub(super) async fn forget(&self, app_id: AppId) {
        self.0.invalidate(&app_id).await;
    }
}

/// Why a webhook cannot be signed or dressed.
#[derive(Clone, Debug, Error)]
pub(crate) enum DressingError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed secret cannot be opened.
    #[error("{0}")]
    Unreadable(String),
}

impl From<SecretError> for DressingError {
    fn from(error: SecretError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// How far the clocks of two nodes, and the end of a lease beyond its attempt, may reasonably lie ahead.
const CLOCKS_DIFFER_MS: i64 = 60_000;

impl Gateway {
    /// When a failed delivery is tried again.
    pub(crate) fn retry_schedule(&self) -> &RetrySchedule {
        &self.webhooks.schedule
    }

    /// The keys that sign an app's webhooks now, the newest first.
    pub(crate) async fn signing_keys(&self, app_id: AppId) -> Result<Arc<[SigningKey]>, DressingError> {
        let load = async {
            let sealed = self.store.live_webhook_secrets(app_id, self.now()).await?;
            let keys = sealed.iter().map(|blob| Ok(SigningKey::new(self.key.open(app_id, blob)?)));
            keys.collect::<Result<Arc<[SigningKey]>, DressingError>>()
        };
        self.signing_keys.0.try_get_with(app_id, load).await.map_err(|error: Arc<DressingError>| (*error).clone())
    }

    /// An endpoint's own headers, opened.
    pub(crate) fn open_headers(&self, app_id: AppId, sealed: &[u8]) -> Result<Vec<(String, String)>, DressingError> {
        let json = self.key.open(app_id, sealed)?;
        serde_json::from_slice(&json).map_err(|error| DressingError::Unreadable(error.to_string()))
    }

    /// Leases deliveries that are due.
    pub(crate) async fn claim_deliveries(&self, request: ClaimRequest) -> Result<Claimed, StoreError> {
        match self.store.commit(Command::ClaimDeliveries(request)).await?.outcome {
            Outcome::Claimed(claimed) => Ok(claimed),
            _ => Ok(Claimed::default()),
        }
    }

    /// Writes down what an attempt came to; false when its lease had gone to somebody else.
    pub(crate) async fn record_attempt(&self, record: Arc<AttemptRecord>) -> Result<bool, StoreError> {
        let app_id = record.app_id;
        match self.store.commit(Command::RecordAttempt(record)).await?.outcome {
            Outcome::Recorded { applied } => {
                if applied {
                    self.counter_of(app_id).count_delivery(self.now());
                }
                Ok(applied)
            }
            _ => Ok(false),
        }
    }

    /// Disables an endpoint whose receiver says that it is gone, and announces that.
    pub(crate) async fn disable_gone_endpoint(
        &self,
        app_id: AppId,
        endpoint_id: EndpointId,
        payment_id: PaymentId,
    ) -> Result<(), StoreError> {
        self.disable_endpoint(app_id, endpoint_id, payment_id, "gone: the receiver answered 410 Gone").await
    }

    /// Disables an endpoint if its deliveries have failed for too long without one that succeeded.
    pub(crate) async fn disable_failing_endpoint(
        &self,
        app_id: AppId,
        endpoint_id: EndpointId,
        payment_id: PaymentId,
    ) -> Result<(), StoreError> {
        let Some(endpoint) = self.store.find_endpoint(app_id, endpoint_id).await? else { return Ok(()) };
        let patience_ms = i64::try_from(self.webhooks.disable_after.as_millis()).unwrap_or(i64::MAX);
        let now = self.clock.bounds().earliest;
        let is_over = endpoint.failing_since.is_some_and(|since| since.plus_ms(patience_ms) <= now);
        if !endpoint.is_enabled || !is_over {
            return Ok(());
        }
        self.disable_endpoint(app_id, endpoint_id, payment_id, "failing: no delivery succeeded for too long").await
    }

    async fn disable_endpoint(
        &self,
        app_id: AppId,
        endpoint_id: EndpointId,
        payment_id: PaymentId,
        reason: &str,
    ) -> Result<(), StoreError> {
        let command = Command::DisableEndpoint { app_id, endpoint_id, payment_id, reason: reason.to_owned() };
        if self.store.commit(command).await?.outcome == Outcome::EndpointDisabled(true) {
            tracing::warn!(%app_id, %endpoint_id, reason, "an endpoint was disabled");
        }
        Ok(())
    }

    /// Lets everybody claim at once what a process of this node's name leased and no longer works on.
    pub async fn give_back_deliveries(&self) {
        match self.store.release_leases(&self.webhooks.node, self.now()).await {
            Ok(0) => {}
            Ok(released) => tracing::info!(released, "deliveries that were leased and not sent are due again"),
            Err(error) => tracing::warn!(%error, "leases could not be given back; they end by themselves"),
        }
    }

    /// Lets deliveries be due that a clock which was ahead has put off for longer than any delivery waits; says how many,
    /// at most `limit`. While the clock itself is behind, nothing is done: others may keep the right time.
    pub async fn recall_deliveries(&self, limit: u32) -> Result<u64, StoreError> {
        let lease_ms = i64::try_from(self.webhooks.timeout.as_millis()).unwrap_or(i64::MAX);
        let wait_ms = self.webhooks.schedule.longest_wait_ms().max(lease_ms).saturating_add(CLOCKS_DIFFER_MS);
        let recalled =
            self.store.recall_deliveries(self.clock.bounds().latest.plus_ms(wait_ms), self.now(), limit).await?;
        if recalled > 0 {
            tracing::warn!(recalled, "deliveries that the clock had put off too far are due: was it set back?");
        }
        Ok(recalled)
    }

    /// Forgets deliveries that have been kept long enough; says how many, at most `limit` for each app.
    pub async fn prune_deliveries(&self, limit: u32) -> Result<u64, StoreError> {
        let kept_ms = i64::try_from(self.webhooks.log_retention.as_millis()).unwrap_or(i64::MAX);
        let before = self.clock.bounds().earliest.plus_ms(-kept_ms);
        let mut pruned = 0;
        for app in self.store.list_apps().await? {
            pruned += self.store.prune_deliveries(app.id, before, limit).await?;
        }
        Ok(pruned)
    }
}
