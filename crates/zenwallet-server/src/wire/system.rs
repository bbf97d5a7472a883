//! How the gateway is set up, as the API shows it.

use serde::Serialize;
use utoipa::ToSchema;

/// How the gateway is set up, as the node that answers sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct SystemObject {
    /// Always `system`.
    #[schema(example = "system")]
    pub(crate) object: &'static str,
    /// The program's version.
    #[schema(example = "0.1.0")]
    pub(crate) version: &'static str,
    /// When this node started.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    pub(crate) started_at: String,
    /// Where everything is kept.
    pub(crate) database: DatabaseObject,
    /// What payment URLs and links start with.
    #[schema(example = "https://pay.example.com")]
    pub(crate) public_url: String,
    /// How long, or how much, is kept. Payments and the audit log are kept for ever.
    pub(crate) retention: RetentionObject,
    /// How webhooks are delivered.
    pub(crate) webhooks: WebhooksObject,
    /// Alerts by email.
    pub(crate) email: EmailObject,
    /// Whether this node answers at `/metrics`.
    pub(crate) metrics: bool,
}

/// Where everything is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct DatabaseObject {
    /// `sqlite` or `postgres`.
    #[schema(example = "sqlite")]
    pub(crate) kind: &'static str,
    /// How large it is, in bytes.
    #[schema(example = 1_048_576)]
    pub(crate) size_bytes: i64,
}

/// How long, or how much, is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct RetentionObject {
    /// Days that deliveries of webhooks and their attempts are kept (`webhooks.log_retention_days`).
    #[schema(example = 30)]
    pub(crate) deliveries_days: u64,
    /// Days that events are kept at least (`events.retention_days`).
    #[schema(example = 90)]
    pub(crate) events_days: u64,
    /// Hours that idempotency keys answer for.
    #[schema(example = 24)]
    pub(crate) idempotency_keys_hours: i64,
    /// Days that alerts are kept.
    #[schema(example = 30)]
    pub(crate) alerts_days: i64,
    /// Messages that an inbox keeps.
    #[schema(example = 100)]
    pub(crate) inbox_messages: u32,
}

/// How webhooks are delivered.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhooksObject {
    /// Ranges of its own network that the gateway may call for apps; every other private address is refused.
    pub(crate) allowed_ranges: RangesObject,
    /// Longest time of one attempt, in milliseconds.
    #[schema(example = 10_000)]
    pub(crate) timeout_ms: u64,
    /// Waits after each failed attempt, in seconds.
    #[schema(example = json!([5, 30, 300]))]
    pub(crate) retry_delays_s: Vec<i64>,
    /// How long an endpoint may fail before it is disabled, in seconds.
    #[schema(example = 432_000)]
    pub(crate) disable_after_s: u64,
}

/// Ranges of addresses by the environment of an app.
#[derive(Serialize, ToSchema)]
pub(crate) struct RangesObject {
    /// For test apps.
    #[schema(example = json!(["127.0.0.0/8", "::1/128"]))]
    pub(crate) test: Vec<String>,
    /// For production apps.
    #[schema(example = json!([]))]
    pub(crate) production: Vec<String>,
}

/// Alerts by email.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmailObject {
    /// Whether the gateway has an SMTP server.
    pub(crate) is_configured: bool,
    /// Whom emails come from; null where none are sent.
    #[schema(required = true, example = "ZenWallet <zenwallet@pay.example.com>")]
    pub(crate) from: Option<String>,
}
