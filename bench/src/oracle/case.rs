//! The evidence, put in order: by payment, by key, by row.

use super::answer::{CreateRequest, PaymentAnswer, payment_in};
use super::{Evidence, Received};
use crate::database::{AttemptRow, EventRow, PaymentRow};
use crate::journal::{Ack, Action};
use crate::webhook::WebhookKey;
use std::collections::{BTreeMap, HashMap};

/// The ordered evidence. Sorted maps where a report walks them, so that two reports of one campaign read the same.
pub(super) struct Case<'a> {
    /// What it was made from.
    pub(super) evidence: &'a Evidence,
    /// What clients were told of each payment, by its id.
    pub(super) accounts: BTreeMap<String, Account<'a>>,
    /// Every call with an idempotency key, by app and key, in the order in which they began.
    pub(super) keys: BTreeMap<(usize, &'a str), Vec<&'a Ack>>,
    /// Rows of payments by id.
    pub(super) rows: HashMap<&'a str, &'a PaymentRow>,
    /// Events by payment.
    pub(super) events: HashMap<&'a str, Vec<&'a EventRow>>,
    /// Events by id.
    pub(super) event_rows: HashMap<&'a str, &'a EventRow>,
    /// Attempts by delivery.
    pub(super) attempts: HashMap<&'a str, Vec<&'a AttemptRow>>,
    /// What each app's webhooks are signed with, by the app's place.
    pub(super) signers: Vec<Option<WebhookKey>>,
    received: HashMap<&'a str, Vec<&'a Received>>,
}

/// What clients were told of one payment.
#[derive(Default)]
pub(super) struct Account<'a> {
    /// Every answer that shows it, and what it shows.
    pub(super) shown: Vec<(&'a Ack, PaymentAnswer)>,
    /// The request that made it.
    pub(super) request: Option<CreateRequest>,
    /// When that request was first sent, and when first answered.
    pub(super) made_ms: Option<(i64, i64)>,
    /// The place of its app.
    pub(super) app: usize,
    /// Whether its owner ever asked for it to be completed or canceled, answered or not.
    pub(super) settlement_asked: bool,
}

impl Account<'_> {
    /// The first answer, by its end, that shows it final.
    pub(super) fn first_final(&self) -> Option<(&Ack, &PaymentAnswer)> {
        let finals = self.shown.iter().filter(|(_, shown)| shown.is_final());
        finals.min_by_key(|(ack, _)| ack.ended).map(|(ack, shown)| (*ack, shown))
    }
}

impl<'a> Case<'a> {
    /// Puts the evidence in order.
    pub(super) fn open(evidence: &'a Evidence) -> Self {
        let mut case = Self {
            evidence,
            accounts: BTreeMap::new(),
            keys: BTreeMap::new(),
            rows: evidence.snapshot.payments.iter().map(|row| (row.payment_id.as_str(), row)).collect(),
            events: HashMap::new(),
            event_rows: evidence.snapshot.events.iter().map(|event| (event.event_id.as_str(), event)).collect(),
            attempts: HashMap::new(),
            signers: evidence.secrets.iter().map(|secret| WebhookKey::parse(secret)).collect(),
            received: HashMap::new(),
        };
        evidence.acks.iter().for_each(|ack| case.enter(ack));
        case.keys.values_mut().for_each(|acks| acks.sort_by_key(|ack| ack.began));
        for event in &evidence.snapshot.events {
            case.events.entry(event.payment_id.as_deref().unwrap_or_default()).or_default().push(event);
        }
        for attempt in &evidence.snapshot.attempts {
            case.attempts.entry(&attempt.delivery_id).or_default().push(attempt);
        }
        for received in &evidence.received {
            case.received.entry(received.event_id()).or_default().push(received);
        }
        case
    }

    fn enter(&mut self, ack: &'a Ack) {
        if let Some(key) = &ack.call.key {
            self.keys.entry((ack.call.app, key)).or_default().push(ack);
        }
        if ack.call.foreign {
            return;
        }
        if let (Some(target), Action::Complete | Action::Cancel) = (&ack.call.target, ack.call.action) {
            self.accounts.entry(target.clone()).or_default().settlement_asked = true;
        }
        let Some(shown) = payment_in(ack) else { return };
        let account = self.accounts.entry(shown.payment_id.clone()).or_default();
        account.app = ack.call.app;
        if ack.call.action == Action::Create {
            let (sent, acked) = account.made_ms.unwrap_or((ack.sent_ms, ack.acked_ms));
            account.made_ms = Some((sent.min(ack.sent_ms), acked.min(ack.acked_ms)));
            account.request = account.request.take().or_else(|| CreateRequest::of(ack));
        }
        account.shown.push((ack, shown));
    }

    /// The id of the app at this place.
    pub(super) fn app_id(&self, app: usize) -> &'a str {
        self.evidence.apps.get(app).map_or("", String::as_str)
    }

    /// The receiver's requests of this event, in the order received.
    pub(super) fn received_of(&self, event_id: &str) -> impl Iterator<Item = &'a Received> {
        self.received.get(event_id).map(Vec::as_slice).unwrap_or_default().iter().copied()
    }

    /// The events that ended this payment.
    pub(super) fn final_events(&self, payment_id: &str) -> impl Iterator<Item = &'a EventRow> {
        let events = self.events.get(payment_id).map(Vec::as_slice).unwrap_or_default();
        events
            .iter()
            .copied()
            .filter(|e| matches!(e.kind.as_str(), "payment.success" | "payment.failed" | "payment.expired"))
    }
}
