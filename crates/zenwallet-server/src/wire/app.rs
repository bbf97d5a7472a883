//! Apps and keys: what is asked of them, and how they are shown.

use super::body::Fields;
use crate::egress::Receivers;
use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::app::{ApiKey, App, Environment, SecretKey};
use zenwallet_core::id::UserId;
use zenwallet_core::limits::{
    APP_NAME_MAX_CHARS, KEY_LIFETIME_MAX_S, KEY_NAME_MAX_CHARS, KEY_OVERLAP_DEFAULT_S, KEY_OVERLAP_MAX_S,
    RATE_MAX_PER_S, URL_MAX_CHARS,
};
use zenwallet_core::text::check_line;
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection};

/// An app to be made.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// What the payer reads.
    pub name: String,
    /// Its world.
    pub environment: Environment,
    /// Where its webhooks go.
    pub webhook_url: Option<String>,
    /// Requests per second of each key: `None` is the environment's default, 0 is no limit.
    pub rate_limit_per_s: Option<u32>,
}

/// What of an app is to change; what is absent stays.
#[derive(Debug, Default)]
pub(crate) struct AppChange {
    pub(crate) name: Option<String>,
    pub(crate) is_active: Option<bool>,
    pub(crate) limits: LimitChange,
    pub(crate) owner_user_id: Option<Option<UserId>>,
}

/// What only admins change: how much an app may use. `Some(None)` is the environment's own, or no limit.
#[derive(Debug, Default)]
pub(crate) struct LimitChange {
    pub(crate) rate_limit_per_s: Option<Option<u32>>,
    pub(crate) monthly_payments_max: Option<Option<u32>>,
}

impl AppChange {
    /// Gives an app what is named.
    pub(crate) fn apply(self, app: &mut App) {
        let Self { name, is_active, limits, owner_user_id } = self;
        app.name = name.unwrap_or_else(|| app.name.clone());
        app.is_active = is_active.unwrap_or(app.is_active);
        app.rate_limit_per_s = limits.rate_limit_per_s.unwrap_or(app.rate_limit_per_s);
        app.monthly_payments_max = limits.monthly_payments_max.unwrap_or(app.monthly_payments_max);
        app.owner_user_id = owner_user_id.unwrap_or(app.owner_user_id);
    }
}

impl KeyChange {
    /// Gives a key what is named.
    pub(crate) fn apply(self, key: &mut ApiKey) {
        key.name = self.name.unwrap_or_else(|| key.name.clone());
        key.expires_at = self.expires_at.unwrap_or(key.expires_at);
    }
}

impl LimitChange {
    pub(crate) fn is_any(&self) -> bool {
        self.rate_limit_per_s.is_some() || self.monthly_payments_max.is_some()
    }
}

/// A key to be made.
#[derive(Debug)]
pub(crate) struct NewKey {
    pub(crate) name: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// What of a key is to change.
#[derive(Debug, Default)]
pub(crate) struct KeyChange {
    pub(crate) name: Option<Option<String>>,
    pub(crate) expires_at: Option<Option<Timestamp>>,
}

type Refused = Vec<Rejection>;

fn fields(body: &[u8]) -> Result<Fields<'_>, Refused> {
    Fields::parse(body).map_err(|rejection| vec![rejection])
}

/// An app to be made.
#[derive(ToSchema)]
#[schema(as = CreateAppRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; parse reads it")]
pub(crate) struct CreateApp {
    /// What the payer reads.
    #[schema(max_length = 255, example = "Arcade")]
    name: String,
    /// `test` or `production`; it stays.
    #[schema(pattern = "^(test|production)$", example = "test")]
    environment: String,
    /// Where its webhooks go: https in production.
    #[schema(max_length = 2048, format = "uri", pattern = "^https?://", example = "https://shop.example.com/webhooks")]
    webhook_url: Option<String>,
    /// Requests per second of each key; null is the environment's own, 0 is no limit. Admins may set it.
    #[schema(minimum = 0, maximum = 1_000_000)]
    rate_limit: Option<u32>,
}

impl CreateApp {
    pub(crate) fn parse(body: &[u8], receivers: Receivers<'_>) -> Result<NewApp, Refused> {
        let mut fields = fields(body)?;
        let name = fields.string("name", APP_NAME_MAX_CHARS);
        let name = fields.require("name", name);
        let environment = fields.string("environment", 16);
        let environment = fields.require("environment", environment).and_then(|text| {
            let message = "environment must be test or production";
            let invalid = || Rejection::new(Code::ParameterInvalid, "environment", message);
            fields.keep(Environment::parse(&text).ok_or_else(invalid))
        });
        let url = fields.string("webhook_url", URL_MAX_CHARS).and_then(|url| {
            let checked = receivers.check_url("webhook_url", &url, environment.unwrap_or(Environment::Test));
            fields.keep(checked.map(|()| url))
        });
        let rate_limit_per_s = count(&mut fields, "rate_limit", 0..=i64::from(RATE_MAX_PER_S));
        let made = name.zip(environment);
        fields.finish(made.map(|(name, environment)| NewApp { name, environment, webhook_url: url, rate_limit_per_s }))
    }
}

fn count(fields: &mut Fields<'_>, name: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<u32> {
    fields.integer(name, range).and_then(|count| u32::try_from(count).ok())
}

/// What of an app is to change. What is absent stays.
#[derive(ToSchema)]
#[schema(as = UpdateAppRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; parse reads it")]
pub(crate) struct UpdateApp {
    /// What the payer reads.
    #[schema(value_type = String, required = false, max_length = 255, example = "Arcade")]
    name: Option<String>,
    /// Whether its keys are let in.
    #[schema(value_type = bool, required = false)]
    is_active: Option<bool>,
    /// Requests per second of each key; null is the environment's own, 0 is no limit. For admins.
    #[schema(minimum = 0, maximum = 1_000_000)]
    rate_limit: Option<u32>,
    /// Payments that it may create in a calendar month, UTC; null is no limit. For admins.
    #[schema(minimum = 1, maximum = 4_294_967_295_u64)]
    monthly_payments_max: Option<u32>,
    /// Whose it is from now on; null is the admins' together. For admins.
    #[schema(example = "usr_01KEY5R8QK3M7N2P4T6V8W")]
    owner_user_id: Option<String>,
}

impl UpdateApp {
    pub(crate) fn parse(body: &[u8]) -> Result<AppChange, Refused> {
        let mut fields = fields(body)?;
        fields.refuse_null("name");
        fields.refuse_null("is_active");
        let [no_rate, no_max, no_owner] =
            ["rate_limit", "monthly_payments_max", "owner_user_id"].map(|name| fields.is_null(name));
        let name = fields.string("name", APP_NAME_MAX_CHARS);
        let is_active = fields.boolean("is_active");
        let rate = count(&mut fields, "rate_limit", 0..=i64::from(RATE_MAX_PER_S));
        let most = count(&mut fields, "monthly_payments_max", 1..=i64::from(u32::MAX));
        let owner = fields.string("owner_user_id", 64).and_then(|text| {
            let invalid = || Rejection::new(Code::UserNotFound, "owner_user_id", "no user has this id");
            fields.keep(UserId::parse(&text).ok_or_else(invalid))
        });
        let limits = LimitChange {
            rate_limit_per_s: rate.map(Some).or(no_rate.then_some(None)),
            monthly_payments_max: most.map(Some).or(no_max.then_some(None)),
        };
        let owner_user_id = owner.map(Some).or(no_owner.then_some(None));
        fields.finish(Some(AppChange { name, is_active, limits, owner_user_id }))
    }
}

/// An app as the API shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppObject {
    /// `app_` and 22 characters.
    #[schema(example = "app_01KEY5R8QK3M7N2P4T6V8W")]
    app_id: String,
    /// What the payer reads.
    #[schema(example = "Arcade")]
    name: String,
    /// `test` or `production`.
    #[schema(example = "test")]
    environment: &'static str,
    /// Whether its keys are let in.
    is_active: bool,
    /// Whose it is; null is the admins' together.
    #[schema(required = true, example = "usr_01KEY5R8QK3M7N2P4T6V8W")]
    owner_user_id: Option<String>,
    /// Requests per second of each key; null is no limit.
    #[schema(required = true, example = 1000)]
    rate_limit: Option<u32>,
    /// Payments that it may create in a calendar month, UTC; null is no limit.
    #[schema(required = true, example = json!(null))]
    monthly_payments_max: Option<u32>,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    created_at: String,
}

impl AppObject {
    pub(crate) fn new(app: &App) -> Self {
        Self {
            app_id: app.id.to_string(),
            name: app.name.clone(),
            environment: app.environment.as_str(),
            is_active: app.is_active,
            owner_user_id: app.owner_user_id.map(|id| id.to_string()),
            rate_limit: app.rate_per_s(),
            monthly_payments_max: app.monthly_payments_max,
            created_at: app.created_at.to_string(),
        }
    }
}

/// A new app with its secrets, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedAppObject {
    /// The app.
    app: AppObject,
    /// Its first key. Keep it: it is not shown again.
    #[schema(example = "sk_test_0000000000000000000000000000000000000000000")]
    api_key: String,
    /// What its webhooks are signed with. Keep it: it is not shown again.
    #[schema(example = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    webhook_secret: String,
}

impl CreatedAppObject {
    pub(crate) fn new(app: &App, api_key: &SecretKey, webhook_secret: String) -> Self {
        Self { app: AppObject::new(app), api_key: api_key.reveal().to_owned(), webhook_secret }
    }
}

/// A key to be made.
#[derive(ToSchema)]
#[schema(as = CreateKeyRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; parse reads it")]
pub(crate) struct CreateKey {
    /// What you call it.
    #[schema(max_length = 100, example = "Billing server")]
    name: Option<String>,
    /// When it stops working; null is never.
    #[schema(format = DateTime, example = "2027-01-26T10:35:00Z")]
    expires_at: Option<String>,
}

impl CreateKey {
    pub(crate) fn parse(body: &[u8], now: Timestamp) -> Result<NewKey, Refused> {
        let mut fields = fields(body)?;
        let name = key_name(&mut fields);
        let expires_at = end(&mut fields, now);
        fields.finish(Some(NewKey { name, expires_at }))
    }
}

fn key_name(fields: &mut Fields<'_>) -> Option<String> {
    let name = fields.string("name", KEY_NAME_MAX_CHARS)?;
    fields.keep(check_line("name", &name, KEY_NAME_MAX_CHARS).map(|()| name))
}

fn end(fields: &mut Fields<'_>, now: Timestamp) -> Option<Timestamp> {
    let at = fields.time("expires_at")?;
    if at > now && at <= now.plus_s(KEY_LIFETIME_MAX_S) {
        return Some(at);
    }
    let message = "expires_at must be in the future, and within ten years";
    fields.keep(Err(Rejection::new(Code::ParameterOutOfRange, "expires_at", message)))
}

/// What of a key is to change. What is absent stays; null clears.
#[derive(ToSchema)]
#[schema(as = UpdateKeyRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; parse reads it")]
pub(crate) struct UpdateKey {
    /// What you call it.
    #[schema(max_length = 100, example = "Billing server")]
    name: Option<String>,
    /// When it stops working; null is never.
    #[schema(format = DateTime, example = "2027-01-26T10:35:00Z")]
    expires_at: Option<String>,
}

impl UpdateKey {
    pub(crate) fn parse(body: &[u8], now: Timestamp) -> Result<KeyChange, Refused> {
        let mut fields = fields(body)?;
        let [no_name, no_end] = ["name", "expires_at"].map(|name| fields.is_null(name));
        let name = key_name(&mut fields).map(Some).or(no_name.then_some(None));
        let expires_at = end(&mut fields, now).map(Some).or(no_end.then_some(None));
        fields.finish(Some(KeyChange { name, expires_at }))
    }
}

/// How a key is to be replaced.
#[derive(ToSchema, Debug)]
#[schema(as = RotateKeyRequest)]
pub(crate) struct RotateKey {
    /// Seconds for which the old key works beside the new one.
    #[schema(rename = "overlap", value_type = Option<i64>, minimum = 0, maximum = 604_800, default = 86_400)]
    pub(crate) overlap_s: i64,
}

impl RotateKey {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let mut fields = fields(body)?;
        let overlap_s = fields.integer("overlap", 0..=KEY_OVERLAP_MAX_S).unwrap_or(KEY_OVERLAP_DEFAULT_S);
        fields.finish(Some(Self { overlap_s }))
    }
}

/// A key as the API shows it: never the key itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyObject {
    /// `key_` and 22 characters.
    #[schema(example = "key_01KEY5R8QK3M7N2P4T6V8W")]
    key_id: String,
    /// Prefix and last four characters.
    #[schema(example = "sk_test_…4f2a")]
    key: String,
    /// What you call it.
    #[schema(required = true, example = "Billing server")]
    name: Option<String>,
    /// `active`, `expired` or `revoked`.
    #[schema(example = "active")]
    status: &'static str,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    created_at: String,
    /// When it stops working; null is never.
    #[schema(required = true, format = DateTime, example = json!(null))]
    expires_at: Option<String>,
    /// When it was revoked.
    #[schema(required = true, format = DateTime, example = json!(null))]
    revoked_at: Option<String>,
    /// When it last called, to the minute.
    #[schema(required = true, format = DateTime, example = json!(null))]
    last_used_at: Option<String>,
    /// From where it last called.
    #[schema(required = true, example = "203.0.113.7")]
    last_used_address: Option<String>,
}

impl KeyObject {
    pub(crate) fn new(key: &ApiKey, now: Timestamp) -> Self {
        let shown = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let status = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(at)) if at <= now => "expired",
            _ => "active",
        };
        Self {
            key_id: key.id.to_string(),
            key: key.hint.clone(),
            name: key.name.clone(),
            status,
            created_at: key.created_at.to_string(),
            expires_at: shown(key.expires_at),
            revoked_at: shown(key.revoked_at),
            last_used_at: shown(key.last_used_at),
            last_used_address: key.last_used_address.clone(),
        }
    }
}

/// A new key with its secret, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKeyObject {
    /// What is known of it from now on.
    key: KeyObject,
    /// The key itself. Keep it: it is not shown again.
    #[schema(example = "sk_test_0000000000000000000000000000000000000000000")]
    api_key: String,
}

impl CreatedKeyObject {
    pub(crate) fn new(key: &ApiKey, secret: &SecretKey, now: Timestamp) -> Self {
        Self { key: KeyObject::new(key, now), api_key: secret.reveal().to_owned() }
    }
}
