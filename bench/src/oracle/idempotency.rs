//! I7: a key stands for one request, one effect and one answer.

use super::Finding;
use super::answer::{CreateRequest, error_in};
use super::case::Case;
use crate::journal::{Ack, Action};
use serde_json::Value;
use std::collections::HashMap;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I7", "same key and body: one payment, one answer; other body: 422");
    for ((_, key), acks) in &case.keys {
        judge_key(&mut finding, key, acks);
    }
    judge_references(&mut finding, case);
    finding
}

/// Method and path are the action and its target; the body counts as JSON, however it is spelled.
fn fingerprint(ack: &Ack) -> (Action, Option<&str>, Value) {
    let body = ack.call.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    (ack.call.action, ack.call.target.as_deref(), body)
}

fn is_in_use(ack: &Ack) -> bool {
    ack.status == 409 && error_in(ack).is_some_and(|error| error.code == "idempotency_key_in_use")
}

fn judge_key(finding: &mut Finding, key: &str, acks: &[&Ack]) {
    let meant = fingerprint(acks[0]);
    let (same, other): (Vec<&&Ack>, Vec<&&Ack>) = acks.iter().partition(|ack| fingerprint(ack) == meant);
    for ack in &same {
        finding.expect(!is_in_use(ack), || format!("{key} stays in use for ever"));
    }
    let answered: Vec<&&&Ack> = same.iter().filter(|ack| ack.status != 0 && !is_in_use(ack)).collect();
    let Some(first) = answered.first() else { return };
    for ack in &answered {
        let equal = (ack.status, &ack.digest) == (first.status, &first.digest);
        finding.expect(equal, || {
            format!("{key} was answered {} {} and {} {}", first.status, first.body, ack.status, ack.body)
        });
    }
    let originals = answered.iter().filter(|ack| !ack.replayed).count();
    finding.expect(originals <= 1, || format!("{key} has {originals} answers that do not say they are replays"));
    let known_from = answered.iter().map(|ack| ack.ended).min().unwrap_or(u64::MAX);
    for ack in other.iter().filter(|ack| ack.began > known_from && ack.status != 0) {
        let refused = ack.status == 422 && error_in(ack).is_some_and(|error| error.code == "idempotency_key_reused");
        finding.expect(refused, || format!("{key} with another body was answered {} {}", ack.status, ack.body));
    }
}

/// Clients give every create its own reference: a reference with two rows is a payment made twice.
fn judge_references(finding: &mut Finding, case: &Case<'_>) {
    let mut rows: HashMap<(&str, &str), u32> = HashMap::new();
    for row in &case.evidence.snapshot.payments {
        *rows.entry((&row.app_id, row.reference_id.as_deref().unwrap_or_default())).or_default() += 1;
    }
    for ack in case.evidence.acks.iter().filter(|ack| ack.call.action == Action::Create) {
        let reference = CreateRequest::of(ack).and_then(|request| request.reference_id).unwrap_or_default();
        let found = rows.get(&(case.app_id(ack.call.app), reference.as_str())).copied().unwrap_or(0);
        let fits = match ack.status {
            201 => found == 1,
            422 => found == 0,
            _ => found <= 1,
        };
        finding.expect(fits, || format!("{reference} was answered {} and has {found} payments", ack.status));
    }
}
