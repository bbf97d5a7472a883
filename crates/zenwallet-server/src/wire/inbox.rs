//! Inboxes as the API shows them.

use super::list::{Paging, envelop};
use super::query::Params;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use zenwallet_core::Rejection;
use zenwallet_core::id::{AppId, MessageKind};
use zenwallet_core::inbox::InboxMessage;
use zenwallet_core::limits::INBOX_KEEPS;

/// What whoever posts to an inbox is answered.
pub(crate) const INBOX_ANSWER: &str = "{\"received\":true}";

/// An app's inbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct InboxObject {
    /// Always `inbox`.
    #[schema(example = "inbox")]
    object: &'static str,
    /// Where webhooks of this app, and anything else, can be posted. Whoever knows it may.
    #[schema(format = "uri", example = "https://pay.example.com/inbox/ibx_01KEY5R8QK3M7N2P4T6V8W")]
    url: String,
    /// How many messages it keeps: the newest ones.
    #[schema(example = 100)]
    keeps: u32,
}

impl InboxObject {
    pub(crate) fn new(url: String) -> Self {
        Self { object: "inbox", url, keeps: INBOX_KEEPS }
    }
}

/// What was posted to an inbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageObject<'a> {
    /// Always `inbox_message`.
    #[schema(example = "inbox_message")]
    object: &'static str,
    /// `msg_` and 22 characters.
    #[schema(example = "msg_01KEY5R8QK3M7N2P4T6V8W", pattern = "^msg_[0-9A-Za-z]{22}$")]
    message_id: String,
    /// When it came.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    received_at: String,
    /// Its headers, at most 50, each cut to 1000 characters. Values of credentials are `(hidden)`.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"content-type": "application/json"}))]
    headers: &'a RawValue,
    /// Its body as text.
    body: &'a str,
    /// Whether the body was not all text: what was none stands there as U+FFFD.
    is_body_lossy: bool,
    /// Whether `webhook-signature` was made with a secret of the app, when the message came; null when there is none.
    #[schema(required = true, example = true)]
    is_signature_valid: Option<bool>,
    /// The event that the body says it tells of.
    #[schema(required = true, example = "payment.success")]
    event_type: Option<&'a str>,
    /// The payment that the body says it is about.
    #[schema(required = true, example = "pay_01KEY5R8QK3M7N2P4T6V8W")]
    payment_id: Option<&'a str>,
}

/// Shown where the headers cannot be read.
const NO_HEADERS: &RawValue = RawValue::NULL;

impl<'a> MessageObject<'a> {
    fn new(message: &'a InboxMessage) -> Self {
        Self {
            object: "inbox_message",
            message_id: message.id.to_string(),
            received_at: message.received_at.to_string(),
            headers: serde_json::from_str(&message.headers).unwrap_or(NO_HEADERS),
            body: &message.body,
            is_body_lossy: message.is_body_lossy,
            is_signature_valid: message.is_signature_valid,
            event_type: message.event_type.as_deref(),
            payment_id: message.payment_id.as_deref(),
        }
    }
}

/// A page of messages, newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; render writes it")]
pub(crate) struct MessageList<'a> {
    /// Always `list`.
    #[schema(example = "list")]
    object: String,
    /// The messages.
    data: Vec<MessageObject<'a>>,
    /// Whether there are more.
    has_more: bool,
    /// What `cursor` must be for the next page; null on the last.
    next_cursor: Option<String>,
}

/// Which messages are wanted.
pub(crate) fn parse_paging(query: Option<&str>, app_id: AppId) -> Result<Paging<MessageKind>, Vec<Rejection>> {
    let mut params = Params::parse(query);
    let paging = Paging::parse(&mut params, format!("inbox {app_id}"));
    params.finish(paging)
}

/// A page of messages.
pub(crate) fn render(paging: &Paging<MessageKind>, page: Vec<InboxMessage>) -> String {
    let push = |out: &mut String, message: InboxMessage| {
        // It is made of strings, which always serialise.
        out.push_str(&serde_json::to_string(&MessageObject::new(&message)).unwrap_or_default());
    };
    envelop(paging, page, None, |message| message.id, push)
}

/// An inbox that is empty now.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmptiedInbox {
    /// How many messages there were.
    deleted_count: u64,
}

impl EmptiedInbox {
    pub(crate) fn new(deleted_count: u64) -> Self {
        Self { deleted_count }
    }
}
