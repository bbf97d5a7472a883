//! What can be done with payments.

use super::Gateway;
use super::usage::CreateError;
use crate::wire::payment::{CompletePayment, CreatePayment};
use futures_util::future::join_all;
use std::sync::Arc;
use zenwallet_core::app::{App, Environment};
use zenwallet_core::id::{AppId, PaymentId};
use zenwallet_core::payment::{Action, Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{Claim, Command, Committed, Outcome, PaymentFilter, Reservation, Reserved, Result, StoredAnswer};

/// An idempotency key with the request it came with.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: [u8; 32],
}

/// How a test payment is to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Simulated {
    /// Paid.
    Success,
    /// Declined, with this code.
    Failed(&'static str),
    /// Out of time, as of now.
    Expired,
}

/// Renders the answer to an outcome.
pub(crate) type Answer = Arc<dyn Fn(&Outcome) -> StoredAnswer + Send + Sync>;

fn claim(idempotency: Option<Idempotency>, answer: &Answer) -> Option<Claim> {
    idempotency.map(|Idempotency { key, fingerprint }| Claim { key, fingerprint, answer: Arc::clone(answer) })
}

/// Whether a payment's time is over although its end is not stored.
fn is_overdue(payment: &Payment, now: Timestamp) -> bool {
    !payment.status.is_final() && payment.status_at(now).is_final()
}

impl Gateway {
    /// The payment that a request asks for, not yet kept anywhere.
    pub(crate) fn draft_payment(&self, app: &App, request: CreatePayment) -> Payment {
        let created_at = self.now();
        Payment {
            id: self.ids.next(created_at),
            app_id: app.id,
            amount: request.amount,
            currency: request.currency,
            status: Status::Pending,
            reference_id: request.reference_id,
            description: request.description,
            metadata: request.metadata,
            webhook_url: request.webhook_url,
            return_url: request.return_url,
            created_at,
            expires_at: created_at.plus_s(request.expires_in_s),
            completed_at: None,
            transaction_id: None,
            failure_code: None,
            notes: None,
        }
    }

    /// Keeps a new payment of this app and announces it, unless the app has created as many this month as it may.
    pub(crate) async fn create_payment(
        &self,
        app: &App,
        payment: Payment,
        idempotency: Option<Idempotency>,
        answer: &Answer,
    ) -> std::result::Result<Committed, CreateError> {
        let reserved = match self.reserve_payment(app, payment.created_at).await {
            Err(CreateError::MonthlyLimitReached { .. }) if self.is_repeated(app, idempotency.as_ref()).await? => None,
            reserved => reserved?,
        };
        let claim = claim(idempotency, answer);
        let committed = self.store.commit(Command::CreatePayment { payment: Box::new(payment), claim }).await?;
        if let Some(reserved) = reserved {
            reserved.settle(app, committed.outcome == Outcome::Created);
        }
        Ok(committed)
    }

    /// Lets an app bring its payment to an end.
    pub(crate) async fn complete_payment(
        &self,
        app_id: AppId,
        payment_id: PaymentId,
        request: CompletePayment,
        idempotency: Option<Idempotency>,
        answer: &Answer,
    ) -> Result<Committed> {
        let CompletePayment { succeeds, notes, failure_code } = request;
        let action = if succeeds {
            Action::Succeed { transaction_id: self.ids.next(self.now()), notes }
        } else {
            Action::Fail { failure_code, notes }
        };
        let claim = claim(idempotency, answer);
        self.store.commit(Command::SettlePayment { app_id: Some(app_id), payment_id, action, claim }).await
    }

    /// Lets an app call its payment off.
    pub(crate) async fn cancel_payment(
        &self,
        app_id: AppId,
        payment_id: PaymentId,
        idempotency: Option<Idempotency>,
        answer: &Answer,
    ) -> Result<Committed> {
        let claim = claim(idempotency, answer);
        let action = Action::Cancel;
        self.store.commit(Command::SettlePayment { app_id: Some(app_id), payment_id, action, claim }).await
    }

    /// Lets the payer pay.
    pub(crate) async fn pay_as_payer(&self, payment_id: PaymentId) -> Result<Outcome> {
        let action = Action::Succeed { transaction_id: self.ids.next(self.now()), notes: None };
        self.settle_as_payer(payment_id, action).await
    }

    /// Lets the payer decline.
    pub(crate) async fn cancel_as_payer(&self, payment_id: PaymentId) -> Result<Outcome> {
        self.settle_as_payer(payment_id, Action::Cancel).await
    }

    /// Lets whoever tries out a test app's page decide how it ends; `None` when the app is not for tests.
    pub(crate) async fn simulate_as_payer(&self, payment_id: PaymentId, end: Simulated) -> Result<Option<Outcome>> {
        let Some((_, app)) = self.find_payment_for_payer(payment_id).await? else { return Ok(Some(Outcome::NotFound)) };
        if app.environment != Environment::Test {
            return Ok(None);
        }
        let action = match end {
            Simulated::Success => return self.pay_as_payer(payment_id).await.map(Some),
            Simulated::Failed(code) => Action::Fail { failure_code: Some(code.to_owned()), notes: None },
            Simulated::Expired => Action::ExpireNow,
        };
        self.settle_as_payer(payment_id, action).await.map(Some)
    }

    async fn settle_as_payer(&self, payment_id: PaymentId, action: Action) -> Result<Outcome> {
        let command = Command::SettlePayment { app_id: None, payment_id, action, claim: None };
        Ok(self.store.commit(command).await?.outcome)
    }

    /// A payment of an app, as it is now.
    pub(crate) async fn find_payment(&self, app_id: AppId, id: PaymentId) -> Result<Option<Payment>> {
        match self.store.find_payment(app_id, id).await? {
            Some(payment) => Ok(Some(self.see(payment).await)),
            None => Ok(None),
        }
    }

    /// A payment as it is now. One whose time is over but whose end is not yet stored may be being paid by a
    /// transaction that began in time: the writer, which knows, is asked to end it. Where it cannot, the clock
    /// decides.
    async fn see(&self, payment: Payment) -> Payment {
        let now = self.now();
        if !is_overdue(&payment, now) {
            return payment;
        }
        let (payment_id, action) = (payment.id, Action::Expire);
        let end = Command::SettlePayment { app_id: None, payment_id, action, claim: None };
        match self.store.commit(end).await.map(|committed| committed.outcome) {
            // As the writer saw it: the clock may have been set back since it was looked at here.
            Ok(Outcome::Settled { payment, .. } | Outcome::AlreadyFinal(payment)) => *payment,
            _ => payment.seen_at(now),
        }
    }

    /// A payment with its app, as its payer sees them now.
    pub(crate) async fn find_payment_for_payer(&self, id: PaymentId) -> Result<Option<(Payment, App)>> {
        let Some(payment) = self.store.find_payment_of_any_app(id).await? else { return Ok(None) };
        let Some(app) = self.store.find_app(payment.app_id).await? else { return Ok(None) };
        Ok(Some((self.see(payment).await, app)))
    }

    /// Payments newest first. What is overdue among them is ended before it is shown, as in [`Gateway::see`].
    pub(crate) async fn list_payments(
        &self,
        filter: &PaymentFilter,
        below: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<Payment>> {
        let page = self.store.list_payments(filter, below, limit).await?;
        let overdue = page.iter().filter(|payment| is_overdue(payment, filter.now));
        let ended = join_all(overdue.map(|payment| self.see(payment.clone()))).await;
        if ended.is_empty() { Ok(page) } else { self.store.list_payments(filter, below, limit).await }
    }

    /// Persists and announces the end of at most `limit` payments whose time is over; says how many there were
    /// and when the next one is due.
    pub async fn expire_due_payments(&self, limit: u32) -> Result<(u32, Option<Timestamp>)> {
        let expired = match self.store.commit(Command::ExpireDue { limit }).await?.outcome {
            Outcome::Expired(count) => count,
            _ => 0,
        };
        Ok((expired, self.store.next_expiry().await?))
    }

    /// Reserves an idempotency key for work that is more than one command.
    pub(crate) async fn reserve_key(&self, app_id: AppId, key: &str, fingerprint: [u8; 32]) -> Result<Reserved> {
        self.store.reserve_key(app_id, key, fingerprint, self.now()).await
    }

    /// Keeps the answer to that work; without one the key is new again. Where it cannot, the reservation runs out.
    pub(crate) async fn end_reservation(&self, reservation: Reservation, answer: Option<StoredAnswer>) {
        let ended = match answer {
            Some(answer) => self.store.keep_answer(reservation, &answer).await,
            None => self.store.release_key(reservation).await,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "an idempotency key stays reserved");
        }
    }

    /// Forgets idempotency keys that have served their time.
    pub async fn prune_idempotency_keys(&self, limit: u32) -> Result<u64> {
        let before = self.clock.bounds().earliest.plus_ms(-zenwallet_core::limits::IDEMPOTENCY_KEPT_MS);
        self.store.prune_idempotency_keys(before, limit).await
    }
}
