//! Decides a whole batch in memory: commands and the rows they need go in, the rows to write and the answers
//! come out. Pure, and shared by both databases, which only load and write.

use crate::announce::{announce, announce_disabled, deliver};
use crate::command::{Command, Committed, Outcome, StoredAnswer};
use crate::delivery::{AttemptRecord, ClaimRequest, Claimed, LeasedDelivery, Leasing};
use crate::log::News;
use crate::planted::{Bug, planted};
use crate::rollup::{self, Rollup};
use crate::targets::{KnownTargets, NewDelivery, Target};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use zenwallet_core::delivery::Cause;
use zenwallet_core::endpoint::EventSet;
use zenwallet_core::event::EventType;
use zenwallet_core::id::{AppId, EndpointId, EventId, IdSource, PaymentId};
use zenwallet_core::limits::IDEMPOTENCY_KEPT_MS;
use zenwallet_core::payment::{self, Action, Decision, Payment};
use zenwallet_core::time::{Bounds, Timestamp};

/// What the database knows of the things a batch touches, locked where the batch may change them.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) payments: HashMap<PaymentId, Payment>,
    pub(crate) keys: HashMap<(AppId, String), KeyRecord>,
    pub(crate) due: Vec<Payment>,
    pub(crate) targets: KnownTargets,
    /// Endpoints that somebody wants disabled: their addresses, while they are enabled.
    pub(crate) enabled: HashMap<(AppId, EndpointId), String>,
}

impl Loaded {
    /// Every app of which the batch may append an event.
    pub(crate) fn apps_with_events(&self, commands: &[&Command]) -> BTreeSet<AppId> {
        let named = commands.iter().filter_map(|command| match command {
            Command::CreatePayment { payment, .. } => Some(payment.app_id),
            Command::TestWebhook { app_id, .. } | Command::DisableEndpoint { app_id, .. } => Some(*app_id),
            _ => None,
        });
        named.chain(self.payments.values().chain(&self.due).map(|payment| payment.app_id)).collect()
    }
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
    pub(crate) deliveries: Vec<NewDelivery>,
    pub(crate) keys: Vec<(AppId, &'a str, KeyRecord)>,
    pub(crate) attempts: Vec<&'a AttemptRecord>,
    pub(crate) disabled: Vec<DisabledEndpoint<'a>>,
    pub(crate) claims: Vec<&'a ClaimRequest>,
    pub(crate) probes: bool,
    /// The version of each app's endpoints that the deliveries were made from.
    pub(crate) versions: HashMap<AppId, i64>,
    pub(crate) replies: Vec<Committed>,
    /// Which reply tells what became of each attempt, and of each claim: only the database knows.
    attempt_replies: Vec<usize>,
    claim_replies: Vec<usize>,
}

/// An endpoint that the batch disables.
pub(crate) struct DisabledEndpoint<'a> {
    pub(crate) app_id: AppId,
    pub(crate) id: EndpointId,
    pub(crate) reason: &'a str,
}

impl Plan<'_> {
    /// Whether there is anything to write.
    pub(crate) fn writes(&self) -> bool {
        self.probes || !(self.only_creates() && self.created.is_empty())
    }

    /// Whether the batch is nothing but new payments, each with its one event that goes nowhere yet.
    pub(crate) fn only_creates(&self) -> bool {
        !self.probes
            && self.keys.is_empty()
            && self.events.len() == self.created.len()
            && self.deliveries.is_empty()
            && self.attempts.is_empty()
            && self.claims.is_empty()
    }

    /// Tells each attempt whether its lease was still the one.
    pub(crate) fn note_recorded(&mut self, applied: impl Iterator<Item = bool>) {
        for (reply, applied) in self.attempt_replies.iter().zip(applied) {
            self.replies[*reply].outcome = Outcome::Recorded { applied };
        }
    }

    /// Tells claim number `index` what it was given.
    pub(crate) fn note_claimed(&mut self, index: usize, claimed: Claimed) {
        if let Some(reply) = self.claim_replies.get(index) {
            self.replies[*reply].outcome = Outcome::Claimed(claimed);
        }
    }

    /// What follows once everything is durable: who follows the logs hears of it, and the deliveries go to this node's
    /// dispatcher.
    pub(crate) fn announce(&mut self, listeners: &[News], leased_until: Timestamp) {
        let grown: BTreeSet<AppId> = self.events.iter().map(|event| event.app_id).collect();
        for listener in listeners {
            listener.tell(grown.iter().copied());
        }
        self.hand_over(leased_until);
    }

    /// Gives the deliveries to this node's dispatcher.
    fn hand_over(&mut self, leased_until: Timestamp) {
        let events = &self.events;
        for delivery in self.deliveries.drain(..) {
            let NewDelivery { id, event, target, environment, cause, place } = delivery;
            let (Some(place), Some(event)) = (place, events.get(event)) else { continue };
            place.send(LeasedDelivery {
                id,
                app_id: event.app_id,
                environment,
                event_id: event.id,
                kind: event.kind,
                payment_id: event.payment_id,
                content: Arc::from(event.body.as_str()),
                endpoint_id: target.endpoint_id,
                url: target.url,
                headers_sealed: target.headers_sealed,
                lane: target.lane,
                cause,
                attempts: 0,
                token: FIRST_LEASE,
                leased_until,
            });
        }
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

    /// What the batch adds to rollups, in the order in which every node locks their rows.
    pub(crate) fn rollup_growth(&self) -> Rollup {
        rollup::growth(&self.created, &self.settled)
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

    /// How many places each event stands before the new end of its app's log.
    pub(crate) fn steps_back(&self) -> Vec<i64> {
        let growth = self.log_growth();
        let places = self.event_places();
        self.events.iter().zip(places).map(|(event, place)| growth[&event.app_id] - place).collect()
    }
}

/// The token of the lease that a delivery is born with.
pub(crate) const FIRST_LEASE: i64 = 1;

/// What deciding needs beside the commands and the rows.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    /// The same for what must not be forgotten too early.
    pub(crate) bounds: Bounds,
    pub(crate) ids: &'a IdSource,
    pub(crate) leasing: &'a Leasing,
}

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
