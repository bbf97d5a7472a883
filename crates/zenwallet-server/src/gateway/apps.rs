//! Apps and their keys.

use super::people::Visitor;
use super::people::{app_facts, key_facts};
use super::{Gateway, secrets};
use crate::wire::app::NewApp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zenwallet_core::app::{self, ApiKey, App, SecretKey};
use zenwallet_core::audit::{Action, Actor, AuditEntry};
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::{AppId, PaymentId, UserId};
use zenwallet_core::limits::{KEY_OVERLAP_MAX_S, RATE_MAX_PER_S};
use zenwallet_core::signature::hmac_sha256;
use zenwallet_core::{Code, Rejection};
use zenwallet_store::{Outgoing, StoreError};

/// A new app with its secrets in clear, for the one time they are shown.
#[derive(Debug)]
pub struct CreatedApp {
    /// The app.
    pub app: App,
    /// Its first key.
    pub api_key: SecretKey,
    /// The secret its webhooks are signed with.
    pub webhook_secret: String,
}

/// Why an app or key was not made.
#[derive(Debug, Error)]
pub enum AppError {
    /// A value is not acceptable.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// There is no such app.
    #[error("there is no app {0}")]
    NoApp(AppId),
    /// Its owner has as many as he may.
    #[error("{}", Code::AppLimit.meaning())]
    TooMany,
    /// It has as many working keys as it may.
    #[error("{}", Code::KeyLimit.meaning())]
    TooManyKeys,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Makes an app with its first key and its webhook secret, at the console.
    pub async fn create_app(&self, new: NewApp) -> Result<CreatedApp, AppError> {
        let act = |action| self.act(Actor::Console, &Visitor::console(), action);
        let written = |app: &App, _: &ApiKey| {
            vec![act(Action::AppCreated).on(app.id).of_app(app.id).making(&app_facts(app)).entry()]
        };
        self.make_app(new, None, written).await
    }

    /// Makes an app for its owner; `written` is what stands in the audit log.
    pub(super) async fn make_app(
        &self,
        new: NewApp,
        owner_user_id: Option<UserId>,
        written: impl FnOnce(&App, &ApiKey) -> Vec<AuditEntry>,
    ) -> Result<CreatedApp, AppError> {
        app::check_name(&new.name)?;
        if let Some(url) = &new.webhook_url {
            self.receivers_of_new_app().check_url("webhook_url", url, new.environment)?;
        }
        check_rate(new.rate_limit_per_s)?;
        let now = self.now();
        let id = self.ids.next(now);
        let (webhook_secret_sealed, webhook_secret) = self.new_webhook_secret(id);
        let default_at = |url| Endpoint { is_default: true, ..Endpoint::new(self.ids.next(now), id, url, now) };
        let endpoint = new.webhook_url.map(default_at);
        let app = App {
            id,
            name: new.name,
            environment: new.environment,
            webhook_secret_sealed,
            owner_user_id,
            rate_limit_per_s: new.rate_limit_per_s,
            created_at: now,
            is_active: true,
            monthly_payments_max: None,
            deleted_at: None,
        };
        let (api_key, stored) = self.new_key(&app);
        match self.store.create_app(&app, &stored, endpoint.as_ref(), &written(&app, &stored)).await? {
            true => Ok(CreatedApp { app, api_key, webhook_secret }),
            false => Err(AppError::TooMany),
        }
    }

    /// A new webhook secret: sealed, and as it is shown once.
    pub(super) fn new_webhook_secret(&self, app_id: AppId) -> (Vec<u8>, String) {
        let mut secret = [0; 32];
        self.ids.fill(&mut secret);
        (self.key.seal(&self.ids, app_id, &secret), format!("whsec_{}", STANDARD.encode(secret)))
    }

    /// Gives an app a new key; its other keys go on working for `overlap_s` seconds.
    pub async fn rotate_key(&self, id: AppId, overlap_s: i64) -> Result<SecretKey, AppError> {
        check_overlap(overlap_s)?;
        let found = self.store.find_app(id).await?.filter(|app| app.deleted_at.is_none());
        let app = found.ok_or(AppError::NoApp(id))?;
        let (api_key, stored) = self.new_key(&app);
        let act = self.act(Actor::Console, &Visitor::console(), Action::KeyRotated).on(stored.id).of_app(id);
        let entry = act.making(&key_facts(&stored)).entry();
        match self.store.add_key(&stored, Outgoing::All, self.now().plus_s(overlap_s), &[entry]).await? {
            true => Ok(api_key),
            false => Err(AppError::TooManyKeys),
        }
    }

    /// The HMAC-SHA256 of a message under an app's webhook secret.
    pub(crate) fn sign_for(&self, app: &App, message: &[u8]) -> Result<[u8; 32], secrets::SecretError> {
        let secret = self.key.open(app.id, &app.webhook_secret_sealed)?;
        Ok(hmac_sha256(&secret, &[message]))
    }

    /// The token that a payment's page puts into its forms.
    pub(crate) fn page_token(&self, id: PaymentId) -> String {
        self.key.page_token(id)
    }

    /// Whether a token is this payment's.
    pub(crate) fn is_page_token(&self, id: PaymentId, token: &str) -> bool {
        self.key.is_page_token(id, token)
    }

    pub(super) fn new_key(&self, app: &App) -> (SecretKey, ApiKey) {
        let secret = SecretKey::generate(&self.ids, app.environment);
        let now = self.now();
        let key = ApiKey {
            id: self.ids.next(now),
            app_id: app.id,
            hash: secret.hash(),
            hint: secret.hint(),
            name: None,
            created_at: now,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
            last_used_address: None,
        };
        (secret, key)
    }
}

/// Checks requests per second.
pub(super) fn check_rate(rate_per_s: Option<u32>) -> Result<(), Rejection> {
    if rate_per_s.is_none_or(|rate| rate <= RATE_MAX_PER_S) {
        return Ok(());
    }
    let message = format!("rate_limit may be at most {RATE_MAX_PER_S} requests per second");
    Err(Rejection::new(Code::ParameterOutOfRange, "rate_limit", message))
}

/// Checks how long what is rotated, a key or a webhook secret, works beside its successor.
pub(super) fn check_overlap(overlap_s: i64) -> Result<(), Rejection> {
    if (0..=KEY_OVERLAP_MAX_S).contains(&overlap_s) {
        return Ok(());
    }
    let message = format!("overlap must be from 0 to {KEY_OVERLAP_MAX_S} seconds");
    Err(Rejection::new(Code::ParameterOutOfRange, "overlap", message))
}
