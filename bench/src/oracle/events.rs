//! I3 and I5: the event log says what happened, once, in order, and never says it differently.

use super::answer::is_final;
use super::case::Case;
use super::{Evidence, Finding, ToldEvent, webhooks};
use crate::clock::parse_ms;
use crate::database::{EventRow, PaymentRow};
use crate::journal::digest;
use serde_json::Value;
use std::collections::HashMap;

/// The sweeper has a second; a loaded machine gets some more.
const SETTLE_MS: i64 = 5_000;

/// I3: one event per change, none without one, numbered without gaps.
pub(super) fn judge_log(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I3", "exactly one event per state change, seq gap-free per app");
    for row in &case.evidence.snapshot.payments {
        judge_payment(&mut finding, case, row);
    }
    for event in &case.evidence.snapshot.events {
        let known = event.payment_id.as_deref().is_none_or(|id| case.rows.contains_key(id));
        finding.expect(known, || format!("{} tells of {:?}, which is nowhere", event.event_id, event.payment_id));
        finding.expect(body_fits(event), || format!("a body that does not fit its event: {event:?}"));
    }
    judge_numbers(&mut finding, case.evidence);
    judge_feeds(&mut finding, case);
    finding
}

fn judge_payment(finding: &mut Finding, case: &Case<'_>, row: &PaymentRow) {
    let id = row.payment_id.as_str();
    let events = case.events.get(id).map(Vec::as_slice).unwrap_or_default();
    let created: Vec<_> = events.iter().filter(|e| e.kind == "payment.created").collect();
    finding.expect(created.len() == 1, || format!("{id} has {} payment.created", created.len()));
    let ends: Vec<_> = case.final_events(id).collect();
    let ends_as = ends.first().map(|e| e.kind.as_str());
    let expected = match row.status.as_str() {
        "SUCCESS" => Some("payment.success"),
        "FAILED" => Some("payment.failed"),
        "EXPIRED" => Some("payment.expired"),
        _ => None,
    };
    let overdue_ms = parse_ms(&row.expires_at).map_or(0, |due| case.evidence.snapshot.taken_ms - due);
    // A view that tells the effective status is ahead of the sweeper for as long as the sweeper may take.
    let waits_for_sweeper = row.status == "EXPIRED" && ends.is_empty() && overdue_ms < SETTLE_MS;
    finding.expect(ends_as == expected || waits_for_sweeper, || {
        format!("{id} is {} and ends with {ends_as:?}", row.status)
    });
    let swept = is_final(&row.status) || overdue_ms < SETTLE_MS;
    finding.expect(swept, || format!("{id} is still {} {overdue_ms} ms after its time", row.status));
    if let (Some(first), Some(last)) = (created.first(), ends.first()) {
        finding.expect(first.seq < last.seq, || {
            format!("{id} ended ({}) before it was created ({})", last.seq, first.seq)
        });
    }
    let owned = events.iter().all(|e| e.app_id == row.app_id);
    finding.expect(owned, || format!("{id} of {} has events in another app's log", row.app_id));
}

/// The body is JSON and says the same as the columns beside it.
fn body_fits(event: &EventRow) -> bool {
    let Ok(body) = serde_json::from_str::<Value>(&event.body) else { return false };
    let says = |name: &str, value: &str| body.get(name).and_then(Value::as_str) == Some(value);
    says("event_id", &event.event_id)
        && says("type", &event.kind)
        && says("event", &event.kind)
        && event.payment_id.as_deref().is_none_or(|id| says("payment_id", id))
}

fn judge_numbers(finding: &mut Finding, evidence: &Evidence) {
    let mut logs: HashMap<&str, Vec<i64>> = HashMap::new();
    for event in &evidence.snapshot.events {
        logs.entry(&event.app_id).or_default().push(event.seq);
    }
    for (app_id, mut seqs) in logs {
        seqs.sort_unstable();
        let gap = seqs.iter().zip(1..).find(|(seq, expected)| *seq != expected);
        finding.expect(gap.is_none(), || format!("the log of {app_id} has {gap:?} (found, expected)"));
    }
}

/// The feed is the log.
fn judge_feeds(finding: &mut Finding, case: &Case<'_>) {
    let feeds = &case.evidence.feeds;
    let log: HashMap<(&str, i64), &str> =
        case.evidence.snapshot.events.iter().map(|e| ((e.app_id.as_str(), e.seq), e.event_id.as_str())).collect();
    for told in feeds {
        let stored = log.get(&(case.app_id(told.app), told.seq));
        finding
            .expect(stored == Some(&told.event_id.as_str()), || format!("the feed tells {told:?}, the log {stored:?}"));
    }
    let (fed, logged) = (feeds.len(), log.len());
    finding.expect(fed <= logged, || format!("the feeds tell {fed} events, the logs hold {logged}"));
    let late = case.evidence.snapshot.events.iter().filter(|e| e.kind == "payment.expired").count();
    finding.expect(fed + late >= logged, || format!("the feeds tell only {fed} events of {logged}"));
}

/// I5: an event id always has the same body: in the log, in the feed and in every webhook.
pub(super) fn judge_bodies(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I5", "the same event id always has the same body");
    let mut now: HashMap<&str, String> = HashMap::new();
    for event in &case.evidence.snapshot.events {
        let twin = now.insert(&event.event_id, digest(event.body.as_bytes()));
        finding.expect(twin.is_none(), || format!("{} stands for two events", event.event_id));
    }
    for (id, before) in &case.evidence.stored {
        finding
            .expect(now.get(id.as_str()) == Some(before), || format!("the stored body of {id} has changed or is gone"));
    }
    let told_now: HashMap<(usize, &str), &ToldEvent> =
        case.evidence.feeds.iter().map(|told| ((told.app, told.event_id.as_str()), told)).collect();
    for before in &case.evidence.told {
        let same = told_now.get(&(before.app, before.event_id.as_str())).is_some_and(|now| *now == before);
        finding.expect(same, || format!("{before:?} is told otherwise now, or no more"));
    }
    webhooks::judge_bodies(&mut finding, case);
    finding
}
