//! Decides a whole batch in memory: commands and the rows they need go in, the rows to write and the answers
//! come out. Pure, and shared by both databases, which only load and write.

use crate::command::{Command, Committed, Outcome, StoredAnswer};
use crate::planted::{Bug, planted};
use std::collections::{BTreeMap, HashMap};
use zenwallet_core::event::{self, EventType};
use zenwallet_core::id::{AppId, EventId, IdSource, PaymentId};
use zenwallet_core::limits::IDEMPOTENCY_KEPT_MS;
use zenwallet_core::payment::{self, Action, Decision, Payment};
use zenwallet_core::time::Timestamp;

/// What the database knows of the things a batch touches, locked where the batch may change them.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) payments: HashMap<PaymentId, Payment>,
    pub(crate) keys: HashMap<(AppId, String), KeyRecord>,
    pub(crate) due: Vec<Payment>,
}

/// A remembered idempotency key.
#[derive(Clone)]
pub(crate) struct KeyRecord {
    pub(crate) fingerprint: [u8; 32],
    pub(crate) answer: StoredAnswer,
    pub(crate) created_at: Timestamp,
}

/// An event without its place in the log, which only the transaction can give.
pub(crate) struct NewEvent {
    pub(crate) app_id: AppId,
    pub(crate) id: EventId,
    pub(crate) kind: EventType,
    pub(crate) payment_id: PaymentId,
    pub(crate) at: Timestamp,
    pub(crate) body: String,
}

/// What a batch writes, and what each command is told once that is durable.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    pub(crate) created: Vec<&'a Payment>,
    pub(crate) settled: Vec<Payment>,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) keys: Vec<(AppId, &'a str, KeyRecord)>,
    pub(crate) probes: bool,
    pub(crate) replies: Vec<Committed>,
}

impl Plan<'_> {
    /// Whether there is anything to write.
    pub(crate) fn writes(&self) -> bool {
        self.probes || !(self.created.is_empty() && self.settled.is_empty() && self.keys.is_empty())
    }

    /// Whether the batch is nothing but new payments, each with its one event.
    pub(crate) fn only_creates(&self) -> bool {
        !self.probes && self.keys.is_empty() && self.settled.is_empty()
    }

    /// How many events each app's log grows by, in the order in which every node locks the logs.
    pub(crate) fn log_growth(&self) -> BTreeMap<AppId, i64> {
        let mut growth = BTreeMap::new();
        for event in &self.events {
            *growth.entry(event.app_id).or_insert(0) += 1;
        }
        if planted(Bug::SeqGap) && self.events.len() % 7 == 3 {
            growth.values_mut().for_each(|count| *count += 1);
        }
        growth
    }

    /// Each event's place among the batch's events of its app: 1, 2, 3 …
    pub(crate) fn event_places(&self) -> Vec<i64> {
        let mut last = BTreeMap::new();
        let mut place = |app_id| {
            let last = last.entry(app_id).or_insert(0);
            *last += 1;
            *last
        };
        self.events.iter().map(|event| place(event.app_id)).collect()
    }
}

/// Decides every command of a batch in order; later ones see what earlier ones did.
pub(crate) fn plan<'a>(commands: &[&'a Command], loaded: &mut Loaded, now: Timestamp, ids: &IdSource) -> Plan<'a> {
    let mut plan = Plan::default();
    for &command in commands {
        let reply = match known_answer(command, loaded, now) {
            Some(known) => known,
            None => {
                let outcome = decide(&mut plan, command, loaded, now, ids);
                let answer = remember(&mut plan, command, &outcome, loaded, now);
                Committed { outcome, answer }
            }
        };
        plan.replies.push(reply);
    }
    plan
}

/// The answer that the command's idempotency key already has.
fn known_answer(command: &Command, loaded: &Loaded, now: Timestamp) -> Option<Committed> {
    let (app_id, claim) = command.claim()?;
    let record = loaded.keys.get(&(app_id, claim.key.clone()))?;
    if now.as_ms() - record.created_at.as_ms() >= IDEMPOTENCY_KEPT_MS {
        return None;
    }
    Some(if record.fingerprint == claim.fingerprint {
        Committed { outcome: Outcome::Replayed, answer: Some(record.answer.clone()) }
    } else {
        Committed { outcome: Outcome::KeyReused, answer: None }
    })
}

fn remember<'a>(
    plan: &mut Plan<'a>,
    command: &'a Command,
    outcome: &Outcome,
    loaded: &mut Loaded,
    now: Timestamp,
) -> Option<StoredAnswer> {
    let (app_id, claim) = command.claim()?;
    let answer = (claim.answer)(outcome);
    let record = KeyRecord { fingerprint: claim.fingerprint, answer: answer.clone(), created_at: now };
    loaded.keys.insert((app_id, claim.key.clone()), record.clone());
    plan.keys.push((app_id, &claim.key, record));
    Some(answer)
}

fn decide<'a>(
    plan: &mut Plan<'a>,
    command: &'a Command,
    loaded: &mut Loaded,
    now: Timestamp,
    ids: &IdSource,
) -> Outcome {
    match command {
        Command::CreatePayment { payment, .. } => {
            announce(plan, payment, payment.created_at, ids);
            plan.created.push(payment);
            Outcome::Created
        }
        Command::SettlePayment { app_id, payment_id, action, .. } => match loaded.payments.get_mut(payment_id) {
            Some(payment) if is_of(*app_id, payment) => settle(plan, payment, action, now, ids),
            _ => Outcome::NotFound,
        },
        Command::ExpireDue { limit } => {
            let before = plan.settled.len();
            // The database gave as many as all sweeps of the batch may take together.
            let count = loaded.due.len().min(usize::try_from(*limit).unwrap_or(usize::MAX));
            let due: Vec<_> = loaded.due.drain(..count).collect();
            for mut payment in due {
                // A command earlier in this batch may have ended it already.
                let current = loaded.payments.get_mut(&payment.id).unwrap_or(&mut payment);
                settle(plan, current, &Action::Expire, due_moment(now), ids);
            }
            Outcome::Expired(u32::try_from(plan.settled.len() - before).unwrap_or(u32::MAX))
        }
        Command::Probe => {
            plan.probes = true;
            Outcome::Probed
        }
    }
}

/// Whether a command may touch a payment: the payer's may, an app's only its own.
fn is_of(app_id: Option<AppId>, payment: &Payment) -> bool {
    app_id.is_none_or(|app| app == payment.app_id) || planted(Bug::MissingTenantFilter)
}

/// The moment up to which payments are due.
pub(crate) fn due_moment(now: Timestamp) -> Timestamp {
    if planted(Bug::ClockAhead) { now.plus_s(3_600) } else { now }
}

fn settle(plan: &mut Plan<'_>, payment: &mut Payment, action: &Action, now: Timestamp, ids: &IdSource) -> Outcome {
    if planted(Bug::UpdateWithoutStatusGuard) && payment.status.is_final() && payment.status != action.target() {
        payment.status = action.target();
        announce(plan, payment, now, ids);
        return Outcome::Settled { payment: Box::new(payment.clone()), changed: true };
    }
    let seen = || Box::new(payment.clone().seen_at(now));
    match payment::decide(payment, action, now) {
        Decision::Settle(settlement) => {
            *payment = payment.clone().settled(settlement);
            announce(plan, payment, now, ids);
            plan.settled.push(payment.clone());
            Outcome::Settled { payment: Box::new(payment.clone()), changed: true }
        }
        // Whoever is told that the time is over must not see it paid later, by a node with another clock say:
        // the end becomes final together with the answer.
        Decision::Expired if !payment.status.is_final() => {
            settle(plan, payment, &Action::Expire, now, ids);
            Outcome::PaymentExpired(Box::new(payment.clone()))
        }
        Decision::Unchanged | Decision::NotDue => Outcome::Settled { payment: seen(), changed: false },
        Decision::AlreadyFinal => Outcome::AlreadyFinal(seen()),
        Decision::Expired => Outcome::PaymentExpired(seen()),
    }
}

/// Appends the event of the payment's arrival in its status.
fn announce(plan: &mut Plan<'_>, payment: &Payment, at: Timestamp, ids: &IdSource) {
    let kind = EventType::of(payment.status);
    let id = if planted(Bug::ReuseEventId) { EventId::from_uuid(payment.id.uuid()) } else { ids.next(at) };
    let body = event::payment_body(payment, id, kind, at);
    plan.events.push(NewEvent { app_id: payment.app_id, id, kind, payment_id: payment.id, at, body });
}
