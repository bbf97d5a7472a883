//! Where an app's events go: its endpoints as a writer remembers them, and the deliveries of one event.

use crate::delivery::{LeasedDelivery, Leasing};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc::OwnedPermit;
use zenwallet_core::app::Environment;
use zenwallet_core::delivery::{Cause, Lane};
use zenwallet_core::endpoint::EventSet;
use zenwallet_core::event::EventType;
use zenwallet_core::id::{AppId, DeliveryId, EndpointId};

/// An app's enabled endpoints at one version of them.
#[derive(Debug)]
pub(crate) struct Targets {
    pub(crate) version: i64,
    pub(crate) environment: Environment,
    pub(crate) endpoints: Vec<Target>,
}

/// An enabled endpoint, or a payment's own address.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) endpoint_id: Option<EndpointId>,
    pub(crate) url: Arc<str>,
    pub(crate) lane: Lane,
    pub(crate) events: EventSet,
    pub(crate) headers_sealed: Option<Arc<[u8]>>,
}

impl Target {
    pub(crate) fn new(
        app_id: AppId,
        endpoint_id: Option<EndpointId>,
        url: &str,
        events: EventSet,
        headers_sealed: Option<Vec<u8>>,
    ) -> Self {
        let headers_sealed = headers_sealed.map(Arc::from);
        Self { endpoint_id, url: Arc::from(url), lane: Lane::of(app_id, url), events, headers_sealed }
    }
}

/// The targets of the apps that a batch touches.
pub(crate) type KnownTargets = HashMap<AppId, Arc<Targets>>;

/// Most apps whose targets a writer remembers.
pub(crate) const REMEMBERED_MAX: usize = 10_000;

/// A delivery of an event of the same batch.
pub(crate) struct NewDelivery {
    pub(crate) id: DeliveryId,
    /// The event's index in the batch.
    pub(crate) event: usize,
    pub(crate) target: Target,
    pub(crate) environment: Environment,
    pub(crate) cause: Cause,
    /// The place in this node's dispatcher; without one the delivery waits in the database.
    pub(crate) place: Option<OwnedPermit<LeasedDelivery>>,
}

impl NewDelivery {
    /// A delivery that is born leased if this node has room for it.
    pub(crate) fn born(
        id: DeliveryId,
        event: usize,
        target: Target,
        environment: Environment,
        cause: Cause,
        leasing: &Leasing,
    ) -> Self {
        let place = leasing.handoff.as_ref().and_then(|handoff| handoff.reserve(target.lane));
        Self { id, event, target, environment, cause, place }
    }
}

impl Targets {
    /// Where an event of this type goes: a payment's own address takes the place of the endpoints.
    pub(crate) fn of_event(&self, app_id: AppId, kind: EventType, own_url: Option<&str>) -> Vec<Target> {
        match own_url {
            Some(url) if EventSet::FINAL.contains(kind) => {
                vec![Target::new(app_id, None, url, EventSet::FINAL, None)]
            }
            Some(_) => Vec::new(),
            None => self.endpoints.iter().filter(|target| target.events.contains(kind)).cloned().collect(),
        }
    }
}
