//! The log as its followers read it: found by id, by type, from its first kept event to its end; and the word that it
//! has grown.

use crate::harness::{Dice, Harness, create, settle};
use std::collections::BTreeSet;
use std::time::Duration;
use zenwallet_core::event::EventType;
use zenwallet_core::id::{AppId, EventId};
use zenwallet_core::payment::Action;
use zenwallet_store::{Grown, LogSpan, Store};

/// Longest wait for word of a change.
const PATIENCE: Duration = Duration::from_secs(20);

/// A log of so many payments, some of which ended.
async fn grow(h: &Harness, app_id: AppId, payments: usize) {
    let dice = Dice::new(5);
    for _ in 0..payments {
        let payment = h.created(app_id).await;
        if dice.once_in(2) {
            h.commit(settle(&payment, h.succeed())).await.unwrap();
        } else if dice.once_in(2) {
            h.commit(settle(&payment, Action::Cancel)).await.unwrap();
        }
        h.clock.advance_ms(1_000);
    }
}

pub(crate) async fn an_event_is_found_by_its_id_by_its_own_app(h: &Harness) {
    let (app_id, other) = (h.app().await, h.app().await);
    grow(h, app_id, 5).await;
    h.created(other).await;
    for event in h.log(app_id).await {
        assert_eq!(h.store.find_event(app_id, event.id).await.unwrap().as_ref(), Some(&event));
        assert_eq!(h.store.find_event(other, event.id).await.unwrap(), None);
    }
    assert_eq!(h.store.find_event(app_id, EventId::from_bytes([9; 16])).await.unwrap(), None);
}

pub(crate) async fn events_of_one_type_equal_a_filtered_vec(h: &Harness) {
    let app_id = h.app().await;
    grow(h, app_id, 20).await;
    let log = h.log(app_id).await;
    for kind in EventType::ALL {
        for (after, last, limit) in [(0, 1_000, 100), (3, 17, 100), (0, 1_000, 2), (5, 5, 10), (900, 1_000, 10)] {
            let want: Vec<_> = log
                .iter()
                .filter(|event| event.kind == kind && event.seq > after && event.seq <= last)
                .take(limit as usize)
                .cloned()
                .collect();
            let page = h.store.list_events_of(app_id, kind, after, last, limit).await.unwrap();
            assert_eq!(page, want, "{kind:?} {after} {last} {limit}");
        }
    }
}

pub(crate) async fn a_log_begins_where_its_events_are_still_needed(h: &Harness) {
    let (app_id, empty) = (h.app().await, h.app().await);
    assert_eq!(h.store.log_span(empty).await.unwrap(), LogSpan { first: 1, last: 0 });
    assert_eq!(h.store.log_span(AppId::from_bytes([9; 16])).await.unwrap(), LogSpan::default());
    grow(h, app_id, 10).await;
    let old = h.log(app_id).await;
    let last = i64::try_from(old.len()).unwrap();
    assert_eq!(h.store.log_span(app_id).await.unwrap(), LogSpan { first: 1, last });
    assert_eq!(h.store.log_ends(&[app_id, empty, AppId::from_bytes([9; 16])]).await.unwrap().len(), 2);
    // Nothing is older than itself.
    assert_eq!(h.store.prune_events(app_id, old[0].created_at, 100).await.unwrap(), 0);
    assert_eq!(h.store.prune_events(empty, h.now(), 100).await.unwrap(), 0);
    // At most the limit, from the beginning.
    assert_eq!(h.store.prune_events(app_id, old[6].created_at, 2).await.unwrap(), 2);
    assert_eq!(h.store.log_span(app_id).await.unwrap(), LogSpan { first: 3, last });
    while h.store.prune_events(app_id, old[6].created_at, 2).await.unwrap() > 0 {}
    let span = h.store.log_span(app_id).await.unwrap();
    let kept = h.store.list_events(app_id, span.first - 1, 100).await.unwrap();
    let young = old.iter().find(|event| event.created_at >= old[6].created_at).unwrap();
    assert_eq!((span.first, &kept[..]), (young.seq, &old[young.seq as usize - 1..]));
    // A log that has forgotten everything still knows its end, and goes on.
    assert!(h.store.prune_events(app_id, h.now(), 100).await.unwrap() > 0);
    assert_eq!(h.store.log_span(app_id).await.unwrap(), LogSpan { first: last + 1, last });
    h.created(app_id).await;
    assert_eq!(h.store.log_span(app_id).await.unwrap(), LogSpan { first: last + 1, last: last + 1 });
    assert_eq!(h.store.log_ends(&[app_id]).await.unwrap(), [(app_id, last + 1)]);
}

pub(crate) async fn an_event_outlives_its_deliveries(h: &Harness) {
    let app_id = h.app().await;
    let payment = h.created(app_id).await;
    let mut hooked = h.payment(app_id);
    hooked.webhook_url = Some("https://hooks.example/".to_owned());
    h.commit(create(&hooked)).await.unwrap();
    h.commit(settle(&hooked, h.succeed())).await.unwrap();
    h.commit(settle(&payment, h.succeed())).await.unwrap();
    h.clock.advance_ms(100_000);
    // 1 and 2 are created events, 3 goes to a webhook, 4 is nobody's but behind 3.
    assert_eq!(h.store.prune_events(app_id, h.now(), 100).await.unwrap(), 2);
    assert_eq!(h.store.prune_events(app_id, h.now(), 100).await.unwrap(), 0);
    assert_eq!(h.store.log_span(app_id).await.unwrap(), LogSpan { first: 3, last: 4 });
    h.sql("DELETE FROM delivery").await;
    assert_eq!(h.store.prune_events(app_id, h.now(), 100).await.unwrap(), 2);
}

/// Waits until a store has heard that these logs grew, and no others.
async fn hear(store: &Store, want: &[AppId]) {
    let mut missing: BTreeSet<_> = want.iter().copied().collect();
    let hearing = async {
        while !missing.is_empty() {
            match store.grown_logs().await {
                Grown::These(apps) => {
                    for app_id in apps {
                        assert!(want.contains(&app_id), "{app_id} did not grow");
                        missing.remove(&app_id);
                    }
                }
                Grown::Any => return,
            }
        }
    };
    tokio::time::timeout(PATIENCE, hearing).await.expect("word within the patience");
}

pub(crate) async fn what_was_appended_is_told_after_it_can_be_read(h: &Harness) {
    let (app_id, other) = (h.app().await, h.app().await);
    while h.store.hears_of_other_nodes() != h.either(false, true) {
        tokio::task::yield_now().await;
    }
    // What was missed before it listened.
    if h.either(false, true) {
        assert_eq!(tokio::time::timeout(PATIENCE, h.store.grown_logs()).await.unwrap(), Grown::Any);
    }
    let payment = h.created(app_id).await;
    hear(&h.store, &[app_id]).await;
    h.created(other).await;
    h.commit(settle(&payment, h.succeed())).await.unwrap();
    hear(&h.store, &[app_id, other]).await;
    // Nothing changed, nothing is told.
    h.commit(settle(&payment, h.succeed())).await.unwrap();
    h.commit(zenwallet_store::Command::Probe).await.unwrap();
    let silence = tokio::time::timeout(Duration::from_millis(100), h.store.grown_logs()).await;
    assert!(silence.is_err(), "{silence:?}");
}

pub(crate) async fn other_nodes_are_told_where_they_can_be(h: &Harness) {
    let node = h.another_node().await;
    let app_id = h.app().await;
    if h.either(false, true) {
        for store in [&h.store, &node] {
            while !store.hears_of_other_nodes() {
                tokio::task::yield_now().await;
            }
            assert_eq!(tokio::time::timeout(PATIENCE, store.grown_logs()).await.unwrap(), Grown::Any);
        }
        for _ in 0..3 {
            h.created(app_id).await;
            hear(&node, &[app_id]).await;
            assert_eq!(h.store.log_ends(&[app_id]).await.unwrap(), node.log_ends(&[app_id]).await.unwrap());
        }
        // More than one word can hold.
        let mut apps = Vec::new();
        for _ in 0..700 {
            apps.push(h.app().await);
        }
        let payments: Vec<_> = apps.iter().map(|app_id| h.payment(*app_id)).collect();
        futures_util::future::join_all(payments.iter().map(|payment| h.commit(create(payment)))).await;
        hear(&node, &apps).await;
        // A connection that breaks is made again, and what was missed meanwhile is admitted.
        h.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND (query LIKE '%pg_notify%' OR query LIKE '%LISTEN%')",
        )
        .await;
        let any = async { while node.grown_logs().await != Grown::Any {} };
        tokio::time::timeout(PATIENCE, any).await.expect("listening again");
        h.created(app_id).await;
        hear(&node, &[app_id]).await;
    } else {
        assert!(!node.hears_of_other_nodes());
        h.created(app_id).await;
        assert_eq!(node.log_ends(&[app_id]).await.unwrap(), [(app_id, 1)]);
    }
    node.close().await;
}
