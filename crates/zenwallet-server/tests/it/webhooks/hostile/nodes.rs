//! Two dispatchers over one database.

use super::super::{called, endpoint_at};
use super::{Node, Pace, SLOTS, attempts, complete_all, every_detail, prepare, span, until_all_are_over};
use crate::support::Kind;
use std::collections::BTreeSet;
use std::time::Duration;
use zenwallet_core::time::Clock;
use zenwallet_testing::receiver::{Persona, Receiver};

both_databases_by_themselves! {
    nodes_share_a_backlog_and_one_takes_over_from_the_other,
}

const PACE: Pace = Pace { timeout_ms: 1_000, waits_ms: &[100; 3] };
/// Deliveries that nobody leases when the nodes start.
const BACKLOG: usize = 160;
/// Deliveries that the node leases which is then lost: as many as it keeps in memory, at most.
const LEASED: usize = 48;
/// Deliveries that are made when it has no dispatcher any more.
const AFTER: usize = 10;

async fn nodes_share_a_backlog_and_one_takes_over_from_the_other(kind: Kind) {
    let front = Node::first_without_worker(kind, PACE).await;
    let app = &front.app;
    let receiver = Receiver::start(Persona::Healthy).await.unwrap();
    receiver.think_for(Duration::from_millis(100));
    endpoint_at(app, &app.a, &receiver.url()).await;
    let backlog = prepare(app, &app.a, BACKLOG).await;
    complete_all(app, &app.a, &backlog).await;
    assert_eq!(receiver.hits(), 0, "nobody delivers yet");

    let one = Node::beside(&front, "one", PACE).await;
    let mut two = Node::beside(&front, "two", PACE).await;
    until_all_are_over(app, &app.a).await;
    check_each_once(&receiver, BACKLOG);
    // A node alone has the slots of one lane.
    let peak = receiver.waiting_peak();
    assert!((SLOTS.per_lane + 1..=2 * SLOTS.per_lane).contains(&peak), "{peak} at a time");

    let leased = prepare(app, &app.a, LEASED + AFTER).await;
    let (leased, after) = leased.split_at(LEASED);
    complete_all(&two.app, &app.a, leased).await;
    called(&receiver, BACKLOG + 1).await;
    two.lose_dispatcher().await;
    let lost_ms = Clock::System.now().as_ms();
    complete_all(&two.app, &app.a, after).await;
    until_all_are_over(app, &app.a).await;
    check_each_once(&receiver, BACKLOG + LEASED + AFTER);
    let made = every_detail(app, &app.a, "").await;
    let (mut taken_over, mut later) = (0, 0);
    for found in &made {
        assert_eq!((attempts(found).len(), found["status"].as_str().unwrap()), (1, "DELIVERED"), "{found}");
        let (begun_ms, created_ms) = (span(&attempts(found)[0]).0, super::at_ms(&found["created_at"]));
        let is_after = after.iter().any(|id| found["payment_id"] == **id);
        if is_after {
            assert!(begun_ms < created_ms + PACE.lease_ms(), "what nobody leased waits for nobody: {found}");
            later += 1;
        } else if begun_ms > lost_ms + 100 {
            assert!(begun_ms >= created_ms + PACE.lease_ms(), "it was taken while its lease held: {found}");
            taken_over += 1;
        }
    }
    assert_eq!(later, AFTER);
    assert!(taken_over >= LEASED / 2, "{taken_over} were taken over");

    one.end().await;
    two.end().await;
    front.end_last().await;
}

/// Fails unless a receiver got so many events, each once.
fn check_each_once(receiver: &Receiver, count: usize) {
    let heard = receiver.requests();
    let events: BTreeSet<_> = heard.iter().map(|request| request.header("webhook-id").unwrap()).collect();
    assert_eq!((events.len(), heard.len()), (count, count));
}
