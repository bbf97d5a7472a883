//! Decides a whole batch in memory: commands and the rows they need go in, the rows to write and the answers
//! come out. Pure, and shared by both databases, which only load and write.

use crate::announce::{announce, announce_disabled, deliver};
use crate::command::{Command, Committed, Outcome, StoredAnswer};
use crate::delivery::Claimed;
use crate::plan::{Context, DisabledEndpoint, KeyRecord, Loaded, NewEvent, Plan};
use crate::planted::{Bug, planted};
use crate::targets::{KnownTargets, Target};
use zenwallet_core::delivery::Cause;
use zenwallet_core::endpoint::EventSet;
use zenwallet_core::event::EventType;
use zenwallet_core::id::AppId;
use zenwallet_core::limits::IDEMPOTENCY_KEPT_MS;
use zenwallet_core::payment::{self, Action, Decision, Payment};
use zenwallet_core::time::Timestamp;

/// Decides every command of a batch in order; later ones see what earlier ones did.
pub(crate) fn plan<'a>(commands: &[&'a Command], loaded: &mut Loaded, context: Context<'_>) -> Plan<'a> {
    let versions = loaded.targets.iter().map(|(app_id, targets)| (*app_id, targets.version)).collect();
    let mut plan = Plan { versions, ..Plan::default() };
    for &command in commands {
        let reply = match known_answer(command, loaded, context.bounds.earliest) {
            Some(known) => known,
            None => {
                let outcome = decide(&mut plan, command, loaded, context);
                let answer = remember(&mut plan, command, &outcome, loaded, context.bounds.latest);
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

fn decide<'a>(plan: &mut Plan<'a>, command: &'a Command, loaded: &mut Loaded, context: Context<'_>) -> Outcome {
    let Loaded { payments, due, targets, enabled, .. } = loaded;
    match command {
        Command::CreatePayment { payment, .. } => {
            announce(plan, payment, payment.created_at, targets, context);
            plan.created.push(payment);
            Outcome::Created
        }
        Command::SettlePayment { app_id, payment_id, action, .. } => match payments.get_mut(payment_id) {
            Some(payment) if is_of(*app_id, payment) => settle(plan, payment, action, targets, context),
            _ => Outcome::NotFound,
        },
        Command::ExpireDue { limit } => {
            let before = plan.settled.len();
            // The database gave as many as all sweeps of the batch may take together.
            let count = due.len().min(usize::try_from(*limit).unwrap_or(usize::MAX));
            let at = Context { now: due_moment(context.now), ..context };
            for mut payment in due.drain(..count).collect::<Vec<_>>() {
                // A command earlier in this batch may have ended it already.
                let current = payments.get_mut(&payment.id).unwrap_or(&mut payment);
                settle(plan, current, &Action::Expire, targets, at);
            }
            Outcome::Expired(u32::try_from(plan.settled.len() - before).unwrap_or(u32::MAX))
        }
        Command::RecordAttempt(record) => {
            plan.attempts.push(record);
            plan.attempt_replies.push(plan.replies.len());
            Outcome::Recorded { applied: false }
        }
        Command::ClaimDeliveries(request) => {
            plan.claims.push(request);
            plan.claim_replies.push(plan.replies.len());
            Outcome::Claimed(Claimed::default())
        }
        Command::TestWebhook { app_id, endpoint_id, url, headers_sealed, content, event_id, payment_id } => {
            let target = Target::new(*app_id, *endpoint_id, url, EventSet::FINAL, headers_sealed.clone());
            let Some(known) = targets.get(app_id) else { return Outcome::NotFound };
            let (kind, body) = (EventType::WebhookTest, content.clone());
            let event =
                NewEvent { app_id: *app_id, id: *event_id, kind, payment_id: *payment_id, at: context.now, body };
            plan.events.push(event);
            let id = context.ids.next(context.now);
            deliver(plan, id, target, known.environment, Cause::Test, context);
            Outcome::Tested(id)
        }
        Command::DisableEndpoint { app_id, endpoint_id, payment_id, reason } => {
            let Some(url) = enabled.remove(&(*app_id, *endpoint_id)) else { return Outcome::EndpointDisabled(false) };
            announce_disabled(plan, *app_id, (*endpoint_id, &url, reason), *payment_id, targets, context);
            plan.disabled.push(DisabledEndpoint { app_id: *app_id, id: *endpoint_id, reason });
            Outcome::EndpointDisabled(true)
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

fn settle(
    plan: &mut Plan<'_>,
    payment: &mut Payment,
    action: &Action,
    targets: &KnownTargets,
    context: Context<'_>,
) -> Outcome {
    let now = context.now;
    if planted(Bug::UpdateWithoutStatusGuard) && payment.status.is_final() && payment.status != action.target() {
        payment.status = action.target();
        announce(plan, payment, now, targets, context);
        return Outcome::Settled { payment: Box::new(payment.clone()), changed: true };
    }
    let seen = || Box::new(payment.clone().seen_at(now));
    match payment::decide(payment, action, now) {
        Decision::Settle(settlement) => {
            *payment = payment.clone().settled(settlement);
            announce(plan, payment, now, targets, context);
            plan.settled.push(payment.clone());
            Outcome::Settled { payment: Box::new(payment.clone()), changed: true }
        }
        // Whoever is told that the time is over must not see it paid later, by a node with another clock say:
        // the end becomes final together with the answer.
        Decision::Expired if !payment.status.is_final() => {
            settle(plan, payment, &Action::Expire, targets, context);
            Outcome::PaymentExpired(Box::new(payment.clone()))
        }
        Decision::Unchanged | Decision::NotDue => Outcome::Settled { payment: seen(), changed: false },
        Decision::AlreadyFinal => Outcome::AlreadyFinal(seen()),
        Decision::Expired => Outcome::PaymentExpired(seen()),
    }
}
