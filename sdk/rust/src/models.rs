// Generated from openapi.json by `python3 sdk/generate`: do not edit.

//! What goes over the wire. Answers keep no fields that this version does not know, and are not for you to construct;
//! requests are: `CreatePayment { description: Some("…".into()), ..CreatePayment::new(amount, "COINS") }`.

use serde::{Deserialize, Serialize};

use crate::{Amount, Secret};

/// Your own data: strings, numbers and booleans by their names.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// The two ends that a caller can give a payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CompletionStatus {
    /// `SUCCESS`.
    #[serde(rename = "SUCCESS")]
    Success,
    /// `FAILED`.
    #[serde(rename = "FAILED")]
    Failed,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl CompletionStatus {
    /// As it is written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Other(other) => other,
        }
    }
}

impl std::fmt::Display for CompletionStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why there is a delivery: the event happened, somebody asked for it again, for all that had failed, or for a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DeliveryCause {
    /// `event`.
    #[serde(rename = "event")]
    Event,
    /// `retry`.
    #[serde(rename = "retry")]
    Retry,
    /// `replay`.
    #[serde(rename = "replay")]
    Replay,
    /// `test`.
    #[serde(rename = "test")]
    Test,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl DeliveryCause {
    /// As it is written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Event => "event",
            Self::Retry => "retry",
            Self::Replay => "replay",
            Self::Test => "test",
            Self::Other(other) => other,
        }
    }
}

impl std::fmt::Display for DeliveryCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a delivery stands: waiting or in an attempt, with the receiver, failed for good, or called off.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DeliveryStatus {
    /// `PENDING`.
    #[serde(rename = "PENDING")]
    Pending,
    /// `DELIVERED`.
    #[serde(rename = "DELIVERED")]
    Delivered,
    /// `FAILED`.
    #[serde(rename = "FAILED")]
    Failed,
    /// `CANCELED`.
    #[serde(rename = "CANCELED")]
    Canceled,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl DeliveryStatus {
    /// As it is written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "PENDING",
            Self::Delivered => "DELIVERED",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
            Self::Other(other) => other,
        }
    }
}

impl std::fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EventType {
    /// `payment.created`.
    #[serde(rename = "payment.created")]
    PaymentCreated,
    /// `payment.success`.
    #[serde(rename = "payment.success")]
    PaymentSuccess,
    /// `payment.failed`.
    #[serde(rename = "payment.failed")]
    PaymentFailed,
    /// `payment.expired`.
    #[serde(rename = "payment.expired")]
    PaymentExpired,
    /// `webhook.test`.
    #[serde(rename = "webhook.test")]
    WebhookTest,
    /// `webhook.disabled`.
    #[serde(rename = "webhook.disabled")]
    WebhookDisabled,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl EventType {
    /// As it is written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PaymentCreated => "payment.created",
            Self::PaymentSuccess => "payment.success",
            Self::PaymentFailed => "payment.failed",
            Self::PaymentExpired => "payment.expired",
            Self::WebhookTest => "webhook.test",
            Self::WebhookDisabled => "webhook.disabled",
            Self::Other(other) => other,
        }
    }
}

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a payment stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PaymentStatus {
    /// `PENDING`.
    #[serde(rename = "PENDING")]
    Pending,
    /// `SUCCESS`.
    #[serde(rename = "SUCCESS")]
    Success,
    /// `FAILED`.
    #[serde(rename = "FAILED")]
    Failed,
    /// `EXPIRED`.
    #[serde(rename = "EXPIRED")]
    Expired,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl PaymentStatus {
    /// As it is written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "PENDING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Expired => "EXPIRED",
            Self::Other(other) => other,
        }
    }
}

impl std::fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The user who is logged in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Always `account`.
    pub object: String,
    /// Who.
    pub user: User,
    /// Recovery codes that were not used.
    pub recovery_codes_left: i64,
    /// Until when dangerous acts pass without a new proof; null when one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_until: Option<String>,
}

/// An app as the API shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct App {
    /// `app_` and 22 characters.
    pub app_id: String,
    /// What the payer reads.
    pub name: String,
    /// `test` or `production`.
    pub environment: String,
    /// Whether its keys are let in.
    pub is_active: bool,
    /// Whose it is; null is the admins' together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_user_id: Option<String>,
    /// Requests per second of each key; null is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
    /// Payments that it may create in a calendar month, UTC; null is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_payments_max: Option<u32>,
    /// When it was made.
    pub created_at: String,
}

/// A list that is one page, in the envelope of every list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AppList {
    /// Always `list`.
    pub object: String,
    /// What is in it.
    pub data: Vec<App>,
    /// Always false.
    pub has_more: bool,
    /// Always null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One attempt: what was sent, and what came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// 1, 2, 3 … without gaps.
    pub attempt_number: u32,
    /// When it began.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// What was sent.
    pub request: AttemptSent,
    /// What came back; null when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<AttemptReceived>,
    /// Why nothing came back: a stable word, a colon and a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The answer to an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttemptReceived {
    /// The HTTP status.
    pub status: u32,
    /// The first 32 headers, by their names, at most 4 KB.
    pub headers: std::collections::BTreeMap<String, String>,
    /// The start of the body, at most 4 KB. U+FFFD stands for what is no text.
    pub body: String,
}

/// The request of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttemptSent {
    /// The headers, by their names; the values of the endpoint's own are hidden.
    pub headers: std::collections::BTreeMap<String, String>,
    /// SHA-256 of the body, in hexadecimal. Empty when it was not signed and nothing was sent.
    pub body_sha256: String,
}

/// How a payment is to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompletePayment {
    /// `SUCCESS` or `FAILED`.
    pub status: CompletionStatus,
    /// Words to keep with it. At most 1000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Why it failed, for machines; only with `FAILED`. 1 to 64 characters of `a-z0-9_`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
}

impl CompletePayment {
    /// With what is required; the rest is absent.
    pub fn new(status: CompletionStatus) -> Self {
        Self { status, notes: None, failure_code: None }
    }
}

/// An app to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateApp {
    /// What the payer reads. At most 255 characters.
    pub name: String,
    /// `test` or `production`; it stays.
    pub environment: String,
    /// Where its webhooks go: https in production. At most 2048 characters. `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// Requests per second of each key; null is the environment's own, 0 is no limit. Admins may set it. From 0 to
    /// 1000000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
}

impl CreateApp {
    /// With what is required; the rest is absent.
    pub fn new(name: impl Into<String>, environment: impl Into<String>) -> Self {
        Self { name: name.into(), environment: environment.into(), webhook_url: None, rate_limit: None }
    }
}

/// A key to be made.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct CreateKey {
    /// What you call it. At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it stops working; null is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// A request for payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreatePayment {
    /// More than 0, at most 2 decimals, at most 9999999999999.99: a JSON number, or a decimal string such as "12.50".
    pub amount: Amount,
    /// Any virtual currency: 2 to 10 capital letters and digits, a letter first.
    pub currency: String,
    /// Your own name for it; lists can be filtered by it. At most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<String>,
    /// What the payer reads. At most 1000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where this payment's webhooks go, instead of the app's endpoints. At most 2048 characters. `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// Your own data: a flat object of strings, numbers and booleans, at most 50 keys and 16 KB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Seconds until it can no longer be paid, from 30 to 2592000; 1800 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
    /// Where the payer goes afterwards; comes back with `payment_id`, `status` and an HMAC. At most 2048 characters.
    /// `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

impl CreatePayment {
    /// With what is required; the rest is absent.
    pub fn new(amount: Amount, currency: impl Into<String>) -> Self {
        Self {
            amount,
            currency: currency.into(),
            reference_id: None,
            description: None,
            webhook_url: None,
            metadata: None,
            expires_in: None,
            return_url: None,
        }
    }
}

/// A new app with its secrets, shown this once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedApp {
    /// The app.
    pub app: App,
    /// Its first key. Keep it: it is not shown again.
    pub api_key: Secret,
    /// What its webhooks are signed with. Keep it: it is not shown again.
    pub webhook_secret: Secret,
}

/// A new key with its secret, shown this once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedKey {
    /// What is known of it from now on.
    pub key: Key,
    /// The key itself. Keep it: it is not shown again.
    pub api_key: Secret,
}

/// A delivery as the API shows it: an event on its way to one address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Delivery {
    /// `dlv_` and 22 characters.
    pub delivery_id: String,
    /// Whose it is: told to users, not to apps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The event, the same in every delivery of it; receivers know it by this.
    pub event_id: String,
    /// The event's place in the app's log.
    pub event_seq: i64,
    /// What happened.
    pub r#type: EventType,
    /// To which payment. A test names one that does not exist.
    pub payment_id: String,
    /// The endpoint; null for a payment's own `webhook_url` and for a test of an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// The address as it was when the delivery was made.
    pub url: String,
    /// Why there is one.
    pub cause: DeliveryCause,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts made.
    pub attempts: u32,
    /// When it is tried next; in an attempt, when another node takes it over at the latest. Null once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    /// The HTTP status of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_status: Option<u32>,
    /// Why the last attempt had no answer, or why the delivery was called off: a stable word, a colon and a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
}

/// A delivery with every attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeliveryDetail {
    /// `dlv_` and 22 characters.
    pub delivery_id: String,
    /// Whose it is: told to users, not to apps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The event, the same in every delivery of it; receivers know it by this.
    pub event_id: String,
    /// The event's place in the app's log.
    pub event_seq: i64,
    /// What happened.
    pub r#type: EventType,
    /// To which payment. A test names one that does not exist.
    pub payment_id: String,
    /// The endpoint; null for a payment's own `webhook_url` and for a test of an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// The address as it was when the delivery was made.
    pub url: String,
    /// Why there is one.
    pub cause: DeliveryCause,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts made.
    pub attempts: u32,
    /// When it is tried next; in an attempt, when another node takes it over at the latest. Null once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    /// The HTTP status of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_status: Option<u32>,
    /// Why the last attempt had no answer, or why the delivery was called off: a stable word, a colon and a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// The attempts, in order.
    pub attempts_log: Vec<Attempt>,
}

/// A page of deliveries, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeliveryList {
    /// Always `list`.
    pub object: String,
    /// The deliveries.
    pub data: Vec<Delivery>,
    /// Whether there are more.
    pub has_more: bool,
    /// What `cursor` must be for the next page; null on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many there are, exact up to 10000: always of the queue, elsewhere with `include=total_count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_count: Option<u32>,
    /// Beside `total_count`: whether there are more than it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_count_capped: Option<bool>,
}

/// What was ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndedSessions {
    /// Always `ended_sessions`.
    pub object: String,
    /// How many.
    pub count: i64,
}

/// One parameter at fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// The parameter.
    pub param: String,
    /// The stable code.
    pub code: String,
    /// What is wrong, in a sentence.
    pub message: String,
}

/// What went wrong, for machines and for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorObject {
    /// The class of the error: `invalid_request_error`, `authentication_error`, `permission_error`, `conflict_error`,
    /// `idempotency_error`, `rate_limit_error` or `api_error`.
    pub r#type: String,
    /// The stable code; `/docs/errors` explains each.
    pub code: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The first parameter at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// Every parameter at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorDetail>,
    /// The payment as it is, where its state is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// Where the code is explained.
    pub doc_url: String,
    /// The request's id, also in the `Request-Id` header.
    pub request_id: String,
}

/// An event: what changed, as the feed, the stream and the sockets tell it. A webhook's body is the same without `seq`
/// and with a `signature`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Its place in the app's log: 1, 2, 3 … without gaps. Absent in a webhook's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// Its id, the same in every delivery.
    pub event_id: String,
    /// What happened.
    pub r#type: EventType,
    /// The same as `type`.
    pub event: EventType,
    /// When.
    pub timestamp: String,
    /// To which payment.
    pub payment_id: String,
    /// Where the payment stands since; null where the event is not about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PaymentStatus>,
    /// The exact amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Your own name for the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<String>,
    /// The transaction of a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// When the payment was paid, declined or canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
    /// Your own data.
    pub metadata: Metadata,
    /// Only in a webhook's body: a proof of the content alone, not of when it was sent. Verify the header instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// A page of an app's log, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventList {
    /// Always `list`.
    pub object: String,
    /// The events, in the order of the log.
    pub data: Vec<Event>,
    /// Whether the log goes on.
    pub has_more: bool,
    /// What `after_seq` must be for the next page, also when there is nothing yet.
    pub next_after_seq: i64,
}

/// A key as the API shows it: never the key itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Key {
    /// `key_` and 22 characters.
    pub key_id: String,
    /// Prefix and last four characters.
    pub key: String,
    /// What you call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `active`, `expired` or `revoked`.
    pub status: String,
    /// When it was made.
    pub created_at: String,
    /// When it stops working; null is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// When it last called, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
    /// From where it last called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_address: Option<String>,
}

/// A list that is one page, in the envelope of every list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyList {
    /// Always `list`.
    pub object: String,
    /// What is in it.
    pub data: Vec<Key>,
    /// Always false.
    pub has_more: bool,
    /// Always null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which deliveries to list.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListDeliveries {
    /// Where they stand.
    pub status: Option<DeliveryStatus>,
    /// To this endpoint.
    pub endpoint_id: Option<String>,
    /// Of this payment.
    pub payment_id: Option<String>,
    /// Of events of this type.
    pub r#type: Option<EventType>,
    /// Made at or after this moment, RFC 3339.
    pub created_after: Option<String>,
    /// Made before this moment, RFC 3339.
    pub created_before: Option<String>,
    /// Deliveries a page, 50 when absent. From 1 to 100.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before, with the same filters.
    pub cursor: Option<String>,
    /// `total_count` adds the count, exact up to 10000.
    pub include: Option<String>,
    /// For users, who send this or `environment`: the apps that are meant, 1 to 100 ids. A key does not send it, it is
    /// of one app.
    pub app_id: Option<String>,
    /// For users, instead of `app_id`: all apps of this environment that you see, at most 1000. A key does not send it.
    pub environment: Option<String>,
}

impl ListDeliveries {
    /// The parameters that are set, not yet escaped.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Some(value) = &self.status {
            pairs.push(("status", value.to_string()));
        }
        if let Some(value) = &self.endpoint_id {
            pairs.push(("endpoint_id", value.to_string()));
        }
        if let Some(value) = &self.payment_id {
            pairs.push(("payment_id", value.to_string()));
        }
        if let Some(value) = &self.r#type {
            pairs.push(("type", value.to_string()));
        }
        if let Some(value) = &self.created_after {
            pairs.push(("created_after", value.to_string()));
        }
        if let Some(value) = &self.created_before {
            pairs.push(("created_before", value.to_string()));
        }
        if let Some(value) = &self.limit {
            pairs.push(("limit", value.to_string()));
        }
        if let Some(value) = &self.cursor {
            pairs.push(("cursor", value.to_string()));
        }
        if let Some(value) = &self.include {
            pairs.push(("include", value.to_string()));
        }
        if let Some(value) = &self.app_id {
            pairs.push(("app_id", value.to_string()));
        }
        if let Some(value) = &self.environment {
            pairs.push(("environment", value.to_string()));
        }
        pairs
    }
}

/// Which events to list.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListEvents {
    /// Behind this event; from the first that is kept when absent.
    pub after_seq: Option<i64>,
    /// Of this type.
    pub r#type: Option<EventType>,
    /// Events a page, 50 when absent. From 1 to 100.
    pub limit: Option<u32>,
    /// For users, who must send it: the app that is meant. A key does not send it, it is of one app.
    pub app_id: Option<String>,
}

impl ListEvents {
    /// The parameters that are set, not yet escaped.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Some(value) = &self.after_seq {
            pairs.push(("after_seq", value.to_string()));
        }
        if let Some(value) = &self.r#type {
            pairs.push(("type", value.to_string()));
        }
        if let Some(value) = &self.limit {
            pairs.push(("limit", value.to_string()));
        }
        if let Some(value) = &self.app_id {
            pairs.push(("app_id", value.to_string()));
        }
        pairs
    }
}

/// Which payments to list.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListPayments {
    /// The effective status, or several of them.
    pub status: Vec<PaymentStatus>,
    /// Exactly this reference.
    pub reference_id: Option<String>,
    /// A payment id, a transaction id, or the start of a reference.
    pub q: Option<String>,
    /// Created at or after this moment, RFC 3339.
    pub created_after: Option<String>,
    /// Created before this moment, RFC 3339.
    pub created_before: Option<String>,
    /// Payments a page, 50 when absent. From 1 to 100.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before, with the same filters.
    pub cursor: Option<String>,
    /// `total_count` adds the count, exact up to 10000.
    pub include: Option<String>,
    /// For users, who send this or `environment`: the apps that are meant, 1 to 100 ids. A key does not send it, it is
    /// of one app.
    pub app_id: Option<String>,
    /// For users, instead of `app_id`: all apps of this environment that you see, at most 1000. A key does not send it.
    pub environment: Option<String>,
}

impl ListPayments {
    /// The parameters that are set, not yet escaped.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.status.is_empty() {
            let several: Vec<&str> = self.status.iter().map(|one| one.as_str()).collect();
            pairs.push(("status", several.join(",")));
        }
        if let Some(value) = &self.reference_id {
            pairs.push(("reference_id", value.to_string()));
        }
        if let Some(value) = &self.q {
            pairs.push(("q", value.to_string()));
        }
        if let Some(value) = &self.created_after {
            pairs.push(("created_after", value.to_string()));
        }
        if let Some(value) = &self.created_before {
            pairs.push(("created_before", value.to_string()));
        }
        if let Some(value) = &self.limit {
            pairs.push(("limit", value.to_string()));
        }
        if let Some(value) = &self.cursor {
            pairs.push(("cursor", value.to_string()));
        }
        if let Some(value) = &self.include {
            pairs.push(("include", value.to_string()));
        }
        if let Some(value) = &self.app_id {
            pairs.push(("app_id", value.to_string()));
        }
        if let Some(value) = &self.environment {
            pairs.push(("environment", value.to_string()));
        }
        pairs
    }
}

/// Who wants to come in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// The account's address. At most 254 characters.
    pub email: String,
    /// The account's password. At most 512 characters.
    pub password: Secret,
    /// Six digits of the authenticator, where the account has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp_code: Option<Secret>,
    /// One of the recovery codes instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_code: Option<Secret>,
    /// Whether the browser shall keep the tokens in cookies; the answer then shows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_cookies: Option<bool>,
}

impl Login {
    /// With what is required; the rest is absent.
    pub fn new(email: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { email: email.into(), password: password.into(), totp_code: None, recovery_code: None, use_cookies: None }
    }
}

/// A payment as the API shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Payment {
    /// `pay_` and 22 characters.
    pub payment_id: String,
    /// Whose it is: told to users who read it, not to apps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The effective status: a pending payment is `EXPIRED` from `expires_at` on.
    pub status: PaymentStatus,
    /// The exact amount, at most 2 decimals.
    pub amount: Amount,
    /// The currency.
    pub currency: String,
    /// Your own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<String>,
    /// What the payer reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Your own data.
    pub metadata: Metadata,
    /// The payer's page.
    pub payment_url: String,
    /// A QR code of `payment_url` as a PNG data URL: on create, and on a single read with `include=qr_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr_code: Option<String>,
    /// From this moment on it can no longer be paid.
    pub expires_at: String,
    /// When it was made.
    pub created_at: String,
    /// When it was paid, declined or canceled. Only on final payments, null on an expired one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
    /// The transaction of a success. Only on final payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// Why it failed; `canceled` when it was called off. Only on final payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
    /// The completer's words. Only on final payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A page of payments, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentList {
    /// Always `list`.
    pub object: String,
    /// The payments.
    pub data: Vec<Payment>,
    /// Whether there are more.
    pub has_more: bool,
    /// What `cursor` must be for the next page; null on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// With `include=total_count`: how many there are, exact up to 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_count: Option<u32>,
    /// With `include=total_count`: whether there are more than `total_count` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_count_capped: Option<bool>,
}

/// What is to be renewed; a browser that keeps it in a cookie sends nothing.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Refresh {
    /// The refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
}

/// What a replay came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Replay {
    /// Always `replay`.
    pub object: String,
    /// Deliveries that are sent again, or would be.
    pub count: u32,
    /// Whether there are more than one replay takes, 100000: ask again for them.
    pub has_more: bool,
    /// Whether they were counted only.
    pub dry_run: bool,
}

/// What is to be sent again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayWebhooks {
    /// Deliveries made at or after this moment, which has passed.
    pub since: String,
    /// To this endpoint alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// Whether to count only, and send nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

impl ReplayWebhooks {
    /// With what is required; the rest is absent.
    pub fn new(since: impl Into<String>) -> Self {
        Self { since: since.into(), endpoint_id: None, dry_run: None }
    }
}

/// How a key is to be replaced.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct RotateKey {
    /// Seconds for which the old key works beside the new one. From 0 to 604800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<i64>,
}

/// How a webhook secret is to be replaced.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct RotateSecret {
    /// Seconds for which the present secret signs beside the new one. From 0 to 604800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<i64>,
}

/// A new webhook secret, shown this once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RotatedSecret {
    /// Whose.
    pub app_id: String,
    /// `whsec_` and 32 bytes in base64. Keep it: it is not shown again.
    pub webhook_secret: Secret,
    /// Until when the secret before this one signs too, at the longest.
    pub former_secrets_end_at: String,
}

/// What a user is let in with. The tokens stand in it unless the browser keeps them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionGrant {
    /// Always `session_grant`.
    pub object: String,
    /// Who.
    pub user: User,
    /// `ses_` and 22 characters.
    pub session_id: String,
    /// For `Authorization: Bearer`, a quarter of an hour long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Secret>,
    /// From when on it is refused.
    pub access_token_expires_at: String,
    /// Good once, for `POST /api/auth/refresh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// When the session ends unless it is renewed.
    pub session_expires_at: String,
}

/// What is to be tested: an endpoint or an address, exactly one of them.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct TestWebhook {
    /// An endpoint of the app, enabled or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// Any address that webhooks may go to. At most 2048 characters. `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// `usr_` and 22 characters.
    pub user_id: String,
    /// What he logs in with.
    pub email: String,
    /// What he is called.
    pub name: String,
    /// `admin` or `member`.
    pub role: String,
    /// Whether he may log in.
    pub is_active: bool,
    /// Whether a login needs his second factor.
    pub has_totp: bool,
    /// When the account was made.
    pub created_at: String,
}
