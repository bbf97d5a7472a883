//! Deliveries on their way between the database and the node that sends them.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::mpsc;
use zenwallet_core::app::Environment;
use zenwallet_core::delivery::{Attempt, Cause, DeliveryStatus, Lane, Next};
use zenwallet_core::event::EventType;
use zenwallet_core::id::{AppId, DeliveryId, EndpointId, EventId, PaymentId};
use zenwallet_core::time::Timestamp;

/// How this node leases deliveries.
#[derive(Clone, Debug)]
pub struct Leasing {
    /// This node's name; no two nodes that run at the same time share one.
    pub node: Arc<str>,
    /// How long a lease lasts, in milliseconds: longer than an attempt can take.
    pub lease_ms: i64,
    /// Where new deliveries go once they are committed; `None` on a node that delivers nothing.
    pub handoff: Option<Handoff>,
}

impl Default for Leasing {
    fn default() -> Self {
        Self { node: Arc::from("node"), lease_ms: 30_000, handoff: None }
    }
}

/// A delivery that this node alone may attempt until the lease ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeasedDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// Whose.
    pub app_id: AppId,
    /// The app's world, which decides where webhooks may go.
    pub environment: Environment,
    /// The event.
    pub event_id: EventId,
    /// What happened.
    pub kind: EventType,
    /// To which payment.
    pub payment_id: PaymentId,
    /// The event's content in canonical JSON.
    pub content: Arc<str>,
    /// The endpoint; `None` for a payment's own `webhook_url`.
    pub endpoint_id: Option<EndpointId>,
    /// The address.
    pub url: Arc<str>,
    /// The endpoint's own headers, sealed.
    pub headers_sealed: Option<Arc<[u8]>>,
    /// Who it shares its slots with.
    pub lane: Lane,
    /// Why there is a delivery.
    pub cause: Cause,
    /// Attempts made.
    pub attempts: u32,
    /// Which lease this is.
    pub token: i64,
    /// When it ends.
    pub leased_until: Timestamp,
}

/// What an attempt came to, with what follows; it counts only under the lease it was made with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttemptRecord {
    /// Whose delivery.
    pub app_id: AppId,
    /// Which delivery.
    pub delivery_id: DeliveryId,
    /// Its endpoint.
    pub endpoint_id: Option<EndpointId>,
    /// Why there is a delivery: a test tells nothing about the health of its endpoint.
    pub cause: Cause,
    /// The lease.
    pub token: i64,
    /// The attempt.
    pub attempt: Attempt,
    /// What becomes of the delivery.
    pub next: Next,
    /// When the attempt ended.
    pub ended_at: Timestamp,
}

impl AttemptRecord {
    /// The endpoint whose health the result tells of, if it counts: a test tells of none.
    pub(crate) fn judged_endpoint(&self) -> Option<EndpointId> {
        self.endpoint_id.filter(|_| self.cause != Cause::Test)
    }

    /// Where the delivery stands from now on, and until when it waits.
    pub(crate) fn outcome(&self) -> (DeliveryStatus, Option<Timestamp>) {
        match self.next {
            Next::Delivered => (DeliveryStatus::Delivered, None),
            Next::RetryAt(at) => (DeliveryStatus::Pending, Some(at)),
            Next::Failed | Next::Gone => (DeliveryStatus::Failed, None),
        }
    }
}

/// What a node can begin at this moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimRequest {
    /// Lanes with fewer free slots than usual, and how many they have.
    pub busy: Vec<(Lane, u32)>,
    /// Free slots of every other lane.
    pub free_per_lane: u32,
    /// Most deliveries in all.
    pub limit: u32,
}

/// What a node was given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claimed {
    /// Deliveries that it leases now.
    pub deliveries: Vec<LeasedDelivery>,
    /// The lanes of deliveries that were due and were called off instead, one for each: there may be more of them.
    pub called_off: Vec<Lane>,
    /// When the next one that is not due yet will be, in a lane with a free slot.
    pub next_due: Option<Timestamp>,
}

/// Which deliveries of an app.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryFilter {
    /// Whose.
    pub app_id: AppId,
    /// In this status.
    pub status: Option<DeliveryStatus>,
    /// To this endpoint.
    pub endpoint_id: Option<EndpointId>,
    /// Of this payment.
    pub payment_id: Option<PaymentId>,
    /// Of this type.
    pub kind: Option<EventType>,
    /// Made at or after this moment.
    pub created_after: Option<Timestamp>,
    /// Made before this moment.
    pub created_before: Option<Timestamp>,
}

impl DeliveryFilter {
    /// Every delivery of an app.
    pub fn all(app_id: AppId) -> Self {
        Self {
            app_id,
            status: None,
            endpoint_id: None,
            payment_id: None,
            kind: None,
            created_after: None,
            created_before: None,
        }
    }

    /// The ids that the moments and a page's cursor leave: at least the first, below the second.
    pub(crate) fn id_range(&self, below: Option<DeliveryId>) -> (DeliveryId, DeliveryId) {
        let lowest = self.created_after.map_or(DeliveryId::from_bytes([0; 16]), DeliveryId::lower_bound);
        let before = self.created_before.map_or(DeliveryId::from_bytes([255; 16]), DeliveryId::lower_bound);
        (lowest, below.map_or(before, |id| id.min(before)))
    }
}

/// The way from the writer to this node's dispatcher: a new delivery goes over in memory once it is committed, so its
/// first attempt costs no query. What finds no room is left due in the database.
#[derive(Clone, Debug)]
pub struct Handoff {
    sender: mpsc::Sender<LeasedDelivery>,
    full: Arc<RwLock<HashSet<Lane>>>,
}

/// A way with room for so many deliveries, and its far end.
pub fn handoff(capacity: usize) -> (Handoff, mpsc::Receiver<LeasedDelivery>) {
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    (Handoff { sender, full: Arc::default() }, receiver)
}

impl Handoff {
    /// Lets deliveries of this lane wait in the database, or no longer.
    pub fn set_full(&self, lane: Lane, full: bool) {
        // Asked after every attempt, and hardly ever a change: writers of payments read it at the same time.
        if self.is_full(lane) == full {
            return;
        }
        let mut lanes = self.full.write().unwrap_or_else(PoisonError::into_inner);
        if full {
            lanes.insert(lane);
        } else {
            lanes.remove(&lane);
        }
    }

    /// A place for one delivery of this lane, if there is one.
    pub(crate) fn reserve(&self, lane: Lane) -> Option<mpsc::OwnedPermit<LeasedDelivery>> {
        if self.is_full(lane) { None } else { self.sender.clone().try_reserve_owned().ok() }
    }

    fn is_full(&self, lane: Lane) -> bool {
        self.full.read().unwrap_or_else(PoisonError::into_inner).contains(&lane)
    }
}
