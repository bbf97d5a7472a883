//! Events as the feed, the stream and the sockets tell them; their names, and those of what becomes of their deliveries.

use super::query::Params;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use zenwallet_core::delivery as core;
use zenwallet_core::endpoint::EventSet;
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::{Code, Rejection};

/// An event: what changed, as the feed, the stream and the sockets tell it. A webhook's body is the same without `seq`
/// and with a `signature`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; event_json writes it")]
pub(crate) struct EventObject {
    /// Its place in the app's log: 1, 2, 3 … without gaps.
    #[schema(example = 42)]
    seq: i64,
    /// Its id, the same in every delivery.
    #[schema(example = "evt_01KEY5R8QK3M7N2P4T6V8W", pattern = "^evt_[0-9A-Za-z]{22}$")]
    event_id: String,
    /// What happened.
    #[schema(rename = "type", value_type = EventName, example = "payment.success")]
    kind: String,
    /// The same as `type`.
    #[schema(value_type = EventName, example = "payment.success")]
    event: String,
    /// When.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    timestamp: String,
    /// To which payment.
    #[schema(example = "pay_01KEY5R8QK3M7N2P4T6V8W")]
    payment_id: String,
    /// Where the payment stands since; null where the event is not about one.
    #[schema(required = true)]
    status: Option<super::payment::PaymentStatus>,
    /// The exact amount.
    #[schema(required = true, example = 500)]
    amount: Option<f64>,
    /// The currency.
    #[schema(required = true, example = "COINS")]
    currency: Option<String>,
    /// Your own name for the payment.
    #[schema(required = true, example = "ORDER_123")]
    reference_id: Option<String>,
    /// The transaction of a success.
    #[schema(required = true)]
    transaction_id: Option<String>,
    /// When the payment was paid, declined or canceled.
    #[schema(required = true, format = DateTime)]
    completed_at: Option<String>,
    /// Your own data.
    metadata: std::collections::HashMap<String, super::payment::MetadataValue>,
}

/// A page of an app's log, oldest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; event_list_json writes it")]
pub(crate) struct EventList {
    /// Always `list`.
    #[schema(example = "list")]
    object: String,
    /// The events, in the order of the log.
    data: Vec<EventObject>,
    /// Whether the log goes on.
    has_more: bool,
    /// What `after_seq` must be for the next page, also when there is nothing yet.
    #[schema(example = 42)]
    next_after_seq: i64,
}

/// The event object: the stored content with its place in the log.
pub(crate) fn event_json(event: &Event) -> String {
    // The content is an object with members: its brace gives way to another first member.
    format!("{{\"seq\":{},{}", event.seq, event.body.get(1..).unwrap_or_default())
}

/// A page of the log.
pub(crate) fn event_list_json(events: &[Event], has_more: bool, next_after_seq: i64) -> String {
    let mut out = String::with_capacity(64 + 512 * events.len());
    out.push_str("{\"object\":\"list\",\"data\":[");
    for (place, event) in events.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(&event_json(event));
    }
    out.push_str(&format!("],\"has_more\":{has_more},\"next_after_seq\":{next_after_seq}}}"));
    out
}

/// The event's content as it is stored, from the event object.
pub(crate) fn content_of(event_json: &str) -> String {
    // The first member is `seq`, a number.
    let (_, rest) = event_json.split_once(',').unwrap_or_default();
    format!("{{{rest}")
}

/// What a listener is told first.
#[derive(Serialize)]
pub(crate) struct ListeningObject<'a> {
    pub(crate) after_seq: i64,
    pub(crate) webhook_secret: &'a str,
}

/// A webhook as a listener is told of it: what would be posted, for it to post.
#[derive(Serialize)]
pub(crate) struct ListenedWebhook<'a> {
    pub(crate) seq: i64,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) headers: ListenedHeaders<'a>,
    pub(crate) body: &'a str,
}

/// Its headers.
#[derive(Serialize)]
pub(crate) struct ListenedHeaders<'a> {
    #[serde(rename = "webhook-id")]
    pub(crate) id: &'a str,
    #[serde(rename = "webhook-timestamp")]
    pub(crate) timestamp: &'a str,
    #[serde(rename = "webhook-signature")]
    pub(crate) standard: &'a str,
    #[serde(rename = "x-zenwallet-signature")]
    pub(crate) own: &'a str,
}

/// What a stretch of the log was asked for.
#[derive(Debug)]
pub(crate) struct LogRequest {
    pub(crate) after: Option<i64>,
    pub(crate) kind: Option<EventType>,
    pub(crate) limit: u32,
}

impl LogRequest {
    /// A page of the feed.
    pub(crate) fn parse_page(query: Option<&str>) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let (after, kind, limit) = (params.seq("after_seq"), kind(&mut params), params.limit());
        params.finish(Self { after, kind, limit })
    }

    /// The stream, which has no pages.
    pub(crate) fn parse_stream(query: Option<&str>) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let (after, kind) = (params.seq("after_seq"), kind(&mut params));
        params.finish(Self { after, kind, limit: 0 })
    }
}

fn kind(params: &mut Params) -> Option<EventType> {
    let name = params.text("type")?;
    params.keep(parse_event("type", &name))
}

/// What a payer is told of an event: the public part.
#[derive(Serialize, serde::Deserialize)]
pub(crate) struct PayerEvent {
    #[serde(rename = "type")]
    kind: String,
    payment_id: String,
    status: Option<String>,
    completed_at: Option<String>,
}

impl PayerEvent {
    /// The public part of an event object.
    pub(crate) fn of(event_json: &str) -> Option<Self> {
        serde_json::from_str(event_json).ok()
    }
}

/// Describes a type of the core by its names.
macro_rules! names {
    ($($name:ident $of:path, $meaning:literal;)*) => {$(
        #[doc = $meaning]
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let names = <$of>::ALL.map(|one| one.as_str());
                let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
                schema.description(Some($meaning)).into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

names! {
    EventName EventType, "What happened.";
    DeliveryStatus core::DeliveryStatus, "Where a delivery stands: waiting or in an attempt, with the receiver, failed for good, or called off.";
    DeliveryCause core::Cause, "Why there is a delivery: the event happened, somebody asked for it again, for all that had failed, or for a test.";
}

/// The type of event of this name.
pub(super) fn parse_event(param: &'static str, name: &str) -> Result<EventType, Rejection> {
    EventType::parse(name).ok_or_else(|| {
        let known = EventType::ALL.map(EventType::as_str).join(", ");
        Rejection::new(Code::ParameterInvalid, param, format!("{param} may be {known}"))
    })
}

/// The set of these names: one at least, each known, none twice.
pub(super) fn parse_events(param: &'static str, names: &[String]) -> Result<EventSet, Rejection> {
    let invalid = |message| Err(Rejection::new(Code::ParameterInvalid, param, message));
    let mut kinds = Vec::with_capacity(EventType::ALL.len());
    for name in names {
        let kind = parse_event(param, name)?;
        if kinds.contains(&kind) {
            return invalid(format!("{param} names {name} twice"));
        }
        kinds.push(kind);
    }
    if kinds.is_empty() {
        return invalid(format!("{param} must name one event at least; leave it out for the default"));
    }
    Ok(EventSet::of(kinds))
}
