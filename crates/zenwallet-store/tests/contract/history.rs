//! A long random history against a model that holds in memory what every payment must be.

use crate::harness::{Dice, Harness, LIFETIME_MS, create};
use crate::settle::expected;
use futures_util::future::join_all;
use std::collections::{BTreeMap, HashMap};
use zenwallet_core::event::{self, EventType};
use zenwallet_core::id::{AppId, PaymentId};
use zenwallet_core::payment::{Action, Payment, Status};
use zenwallet_store::{Command, Outcome, Store};

const ROUNDS: usize = 40;
const COMMANDS_PER_ROUND: usize = 40;

/// A command to a payment and its answer.
struct Said {
    payment_id: PaymentId,
    action: Action,
    outcome: Outcome,
}

/// What every payment must be.
struct Model {
    apps: Vec<AppId>,
    payments: BTreeMap<PaymentId, Payment>,
}

fn random_action(h: &Harness, dice: &Dice) -> Action {
    match dice.below(4) {
        0 => h.succeed(),
        1 => Action::Fail { failure_code: Some("declined".to_owned()), notes: None },
        2 => Action::Cancel,
        _ => Action::Expire,
    }
}

pub(crate) async fn a_random_history_equals_the_model(h: &Harness) {
    let dice = Dice::new(11);
    let node = h.another_node().await;
    let mut model = Model { apps: vec![h.app().await, h.app().await, h.app().await], payments: BTreeMap::new() };
    for _ in 0..ROUNDS {
        play(h, &node, &dice, &mut model).await;
        h.clock.advance_ms(dice.below(LIFETIME_MS as usize / 4) as i64);
    }
    node.close().await;
    for app_id in &model.apps {
        check_log(h, *app_id, &model).await;
    }
    let ended = model.payments.values().filter(|payment| payment.status.is_final()).count();
    assert!(ended > 100 && ended < model.payments.len(), "{ended} of {}", model.payments.len());
}

/// One round: many commands at one moment, in any order, on two nodes.
async fn play(h: &Harness, node: &Store, dice: &Dice, model: &mut Model) {
    let (mut new, mut commands, mut sweeps) = (Vec::new(), Vec::new(), 0);
    let known: Vec<_> = model.payments.values().cloned().collect();
    for _ in 0..COMMANDS_PER_ROUND {
        match dice.below(20) {
            0 => sweeps += 1,
            1..12 if !known.is_empty() => {
                // Mostly a few payments, so that commands meet.
                let among = if dice.once_in(2) { &known[known.len().saturating_sub(8)..] } else { &known[..] };
                commands.push((dice.pick(among).clone(), random_action(h, dice)));
            }
            _ => new.push(h.payment(*dice.pick(&model.apps))),
        }
    }
    let stores = [&h.store, node];
    let creating = join_all(new.iter().enumerate().map(|(index, payment)| stores[index % 2].commit(create(payment))));
    let settling = join_all(commands.into_iter().enumerate().map(async |(index, (payment, action))| {
        let app_id = (index % 3 > 0).then_some(payment.app_id);
        let command = Command::SettlePayment { app_id, payment_id: payment.id, action: action.clone(), claim: None };
        let outcome = stores[index % 2].commit(command).await.unwrap().outcome;
        Said { payment_id: payment.id, action, outcome }
    }));
    let sweeping = join_all((0..sweeps).map(async |index| {
        match stores[index % 2].commit(Command::ExpireDue { limit: 5 }).await.unwrap().outcome {
            Outcome::Expired(count) => count as usize,
            other => panic!("{other:?}"),
        }
    }));
    let (created, said, swept) = tokio::join!(creating, settling, sweeping);
    assert!(created.into_iter().all(|created| created.unwrap().outcome == Outcome::Created));
    let mut by_payment: HashMap<PaymentId, Vec<Said>> = HashMap::new();
    for said in said {
        by_payment.entry(said.payment_id).or_default().push(said);
    }
    let (mut expired, mut told_so) = (0, 0);
    for before in known {
        let after = h.found(before.id).await;
        let said = by_payment.remove(&before.id).unwrap_or_default();
        expired += usize::from(check_payment(h, &before, &after, &said));
        told_so += usize::from(before != after && said.iter().any(|s| matches!(s.outcome, Outcome::PaymentExpired(_))));
        model.payments.insert(after.id, after);
    }
    // A payment ends by a sweep, or with the answer to somebody who came too late.
    let swept = swept.into_iter().sum::<usize>();
    assert!(swept <= expired && expired <= swept + told_so, "{swept} swept, {told_so} told so, {expired} expired");
    model.payments.extend(new.into_iter().map(|payment| (payment.id, payment)));
}

/// Whether a payment's answers of one moment fit one order of them; true when it expired without being asked to.
fn check_payment(h: &Harness, before: &Payment, after: &Payment, said: &[Said]) -> bool {
    let changed = |outcome: &Outcome| matches!(outcome, Outcome::Settled { changed: true, .. });
    let changes = said.iter().filter(|said| changed(&said.outcome)).count();
    let swept = before != after && changes == 0;
    assert!(changes <= 1, "{before:?} changed {changes} times");
    if swept {
        let expired = Payment { status: Status::Expired, ..before.clone() };
        assert!(before.status == Status::Pending && h.now() >= before.expires_at, "{before:?} became {after:?}");
        assert_eq!(*after, expired);
    }
    for Said { action, outcome, .. } in said {
        let first = expected(before, action, h.now());
        if changed(outcome) {
            assert_eq!(*outcome, first);
            assert!(matches!(outcome, Outcome::Settled { payment, .. } if **payment == *after));
        } else {
            // It came after the change, or nothing could change.
            let later = expected(after, action, h.now());
            assert!(*outcome == later || (*outcome == first && !changed(&first)), "{before:?} {action:?} {outcome:?}");
        }
    }
    assert!(changes == 1 || swept || before == after, "{before:?} became {after:?} by nobody");
    swept
}

/// The log has one event per change and no other, numbered without a gap.
async fn check_log(h: &Harness, app_id: AppId, model: &Model) {
    let mut announced: HashMap<PaymentId, Vec<EventType>> = HashMap::new();
    for event in h.log(app_id).await {
        let payment = &model.payments[&event.payment_id];
        assert_eq!(payment.app_id, app_id);
        let as_then = match event.kind {
            EventType::PaymentCreated => Payment {
                status: Status::Pending,
                completed_at: None,
                transaction_id: None,
                failure_code: None,
                notes: None,
                ..payment.clone()
            },
            _ => payment.clone(),
        };
        assert_eq!(event.body, event::payment_body(&as_then, event.id, event.kind, event.created_at));
        announced.entry(payment.id).or_default().push(event.kind);
    }
    for payment in model.payments.values().filter(|payment| payment.app_id == app_id) {
        let mut want = vec![EventType::PaymentCreated];
        want.extend(payment.status.is_final().then(|| EventType::of(payment.status)));
        assert_eq!(announced.remove(&payment.id), Some(want));
    }
    assert!(announced.is_empty());
}
