//! What a batch is decided from, and what it comes to: the rows to write and the answers.

use crate::command::{Command, Committed, Outcome, StoredAnswer};
use crate::delivery::{AttemptRecord, ClaimRequest, Claimed, LeasedDelivery, Leasing};
use crate::log::News;
use crate::planted::{Bug, planted};
use crate::rollup::{self, Rollup};
use crate::targets::{KnownTargets, NewDelivery};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use zenwallet_core::event::EventType;
use zenwallet_core::id::{AppId, EndpointId, EventId, IdSource, PaymentId};
use zenwallet_core::payment::Payment;
use zenwallet_core::time::{Bounds, Timestamp};

/// What the database knows of the things a batch touches, locked where the batch may change them.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) payments: HashMap<PaymentId, Payment>,
    pub(crate) keys: HashMap<(AppId, String), KeyRecord>,
    pub(crate) due: Vec<Payment>,
    pub(crate) targets: KnownTargets,
    /// Endpoints that somebody wants disabled: their addresses, while they are enabled.
    pub(crate) enabled: HashMap<(AppId, EndpointId), String>,
}

impl Loaded {
    /// Every app of which the batch may append an event.
    pub(crate) fn apps_with_events(&self, commands: &[&Command]) -> BTreeSet<AppId> {
        let named = commands.iter().filter_map(|command| match command {
            Command::CreatePayment { payment, .. } => Some(payment.app_id),
            Command::TestWebhook { app_id, .. } | Command::DisableEndpoint { app_id, .. } => Some(*app_id),
            _ => None,
        });
        named.chain(self.payments.values().chain(&self.due).map(|payment| payment.app_id)).collect()
    }
}

/// A remembered idempotency key.
#[derive(Clone)]
pub(crate) struct KeyRecord {
    pub(crate) fingerprint: [u8; 32],
    pub(crate) answer: StoredAnswer,
    pub(crate) created_at: Timestamp,
}

/// An event without its place in the log, which only the transaction can give.
pub(crate) struct NewEvent {
    pub(crate) app_id: AppId,
    pub(crate) id: EventId,
    pub(crate) kind: EventType,
    pub(crate) payment_id: PaymentId,
    pub(crate) at: Timestamp,
    pub(crate) body: String,
}

/// What a batch writes, and what each command is told once that is durable.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    pub(crate) created: Vec<&'a Payment>,
    pub(crate) settled: Vec<Payment>,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) deliveries: Vec<NewDelivery>,
    pub(crate) keys: Vec<(AppId, &'a str, KeyRecord)>,
    pub(crate) attempts: Vec<&'a AttemptRecord>,
    pub(crate) disabled: Vec<DisabledEndpoint<'a>>,
    pub(crate) claims: Vec<&'a ClaimRequest>,
    pub(crate) probes: bool,
    /// The version of each app's endpoints that the deliveries were made from.
    pub(crate) versions: HashMap<AppId, i64>,
    pub(crate) replies: Vec<Committed>,
    /// Which reply tells what became of each attempt, and of each claim: only the database knows.
    pub(crate) attempt_replies: Vec<usize>,
    pub(crate) claim_replies: Vec<usize>,
}

/// An endpoint that the batch disables.
pub(crate) struct DisabledEndpoint<'a> {
    pub(crate) app_id: AppId,
    pub(crate) id: EndpointId,
    pub(crate) reason: &'a str,
}

impl Plan<'_> {
    /// Whether there is anything to write.
    pub(crate) fn writes(&self) -> bool {
        self.probes || !(self.only_creates() && self.created.is_empty())
    }

    /// Whether the batch is nothing but new payments, each with its one event that goes nowhere yet.
    pub(crate) fn only_creates(&self) -> bool {
        !self.probes
            && self.keys.is_empty()
            && self.events.len() == self.created.len()
            && self.deliveries.is_empty()
            && self.attempts.is_empty()
            && self.claims.is_empty()
    }

    /// Tells each attempt whether its lease was still the one.
    pub(crate) fn note_recorded(&mut self, applied: impl Iterator<Item = bool>) {
        for (reply, applied) in self.attempt_replies.iter().zip(applied) {
            self.replies[*reply].outcome = Outcome::Recorded { applied };
        }
    }

    /// Tells claim number `index` what it was given.
    pub(crate) fn note_claimed(&mut self, index: usize, claimed: Claimed) {
        if let Some(reply) = self.claim_replies.get(index) {
            self.replies[*reply].outcome = Outcome::Claimed(claimed);
        }
    }

    /// What follows once everything is durable: who follows the logs hears of it, and the deliveries go to this node's
    /// dispatcher.
    pub(crate) fn announce(&mut self, listeners: &[News], leased_until: Timestamp) {
        let grown: BTreeSet<AppId> = self.events.iter().map(|event| event.app_id).collect();
        for listener in listeners {
            listener.tell(grown.iter().copied());
        }
        self.hand_over(leased_until);
    }

    /// Gives the deliveries to this node's dispatcher.
    fn hand_over(&mut self, leased_until: Timestamp) {
        let events = &self.events;
        for delivery in self.deliveries.drain(..) {
            let NewDelivery { id, event, target, environment, cause, place } = delivery;
            let (Some(place), Some(event)) = (place, events.get(event)) else { continue };
            place.send(LeasedDelivery {
                id,
                app_id: event.app_id,
                environment,
                event_id: event.id,
                kind: event.kind,
                payment_id: event.payment_id,
                content: Arc::from(event.body.as_str()),
                endpoint_id: target.endpoint_id,
                url: target.url,
                headers_sealed: target.headers_sealed,
                lane: target.lane,
                cause,
                attempts: 0,
                token: FIRST_LEASE,
                leased_until,
            });
        }
    }

    /// How many events each app's log grows by, in the order in which every node locks the logs.
    pub(crate) fn log_growth(&self) -> BTreeMap<AppId, i64> {
        let mut growth = BTreeMap::new();
        for event in &self.events {
            *growth.entry(event.app_id).or_insert(0) += 1;
        }
        if planted(Bug::SeqGap) && self.events.len() % 7 == 3 {
            growth.values_mut().for_each(|count| *count += 1);
        }
        growth
    }

    /// What the batch adds to rollups, in the order in which every node locks their rows.
    pub(crate) fn rollup_growth(&self) -> Rollup {
        rollup::growth(&self.created, &self.settled)
    }

    /// Each event's place among the batch's events of its app: 1, 2, 3 …
    pub(crate) fn event_places(&self) -> Vec<i64> {
        let mut last = BTreeMap::new();
        let mut place = |app_id| {
            let last = last.entry(app_id).or_insert(0);
            *last += 1;
            *last
        };
        self.events.iter().map(|event| place(event.app_id)).collect()
    }

    /// How many places each event stands before the new end of its app's log.
    pub(crate) fn steps_back(&self) -> Vec<i64> {
        let growth = self.log_growth();
        let places = self.event_places();
        self.events.iter().zip(places).map(|(event, place)| growth[&event.app_id] - place).collect()
    }
}

/// The token of the lease that a delivery is born with.
pub(crate) const FIRST_LEASE: i64 = 1;

/// What deciding needs beside the commands and the rows.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    /// The same for what must not be forgotten too early.
    pub(crate) bounds: Bounds,
    pub(crate) ids: &'a IdSource,
    pub(crate) leasing: &'a Leasing,
}
