//! What an app's owner does with webhooks: endpoints, the log of deliveries, and the levers.

use super::Gateway;
use super::apps::check_overlap;
use super::delivery::DressingError;
use crate::egress::Egress;
use crate::wire::endpoint::EndpointChange;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Notify;
use zenwallet_core::app::App;
use zenwallet_core::delivery::{Attempt, Cause, Delivery, DeliveryStatus, RetrySchedule};
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::event::{self, EventType};
use zenwallet_core::id::{AppId, DeliveryId, EndpointId, PaymentId};
use zenwallet_core::limits::WEBHOOK_SECRETS_MAX;
use zenwallet_core::metadata::{Metadata, Value};
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection};
use zenwallet_store::{Command, DeliveryFilter, Outcome, StoreError};

/// The rules that webhooks follow on this instance.
#[derive(Clone, Debug)]
pub struct WebhookRules {
    /// Where they may go.
    pub egress: Arc<Egress>,
    /// When a failed delivery is tried again.
    pub schedule: RetrySchedule,
    /// How long an endpoint's deliveries may fail, without one that succeeds, before it is disabled.
    pub disable_after: Duration,
    /// How long deliveries and attempts are kept.
    pub log_retention: Duration,
    /// Longest time of one attempt.
    pub timeout: Duration,
    /// This node's name, which its leases carry.
    pub node: Arc<str>,
    /// Tells this node's dispatcher that something is due.
    pub nudge: Arc<Notify>,
}

/// Deliveries copied in one step of a replay.
const REPLAY_PAGE: u32 = 500;
/// Most deliveries of one replay: more are asked for again, from where this one ended.
const REPLAY_MAX: u32 = 100_000;
/// How often the outcome of a test is looked for.
const TEST_POLL: Duration = Duration::from_millis(50);
/// What a test waits beyond the attempt itself.
const TEST_SLACK: Duration = Duration::from_secs(3);

/// Why nothing was done.
#[derive(Clone, Debug, Error)]
pub(crate) enum WebhookError {
    /// A value is not acceptable.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// For the reason of this code.
    #[error("{}", .0.as_str())]
    Refused(Code),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a replay did, or would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Replay {
    /// Deliveries.
    pub(crate) count: u32,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

impl Gateway {
    /// Every endpoint of an app, oldest first.
    pub(crate) async fn list_endpoints(&self, app_id: AppId) -> Result<Vec<Endpoint>, StoreError> {
        self.store.list_endpoints(app_id).await
    }

    /// An endpoint of this app.
    pub(crate) async fn find_endpoint(&self, app_id: AppId, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        self.store.find_endpoint(app_id, id).await
    }

    /// Adds an endpoint to an app.
    pub(crate) async fn create_endpoint(&self, app: &App, wanted: EndpointChange) -> Result<Endpoint, WebhookError> {
        let missing = || Rejection::new(Code::ParameterMissing, "url", "url is required");
        let (url, now) = (wanted.url.clone().ok_or_else(missing)?, self.now());
        let mut endpoint = Endpoint::new(self.ids.next(now), app.id, url, now);
        self.change(&mut endpoint, wanted);
        if self.store.create_endpoint(&endpoint).await? {
            return Ok(endpoint);
        }
        Err(WebhookError::Refused(Code::EndpointLimit))
    }

    /// Gives an endpoint other properties; what is not named stays.
    pub(crate) async fn update_endpoint(
        &self,
        app_id: AppId,
        id: EndpointId,
        wanted: EndpointChange,
    ) -> Result<Endpoint, WebhookError> {
        let unknown = WebhookError::Refused(Code::EndpointNotFound);
        let mut endpoint = self.store.find_endpoint(app_id, id).await?.ok_or_else(|| unknown.clone())?;
        let switches = wanted.is_enabled.is_some();
        self.change(&mut endpoint, wanted);
        self.store.update_endpoint(&endpoint, switches).await?;
        // As it is now: the gateway may have disabled it meanwhile.
        self.store.find_endpoint(app_id, id).await?.ok_or(unknown)
    }

    fn change(&self, endpoint: &mut Endpoint, wanted: EndpointChange) {
        let EndpointChange { url, events, headers, description, is_enabled } = wanted;
        if let Some(url) = url {
            endpoint.url = url;
        }
        if let Some(events) = events {
            endpoint.events = events;
        }
        if let Some(headers) = headers {
            // A list of strings always serialises.
            let json = serde_json::to_vec(&headers).unwrap_or_default();
            let sealed = || self.key.seal(&self.ids, endpoint.app_id, &json);
            endpoint.headers_sealed = (!headers.is_empty()).then(sealed);
        }
        if let Some(description) = description {
            endpoint.description = description;
        }
        if let Some(is_enabled) = is_enabled {
            endpoint.is_enabled = is_enabled;
            endpoint.disabled_reason = None;
            endpoint.failing_since = None;
        }
    }

    /// The names of an endpoint's own headers.
    pub(crate) fn header_names(&self, endpoint: &Endpoint) -> Vec<String> {
        let Some(sealed) = &endpoint.headers_sealed else { return Vec::new() };
        let opened: Result<_, DressingError> = self.open_headers(endpoint.app_id, sealed);
        opened.unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    }

    /// Removes an endpoint; what waits for it is called off.
    pub(crate) async fn delete_endpoint(&self, app_id: AppId, id: EndpointId) -> Result<(), WebhookError> {
        let found = self.store.delete_endpoint(app_id, id).await?;
        found.then_some(()).ok_or(WebhookError::Refused(Code::EndpointNotFound))
    }

    /// Gives an app a new webhook secret; the one before goes on signing for `overlap_s` seconds. Answers with the new
    /// one and with when the one before ends.
    pub(crate) async fn rotate_webhook_secret(
        &self,
        app_id: AppId,
        overlap_s: i64,
    ) -> Result<(String, Timestamp), WebhookError> {
        check_overlap(overlap_s)?;
        let now = self.now();
        if overlap_s > 0 && self.store.live_webhook_secrets(app_id, now).await?.len() >= WEBHOOK_SECRETS_MAX {
            return Err(WebhookError::Refused(Code::WebhookSecretLimit));
        }
        let (sealed, shown) = self.new_webhook_secret(app_id);
        let former_ends_at = now.plus_s(overlap_s);
        let found = self.store.rotate_webhook_secret(app_id, &sealed, former_ends_at, now).await?;
        self.signing_keys.forget(app_id).await;
        found.then_some((shown, former_ends_at)).ok_or(WebhookError::Refused(Code::AppNotFound))
    }

    /// Deliveries, newest first.
    pub(crate) async fn list_deliveries(
        &self,
        filter: &DeliveryFilter,
        below: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.store.list_deliveries(filter, below, limit).await
    }

    /// A delivery with every attempt.
    pub(crate) async fn find_delivery(
        &self,
        app_id: AppId,
        id: DeliveryId,
    ) -> Result<Option<(Delivery, Vec<Attempt>)>, StoreError> {
        let Some(delivery) = self.store.find_delivery(app_id, id).await? else { return Ok(None) };
        Ok(Some((delivery, self.store.list_attempts(app_id, id).await?)))
    }

    /// Sends a delivery once more: one that waits is tried now, one that is over gets a successor. Answers with the
    /// one that is on its way.
    pub(crate) async fn retry_delivery(&self, app_id: AppId, id: DeliveryId) -> Result<Delivery, WebhookError> {
        let unknown = || WebhookError::Refused(Code::DeliveryNotFound);
        let delivery = self.store.find_delivery(app_id, id).await?.ok_or_else(unknown)?;
        if delivery.status != DeliveryStatus::Pending {
            let successor = self.successor(&delivery, Cause::Retry);
            self.store.insert_deliveries(app_id, std::slice::from_ref(&successor)).await?;
            self.webhooks.nudge.notify_one();
            return Ok(successor);
        }
        self.store.hurry_delivery(app_id, id, self.now()).await?;
        self.webhooks.nudge.notify_one();
        self.store.find_delivery(app_id, id).await?.ok_or_else(unknown)
    }

    /// Calls a waiting delivery off.
    pub(crate) async fn cancel_delivery(&self, app_id: AppId, id: DeliveryId) -> Result<Delivery, WebhookError> {
        let canceled = self.store.cancel_delivery(app_id, id, self.now()).await?;
        let delivery = self.store.find_delivery(app_id, id).await?;
        let delivery = delivery.ok_or(WebhookError::Refused(Code::DeliveryNotFound))?;
        match canceled || delivery.status == DeliveryStatus::Canceled {
            true => Ok(delivery),
            false => Err(WebhookError::Refused(Code::DeliveryFinished)),
        }
    }

    /// Sends again what has failed since a moment and was not asked for again yet; with `dry_run` only counts it.
    pub(crate) async fn replay_failed(&self, filter: &DeliveryFilter, dry_run: bool) -> Result<Replay, StoreError> {
        let (mut count, mut after) = (0, DeliveryId::from_bytes([0; 16]));
        while count < REPLAY_MAX {
            let page = self.store.list_replayable(filter, after, REPLAY_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            count += u32::try_from(page.len()).unwrap_or(u32::MAX);
            if !dry_run {
                let copies: Vec<_> = page.iter().map(|failed| self.successor(failed, Cause::Replay)).collect();
                self.store.insert_deliveries(filter.app_id, &copies).await?;
                self.webhooks.nudge.notify_one();
            }
        }
        let has_more = count >= REPLAY_MAX && !self.store.list_replayable(filter, after, 1).await?.is_empty();
        Ok(Replay { count, has_more })
    }

    /// A new delivery of the same event to the same address. Its id comes after the other's, whatever the clocks of the
    /// nodes say: which one is the last is told by the ids.
    fn successor(&self, delivery: &Delivery, cause: Cause) -> Delivery {
        let now = self.now();
        Delivery {
            id: self.ids.next(now.max(delivery.id.created_at().plus_ms(1))),
            cause,
            status: DeliveryStatus::Pending,
            attempts: 0,
            next_attempt_at: Some(now),
            created_at: now,
            finished_at: None,
            response_status: None,
            error: None,
            ..delivery.clone()
        }
    }

    /// Sends a test event to an endpoint or an address and waits for what comes of it.
    pub(crate) async fn test_webhook(
        &self,
        app_id: AppId,
        target: TestTarget,
    ) -> Result<(Delivery, Vec<Attempt>), WebhookError> {
        let (endpoint_id, url, headers_sealed) = match target {
            TestTarget::Url(url) => (None, url, None),
            TestTarget::Endpoint(id) => {
                let found = self.store.find_endpoint(app_id, id).await?;
                let endpoint = found.ok_or(WebhookError::Refused(Code::EndpointNotFound))?;
                (Some(id), endpoint.url, endpoint.headers_sealed)
            }
        };
        let now = self.now();
        let (event_id, payment_id) = (self.ids.next(now), self.ids.next::<zenwallet_core::id::PaymentKind>(now));
        let content = test_content(event_id, payment_id, now);
        let command = Command::TestWebhook { app_id, endpoint_id, url, headers_sealed, event_id, payment_id, content };
        let Outcome::Tested(id) = self.store.commit(command).await?.outcome else {
            return Err(WebhookError::Refused(Code::AppNotFound));
        };
        self.webhooks.nudge.notify_one();
        self.await_delivery(app_id, id).await
    }

    /// The delivery once it is over, or as it is when it takes too long: no node may be delivering.
    async fn await_delivery(&self, app_id: AppId, id: DeliveryId) -> Result<(Delivery, Vec<Attempt>), WebhookError> {
        let polls = (self.webhooks.timeout + TEST_SLACK).as_millis() / TEST_POLL.as_millis();
        for _ in 0..polls {
            tokio::time::sleep(TEST_POLL).await;
            let found = self.find_delivery(app_id, id).await?;
            if let Some(found) = found.filter(|(delivery, _)| delivery.status != DeliveryStatus::Pending) {
                return Ok(found);
            }
        }
        self.find_delivery(app_id, id).await?.ok_or(WebhookError::Refused(Code::DeliveryNotFound))
    }
}

/// What a test is sent to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum TestTarget {
    /// An endpoint of the app, enabled or not.
    Endpoint(EndpointId),
    /// Any address that webhooks may go to.
    Url(String),
}

/// A test event tells of no payment that exists.
fn test_content(event_id: zenwallet_core::id::EventId, payment_id: PaymentId, at: Timestamp) -> String {
    let entries = vec![("test".to_owned(), Value::Bool(true))];
    let metadata = Metadata::from_entries(entries).unwrap_or_default();
    event::operational_body(event_id, EventType::WebhookTest, payment_id, &metadata, at)
}
