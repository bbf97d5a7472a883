//! Deliveries: born with their event, claimed by one node, settled under their lease, steered by hand.

use crate::harness::{Harness, create, settle};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;
use zenwallet_core::delivery::{Attempt, Cause, Delivery, DeliveryStatus, Lane, Next};
use zenwallet_core::endpoint::{Endpoint, EventSet};
use zenwallet_core::event::EventType;
use zenwallet_core::id::{AppId, DeliveryId, IdSource, PaymentId};
use zenwallet_core::limits::ENDPOINTS_MAX;
use zenwallet_core::payment::{Action, Payment};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{
    AttemptRecord, ClaimRequest, Claimed, Command, DeliveryFilter, Handoff, LeasedDelivery, Leasing, Outcome, Store,
    handoff,
};

const URL: &str = "https://shop.example/hook";
const LEASE_MS: i64 = 30_000;

/// What a node with every slot free asks for.
fn all_free(free_per_lane: u32) -> ClaimRequest {
    ClaimRequest { busy: Vec::new(), free_per_lane, limit: 1_000 }
}

async fn claim(store: &Store, request: ClaimRequest) -> Claimed {
    match store.commit(Command::ClaimDeliveries(request)).await.unwrap().outcome {
        Outcome::Claimed(claimed) => claimed,
        other => panic!("{other:?}"),
    }
}

async fn claim_all(h: &Harness) -> Vec<LeasedDelivery> {
    claim(&h.store, all_free(1_000)).await.deliveries
}

/// The record of an attempt under this lease.
fn attempt(leased: &LeasedDelivery, next: Next, ended_at: Timestamp) -> AttemptRecord {
    let status = if next == Next::Delivered { 200 } else { 500 };
    AttemptRecord {
        app_id: leased.app_id,
        delivery_id: leased.id,
        endpoint_id: leased.endpoint_id,
        cause: leased.cause,
        token: leased.token,
        attempt: Attempt {
            number: leased.attempts + 1,
            started_at: ended_at.plus_ms(-7),
            duration_ms: 7,
            request_headers: "{\"webhook-id\":\"x\"}".to_owned(),
            request_body_sha256: "ab".to_owned(),
            response_status: Some(status),
            response_headers: Some("{}".to_owned()),
            response_body: Some("é".to_owned()),
            error: None,
        },
        next,
        ended_at,
    }
}

async fn record(store: &Store, record: AttemptRecord) -> bool {
    match store.commit(Command::RecordAttempt(Arc::new(record))).await.unwrap().outcome {
        Outcome::Recorded { applied } => applied,
        other => panic!("{other:?}"),
    }
}

/// An app with one endpoint.
async fn app_with_endpoint(h: &Harness) -> (AppId, Endpoint) {
    let app_id = h.app().await;
    let endpoint = h.endpoint(app_id, URL);
    assert!(h.store.create_endpoint(&endpoint).await.unwrap());
    (app_id, endpoint)
}

async fn completed(h: &Harness, payment: Payment) -> Payment {
    h.commit(create(&payment)).await.unwrap();
    h.commit(settle(&payment, h.succeed())).await.unwrap();
    payment
}

async fn deliveries(h: &Harness, app_id: AppId) -> Vec<Delivery> {
    h.store.list_deliveries(&DeliveryFilter::all(app_id), None, 1_000).await.unwrap()
}

/// The one delivery of an app.
async fn only(h: &Harness, app_id: AppId) -> Delivery {
    let mut all = deliveries(h, app_id).await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

pub(crate) async fn an_endpoint_comes_back_as_it_was_made(h: &Harness) {
    let app_id = h.app().await;
    let mut all = Vec::new();
    for number in 0..ENDPOINTS_MAX {
        h.clock.advance_ms(1_000);
        let endpoint = Endpoint {
            events: EventSet::of([EventType::ALL[number % EventType::ALL.len()]]),
            headers_sealed: (number % 2 == 0).then(|| vec![0, 255, 7]),
            description: (number % 3 == 0).then(|| "é".repeat(number)),
            is_default: number == 0,
            is_enabled: number % 4 != 1,
            disabled_reason: (number % 4 == 1).then(|| "gone".to_owned()),
            ..h.endpoint(app_id, &format!("{URL}?{number}"))
        };
        assert!(h.store.create_endpoint(&endpoint).await.unwrap());
        assert_eq!(h.store.find_endpoint(app_id, endpoint.id).await.unwrap().as_ref(), Some(&endpoint));
        all.push(endpoint);
    }
    assert_eq!(h.store.list_endpoints(app_id).await.unwrap(), all);
    assert!(!h.store.create_endpoint(&h.endpoint(app_id, URL)).await.unwrap(), "one more than may be");
    assert!(!h.store.create_endpoint(&h.endpoint(h.ids.next(h.now()), URL)).await.unwrap(), "no such app");
    let changed = Endpoint {
        url: "http://other.example".to_owned(),
        events: EventSet::FINAL,
        headers_sealed: None,
        description: Some("new".to_owned()),
        is_enabled: true,
        disabled_reason: None,
        failing_since: Some(h.now()),
        ..all[1].clone()
    };
    assert!(h.store.update_endpoint(&changed, true).await.unwrap());
    assert_eq!(h.store.find_endpoint(app_id, changed.id).await.unwrap(), Some(changed.clone()));
    let renamed = Endpoint { url: URL.to_owned(), is_enabled: false, failing_since: None, ..changed.clone() };
    assert!(h.store.update_endpoint(&renamed, false).await.unwrap());
    let kept = Endpoint { url: URL.to_owned(), ..changed.clone() };
    assert_eq!(h.store.find_endpoint(app_id, changed.id).await.unwrap(), Some(kept));
    let other = h.app().await;
    assert_eq!(h.store.find_endpoint(other, changed.id).await.unwrap(), None);
    assert!(!h.store.update_endpoint(&Endpoint { app_id: other, ..changed.clone() }, true).await.unwrap());
    assert!(!h.store.delete_endpoint(other, changed.id).await.unwrap());
    assert!(h.store.delete_endpoint(app_id, changed.id).await.unwrap());
    assert_eq!(h.store.list_endpoints(app_id).await.unwrap().len(), ENDPOINTS_MAX - 1);
}

pub(crate) async fn an_event_goes_to_its_targets_and_nowhere_else(h: &Harness) {
    let (app_id, finals) = app_with_endpoint(h).await;
    let endpoint = |url: &str, events: &[EventType]| Endpoint {
        events: EventSet::of(events.iter().copied()),
        ..h.endpoint(app_id, url)
    };
    let created = endpoint("https://a.example", &[EventType::PaymentCreated]);
    let both = endpoint("https://b.example", &[EventType::PaymentCreated, EventType::PaymentSuccess]);
    let off = Endpoint { is_enabled: false, ..h.endpoint(app_id, "https://off.example") };
    for endpoint in [&created, &both, &off] {
        assert!(h.store.create_endpoint(endpoint).await.unwrap());
    }
    let foreign = app_with_endpoint(h).await.0;
    let paid = completed(h, h.payment(app_id)).await;
    let own_url = "https://own.example/x".to_owned();
    let own = completed(h, Payment { webhook_url: Some(own_url.clone()), ..h.payment(app_id) }).await;
    let failed = h.created(app_id).await;
    h.commit(settle(&failed, Action::Cancel)).await.unwrap();
    let log: BTreeMap<_, _> = h.log(app_id).await.into_iter().map(|event| (event.seq, event)).collect();
    let mut got = BTreeSet::new();
    for delivery in deliveries(h, app_id).await {
        let event = &log[&delivery.event_seq];
        let same = (event.id, event.kind, event.payment_id);
        assert_eq!((delivery.event_id, delivery.kind, delivery.payment_id), same);
        assert_eq!((delivery.status, delivery.cause, delivery.attempts), (DeliveryStatus::Pending, Cause::Event, 0));
        assert_eq!((delivery.next_attempt_at, delivery.created_at), (Some(h.now()), h.now()));
        got.insert((delivery.payment_id, delivery.kind.code(), delivery.endpoint_id, delivery.url));
    }
    let of = |payment: &Payment, kind: EventType, endpoint: &Endpoint| {
        (payment.id, kind.code(), Some(endpoint.id), endpoint.url.clone())
    };
    let want = BTreeSet::from([
        of(&paid, EventType::PaymentCreated, &created),
        of(&paid, EventType::PaymentCreated, &both),
        of(&paid, EventType::PaymentSuccess, &both),
        of(&paid, EventType::PaymentSuccess, &finals),
        (own.id, EventType::PaymentSuccess.code(), None, own_url),
        of(&failed, EventType::PaymentCreated, &created),
        of(&failed, EventType::PaymentCreated, &both),
        of(&failed, EventType::PaymentFailed, &finals),
    ]);
    assert_eq!(got, want);
    assert!(deliveries(h, foreign).await.is_empty());
}

/// Endpoints are remembered by each writer: what another node changes must count from the next event on.
pub(crate) async fn a_changed_endpoint_counts_from_the_next_event_on_every_node(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    let node = h.another_node().await;
    let mut expected = 0;
    for round in 0..6 {
        let is_enabled = round % 2 == 0;
        let (changes, pays) = if round % 3 == 0 { (&node, &h.store) } else { (&h.store, &node) };
        changes.update_endpoint(&Endpoint { is_enabled, ..endpoint.clone() }, true).await.unwrap();
        for _ in 0..2 {
            let payment = h.payment(app_id);
            pays.commit(create(&payment)).await.unwrap();
            pays.commit(settle(&payment, h.succeed())).await.unwrap();
            expected += usize::from(is_enabled);
        }
        assert_eq!(deliveries(h, app_id).await.len(), expected, "round {round}");
    }
    h.log(app_id).await;
    node.close().await;
}

/// A node that delivers, and the far end of its writer's way.
async fn delivering(h: &Harness, room: usize) -> (Store, Receiver<LeasedDelivery>, Handoff) {
    let (way, inbox) = handoff(room);
    let leasing = Leasing { node: Arc::from("a"), lease_ms: LEASE_MS, handoff: Some(way.clone()) };
    (h.delivering_node(leasing).await, inbox, way)
}

pub(crate) async fn a_delivery_is_born_leased_while_its_node_has_room(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    let (node, mut inbox, way) = delivering(h, 3).await;
    for _ in 0..5 {
        let payment = h.payment(app_id);
        node.commit(create(&payment)).await.unwrap();
        node.commit(settle(&payment, h.succeed())).await.unwrap();
    }
    // Two found no room: they are due, for whoever comes.
    let due = claim_all(h).await;
    assert_eq!(due.len(), 2);
    let log = h.log(app_id).await;
    for _ in 0..3 {
        let born = inbox.try_recv().unwrap();
        let event = log.iter().find(|event| event.id == born.event_id).unwrap();
        assert_eq!((&*born.content, born.kind, born.payment_id), (&*event.body, event.kind, event.payment_id));
        assert_eq!((&*born.url, born.endpoint_id, born.lane), (URL, Some(endpoint.id), Lane::of(app_id, URL)));
        assert_eq!((born.attempts, born.leased_until), (0, h.now().plus_ms(LEASE_MS)));
        assert!(record(&node, attempt(&born, Next::Delivered, h.now())).await);
    }
    assert!(inbox.try_recv().is_err());
    way.set_full(Lane::of(app_id, URL), true);
    completed_on(h, &node, app_id).await;
    assert!(inbox.try_recv().is_err(), "its lane is full");
    way.set_full(Lane::of(app_id, URL), false);
    let last = completed_on(h, &node, app_id).await;
    assert_eq!(inbox.try_recv().unwrap().payment_id, last);
    // A node that nobody listens on leaves everything to the others.
    drop(inbox);
    completed_on(h, &node, app_id).await;
    assert_eq!(claim_all(h).await.len(), 2);
    node.close().await;
}

async fn completed_on(h: &Harness, node: &Store, app_id: AppId) -> PaymentId {
    let payment = h.payment(app_id);
    node.commit(create(&payment)).await.unwrap();
    node.commit(settle(&payment, h.succeed())).await.unwrap();
    payment.id
}

pub(crate) async fn a_claim_takes_what_is_due_and_what_has_a_slot(h: &Harness) {
    let app_id = h.app().await;
    for host in ["a", "b", "c"] {
        for _ in 0..4 {
            let webhook_url = Some(format!("https://{host}.example/x"));
            completed(h, Payment { webhook_url, ..h.payment(app_id) }).await;
        }
    }
    let lane = |host: &str| Lane::of(app_id, &format!("https://{host}.example"));
    let request = ClaimRequest { busy: vec![(lane("a"), 0), (lane("b"), 1)], free_per_lane: 3, limit: 100 };
    let claimed = claim(&h.store, request).await;
    let count = |claimed: &Claimed, host| claimed.deliveries.iter().filter(|d| d.lane == lane(host)).count();
    assert_eq!((count(&claimed, "a"), count(&claimed, "b"), count(&claimed, "c")), (0, 1, 3));
    let limited = claim(&h.store, ClaimRequest { busy: Vec::new(), free_per_lane: 9, limit: 2 }).await;
    assert_eq!(limited.deliveries.len(), 2);
    let rest = claim(&h.store, all_free(9)).await;
    assert_eq!(rest.deliveries.len(), 6);
    // Everything is leased: the next is due when a lease ends.
    let nothing = claim(&h.store, all_free(9)).await;
    assert_eq!((nothing.deliveries.len(), nothing.next_due), (0, Some(h.now().plus_ms(LEASE_MS))));
    h.clock.advance_ms(LEASE_MS - 1);
    assert!(claim_all(h).await.is_empty());
    h.clock.advance_ms(1);
    let again = claim_all(h).await;
    assert_eq!(again.len(), 12);
    assert!(again.iter().all(|d| d.token >= 2 && d.leased_until == h.now().plus_ms(LEASE_MS)));
}

pub(crate) async fn a_claim_tells_when_the_next_is_due(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    for _ in 0..3 {
        completed(h, h.payment(app_id)).await;
    }
    let start = h.now();
    for (leased, wait_ms) in claim_all(h).await.iter().zip([2_000, 2_100, 2_250]) {
        record(&h.store, attempt(leased, Next::RetryAt(start.plus_ms(wait_ms)), start)).await;
    }
    for (at, next) in [(2_000, Some(2_100)), (2_100, Some(2_250))] {
        h.set_clock(start.plus_ms(at));
        let claimed = claim(&h.store, all_free(9)).await;
        assert_eq!((claimed.deliveries.len(), claimed.next_due), (1, next.map(|ms| start.plus_ms(ms))));
    }
    // What is called off instead is told too.
    h.store.delete_endpoint(app_id, endpoint.id).await.unwrap();
    h.set_clock(start.plus_ms(2_250));
    let claimed = claim(&h.store, all_free(9)).await;
    assert_eq!((claimed.deliveries.len(), claimed.called_off), (0, vec![Lane::of(app_id, URL)]));
}

pub(crate) async fn a_result_counts_under_its_lease_alone(h: &Harness) {
    let (app_id, _) = app_with_endpoint(h).await;
    completed(h, h.payment(app_id)).await;
    let first = claim_all(h).await.remove(0);
    h.clock.advance_ms(LEASE_MS);
    let second = claim_all(h).await.remove(0);
    assert_eq!((second.id, second.attempts), (first.id, 0));
    assert!(!record(&h.store, attempt(&first, Next::Delivered, h.now())).await, "its lease is over");
    assert_eq!(only(h, app_id).await.status, DeliveryStatus::Pending);
    let retry_at = h.now().plus_s(5);
    assert!(record(&h.store, attempt(&second, Next::RetryAt(retry_at), h.now())).await);
    assert!(!record(&h.store, attempt(&second, Next::Delivered, h.now())).await, "its lease has had its result");
    let waiting = only(h, app_id).await;
    assert_eq!((waiting.status, waiting.attempts), (DeliveryStatus::Pending, 1));
    assert_eq!((waiting.next_attempt_at, waiting.response_status), (Some(retry_at), Some(500)));
    let early = claim(&h.store, all_free(9)).await;
    assert_eq!((early.deliveries.len(), early.next_due), (0, Some(retry_at)));
    h.set_clock(retry_at);
    let third = claim_all(h).await.remove(0);
    assert_eq!(third.attempts, 1);
    assert!(record(&h.store, attempt(&third, Next::Delivered, h.now())).await);
    let done = only(h, app_id).await;
    assert_eq!((done.status, done.attempts, done.next_attempt_at), (DeliveryStatus::Delivered, 2, None));
    assert_eq!((done.finished_at, done.response_status), (Some(h.now()), Some(200)));
    let attempts = h.store.list_attempts(app_id, done.id).await.unwrap();
    assert_eq!(attempts.iter().map(|a| a.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(attempts[1], attempt(&third, Next::Delivered, h.now()).attempt);
    h.clock.advance_ms(10 * LEASE_MS);
    assert!(claim_all(h).await.is_empty());
}

pub(crate) async fn two_nodes_never_hold_the_same_lease(h: &Harness) {
    let app_id = h.app().await;
    for number in 0..60 {
        let webhook_url = Some(format!("https://{}.example/x", number % 7));
        completed(h, Payment { webhook_url, ..h.payment(app_id) }).await;
    }
    let node = h.another_node().await;
    let mut seen: BTreeSet<(DeliveryId, i64)> = BTreeSet::new();
    for round in 0..4 {
        let mut held = BTreeSet::new();
        for _ in 0..20 {
            let (a, b) = tokio::join!(claim(&h.store, all_free(2)), claim(&node, all_free(2)));
            for leased in a.deliveries.into_iter().chain(b.deliveries) {
                assert!(held.insert(leased.id), "leased twice in round {round}");
                assert!(seen.insert((leased.id, leased.token)));
            }
        }
        assert_eq!(held.len(), 60);
        h.clock.advance_ms(LEASE_MS);
    }
    node.close().await;
}

pub(crate) async fn a_node_that_comes_back_gives_up_its_old_leases(h: &Harness) {
    let (app_id, _) = app_with_endpoint(h).await;
    for _ in 0..3 {
        completed(h, h.payment(app_id)).await;
    }
    let leased = claim(&h.store, all_free(2)).await.deliveries;
    assert_eq!(leased.len(), 2);
    let retry_at = h.now().plus_s(5);
    assert!(record(&h.store, attempt(&leased[0], Next::RetryAt(retry_at), h.now())).await);
    assert_eq!(h.store.release_leases("somebody else", h.now()).await.unwrap(), 0);
    assert_eq!(h.store.release_leases("node", h.now()).await.unwrap(), 1, "a retry that waits is no lease");
    assert_eq!(h.store.release_leases("node", h.now()).await.unwrap(), 0);
    let mut again: Vec<_> = claim_all(h).await.into_iter().map(|leased| leased.id).collect();
    again.sort_unstable();
    assert_eq!(again.len(), 2);
    assert!(again.contains(&leased[1].id) && !again.contains(&leased[0].id));
}

pub(crate) async fn a_disabled_endpoint_is_announced_and_called_no_more(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    let watcher = Endpoint {
        events: EventSet::of([EventType::WebhookDisabled]),
        ..h.endpoint(app_id, "https://watcher.example")
    };
    h.store.create_endpoint(&watcher).await.unwrap();
    let payment = completed(h, h.payment(app_id)).await;
    let disable = || Command::DisableEndpoint {
        app_id,
        endpoint_id: endpoint.id,
        payment_id: payment.id,
        reason: "gone".to_owned(),
    };
    // Ids of one millisecond stand in no order.
    h.clock.advance_ms(1);
    assert_eq!(h.commit(disable()).await.unwrap().outcome, Outcome::EndpointDisabled(true));
    assert_eq!(h.commit(disable()).await.unwrap().outcome, Outcome::EndpointDisabled(false));
    let disabled = h.store.find_endpoint(app_id, endpoint.id).await.unwrap().unwrap();
    assert_eq!((disabled.is_enabled, disabled.disabled_reason.as_deref()), (false, Some("gone")));
    let log = h.log(app_id).await;
    assert_eq!(log[2].kind, EventType::WebhookDisabled);
    assert!(log[2].body.contains(&endpoint.id.to_string()), "{}", log[2].body);
    completed(h, h.payment(app_id)).await;
    assert_eq!(h.log(app_id).await.len(), 5);
    // What waited is called off when it is due; the watcher is told.
    let claimed = claim_all(h).await;
    assert_eq!(
        claimed.iter().map(|d| (d.kind, &*d.url)).collect::<Vec<_>>(),
        [(EventType::WebhookDisabled, &*watcher.url)]
    );
    let statuses: Vec<_> = deliveries(h, app_id).await.into_iter().map(|d| (d.kind, d.status)).collect();
    let want =
        [(EventType::WebhookDisabled, DeliveryStatus::Pending), (EventType::PaymentSuccess, DeliveryStatus::Canceled)];
    assert_eq!(statuses, want);
}

pub(crate) async fn an_endpoint_remembers_since_when_it_fails(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    let failing_since = async || h.store.find_endpoint(app_id, endpoint.id).await.unwrap().unwrap().failing_since;
    let mut first_failure = None;
    for (next, want) in [
        (Next::Delivered, false),
        (Next::RetryAt(h.now()), false),
        (Next::Failed, true),
        (Next::Gone, true),
        (Next::Failed, true),
        (Next::Delivered, false),
        (Next::Failed, true),
    ] {
        h.clock.advance_ms(1_000);
        completed(h, h.payment(app_id)).await;
        let leased = claim_all(h).await;
        for leased in leased {
            record(&h.store, attempt(&leased, next, h.now())).await;
        }
        if !want {
            first_failure = None;
        } else if first_failure.is_none() {
            first_failure = Some(h.now());
        }
        assert_eq!(failing_since().await, first_failure, "{next:?}");
    }
    // A result that comes after its lease tells nothing: another node may have delivered meanwhile.
    completed(h, h.payment(app_id)).await;
    for leased in claim_all(h).await {
        record(&h.store, attempt(&leased, Next::Delivered, h.now())).await;
        assert!(!record(&h.store, attempt(&leased, Next::Failed, h.now())).await);
    }
    assert_eq!(failing_since().await, None);
}

pub(crate) async fn a_test_is_an_event_of_its_own(h: &Harness) {
    let app_id = h.app().await;
    let (event_id, payment_id) = (h.ids.next(h.now()), h.ids.next(h.now()));
    let test = |app_id| Command::TestWebhook {
        app_id,
        endpoint_id: None,
        url: "https://try.example".to_owned(),
        headers_sealed: None,
        event_id,
        payment_id,
        content: "{\"status\":null}".to_owned(),
    };
    let Outcome::Tested(id) = h.commit(test(app_id)).await.unwrap().outcome else { panic!("not tested") };
    assert_eq!(h.commit(test(h.ids.next(h.now()))).await.unwrap().outcome, Outcome::NotFound);
    let log = h.log(app_id).await;
    assert_eq!((log.len(), log[0].kind, log[0].id), (1, EventType::WebhookTest, event_id));
    let delivery = only(h, app_id).await;
    assert_eq!((delivery.id, delivery.cause, delivery.event_id), (id, Cause::Test, event_id));
    assert_eq!(&*claim_all(h).await[0].content, "{\"status\":null}");
}

pub(crate) async fn a_test_tells_nothing_about_an_endpoints_health(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    let test = Command::TestWebhook {
        app_id,
        endpoint_id: Some(endpoint.id),
        url: URL.to_owned(),
        headers_sealed: None,
        event_id: h.ids.next(h.now()),
        payment_id: h.ids.next(h.now()),
        content: "{}".to_owned(),
    };
    h.commit(test).await.unwrap();
    let leased = claim_all(h).await.remove(0);
    assert!(record(&h.store, attempt(&leased, Next::Failed, h.now())).await);
    assert_eq!(h.store.find_endpoint(app_id, endpoint.id).await.unwrap().unwrap().failing_since, None);
}

pub(crate) async fn a_waiting_delivery_can_be_hurried_and_called_off(h: &Harness) {
    let (app_id, _) = app_with_endpoint(h).await;
    completed(h, h.payment(app_id)).await;
    let leased = claim_all(h).await.remove(0);
    assert!(!h.store.hurry_delivery(app_id, leased.id, h.now()).await.unwrap(), "it is being tried");
    record(&h.store, attempt(&leased, Next::RetryAt(h.now().plus_s(300)), h.now())).await;
    let foreign = h.app().await;
    assert!(!h.store.hurry_delivery(foreign, leased.id, h.now()).await.unwrap());
    assert!(!h.store.cancel_delivery(foreign, leased.id, h.now()).await.unwrap());
    assert!(h.store.hurry_delivery(app_id, leased.id, h.now()).await.unwrap());
    assert!(!h.store.hurry_delivery(app_id, leased.id, h.now()).await.unwrap(), "it is due already");
    let again = claim_all(h).await.remove(0);
    assert_eq!((again.id, again.attempts), (leased.id, 1));
    assert!(h.store.cancel_delivery(app_id, leased.id, h.now()).await.unwrap());
    assert!(!h.store.cancel_delivery(app_id, leased.id, h.now()).await.unwrap());
    assert!(!record(&h.store, attempt(&again, Next::Delivered, h.now())).await, "it was called off");
    let canceled = only(h, app_id).await;
    assert_eq!((canceled.status, canceled.finished_at), (DeliveryStatus::Canceled, Some(h.now())));
    assert!(claim_all(h).await.is_empty());
}

pub(crate) async fn what_failed_can_be_found_and_sent_again_once(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    let mut failed = Vec::new();
    for number in 0..10 {
        h.clock.advance_ms(1_000);
        completed(h, h.payment(app_id)).await;
        let leased = claim_all(h).await.remove(0);
        let next = if number % 2 == 0 { Next::Failed } else { Next::Delivered };
        record(&h.store, attempt(&leased, next, h.now())).await;
        if next == Next::Failed {
            failed.push(leased.id);
        }
    }
    let none = DeliveryId::from_bytes([0; 16]);
    let found = async |filter: &DeliveryFilter, after| {
        let page = h.store.list_replayable(filter, after, 100).await.unwrap();
        page.into_iter().map(|d| d.id).collect::<Vec<_>>()
    };
    let all = DeliveryFilter::all(app_id);
    assert_eq!(found(&all, none).await, failed);
    assert_eq!(found(&all, failed[1]).await, failed[2..]);
    let since = DeliveryFilter { created_after: Some(failed[3].created_at()), ..all.clone() };
    assert_eq!(found(&since, none).await, failed[3..]);
    let elsewhere = DeliveryFilter { endpoint_id: Some(h.ids.next(h.now())), ..all.clone() };
    assert!(found(&elsewhere, none).await.is_empty());
    let here = DeliveryFilter { endpoint_id: Some(endpoint.id), ..all.clone() };
    assert_eq!(found(&here, none).await, failed);
    h.clock.advance_ms(1_000);
    let original = h.store.find_delivery(app_id, failed[0]).await.unwrap().unwrap();
    let copy = Delivery {
        id: h.ids.next(h.now()),
        cause: Cause::Replay,
        status: DeliveryStatus::Pending,
        attempts: 0,
        next_attempt_at: Some(h.now()),
        created_at: h.now(),
        finished_at: None,
        response_status: None,
        error: None,
        ..original
    };
    h.store.insert_deliveries(app_id, std::slice::from_ref(&copy)).await.unwrap();
    assert_eq!(h.store.find_delivery(app_id, copy.id).await.unwrap(), Some(copy.clone()));
    assert_eq!(found(&all, none).await, failed[1..], "it was asked for again");
    let again = claim_all(h).await.remove(0);
    assert_eq!((again.id, again.cause, again.attempts, again.event_id), (copy.id, Cause::Replay, 0, copy.event_id));
}

pub(crate) async fn what_was_called_off_with_its_endpoint_can_be_sent_again(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    completed(h, h.payment(app_id)).await;
    let leased = claim_all(h).await.remove(0);
    record(&h.store, attempt(&leased, Next::Failed, h.now())).await;
    completed(h, h.payment(app_id)).await;
    let disabled = Endpoint { is_enabled: false, ..endpoint.clone() };
    h.store.update_endpoint(&disabled, true).await.unwrap();
    // A copy of the first, and the second that waited: both are called off.
    h.clock.advance_ms(1_000);
    let original = h.store.find_delivery(app_id, leased.id).await.unwrap().unwrap();
    let pending = Delivery { status: DeliveryStatus::Pending, finished_at: None, response_status: None, ..original };
    let copy = Delivery { id: h.ids.next(h.now()), cause: Cause::Replay, attempts: 0, created_at: h.now(), ..pending };
    h.store.insert_deliveries(app_id, std::slice::from_ref(&copy)).await.unwrap();
    assert!(claim_all(h).await.is_empty());
    let found =
        h.store.list_replayable(&DeliveryFilter::all(app_id), DeliveryId::from_bytes([0; 16]), 9).await.unwrap();
    assert!(found.iter().all(|d| d.status == DeliveryStatus::Canceled), "{found:?}");
    assert_eq!(found.len(), 2, "each event once, by the last of its deliveries");
    assert!(found.iter().any(|d| d.id == copy.id));
    // What somebody called off by hand is not wanted.
    h.store.update_endpoint(&endpoint, true).await.unwrap();
    let third = completed(h, h.payment(app_id)).await;
    let waiting = deliveries(h, app_id).await.into_iter().find(|d| d.payment_id == third.id).unwrap();
    assert!(h.store.cancel_delivery(app_id, waiting.id, h.now()).await.unwrap());
    let again =
        h.store.list_replayable(&DeliveryFilter::all(app_id), DeliveryId::from_bytes([0; 16]), 9).await.unwrap();
    assert_eq!(again, found);
}

pub(crate) async fn an_endpoints_headers_go_to_its_present_address_alone(h: &Harness) {
    let app_id = h.app().await;
    let endpoint = Endpoint { headers_sealed: Some(vec![7]), ..h.endpoint(app_id, URL) };
    h.store.create_endpoint(&endpoint).await.unwrap();
    completed(h, h.payment(app_id)).await;
    let leased = claim_all(h).await.remove(0);
    assert_eq!(leased.headers_sealed.as_deref(), Some(&[7][..]));
    record(&h.store, attempt(&leased, Next::RetryAt(h.now()), h.now())).await;
    let moved = Endpoint { url: "https://new.example".to_owned(), headers_sealed: Some(vec![8]), ..endpoint };
    h.store.update_endpoint(&moved, false).await.unwrap();
    let again = claim_all(h).await.remove(0);
    assert_eq!((&*again.url, again.headers_sealed), (URL, None));
}

pub(crate) async fn every_list_of_deliveries_equals_a_filtered_vec(h: &Harness) {
    let (app_id, endpoint) = app_with_endpoint(h).await;
    let mut payments = Vec::new();
    for number in 0..24 {
        h.clock.advance_ms(500);
        let own = (number % 3 == 0).then(|| "https://own.example".to_owned());
        payments.push(completed(h, Payment { webhook_url: own, ..h.payment(app_id) }).await.id);
        if number % 2 == 0 {
            for leased in claim_all(h).await {
                let next = [Next::Delivered, Next::Failed, Next::RetryAt(h.now().plus_s(900))][number / 2 % 3];
                record(&h.store, attempt(&leased, next, h.now())).await;
            }
        }
    }
    let canceled = deliveries(h, app_id).await.remove(0);
    h.store.cancel_delivery(app_id, canceled.id, h.now()).await.unwrap();
    let all = deliveries(h, app_id).await;
    assert_eq!(all.len(), 24);
    assert!(all.is_sorted_by(|a, b| a.id > b.id));
    let (early, late) = (all[20].created_at, all[3].created_at);
    for mask in 0..64_u32 {
        let on = |bit: u32| mask & (1 << bit) != 0;
        let base = DeliveryFilter {
            app_id,
            status: None,
            endpoint_id: on(0).then_some(endpoint.id),
            payment_id: on(1).then_some(payments[7]),
            kind: on(2).then_some(EventType::PaymentSuccess),
            created_after: on(3).then_some(early),
            created_before: on(4).then_some(late),
        };
        for status in DeliveryStatus::ALL.map(Some).into_iter().chain([None]) {
            let filter = DeliveryFilter { status, ..base.clone() };
            let below = on(5).then(|| all[5].id);
            let is_in = |d: &&Delivery| {
                status.is_none_or(|s| d.status == s)
                    && filter.endpoint_id.is_none_or(|id| d.endpoint_id == Some(id))
                    && filter.payment_id.is_none_or(|id| d.payment_id == id)
                    && filter.kind.is_none_or(|kind| d.kind == kind)
                    && filter.created_after.is_none_or(|at| d.created_at >= at)
                    && filter.created_before.is_none_or(|at| d.created_at < at)
            };
            let counted: Vec<_> = all.iter().filter(is_in).collect();
            let want: Vec<_> = counted.iter().filter(|d| below.is_none_or(|id| d.id < id)).take(5).collect();
            let got = h.store.list_deliveries(&filter, below, 5).await.unwrap();
            assert_eq!(got.iter().collect::<Vec<_>>(), want.into_iter().copied().collect::<Vec<_>>(), "{filter:?}");
            let count = h.store.count_deliveries(&filter, 10).await.unwrap();
            assert_eq!(count as usize, counted.len().min(10), "{filter:?}");
        }
    }
}

pub(crate) async fn what_is_old_and_over_is_forgotten(h: &Harness) {
    let (app_id, _) = app_with_endpoint(h).await;
    for number in 0..6 {
        h.clock.advance_ms(1_000);
        completed(h, h.payment(app_id)).await;
        let leased = claim_all(h).await.remove(0);
        let next = if number == 2 { Next::RetryAt(h.now().plus_s(900)) } else { Next::Failed };
        record(&h.store, attempt(&leased, next, h.now())).await;
    }
    let all = deliveries(h, app_id).await;
    let before = all[1].created_at;
    assert_eq!(h.store.prune_deliveries(app_id, before, 2).await.unwrap(), 2);
    assert_eq!(h.store.prune_deliveries(app_id, before, 2).await.unwrap(), 1);
    assert_eq!(h.store.prune_deliveries(app_id, before, 2).await.unwrap(), 0);
    let left: Vec<_> = deliveries(h, app_id).await.into_iter().map(|d| d.id).collect();
    assert_eq!(left, [all[0].id, all[1].id, all[3].id], "one still waits");
    assert!(h.store.list_attempts(app_id, all[2].id).await.unwrap().is_empty());
    assert_eq!(h.store.list_attempts(app_id, all[0].id).await.unwrap().len(), 1);
    assert_eq!(h.log(app_id).await.len(), 12, "the log is another matter");
}

pub(crate) async fn secrets_overlap(h: &Harness) {
    let (app, key) = h.new_app();
    h.store.create_app(&app, &key, None, &[]).await.unwrap();
    let live = async || h.store.live_webhook_secrets(app.id, h.now()).await.unwrap();
    assert_eq!(live().await, [vec![1, 2, 3]]);
    let rotate = async |secret: &[u8], ends: Timestamp| {
        assert!(h.store.rotate_webhook_secret(app.id, secret, ends, h.now()).await.unwrap());
    };
    rotate(&[4], h.now().plus_s(50)).await;
    rotate(&[5], h.now().plus_s(100)).await;
    assert_eq!(live().await, [vec![5], vec![4], vec![1, 2, 3]]);
    h.clock.advance_ms(50_000);
    assert_eq!(live().await, [vec![5], vec![4]]);
    rotate(&[6], h.now().plus_s(10)).await;
    assert_eq!(live().await.len(), 3);
    h.clock.advance_ms(10_000);
    assert_eq!(live().await, [vec![6]], "older ones end no later");
    rotate(&[7], h.now().plus_s(100)).await;
    rotate(&[8], h.now()).await;
    assert_eq!(live().await, [vec![8]], "without an overlap all others end at once");
    let unknown = IdSource::seeded(77).next(h.now());
    assert!(!h.store.rotate_webhook_secret(unknown, &[7], h.now(), h.now()).await.unwrap());
    assert!(h.store.live_webhook_secrets(unknown, h.now()).await.unwrap().is_empty());
}

pub(crate) async fn what_a_wrong_clock_put_off_is_due_again(h: &Harness) {
    let (app_id, _) = app_with_endpoint(h).await;
    for _ in 0..3 {
        completed(h, h.payment(app_id)).await;
    }
    let first = claim(&h.store, all_free(1)).await.deliveries.remove(0);
    let in_time = h.now().plus_s(300);
    record(&h.store, attempt(&first, Next::RetryAt(in_time), h.now())).await;
    h.clock.jump_ms(30 * 86_400_000);
    let leased = claim_all(h).await;
    let waits = leased.iter().find(|leased| leased.id != first.id).unwrap();
    record(&h.store, attempt(waits, Next::RetryAt(h.now().plus_s(5)), h.now())).await;
    h.clock.jump_ms(-30 * 86_400_000);
    assert!(claim_all(h).await.is_empty());
    let latest = h.now().plus_s(400);
    assert_eq!(h.store.recall_deliveries(latest, h.now(), 1).await.unwrap(), 1);
    assert_eq!(h.store.recall_deliveries(latest, h.now(), 10).await.unwrap(), 2);
    assert_eq!(h.store.recall_deliveries(latest, h.now(), 10).await.unwrap(), 0, "once is enough");
    let due: Vec<_> = claim_all(h).await.into_iter().map(|leased| leased.id).collect();
    assert_eq!(due, [waits.id], "what is being tried keeps its lease");
    h.clock.advance_ms(LEASE_MS);
    let mut ended: Vec<_> = claim_all(h).await.into_iter().map(|leased| leased.id).collect();
    ended.sort_unstable();
    let mut all: Vec<_> = leased.iter().map(|leased| leased.id).collect();
    all.sort_unstable();
    assert_eq!(ended, all);
}
