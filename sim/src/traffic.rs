//! Those who use the gateway: callers of its API, owners of endpoints and deliveries, readers of the log.

use crate::judge::{Verdict, Violation, Writing, spelled};
use crate::node::{Then, Work};
use crate::receivers::Receivers;
use crate::timeline::Step;
use crate::world::World;
use bytes::Bytes;
use std::sync::Arc;
use zenwallet_core::delivery::{Cause, Delivery, DeliveryStatus};
use zenwallet_core::endpoint::{Endpoint, EventSet};
use zenwallet_core::event::{self, EventType};
use zenwallet_core::id::{AppId, DeliveryId, EndpointId, PaymentId, PaymentKind};
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::{Action, Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{Claim, Command, Committed, DeliveryFilter, Outcome, StoredAnswer};

/// Times a caller sends the same request.
const TRIES: u32 = 5;
/// Endpoints of an app.
const ENDPOINTS: usize = 3;

/// What somebody asks of the API.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Create {
        amount_minor: i64,
        lives_ms: i64,
        webhook_url: Option<String>,
    },
    Settle {
        payment_id: PaymentId,
        action: Action,
    },
    /// An app asks for what is another's.
    Foreign {
        payment_id: PaymentId,
        action: Action,
    },
    Test {
        url: String,
    },
}

/// A request, and how often it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) app_id: AppId,
    pub(crate) ask: Ask,
    pub(crate) key: Option<String>,
    pub(crate) tries: u32,
}

/// A reader of an app's log.
pub(crate) struct Reader {
    pub(crate) app_id: AppId,
    pub(crate) cursor: i64,
}

impl World {
    /// Somebody asks something.
    pub(crate) fn call(&mut self) -> Verdict {
        let Some(app_id) = self.chance.pick(&self.apps).copied() else { return Ok(()) };
        let payments = self.judge.payment_ids(&spelled(app_id));
        // Mostly one of the newest: older ones are over.
        let recent = if self.chance.percent(70) { payments.len().saturating_sub(3) } else { 0 };
        let payment = self.chance.pick(&payments[recent..]).and_then(|id| PaymentId::parse(&format!("pay_{id}")));
        let action = match self.chance.below(4) {
            0 => Action::Cancel,
            1 => Action::Fail { failure_code: None, notes: None },
            _ => {
                Action::Succeed { transaction_id: self.ids.next(Timestamp::from_ms(self.timeline.now_ms)), notes: None }
            }
        };
        let (ask, app_id) = match (self.chance.below(20), payment) {
            (0, Some(payment_id)) => {
                let other = self.apps.iter().copied().find(|other| *other != app_id).unwrap_or(app_id);
                (Ask::Foreign { payment_id, action }, other)
            }
            (1, _) => (Ask::Test { url: Receivers::url(&mut self.chance) }, app_id),
            (2..=9, Some(payment_id)) => (Ask::Settle { payment_id, action }, app_id),
            _ => (self.new_payment(), app_id),
        };
        let keyed = !matches!(ask, Ask::Test { .. } | Ask::Foreign { .. }) && self.chance.percent(60);
        let key = keyed.then(|| format!("key-{}", self.chance.next()));
        self.send_call(Call { app_id, ask, key, tries: 0 });
        Ok(())
    }

    fn new_payment(&mut self) -> Ask {
        let webhook_url = self.chance.percent(20).then(|| Receivers::url(&mut self.chance));
        Ask::Create {
            amount_minor: self.chance.within(1..100_000),
            lives_ms: self.chance.within(2_500..15_000),
            webhook_url,
        }
    }

    /// Sends a request to a node that answers; without one it is sent again later.
    pub(crate) fn send_call(&mut self, mut call: Call) {
        call.tries += 1;
        let up: Vec<usize> = (0..self.nodes.len()).filter(|at| self.nodes[*at].answers(self.timeline.now_ms)).collect();
        let Some(at) = self.chance.pick(&up).copied() else { return self.call_later(call) };
        let command = self.command(at, &call);
        self.enqueue(at, Work { command, then: Then::Tell(Box::new(call)) });
    }

    fn call_later(&mut self, call: Call) {
        if call.tries < TRIES {
            let wait_ms = self.chance.within(100..2_500);
            self.timeline.plan_in(wait_ms, Step::CallAgain(Box::new(call)));
        }
    }

    pub(crate) fn call_answered(&mut self, call: &Call, told: Option<&Committed>) -> Verdict {
        match told {
            Some(told) => self.judge.told(call, told),
            None => {
                self.call_later(call.clone());
                Ok(())
            }
        }
    }

    /// The command that a node makes of a request.
    fn command(&self, at: usize, call: &Call) -> Command {
        let (ids, now) = (&self.nodes[at].ids, self.nodes[at].now());
        let app_id = call.app_id;
        match &call.ask {
            Ask::Create { amount_minor, lives_ms, webhook_url } => {
                let id = ids.next(now);
                let answer = format!("{id}");
                let claim = claim(call, move |_| answer.clone());
                let payment = Box::new(payment(id, app_id, *amount_minor, now, *lives_ms, webhook_url.clone()));
                Command::CreatePayment { payment, claim }
            }
            Ask::Settle { payment_id, action } | Ask::Foreign { payment_id, action } => Command::SettlePayment {
                app_id: Some(app_id),
                payment_id: *payment_id,
                action: action.clone(),
                claim: claim(call, |outcome| answer_name(outcome).to_owned()),
            },
            Ask::Test { url } => {
                let (event_id, payment_id) = (ids.next(now), ids.next::<PaymentKind>(now));
                let kind = EventType::WebhookTest;
                let content = event::operational_body(event_id, kind, payment_id, &Metadata::default(), now);
                let (url, endpoint_id) = (url.clone(), None);
                Command::TestWebhook { app_id, endpoint_id, url, headers_sealed: None, event_id, payment_id, content }
            }
        }
    }

    /// An owner changes an endpoint or steers a delivery.
    pub(crate) fn steer(&mut self) -> Verdict {
        let up: Vec<usize> = (0..self.nodes.len()).filter(|at| self.nodes[*at].answers(self.timeline.now_ms)).collect();
        let Some(at) = self.chance.pick(&up).copied() else { return Ok(()) };
        let now = self.nodes[at].now();
        if self.chance.percent(45) {
            self.steer_endpoint(now)?
        } else {
            self.steer_delivery(at, now)?
        }
        self.judge.after(&Writing { node: None, now_ms: now.as_ms(), commands: &[], releases: false })
    }

    fn steer_endpoint(&mut self, now: Timestamp) -> Verdict {
        let Some(app_id) = self.chance.pick(&self.apps).copied() else { return Ok(()) };
        let ids = self.judge.endpoint_ids(&spelled(app_id));
        let endpoint_id = self.chance.pick(&ids).and_then(|id| EndpointId::parse(&format!("whe_{id}")));
        let known = match endpoint_id {
            Some(id) => self.block_on(self.store.find_endpoint(app_id, id))?,
            None => None,
        };
        match (self.chance.below(6), known) {
            (0, Some(known)) => drop(self.block_on(self.store.delete_endpoint(app_id, known.id))?),
            (1 | 2, Some(mut known)) => {
                known.is_enabled = !known.is_enabled;
                known.disabled_reason = None;
                self.block_on(self.store.update_endpoint(&known, true))?;
            }
            (3, Some(mut known)) => {
                (known.url, known.events) = (Receivers::url(&mut self.chance), self.events());
                self.block_on(self.store.update_endpoint(&known, false))?;
            }
            _ if ids.len() < ENDPOINTS => {
                let url = Receivers::url(&mut self.chance);
                let mut endpoint = Endpoint::new(self.ids.next(now), app_id, url, now);
                endpoint.events = self.events();
                self.block_on(self.store.create_endpoint(&endpoint))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn events(&mut self) -> EventSet {
        match self.chance.below(3) {
            0 => EventSet::of(EventType::ALL),
            1 => EventSet::of([EventType::PaymentCreated, EventType::PaymentSuccess, EventType::WebhookDisabled]),
            _ => EventSet::FINAL,
        }
    }

    fn steer_delivery(&mut self, at: usize, now: Timestamp) -> Verdict {
        let ids = self.judge.delivery_ids();
        let Some((app, id)) = self.chance.pick(&ids) else { return Ok(()) };
        let (app_id, id) = (AppId::parse(&format!("app_{app}")), DeliveryId::parse(&format!("dlv_{id}")));
        let Some((app_id, id)) = app_id.zip(id) else { return Ok(()) };
        match self.chance.below(8) {
            0 => drop(self.block_on(self.store.cancel_delivery(app_id, id, now))?),
            1 => self.replay(at, app_id, now)?,
            _ => {
                let known = self.block_on(self.store.find_delivery(app_id, id))?;
                let Some(known) = known else { return Err(Violation(format!("delivery {id} is gone"))) };
                if known.status == DeliveryStatus::Pending {
                    self.block_on(self.store.hurry_delivery(app_id, id, now))?;
                } else {
                    let successor = self.successor(&known, Cause::Retry, now);
                    self.block_on(self.store.insert_deliveries(app_id, &[successor]))?;
                }
            }
        }
        self.claim_by(at, self.timeline.now_ms);
        Ok(())
    }

    fn replay(&mut self, at: usize, app_id: AppId, now: Timestamp) -> Verdict {
        let filter = DeliveryFilter::all(app_id);
        let first = DeliveryId::from_bytes([0; 16]);
        let failed = self.block_on(self.store.list_replayable(&filter, first, 10))?;
        let copies: Vec<_> = failed.iter().map(|failed| self.successor(failed, Cause::Replay, now)).collect();
        self.trace(|| format!("node-{at} replays {}", copies.len()));
        Ok(self.block_on(self.store.insert_deliveries(app_id, &copies))?)
    }

    fn successor(&self, delivery: &Delivery, cause: Cause, now: Timestamp) -> Delivery {
        let id = self.ids.next(now.max(delivery.id.created_at().plus_ms(1)));
        let (status, attempts, next_attempt_at) = (DeliveryStatus::Pending, 0, Some(now));
        Delivery {
            id,
            cause,
            status,
            attempts,
            next_attempt_at,
            created_at: now,
            finished_at: None,
            ..delivery.clone()
        }
    }

    /// A reader asks for what comes after what it has.
    pub(crate) fn read(&mut self, reader: usize) -> Verdict {
        let Reader { app_id, cursor } = self.readers[reader];
        let limit = u32::try_from(self.chance.within(1..20)).unwrap_or(1);
        let events = self.block_on(self.store.list_events(app_id, cursor, limit))?;
        self.judge.log_read(&spelled(app_id), cursor, &events)?;
        self.readers[reader].cursor += i64::try_from(events.len()).unwrap_or_default();
        Ok(())
    }
}

fn claim(call: &Call, answer: impl Fn(&Outcome) -> String + Send + Sync + 'static) -> Option<Claim> {
    let answer = move |outcome: &Outcome| StoredAnswer { status: 200, body: Bytes::from(answer(outcome)) };
    call.key.as_ref().map(|key| Claim { key: key.clone(), fingerprint: [7; 32], answer: Arc::new(answer) })
}

fn answer_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Settled { .. } => "settled",
        Outcome::AlreadyFinal(_) => "already final",
        Outcome::PaymentExpired(_) => "expired",
        Outcome::NotFound => "not found",
        _ => "other",
    }
}

fn payment(
    id: PaymentId,
    app_id: AppId,
    amount_minor: i64,
    now: Timestamp,
    lives_ms: i64,
    webhook_url: Option<String>,
) -> Payment {
    let amount = Amount::from_minor(amount_minor).expect("within bounds");
    Payment {
        id,
        app_id,
        amount,
        currency: Currency::parse("COINS").expect("a currency's name"),
        status: Status::Pending,
        reference_id: None,
        description: None,
        metadata: Metadata::default(),
        webhook_url,
        return_url: None,
        created_at: now,
        expires_at: now.plus_ms(lives_ms),
        completed_at: None,
        transaction_id: None,
        failure_code: None,
        notes: None,
    }
}
