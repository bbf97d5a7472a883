//! A receiver that hangs while hundreds wait for it: another app does not notice, and it comes back by itself.

use super::super::received;
use super::{
    Node, PATIENCE, Pace, SLOTS, attempts, check_unharmed, complete_all, every, prepare, span, trickle,
    until_all_are_over,
};
use crate::support::{Kind, eventually};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use zenwallet_testing::receiver::Persona;

both_databases_by_themselves! {
    a_receiver_that_hangs_keeps_one_slot_until_it_heals,
}

/// So many attempts that none is the last.
const PACE: Pace = Pace { timeout_ms: 400, waits_ms: &[50; 40] };
/// Deliveries that wait for the receiver.
const WAITING: usize = 300;
/// After so many failures in a row a lane has a single slot.
const FAILURES_MAX: usize = 10;
/// Slots of a lane whose receiver has taken nothing yet.
const CAUTIOUS_SLOTS: usize = 4;

async fn a_receiver_that_hangs_keeps_one_slot_until_it_heals(kind: Kind) {
    let node = Node::first(kind, "node", PACE).await;
    let app = &node.app;
    let (hanging, _) = received(app, &app.a, Persona::HangsAfterRequest).await;
    let (healthy, _) = received(app, &app.b, Persona::Healthy).await;
    let payments = prepare(app, &app.a, WAITING).await;
    let stop = CancellationToken::new();
    let trickling = tokio::spawn(trickle(Arc::clone(app), app.b.clone(), stop.clone()));
    complete_all(app, &app.a, &payments).await;
    // The few slots of a lane that has not shown that its receiver answers, until it has failed too often, when the others
    // of them may be under way; then some one by one.
    let one_by_one = 5;
    let hits = FAILURES_MAX + CAUTIOUS_SLOTS - 1 + one_by_one;
    eventually("attempts one by one", PATIENCE, async || (hanging.hits() >= hits).then_some(())).await;
    stop.cancel();
    let asked = trickling.await.unwrap();
    check_unharmed(app, &app.b, &healthy, &asked).await;
    // A caller that has given up may be seen to wait for a moment more.
    let peak = hanging.waiting_peak();
    assert!((CAUTIOUS_SLOTS..SLOTS.per_lane).contains(&peak), "{peak} at a time");

    let before = hanging.hits();
    let healed = hanging.become_another(Persona::Healthy).await.unwrap();
    healed.think_for(Duration::from_millis(50));
    until_all_are_over(app, &app.a).await;
    assert_eq!(healed.waiting_peak(), SLOTS.per_lane, "all slots are back, and no more");
    let made = every(app, &app.a, "").await;
    assert!(made.iter().all(|item| item["status"] == "DELIVERED"));
    let events: BTreeSet<_> = healed.requests().iter().map(|r| r.header("webhook-id").unwrap().to_owned()).collect();
    assert_eq!((made.len(), events.len()), (WAITING, WAITING), "everything arrives");
    let attempts_made: u64 = made.iter().map(|item| item["attempts"].as_u64().unwrap()).sum();
    let hits = (before + healed.hits()) as u64;
    assert!(hits <= attempts_made, "{hits} requests in {attempts_made} attempts");

    let mut spans = Vec::new();
    for item in made.iter().filter(|item| item["attempts"] != 1) {
        let found = super::delivery(app, &app.a, item["delivery_id"].as_str().unwrap()).await;
        spans.extend(attempts(&found).iter().filter(|attempt| !attempt["error"].is_null()).map(span));
    }
    check_one_by_one(spans, one_by_one - 1);
    node.end_last().await;
}

/// Fails unless, well after the tenth failure, attempts begin only when no other is under way: `least` of them at least.
fn check_one_by_one(mut spans: Vec<(i64, i64)>, least: usize) {
    spans.sort_by_key(|(_, ended)| *ended);
    // Those that had begun by then are given some of their time; the next single ones come after all of it.
    let settled_ms = spans[FAILURES_MAX - 1].1 + PACE.timeout_ms * 3 / 4;
    let late: Vec<_> = spans.iter().filter(|(begun, _)| *begun > settled_ms).collect();
    assert!(late.len() >= least, "{} attempts one by one, of {}", late.len(), spans.len());
    for (begun, _) in late {
        let under_way = spans.iter().filter(|(other, ended)| other < begun && begun < ended).count();
        assert_eq!(under_way, 0, "an attempt began at {begun} beside others: {spans:?}");
    }
}
