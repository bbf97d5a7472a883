//! I4, I6 and I8, and a part of I5: what was sent to the receiver is what happened, and the log tells of every attempt.

use super::answer::is_final;
use super::case::Case;
use super::{Evidence, Finding};
use crate::clock::parse_ms;
use crate::database::{AttemptRow, DeliveryRow, EventRow};
use crate::timeline::Timeline;
use crate::webhook::{SIGNED_WITHIN_S, Signed, split};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// After the last fault every event arrives within this time.
const ARRIVES_WITHIN_MS: i64 = 60_000;

/// A webhook as the receiver received it, in the order received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Received {
    /// The place of the app whose address it came to.
    pub(crate) app: usize,
    /// When it was there.
    pub(crate) at_ms: i64,
    /// What it was answered; 0 for nothing.
    pub(crate) status: u16,
    /// `webhook-id`.
    pub(crate) id: Option<String>,
    /// `webhook-timestamp`.
    pub(crate) timestamp: Option<String>,
    /// `webhook-signature`.
    pub(crate) standard: Option<String>,
    /// `X-ZenWallet-Signature`.
    pub(crate) own: Option<String>,
    /// The body.
    pub(crate) body: String,
}

impl Received {
    /// Whether it was answered 2xx.
    pub(crate) fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The event that it tells of.
    pub(crate) fn event_id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// What can be verified of it.
    pub(super) fn signed(&self) -> Signed<'_> {
        Signed {
            id: self.id.as_deref(),
            timestamp: self.timestamp.as_deref(),
            standard: self.standard.as_deref(),
            own: self.own.as_deref(),
            body: &self.body,
            at_ms: self.at_ms,
        }
    }
}

/// Whether apps are told of events of this type unless they choose otherwise.
fn is_delivered(kind: &str) -> bool {
    matches!(kind, "payment.success" | "payment.failed" | "payment.expired")
}

/// I4: every event that has somewhere to go has arrived there.
pub(super) fn judge_arrival(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I4", "every event was received within 60 s of recovery");
    let settled_ms = case.evidence.settled_ms;
    for event in case.evidence.snapshot.events.iter().filter(|event| is_due(event, case.evidence)) {
        let arrived =
            case.received_of(&event.event_id).any(|r| r.is_accepted() && r.at_ms <= settled_ms + ARRIVES_WITHIN_MS);
        finding
            .expect(arrived, || format!("{} ({}) of {:?} never arrived", event.event_id, event.kind, event.payment_id));
    }
    finding
}

/// An event of the last moments may still be on its way when the database is read.
fn is_due(event: &EventRow, evidence: &Evidence) -> bool {
    is_delivered(&event.kind) && !is_young(&event.created_at, evidence)
}

/// Whether something was made after the faults had stopped. What seems to come from the future was made by a wrong clock.
fn is_young(created_at: &str, evidence: &Evidence) -> bool {
    let young = evidence.settled_ms + 1..=evidence.snapshot.finished_ms;
    parse_ms(created_at).is_some_and(|at| young.contains(&at))
}

/// I5, as the receiver sees it: an event's requests are the same bytes, the stored ones and their signature.
pub(super) fn judge_bodies(finding: &mut Finding, case: &Case<'_>) {
    let mut first: HashMap<&str, &str> = HashMap::new();
    for received in &case.evidence.received {
        let id = received.event_id();
        let before = *first.entry(id).or_insert(&received.body);
        finding.expect(before == received.body, || format!("{id} was sent as {before} and as {}", received.body));
        let stored = case.event_rows.get(id).map(|event| event.body.as_str());
        let content = split(&received.body).map(|(content, _)| content);
        finding.expect(content.as_deref() == stored, || {
            format!("{id} is stored as {stored:?} and was sent as {}", received.body)
        });
        let flaw = match case.signers.get(received.app) {
            Some(Some(key)) => key.flaw(signed_by(&case.evidence.timeline, received)),
            _ => Some("nobody knows the key of this app"),
        };
        finding.expect(flaw.is_none(), || format!("{}: {received:?}", flaw.unwrap_or_default()));
    }
}

/// What can be verified of a request, its arrival by the clock that signed it.
fn signed_by<'a>(clock: &Timeline, received: &'a Received) -> Signed<'a> {
    let signed = received.signed();
    let told_ms = signed.timestamp.and_then(|at| at.parse::<i64>().ok()).unwrap_or(0).saturating_mul(1_000);
    Signed { at_ms: clock.nearest(told_ms, received.at_ms, SIGNED_WITHIN_S * 1_000), ..signed }
}

/// I6: nothing is told that the database does not say.
pub(super) fn judge_truth(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I6", "no webhook tells of what the database does not say");
    for received in &case.evidence.received {
        let Some(event) = case.event_rows.get(received.event_id()) else {
            finding.expect(false, || format!("{:?} was received and is no event", received.id));
            continue;
        };
        finding.expect(is_delivered(&event.kind), || format!("nobody asked for {} ({})", event.event_id, event.kind));
        let row = event.payment_id.as_deref().and_then(|id| case.rows.get(id));
        let told: Value = serde_json::from_str(&received.body).unwrap_or_default();
        let says = |name: &str, value: Option<&str>| told.get(name).and_then(Value::as_str) == value;
        let true_to_row = row.is_some_and(|row| {
            says("payment_id", Some(&row.payment_id)) && says("status", Some(&row.status)) && is_final(&row.status)
        });
        let true_to_event = says("event_id", Some(&event.event_id)) && says("type", Some(&event.kind));
        finding
            .expect(true_to_row && true_to_event, || format!("{} does not fit {row:?} and {event:?}", received.body));
    }
    finding
}

/// Whether the log of an event's deliveries has served its time, which only a wrong clock makes happen here.
fn is_old(event: &EventRow, evidence: &Evidence) -> bool {
    const KEPT_MS: i64 = 30 * 86_400_000;
    parse_ms(&event.created_at).is_some_and(|at| at < evidence.snapshot.taken_ms - KEPT_MS)
}

/// I8: one delivery for each event, every attempt in the log, and an end to each.
pub(super) fn judge_log(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I8", "every attempt is logged, numbered without gaps, and ends");
    let mut made: HashMap<&str, u32> = HashMap::new();
    let of_events = case.evidence.snapshot.deliveries.iter().filter(|delivery| delivery.cause == "event");
    of_events.for_each(|delivery| *made.entry(&delivery.event_id).or_default() += 1);
    for event in &case.evidence.snapshot.events {
        let (made, wanted) =
            (made.get(event.event_id.as_str()).copied().unwrap_or(0), u32::from(is_delivered(&event.kind)));
        let is_forgotten = made == 0 && is_old(event, case.evidence);
        let fits = made == wanted || is_forgotten;
        finding.expect(fits, || format!("{} ({}) has {made} deliveries", event.event_id, event.kind));
    }
    for delivery in &case.evidence.snapshot.deliveries {
        judge_delivery(&mut finding, case, delivery);
    }
    finding
}

fn judge_delivery(finding: &mut Finding, case: &Case<'_>, delivery: &DeliveryRow) {
    let (id, mut attempts) =
        (&delivery.delivery_id, case.attempts.get(delivery.delivery_id.as_str()).cloned().unwrap_or_default());
    attempts.sort_by_key(|attempt| attempt.number);
    let numbers: Vec<i64> = attempts.iter().map(|attempt| attempt.number).collect();
    finding.expect(numbers.iter().copied().eq(1..=delivery.attempts), || {
        format!("{id} counts {} attempts and logs {numbers:?}", delivery.attempts)
    });
    let known = case.event_rows.contains_key(delivery.event_id.as_str());
    finding.expect(known, || format!("{id} delivers {}, which is no event", delivery.event_id));
    // The receiver refuses an event three times at most, so a delivery that gave up gave up too early.
    let may_wait = delivery.status == "PENDING" && is_young(&delivery.created_at, case.evidence);
    let is_over = delivery.status == "DELIVERED" || may_wait;
    finding.expect(is_over, || format!("{id} is {} after {numbers:?}: {attempts:?}", delivery.status));
    judge_success(finding, delivery, &attempts);
    judge_receipts(finding, case, delivery, &attempts);
}

/// A delivered one was delivered by its last attempt, and only by that one.
fn judge_success(finding: &mut Finding, delivery: &DeliveryRow, attempts: &[&AttemptRow]) {
    let delivered: Vec<i64> = attempts.iter().filter(|a| a.is_delivered).map(|a| a.number).collect();
    let fits = match delivery.status.as_str() {
        "DELIVERED" => delivered == [delivery.attempts],
        _ => delivered.is_empty(),
    };
    finding.expect(fits, || format!("{} is {} by attempts {delivered:?}", delivery.delivery_id, delivery.status));
    for attempt in attempts {
        let answered_2xx = attempt.response_status.is_some_and(|status| (200..300).contains(&status));
        let explained =
            attempt.is_delivered == answered_2xx && attempt.error.is_some() == attempt.response_status.is_none();
        finding.expect(explained, || format!("an attempt that does not explain itself: {attempt:?}"));
    }
}

/// The log invents nothing: what it calls answered, the receiver has answered.
fn judge_receipts(finding: &mut Finding, case: &Case<'_>, delivery: &DeliveryRow, attempts: &[&AttemptRow]) {
    let count = |accepted: bool| case.received_of(&delivery.event_id).filter(|r| r.is_accepted() == accepted).count();
    let logged =
        |accepted: bool| attempts.iter().filter(|a| a.response_status.is_some() && a.is_delivered == accepted).count();
    for accepted in [true, false] {
        finding.expect(logged(accepted) <= count(accepted), || {
            format!("{} logs {attempts:?}, the receiver knows less", delivery.delivery_id)
        });
    }
}
