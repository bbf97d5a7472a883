//! Commands share a transaction, and nothing else: not their failures, not their fate when the queue is full.

use crate::harness::{Dice, Harness, create, settle};
use futures_util::future::join_all;
use std::time::Duration;
use zenwallet_core::id::AppId;
use zenwallet_core::payment::{Action, Payment};
use zenwallet_store::{Command, Outcome, PaymentFilter, Store, StoreError};

pub(crate) async fn a_bad_command_fails_alone(h: &Harness) {
    let dice = Dice::new(5);
    let app_id = h.app().await;
    let node = h.node(1_000, 64).await;
    let known = h.created(app_id).await;
    let mut good = vec![known.clone()];
    for _ in 0..5 {
        let fine: Vec<_> = (0..40).map(|_| h.payment(app_id)).collect();
        let bad = [
            // An app that has no log, because there is none.
            h.payment(AppId::from_bytes([7; 16])),
            // A lifetime that the schema refuses.
            Payment { expires_at: h.now(), ..h.payment(app_id) },
            // An id that is taken, and one that is taken by the one before.
            Payment { reference_id: Some("other".to_owned()), ..known.clone() },
            Payment { reference_id: Some("other".to_owned()), ..fine[0].clone() },
        ];
        let mut batch: Vec<_> = fine.iter().map(|p| (p, true)).chain(bad.iter().map(|p| (p, false))).collect();
        dice.shuffle(&mut batch[1..]);
        // All are waiting before the writer looks: they share batches.
        let outcomes = join_all(batch.iter().map(|(payment, _)| node.commit(create(payment)))).await;
        for ((payment, is_good), outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(committed) => assert!(*is_good && committed.outcome == Outcome::Created, "{payment:?}"),
                Err(error) => assert!(!is_good && matches!(error, StoreError::Internal(_)), "{payment:?} {error:?}"),
            }
        }
        good.extend(fine);
    }
    for payment in &good {
        assert_eq!(h.found(payment.id).await, *payment);
    }
    assert_eq!(h.log(app_id).await.len(), good.len());
    assert_eq!(count(&h.store, app_id, h).await, good.len());
    node.close().await;
}

async fn count(store: &Store, app_id: AppId, h: &Harness) -> usize {
    store.count_payments(&PaymentFilter::all(app_id, h.now()), 100_000).await.unwrap() as usize
}

pub(crate) async fn a_full_queue_refuses_and_loses_nothing(h: &Harness) {
    let app_id = h.app().await;
    let node = h.node(8, 4).await;
    let payments: Vec<_> = (0..500).map(|_| h.payment(app_id)).collect();
    let outcomes = join_all(payments.iter().map(|payment| node.commit(create(payment)))).await;
    let mut accepted = 0;
    for (payment, outcome) in payments.iter().zip(outcomes) {
        let stored = h.store.find_payment(app_id, payment.id).await.unwrap();
        match outcome {
            Ok(committed) => {
                assert_eq!(committed.outcome, Outcome::Created);
                assert_eq!(stored.as_ref(), Some(payment));
                accepted += 1;
            }
            Err(error) => {
                assert!(matches!(error, StoreError::Overloaded), "{error:?}");
                assert_eq!(stored, None);
            }
        }
    }
    assert!((8..500).contains(&accepted), "{accepted} of 500 were accepted");
    // When the rush is over there is room again.
    let late = h.payment(app_id);
    assert_eq!(node.commit(create(&late)).await.unwrap().outcome, Outcome::Created);
    assert_eq!(h.log(app_id).await.len(), accepted + 1);
    node.close().await;
}

pub(crate) async fn closing_answers_what_was_accepted(h: &Harness) {
    let app_id = h.app().await;
    let node = h.node(1_000, 16).await;
    let payments: Vec<_> = (0..300).map(|_| h.payment(app_id)).collect();
    // The commits are all accepted before the store begins to close.
    let commits = join_all(payments.iter().map(|payment| node.commit(create(payment))));
    let (outcomes, (), ()) = tokio::join!(biased; commits, node.close(), node.close());
    assert!(outcomes.into_iter().all(|outcome| outcome.unwrap().outcome == Outcome::Created));
    let refused = node.commit(create(&h.payment(app_id))).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    node.close().await;
    assert_eq!(h.log(app_id).await.len(), 300);
    // The database is not closed with the node.
    assert_eq!(h.commit(create(&h.payment(app_id))).await.unwrap().outcome, Outcome::Created);
}

pub(crate) async fn a_probe_commits(h: &Harness) {
    let app_id = h.app().await;
    h.store.check_read().await.unwrap();
    let payment = h.payment(app_id);
    let (probe, again, created) =
        tokio::join!(h.commit(Command::Probe), h.commit(Command::Probe), h.commit(create(&payment)));
    assert_eq!(probe.unwrap().outcome, Outcome::Probed);
    assert_eq!(again.unwrap().outcome, Outcome::Probed);
    assert_eq!(created.unwrap().outcome, Outcome::Created);
    assert_eq!(h.commit(Command::ExpireDue { limit: 10 }).await.unwrap().outcome, Outcome::Expired(0));
    h.commit(settle(&payment, Action::Cancel)).await.unwrap();
    let failed = tokio::time::timeout(Duration::from_millis(20), h.store.failed_for_good()).await;
    assert!(failed.is_err(), "{failed:?}");
}
