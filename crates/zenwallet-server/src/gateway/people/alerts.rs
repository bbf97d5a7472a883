//! What users are told of by email, and what they asked to be told of.

use super::totp::done;
use super::{Login, PeopleError};
use crate::gateway::Gateway;
use crate::mail::{self, Facts, KeyFacts, Letter, MailError, Mailer};
use serde_json::{Value, json};
use std::time::Duration;
use zenwallet_core::app::ApiKey;
use zenwallet_core::audit::Action;
use zenwallet_core::id::{AlertId, AppId};
use zenwallet_core::session::Session;
use zenwallet_core::user::{AlertType, Alerts, Email, User};
use zenwallet_core::{Code, Rejection};
use zenwallet_store::{AlertBatch, NewAlert, Recipient, StoreError, UserChange};

/// How long an email stays with the node that sends it: four times what it may take.
const LEASE: Duration = Duration::from_secs(120);

impl Gateway {
    /// The gateway with its way out for emails; `None`: it sends none.
    #[must_use]
    pub fn with_mailer(mut self, mailer: Option<Mailer>) -> Self {
        self.mailer = mailer;
        self
    }

    /// Whether emails are sent at all.
    pub fn sends_emails(&self) -> bool {
        self.mailer.is_some()
    }

    /// The alerts that a user wants, as they are now.
    pub(crate) async fn notification_settings(&self, login: &Login) -> Result<User, PeopleError> {
        self.current(login).await
    }

    /// Changes which alerts a user wants; what is not named stays.
    pub(crate) async fn set_notification_settings(
        &self,
        login: &Login,
        wanted: &[(AlertType, bool)],
    ) -> Result<User, PeopleError> {
        let mut user = self.current(login).await?;
        let before = alert_facts(user.alerts);
        user.alerts = wanted.iter().fold(user.alerts, |alerts, (kind, is_wanted)| alerts.with(*kind, *is_wanted));
        let act = self.act_of(login, Action::UserChanged).on(user.id);
        let audit = vec![act.changing(&before, &alert_facts(user.alerts)).entry()];
        done(self.store.update_user(&user, self.now(), UserChange { audit, ..UserChange::default() }).await?)?;
        self.forget_sessions();
        Ok(user)
    }

    /// Sends the user an email at once, or says in the server's own words why it could not be sent.
    pub(crate) async fn send_test_email(&self, login: &Login) -> Result<User, PeopleError> {
        let user = self.current(login).await?;
        let (now, id) = (self.now(), self.ids.next(self.now()));
        self.send_email(&user.email, |public_url| mail::of_test(&user, id, now, public_url)).await?;
        Ok(user)
    }

    /// Sends one email at once. Its text is told what links start with.
    pub(crate) async fn send_email(&self, to: &Email, letter: impl FnOnce(&str) -> Letter) -> Result<(), PeopleError> {
        let mailer = self.mailer.as_ref().ok_or(PeopleError::Refused(Code::EmailNotConfigured))?;
        let sent = mailer.send(to, &letter(mailer.public_url()), self.now()).await;
        sent.map_err(|error| {
            tracing::warn!(%error, "an email was not taken");
            Rejection::new(Code::EmailFailed, "", format!("the SMTP server did not take the email: {error}")).into()
        })
    }

    /// Lets it be known that a key was changed.
    pub(super) async fn tell_of_key(&self, login: &Login, key: &ApiKey, changed: fn(KeyFacts) -> Facts) {
        let facts = changed(KeyFacts {
            hint: key.hint.clone(),
            name: key.name.clone(),
            by: login.user.email.to_string(),
            address: login.visitor.address.map(|address| address.to_string()),
        });
        let what = match facts {
            Facts::KeyRotated(_) => "rotated",
            Facts::KeyRevoked(_) => "revoked",
            _ => "created",
        };
        let occasion = format!("key:{}:{what}", key.id);
        self.raise(AlertType::KeyChanged, Some(key.app_id), Recipient::Owner, &facts, occasion).await;
    }

    /// Lets a user know that somebody logged in as him, from a browser that he was not known in.
    pub(super) async fn tell_of_sign_in(&self, session: &Session) {
        let facts = Facts::SignedIn { address: session.address.clone(), user_agent: session.user_agent.clone() };
        let (recipient, occasion) = (Recipient::User(session.user_id), format!("session:{}", session.id));
        self.raise(AlertType::SignIn, None, recipient, &facts, occasion).await;
    }

    /// What is told was done already, so a failure here is told to the operator alone.
    async fn raise(
        &self,
        kind: AlertType,
        app_id: Option<AppId>,
        recipient: Recipient,
        facts: &Facts,
        occasion: String,
    ) {
        let alert = NewAlert { kind, app_id, recipient, facts: facts.to_json(), occasion, at: self.now() };
        if let Err(error) = self.store.raise_alerts(&[alert]).await {
            tracing::warn!(%error, kind = kind.as_str(), "an alert could not be raised");
        }
    }

    /// Lets it be known which endpoints fail or were disabled; says how many alerts that made, at most `limit`.
    pub(crate) async fn raise_endpoint_alerts(&self, limit: u32) -> Result<usize, StoreError> {
        let now = self.now();
        let untold = self.store.list_untold_failures(now, limit).await?;
        let alerts = untold.into_iter().map(|failure| {
            let (url, since) = (failure.url, failure.failing_since.unwrap_or(now));
            let facts = match failure.disabled_reason {
                Some(reason) => Facts::EndpointDisabled { url, reason },
                None => Facts::EndpointFailing { url, since_ms: since.as_ms() },
            };
            NewAlert {
                kind: AlertType::WebhookFailing,
                app_id: Some(failure.app_id),
                recipient: Recipient::User(failure.user_id),
                facts: facts.to_json(),
                occasion: failure.occasion,
                at: now,
            }
        });
        let alerts: Vec<_> = alerts.collect();
        if !alerts.is_empty() {
            self.store.raise_alerts(&alerts).await?;
        }
        Ok(alerts.len())
    }

    /// Leases what at most `limit` users are to be told now.
    pub(crate) async fn claim_alerts(&self, limit: u32) -> Result<Vec<AlertBatch>, StoreError> {
        let lease_ms = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        self.store.claim_alerts(self.now(), lease_ms, limit).await
    }

    /// Tells a user what he is to be told, and notes what became of it.
    pub(crate) async fn send_alerts(&self, batch: &AlertBatch) -> Result<(), StoreError> {
        let Some(mailer) = &self.mailer else { return Ok(()) };
        let letter = mail::of_alerts(batch, mailer.public_url());
        let (user, told) = (batch.user_id, batch.alerts.len());
        let ids: Vec<AlertId> = batch.alerts.iter().map(|alert| alert.id).collect();
        match mailer.send(&batch.email, &letter, self.now()).await {
            Ok(()) => {
                tracing::info!(%user, told, "an email was sent");
                self.store.finish_alerts(&ids, Some(self.now())).await
            }
            Err(MailError { reason, is_final: true }) => {
                self.store.finish_alerts(&ids, None).await?;
                tracing::error!(%user, told, reason, "an email was refused and given up");
                Ok(())
            }
            Err(MailError { reason, .. }) => {
                match self.store.retry_alerts(batch, self.now()).await? {
                    Some(at) => tracing::warn!(%user, told, reason, %at, "an email could not be sent; trying again"),
                    None => tracing::error!(%user, told, reason, "an email could not be sent and was given up"),
                }
                Ok(())
            }
        }
    }

    /// Forgets at most `limit` alerts that have been kept long enough; says how many.
    pub(crate) async fn prune_alerts(&self, limit: u32) -> Result<u64, StoreError> {
        self.store.prune_alerts(self.now(), limit).await
    }
}

/// What may be written down of which alerts a user wants.
fn alert_facts(alerts: Alerts) -> Value {
    let wanted: Vec<_> =
        AlertType::ALL.into_iter().filter(|kind| alerts.contains(*kind)).map(AlertType::as_str).collect();
    json!({"alerts": wanted})
}
