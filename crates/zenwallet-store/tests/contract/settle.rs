//! The state machine as it is stored.

use crate::harness::{Harness, LIFETIME_MS, START, create, settle};
use futures_util::future::join_all;
use std::collections::HashSet;
use zenwallet_core::event::EventType;
use zenwallet_core::id::PaymentId;
use zenwallet_core::payment::{self, Action, Decision, Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{Command, Outcome};

/// What the store must answer to an action, given what core decides.
pub(crate) fn expected(payment: &Payment, action: &Action, now: Timestamp) -> Outcome {
    let seen = Box::new(payment.clone().seen_at(now));
    match payment::decide(payment, action, now) {
        Decision::Settle(settlement) => {
            Outcome::Settled { payment: Box::new(payment.clone().settled(settlement)), changed: true }
        }
        Decision::Unchanged | Decision::NotDue => Outcome::Settled { payment: seen, changed: false },
        Decision::AlreadyFinal => Outcome::AlreadyFinal(seen),
        Decision::Expired => Outcome::PaymentExpired(seen),
    }
}

fn actions(h: &Harness) -> [Action; 5] {
    let fail = Action::Fail { failure_code: Some("card_declined".to_owned()), notes: Some("no coins 🪙".to_owned()) };
    [h.succeed(), fail, Action::Cancel, Action::Expire, Action::ExpireNow]
}

/// A payment of [`START`] that has come to `status`, as stored.
async fn payment_in(h: &Harness, status: Status) -> Payment {
    let app_id = h.app().await;
    h.set_clock(START);
    let payment = h.created(app_id).await;
    let [succeed, fail, _, expire, _] = actions(h);
    let action = match status {
        Status::Pending => return payment,
        Status::Success => succeed,
        Status::Failed => fail,
        Status::Expired => {
            h.set_clock(payment.expires_at);
            expire
        }
    };
    let settled = h.commit(settle(&payment, action)).await.unwrap().outcome;
    assert!(matches!(settled, Outcome::Settled { changed: true, .. }), "{settled:?}");
    h.found(payment.id).await
}

pub(crate) async fn every_status_meets_every_action(h: &Harness) {
    for status in Status::ALL {
        for beyond_ms in [-1, 0, 1] {
            for action in actions(h) {
                let before = payment_in(h, status).await;
                assert_eq!(before.status, status);
                h.set_clock(START.plus_ms(LIFETIME_MS + beyond_ms));
                let events_before = h.log(before.app_id).await.len();
                let want = expected(&before, &action, h.now());
                let got = h.commit(settle(&before, action.clone())).await.unwrap();
                assert_eq!(got.outcome, want, "{status:?} {beyond_ms} {action:?}");
                assert_eq!(got.answer, None);
                let after = h.found(before.id).await;
                let log = h.log(before.app_id).await;
                match want {
                    Outcome::Settled { payment, changed: true } => {
                        assert_eq!(after, *payment);
                        assert_eq!(log.len(), events_before + 1);
                        let event = log.last().unwrap();
                        assert_eq!((event.kind, event.payment_id), (EventType::of(after.status), after.id));
                        assert_eq!(event.created_at, h.now());
                    }
                    // Whoever is told that the time is over is told so for good: it is stored with the answer.
                    Outcome::PaymentExpired(payment) => {
                        assert_eq!(after, *payment);
                        let stored_now = usize::from(before.status == Status::Pending);
                        assert_eq!(log.len(), events_before + stored_now);
                        assert_eq!(log.last().unwrap().kind, EventType::PaymentExpired);
                    }
                    _ => {
                        assert_eq!(after, before);
                        assert_eq!(log.len(), events_before);
                    }
                }
            }
        }
    }
}

pub(crate) async fn a_payment_of_another_app_is_not_found(h: &Harness) {
    let (app_id, other) = (h.app().await, h.app().await);
    let payment = h.created(app_id).await;
    let as_other = Payment { app_id: other, ..payment.clone() };
    assert_eq!(h.commit(settle(&as_other, Action::Cancel)).await.unwrap().outcome, Outcome::NotFound);
    let unknown = Payment { id: PaymentId::from_bytes([7; 16]), ..payment.clone() };
    assert_eq!(h.commit(settle(&unknown, Action::Cancel)).await.unwrap().outcome, Outcome::NotFound);
    assert_eq!(h.found(payment.id).await, payment);
    assert_eq!(h.log(app_id).await.len() + h.log(other).await.len(), 1);
    // The payer has no app, and is let.
    let command = Command::SettlePayment { app_id: None, payment_id: payment.id, action: Action::Cancel, claim: None };
    let canceled = h.commit(command).await.unwrap().outcome;
    assert!(matches!(canceled, Outcome::Settled { changed: true, .. }), "{canceled:?}");
}

pub(crate) async fn a_hundred_completes_change_it_once(h: &Harness) {
    let app_id = h.app().await;
    let node = h.another_node().await;
    for round in 0..5 {
        let payment = h.created(app_id).await;
        // Half of them on another node, and a tenth of them in the same batch as the payment's neighbours.
        let completes = (0..100).map(async |number| {
            let store = if number % 2 == 0 { &h.store } else { &node };
            if number % 10 == 0 {
                store.commit(create(&h.payment(app_id))).await.unwrap();
            }
            store.commit(settle(&payment, h.succeed())).await.unwrap().outcome
        });
        let outcomes = join_all(completes).await;
        let stored = h.found(payment.id).await;
        let changes = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Settled { changed: true, .. }));
        assert_eq!(changes.count(), 1, "round {round}");
        let mut transactions = HashSet::new();
        for outcome in outcomes {
            let Outcome::Settled { payment: seen, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(*seen, stored);
            transactions.insert(seen.transaction_id);
        }
        assert_eq!(transactions.len(), 1);
        let events = h.log(app_id).await.into_iter().filter(|event| event.payment_id == payment.id);
        assert_eq!(events.map(|e| e.kind).collect::<Vec<_>>(), [EventType::PaymentCreated, EventType::PaymentSuccess]);
    }
    node.close().await;
}
