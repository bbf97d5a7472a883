//! Idempotency keys: key, effect and answer are one.

use crate::harness::{Harness, settle};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::id::AppId;
use zenwallet_core::limits::{IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_RESERVED_MS};
use zenwallet_core::payment::{Action, Payment, Status};
use zenwallet_store::{
    Claim, Command, Committed, Outcome, PaymentFilter, Reservation, Reserved, Store, StoreError, StoredAnswer,
};

/// A claim whose answer names the payment, in bytes that are no text.
fn claim(key: &str, fingerprint: u8, payment: &Payment) -> Claim {
    let body = answer(payment).body;
    Claim {
        key: key.to_owned(),
        fingerprint: [fingerprint; 32],
        answer: Arc::new(move |_| StoredAnswer { status: 201, body: body.clone() }),
    }
}

fn answer(payment: &Payment) -> StoredAnswer {
    let mut body = payment.id.to_string().into_bytes();
    body.extend([0, 255, b'\n']);
    StoredAnswer { status: 201, body: body.into() }
}

fn create_once(payment: &Payment, key: &str, fingerprint: u8) -> Command {
    Command::CreatePayment { payment: Box::new(payment.clone()), claim: Some(claim(key, fingerprint, payment)) }
}

fn created(payment: &Payment) -> Committed {
    Committed { outcome: Outcome::Created, answer: Some(answer(payment)) }
}

fn replayed(payment: &Payment) -> Committed {
    Committed { outcome: Outcome::Replayed, answer: Some(answer(payment)) }
}

fn reused() -> Committed {
    Committed { outcome: Outcome::KeyReused, answer: None }
}

/// Commits, trying again as a caller does who is told that the key is in use.
async fn commit_patiently(store: &Store, command: Command) -> Committed {
    for _ in 0..200 {
        let committed = store.commit(command.clone()).await.unwrap();
        if committed.outcome != Outcome::KeyInUse {
            return committed;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the key stays in use");
}

async fn count(h: &Harness, app_id: AppId) -> u32 {
    h.store.count_payments(&PaymentFilter::all(app_id, h.now()), 10_000).await.unwrap()
}

pub(crate) async fn a_key_replays_its_first_answer(h: &Harness) {
    let app_id = h.app().await;
    let (first, second) = (h.payment(app_id), h.payment(app_id));
    assert_eq!(h.commit(create_once(&first, "k", 1)).await.unwrap(), created(&first));
    for _ in 0..3 {
        assert_eq!(h.commit(create_once(&second, "k", 1)).await.unwrap(), replayed(&first));
    }
    assert_eq!(count(h, app_id).await, 1);
    assert_eq!(h.log(app_id).await.len(), 1);
    // A settlement's answer is kept the same way, also one that changed nothing.
    let mark = Payment { id: h.ids.next(h.now()), ..first.clone() };
    let cancel = |action| Command::SettlePayment {
        app_id: Some(app_id),
        payment_id: first.id,
        action,
        claim: Some(claim("cancel", 2, &mark)),
    };
    let canceled = h.commit(cancel(Action::Cancel)).await.unwrap();
    assert!(matches!(canceled.outcome, Outcome::Settled { changed: true, .. }), "{canceled:?}");
    assert_eq!(canceled.answer, Some(answer(&mark)));
    assert_eq!(h.commit(cancel(Action::Cancel)).await.unwrap(), replayed(&mark));
    let unknown = Command::SettlePayment {
        app_id: Some(app_id),
        payment_id: second.id,
        action: Action::Cancel,
        claim: Some(claim("unknown", 3, &mark)),
    };
    assert_eq!(h.commit(unknown.clone()).await.unwrap().outcome, Outcome::NotFound);
    assert_eq!(h.commit(unknown).await.unwrap(), replayed(&mark));
    assert_eq!(h.log(app_id).await.len(), 2);
}

pub(crate) async fn a_key_belongs_to_one_request_of_one_app(h: &Harness) {
    let (app_id, other) = (h.app().await, h.app().await);
    let (first, second, third) = (h.payment(app_id), h.payment(app_id), h.payment(other));
    // All at once: the same batch must tell them apart too.
    let outcomes = join_all([
        h.commit(create_once(&first, "k", 1)),
        h.commit(create_once(&second, "k", 2)),
        h.commit(create_once(&third, "k", 3)),
    ])
    .await;
    let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes, [created(&first), reused(), created(&third)]);
    assert_eq!(h.commit(create_once(&second, "k", 2)).await.unwrap(), reused());
    assert_eq!(h.store.find_payment(app_id, second.id).await.unwrap(), None);
    // Keys differ by their exact bytes.
    for key in ["K", "k ", " k", "kk"] {
        let payment = h.payment(app_id);
        assert_eq!(h.commit(create_once(&payment, key, 1)).await.unwrap(), created(&payment), "{key:?}");
    }
}

pub(crate) async fn a_failed_command_leaves_its_key_free(h: &Harness) {
    let app_id = h.app().await;
    let bad = Payment { expires_at: h.now(), ..h.payment(app_id) };
    let (good, other) = (h.payment(app_id), h.payment(app_id));
    // Alone, and beside a command that succeeds.
    for neighbour in [None, Some(create_once(&other, "other", 1))] {
        let beside = async {
            if let Some(command) = neighbour {
                assert_eq!(h.commit(command).await.unwrap(), created(&other));
            }
        };
        let (refused, ()) = tokio::join!(h.commit(create_once(&bad, "k", 1)), beside);
        assert!(matches!(refused, Err(StoreError::Internal(_))), "{refused:?}");
    }
    // Another fingerprint would show a key that was kept.
    assert_eq!(h.commit(create_once(&good, "k", 2)).await.unwrap(), created(&good));
    assert_eq!(h.commit(create_once(&good, "k", 2)).await.unwrap(), replayed(&good));
}

pub(crate) async fn a_key_is_free_again_after_a_day(h: &Harness) {
    let app_id = h.app().await;
    let (first, second, third) = (h.payment(app_id), h.payment(app_id), h.payment(app_id));
    assert_eq!(h.commit(create_once(&first, "k", 1)).await.unwrap(), created(&first));
    h.clock.advance_ms(IDEMPOTENCY_KEPT_MS - 1);
    assert_eq!(h.commit(create_once(&second, "k", 1)).await.unwrap(), replayed(&first));
    assert_eq!(h.commit(create_once(&second, "k", 2)).await.unwrap(), reused());
    h.clock.advance_ms(1);
    assert_eq!(h.commit(create_once(&second, "k", 2)).await.unwrap(), created(&second));
    assert_eq!(h.commit(create_once(&third, "k", 2)).await.unwrap(), replayed(&second));
    h.clock.advance_ms(IDEMPOTENCY_KEPT_MS);
    assert_eq!(h.commit(create_once(&third, "k", 3)).await.unwrap(), created(&third));
    assert_eq!(count(h, app_id).await, 3);
}

pub(crate) async fn many_requests_with_one_key_make_one_payment(h: &Harness) {
    let app_id = h.app().await;
    let node = h.another_node().await;
    for round in 0..5 {
        let key = format!("round {round}");
        let payments: Vec<_> = (0..200).map(|_| h.payment(app_id)).collect();
        // From two nodes, among payments that have nothing to do with the key.
        let answers = join_all(payments.iter().enumerate().map(async |(index, payment)| {
            let store = if index % 2 == 0 { &h.store } else { &node };
            if index % 20 == 0 {
                let neighbour = h.payment(app_id);
                let outcome = commit_patiently(store, create_once(&neighbour, &neighbour.id.to_string(), 1)).await;
                assert_eq!(outcome, created(&neighbour));
            }
            commit_patiently(store, create_once(payment, &key, 1)).await
        }))
        .await;
        let winners: Vec<_> = payments.iter().zip(&answers).filter(|(_, a)| a.outcome == Outcome::Created).collect();
        assert_eq!(winners.len(), 1, "round {round}");
        let winner = winners[0].0;
        assert!(answers.iter().all(|a| *a == created(winner) || *a == replayed(winner)), "round {round}");
        assert_eq!(count(h, app_id).await, (round + 1) * 11);
        assert_eq!(h.log(app_id).await.len() as u32, (round + 1) * 11);
        assert_eq!(h.found(winner.id).await, *winner);
    }
    // The same for a settlement, which is also guarded by the payment itself.
    let payment = h.created(app_id).await;
    let completes = join_all((0..100).map(async |index| {
        let store = if index % 2 == 0 { &h.store } else { &node };
        let command = Command::SettlePayment {
            app_id: Some(app_id),
            payment_id: payment.id,
            action: h.succeed(),
            claim: Some(claim("complete", 1, &payment)),
        };
        commit_patiently(store, command).await.outcome
    }))
    .await;
    let changed = completes.iter().filter(|o| matches!(o, Outcome::Settled { changed: true, .. })).count();
    let replays = completes.iter().filter(|o| **o == Outcome::Replayed).count();
    assert_eq!((changed, replays), (1, 99));
    assert_eq!(h.found(payment.id).await.status, Status::Success);
    node.close().await;
}

pub(crate) async fn old_keys_are_pruned(h: &Harness) {
    let app_id = h.app().await;
    let start = h.now();
    let payments: Vec<_> = (0..10).map(|_| h.payment(app_id)).collect();
    for (index, payment) in payments.iter().enumerate() {
        h.commit(create_once(payment, &format!("k{index}"), 1)).await.unwrap();
        h.clock.advance_ms(1_000);
    }
    assert_eq!(h.store.prune_idempotency_keys(start, 100).await.unwrap(), 0);
    assert_eq!(h.store.prune_idempotency_keys(start.plus_s(5), 2).await.unwrap(), 2);
    assert_eq!(h.store.prune_idempotency_keys(start.plus_s(5), 100).await.unwrap(), 3);
    assert_eq!(h.store.prune_idempotency_keys(start.plus_s(5), 100).await.unwrap(), 0);
    // The oldest five are gone; the others still answer.
    let again = h.payment(app_id);
    assert_eq!(h.commit(create_once(&again, "k4", 1)).await.unwrap(), created(&again));
    let other = h.payment(app_id);
    assert_eq!(h.commit(create_once(&other, "k5", 1)).await.unwrap(), replayed(&payments[5]));
    // Payments and their events stay.
    assert_eq!(count(h, app_id).await, 11);
    h.commit(settle(&payments[0], Action::Cancel)).await.unwrap();
    assert_eq!(h.log(app_id).await.len(), 12);
}

pub(crate) async fn a_key_answers_whatever_the_clock_is_set_to(h: &Harness) {
    let app_id = h.app().await;
    let month_ms = 30 * 24 * 3_600 * 1_000;
    let (first, second, third) = (h.payment(app_id), h.payment(app_id), h.payment(app_id));
    h.commit(create_once(&first, "true", 1)).await.unwrap();
    h.clock.jump_ms(month_ms);
    assert_eq!(h.commit(create_once(&h.payment(app_id), "true", 1)).await.unwrap(), replayed(&first));
    h.commit(create_once(&second, "ahead", 1)).await.unwrap();
    h.clock.jump_ms(-130 * month_ms);
    h.commit(create_once(&third, "behind", 1)).await.unwrap();
    h.clock.jump_ms(129 * month_ms);
    h.clock.advance_ms(1_000);
    for (key, payment) in [("true", &first), ("ahead", &second), ("behind", &third)] {
        assert_eq!(h.commit(create_once(&h.payment(app_id), key, 1)).await.unwrap(), replayed(payment), "{key}");
    }
    assert_eq!(count(h, app_id).await, 3);
    // The day goes by the time that passes.
    h.clock.advance_ms(IDEMPOTENCY_KEPT_MS);
    let anew = h.payment(app_id);
    assert_eq!(h.commit(create_once(&anew, "behind", 1)).await.unwrap(), created(&anew));
}

async fn reserve(h: &Harness, app_id: AppId, key: &str, fingerprint: u8) -> Reserved {
    h.store.reserve_key(app_id, key, [fingerprint; 32], h.now()).await.unwrap()
}

async fn reserve_new(h: &Harness, app_id: AppId, key: &str, fingerprint: u8) -> Reservation {
    match reserve(h, app_id, key, fingerprint).await {
        Reserved::New(reservation) => reservation,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_reserved_key_is_nobody_else_s_until_it_is_answered(h: &Harness) {
    let (app_id, other) = (h.app().await, h.app().await);
    // Of all that come at once, one may work.
    let all = join_all((0..20).map(|_| reserve(h, app_id, "k", 1))).await;
    let mut new: Vec<_> = all.into_iter().filter(|reserved| *reserved != Reserved::Running).collect();
    let Some(Reserved::New(reservation)) = new.pop() else { panic!("nobody may work") };
    assert_eq!(new, []);
    assert_eq!(reserve(h, app_id, "k", 2).await, Reserved::Other);
    let payment = h.payment(app_id);
    assert_eq!(h.commit(create_once(&payment, "k", 2)).await.unwrap(), reused());
    reserve_new(h, other, "k", 1).await;
    // Released, it is new; answered, it stays so for a day from its reservation.
    h.store.release_key(reservation.clone()).await.unwrap();
    h.clock.advance_ms(1);
    let second = reserve_new(h, app_id, "k", 2).await;
    let answer = answer(&payment);
    h.store.keep_answer(reservation.clone(), &StoredAnswer { status: 500, ..answer.clone() }).await.unwrap();
    assert_eq!(reserve(h, app_id, "k", 2).await, Reserved::Running);
    h.store.keep_answer(second.clone(), &answer).await.unwrap();
    h.store.release_key(second).await.unwrap();
    assert_eq!(reserve(h, app_id, "k", 1).await, Reserved::Other);
    h.clock.advance_ms(IDEMPOTENCY_KEPT_MS - 1);
    assert_eq!(reserve(h, app_id, "k", 2).await, Reserved::Answered(answer));
    h.clock.advance_ms(1);
    reserve_new(h, app_id, "k", 3).await;
    // A payment's key answers a reservation like any other request.
    assert_eq!(h.commit(create_once(&payment, "p", 1)).await.unwrap(), created(&payment));
    assert_eq!(reserve(h, app_id, "p", 2).await, Reserved::Other);
}

pub(crate) async fn a_reservation_is_abandoned_after_a_minute(h: &Harness) {
    let app_id = h.app().await;
    let dead = reserve_new(h, app_id, "k", 1).await;
    h.clock.advance_ms(IDEMPOTENCY_RESERVED_MS - 1);
    assert_eq!(reserve(h, app_id, "k", 1).await, Reserved::Running);
    h.clock.advance_ms(1);
    let alive = reserve_new(h, app_id, "k", 1).await;
    // Whoever comes back from the dead changes nothing.
    let answer = answer(&h.payment(app_id));
    h.store.keep_answer(dead.clone(), &answer).await.unwrap();
    h.store.release_key(dead).await.unwrap();
    assert_eq!(reserve(h, app_id, "k", 1).await, Reserved::Running);
    h.store.keep_answer(alive, &answer).await.unwrap();
    assert_eq!(reserve(h, app_id, "k", 1).await, Reserved::Answered(answer));
}
