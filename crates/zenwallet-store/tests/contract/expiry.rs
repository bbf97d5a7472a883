//! Payments whose time is over.

use crate::harness::{Harness, create, settle};
use futures_util::future::join_all;
use std::collections::HashMap;
use zenwallet_core::event::EventType;
use zenwallet_core::id::AppId;
use zenwallet_core::payment::{Action, Payment, Status};
use zenwallet_store::{Command, Outcome, Store};

/// Payments of now that end one second after the other.
async fn staggered(h: &Harness, app_id: AppId, count: i64) -> Vec<Payment> {
    let payments: Vec<_> =
        (1..=count).map(|s| Payment { expires_at: h.now().plus_s(s), ..h.payment(app_id) }).collect();
    for created in join_all(payments.iter().map(|payment| h.commit(create(payment)))).await {
        created.unwrap();
    }
    payments
}

async fn expire_due(store: &Store, limit: u32) -> u32 {
    match store.commit(Command::ExpireDue { limit }).await.unwrap().outcome {
        Outcome::Expired(count) => count,
        other => panic!("{other:?}"),
    }
}

/// Exactly those due by now are stored as expired, each announced once.
async fn check_expired(h: &Harness, payments: &[Payment]) {
    let mut announced = HashMap::new();
    let apps: std::collections::BTreeSet<_> = payments.iter().map(|payment| payment.app_id).collect();
    for app_id in apps {
        for event in h.log(app_id).await {
            if event.kind == EventType::PaymentExpired {
                *announced.entry(event.payment_id).or_insert(0) += 1;
            }
        }
    }
    for payment in payments {
        let due = payment.expires_at <= h.now();
        let want = Payment { status: if due { Status::Expired } else { Status::Pending }, ..payment.clone() };
        assert_eq!(h.found(payment.id).await, want);
        assert_eq!(announced.get(&payment.id).copied().unwrap_or(0), i32::from(due), "{}", payment.id);
    }
}

pub(crate) async fn the_due_expire_exactly_once(h: &Harness) {
    let app_id = h.app().await;
    let payments = staggered(h, app_id, 20).await;
    assert_eq!(expire_due(&h.store, 100).await, 0);
    // One is paid just before its end.
    h.clock.advance_ms(4_999);
    h.commit(settle(&payments[4], h.succeed())).await.unwrap();
    let rest: Vec<_> = payments.iter().filter(|p| p.id != payments[4].id).cloned().collect();
    h.clock.advance_ms(5_001);
    assert_eq!(expire_due(&h.store, 100).await, 9);
    check_expired(h, &rest).await;
    assert_eq!(expire_due(&h.store, 100).await, 0);
    check_expired(h, &rest).await;
    h.clock.advance_ms(60_000);
    assert_eq!(expire_due(&h.store, 100).await, 10);
    check_expired(h, &rest).await;
    assert_eq!(h.found(payments[4].id).await.status, Status::Success);
}

pub(crate) async fn a_sweep_keeps_its_limit(h: &Harness) {
    let app_id = h.app().await;
    let payments = staggered(h, app_id, 30).await;
    h.clock.advance_ms(60_000);
    // The longest overdue go first.
    assert_eq!(expire_due(&h.store, 3).await, 3);
    let gone = join_all(payments.iter().map(|payment| h.found(payment.id))).await;
    assert!(gone.iter().enumerate().all(|(index, p)| (p.status == Status::Expired) == (index < 3)));
    // Also when several sweeps and a cancel of a due payment share a batch.
    let sweeps = join_all((0..10).map(|_| expire_due(&h.store, 2)));
    let cancel = h.commit(settle(&payments[3], Action::Cancel));
    let (sweeps, canceled) = futures_util::future::join(sweeps, cancel).await;
    assert!(sweeps.iter().all(|count| *count <= 2), "{sweeps:?}");
    assert!(matches!(canceled.unwrap().outcome, Outcome::PaymentExpired(_)));
    while expire_due(&h.store, 2).await > 0 {}
    check_expired(h, &payments).await;
}

pub(crate) async fn two_nodes_expire_each_payment_once(h: &Harness) {
    let apps = [h.app().await, h.app().await];
    let node = h.another_node().await;
    for _ in 0..10 {
        let mut payments = staggered(h, apps[0], 100).await;
        payments.extend(staggered(h, apps[1], 100).await);
        h.clock.advance_ms(60_000);
        let sweep = async |store: &Store| {
            let mut swept = 0;
            for _ in 0..20 {
                swept += expire_due(store, 17).await;
            }
            swept
        };
        let (first, second) = tokio::join!(sweep(&h.store), sweep(&node));
        // What one node was just expiring the other passed over; nothing is left when both have finished.
        let rest = expire_due(&h.store, 1_000).await;
        assert_eq!(first + second + rest, 120, "{first} {second} {rest}");
        check_expired(h, &payments).await;
        h.clock.advance_ms(3_600_000);
        assert_eq!(expire_due(&node, 1_000).await, 80);
        check_expired(h, &payments).await;
    }
    node.close().await;
}

pub(crate) async fn the_next_expiry_is_that_of_a_pending_payment(h: &Harness) {
    assert_eq!(h.store.next_expiry().await.unwrap(), None);
    let (first, second) = (h.app().await, h.app().await);
    let late = staggered(h, first, 2).await;
    let early = Payment { expires_at: h.now().plus_ms(500), ..h.payment(second) };
    h.commit(create(&early)).await.unwrap();
    assert_eq!(h.store.next_expiry().await.unwrap(), Some(early.expires_at));
    h.commit(settle(&early, Action::Cancel)).await.unwrap();
    assert_eq!(h.store.next_expiry().await.unwrap(), Some(late[0].expires_at));
    // What is overdue is still to be done.
    h.clock.advance_ms(60_000);
    assert_eq!(h.store.next_expiry().await.unwrap(), Some(late[0].expires_at));
    assert_eq!(expire_due(&h.store, 1).await, 1);
    assert_eq!(h.store.next_expiry().await.unwrap(), Some(late[1].expires_at));
    assert_eq!(expire_due(&h.store, 1).await, 1);
    assert_eq!(h.store.next_expiry().await.unwrap(), None);
}
