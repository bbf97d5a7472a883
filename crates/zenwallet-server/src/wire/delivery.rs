//! Deliveries: what can be asked of them, and how they and their attempts are shown.

use super::event::{self, DeliveryCause, DeliveryStatus, EventName};
use super::list::{self, Paging};
use super::query::Params;
use super::scope::Scope;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use zenwallet_core::delivery as core;
use zenwallet_core::id::DeliveryKind;
use zenwallet_core::{Code, Rejection};
use zenwallet_store::DeliveryFilter;

/// A delivery as the API shows it: an event on its way to one address.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryObject<'a> {
    /// `dlv_` and 22 characters.
    #[schema(example = "dlv_01KEY5R8QK3M7N2P4T6V8W", pattern = "^dlv_[0-9A-Za-z]{22}$")]
    delivery_id: String,
    /// Whose it is: told to users, not to apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "app_01KEY5R8QK3M7N2P4T6V8W")]
    app_id: Option<String>,
    /// The event, the same in every delivery of it; receivers know it by this.
    #[schema(example = "evt_01KEY5R8QK3M7N2P4T6V8W")]
    event_id: String,
    /// The event's place in the app's log.
    #[schema(example = 42)]
    event_seq: i64,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(value_type = EventName, example = "payment.success")]
    kind: &'static str,
    /// To which payment. A test names one that does not exist.
    #[schema(example = "pay_01KEY5R8QK3M7N2P4T6V8W")]
    payment_id: String,
    /// The endpoint; null for a payment's own `webhook_url` and for a test of an address.
    #[schema(required = true, example = "whe_01KEY5R8QK3M7N2P4T6V8W")]
    endpoint_id: Option<String>,
    /// The address as it was when the delivery was made.
    #[schema(example = "https://shop.example.com/webhooks")]
    url: &'a str,
    /// Why there is one.
    #[schema(value_type = DeliveryCause, example = "event")]
    cause: &'static str,
    /// Where it stands.
    #[schema(value_type = DeliveryStatus, example = "PENDING")]
    status: &'static str,
    /// Attempts made.
    #[schema(example = 1)]
    attempts: u32,
    /// When it is tried next; in an attempt, when another node takes it over at the latest. Null once it is over.
    #[schema(required = true, format = DateTime, example = "2026-01-26T10:35:05Z")]
    next_attempt_at: Option<String>,
    /// The HTTP status of the last answer.
    #[schema(required = true, example = 503)]
    response_status: Option<u16>,
    /// Why the last attempt had no answer, or why the delivery was called off: a stable word, a colon and a sentence.
    #[schema(required = true, example = json!(null))]
    error: Option<&'a str>,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    created_at: String,
    /// When it was over.
    #[schema(required = true, format = DateTime, example = json!(null))]
    finished_at: Option<String>,
}

impl<'a> DeliveryObject<'a> {
    pub(crate) fn new(delivery: &'a core::Delivery) -> Self {
        Self {
            delivery_id: delivery.id.to_string(),
            app_id: None,
            event_id: delivery.event_id.to_string(),
            event_seq: delivery.event_seq,
            kind: delivery.kind.as_str(),
            payment_id: delivery.payment_id.to_string(),
            endpoint_id: delivery.endpoint_id.map(|id| id.to_string()),
            url: &delivery.url,
            cause: delivery.cause.as_str(),
            status: delivery.status.as_str(),
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
            response_status: delivery.response_status,
            error: delivery.error.as_deref(),
            created_at: delivery.created_at.to_string(),
            finished_at: delivery.finished_at.map(|at| at.to_string()),
        }
    }

    /// The same with whose it is, where that is to be told.
    pub(crate) fn named(delivery: &'a core::Delivery, names_app: bool) -> Self {
        Self { app_id: names_app.then(|| delivery.app_id.to_string()), ..Self::new(delivery) }
    }
}

/// A delivery with every attempt.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryDetail<'a> {
    #[serde(flatten)]
    delivery: DeliveryObject<'a>,
    /// The attempts, in order.
    attempts_log: Vec<AttemptObject<'a>>,
}

impl<'a> DeliveryDetail<'a> {
    pub(crate) fn new(found: &'a (core::Delivery, Vec<core::Attempt>)) -> Self {
        Self::named(found, false)
    }

    /// The same with whose it is, where that is to be told.
    pub(crate) fn named((delivery, attempts): &'a (core::Delivery, Vec<core::Attempt>), names_app: bool) -> Self {
        let attempts_log = attempts.iter().map(AttemptObject::new).collect();
        Self { delivery: DeliveryObject::named(delivery, names_app), attempts_log }
    }
}

/// One attempt: what was sent, and what came back.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttemptObject<'a> {
    /// 1, 2, 3 … without gaps.
    #[schema(example = 1)]
    attempt_number: u32,
    /// When it began.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    started_at: String,
    /// How long it took, in milliseconds.
    #[schema(example = 87)]
    duration_ms: u32,
    /// What was sent.
    request: AttemptRequest<'a>,
    /// What came back; null when nothing did.
    #[schema(required = true)]
    response: Option<AttemptResponse<'a>>,
    /// Why nothing came back: a stable word, a colon and a sentence.
    #[schema(required = true, example = json!(null))]
    error: Option<&'a str>,
}

/// The request of an attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = AttemptSent)]
struct AttemptRequest<'a> {
    /// The headers, by their names; the values of the endpoint's own are hidden.
    #[schema(value_type = HashMap<String, String>, example = json!({"webhook-id": "evt_01KEY5R8QK3M7N2P4T6V8W", "authorization": "(hidden)"}))]
    headers: Option<&'a RawValue>,
    /// SHA-256 of the body, in hexadecimal. Empty when it was not signed and nothing was sent.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    body_sha256: &'a str,
}

/// The answer to an attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = AttemptReceived)]
struct AttemptResponse<'a> {
    /// The HTTP status.
    #[schema(example = 503)]
    status: u16,
    /// The first 32 headers, by their names, at most 4 KB.
    #[schema(value_type = HashMap<String, String>, example = json!({"content-type": "text/plain"}))]
    headers: Option<&'a RawValue>,
    /// The start of the body, at most 4 KB. U+FFFD stands for what is no text.
    #[schema(example = "try again later")]
    body: &'a str,
}

impl<'a> AttemptObject<'a> {
    fn new(attempt: &'a core::Attempt) -> Self {
        let response = attempt.response_status.map(|status| AttemptResponse {
            status,
            headers: as_written(attempt.response_headers.as_deref().unwrap_or("{}")),
            body: attempt.response_body.as_deref().unwrap_or_default(),
        });
        Self {
            attempt_number: attempt.number,
            started_at: attempt.started_at.to_string(),
            duration_ms: attempt.duration_ms,
            request: AttemptRequest {
                headers: as_written(&attempt.request_headers),
                body_sha256: &attempt.request_body_sha256,
            },
            response,
            error: attempt.error.as_deref(),
        }
    }
}

/// JSON as it was kept.
fn as_written(json: &str) -> Option<&RawValue> {
    serde_json::from_str(json).ok()
}

/// A page of deliveries, newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; render writes it")]
pub(crate) struct DeliveryList<'a> {
    /// Always `list`.
    #[schema(example = "list")]
    object: String,
    /// The deliveries.
    data: Vec<DeliveryObject<'a>>,
    /// Whether there are more.
    has_more: bool,
    /// What `cursor` must be for the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<String>,
    /// How many there are, exact up to 10000: always of the queue, elsewhere with `include=total_count`.
    #[schema(required = false)]
    total_count: Option<u32>,
    /// Beside `total_count`: whether there are more than it says.
    #[schema(required = false)]
    total_count_capped: Option<bool>,
}

/// What a list of deliveries was asked for.
#[derive(Debug)]
pub(crate) struct DeliveriesRequest {
    /// One for each app.
    pub(crate) filters: Vec<DeliveryFilter>,
    pub(crate) paging: Paging<DeliveryKind>,
    pub(crate) wants_count: bool,
    /// Whether each delivery tells whose it is.
    names_apps: bool,
}

impl DeliveriesRequest {
    /// Reads what the log is asked for.
    pub(crate) fn parse(query: Option<&str>, scope: &Scope) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let (filters, identity) = filters(&mut params, scope);
        let paging = Paging::parse(&mut params, identity);
        let wants_count = params.include("total_count");
        params.finish(Self { filters, paging, wants_count, names_apps: scope.is_users })
    }

    /// Reads what the queue is asked for, which always tells how long it is.
    pub(crate) fn parse_queue(query: Option<&str>, scope: &Scope) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let status = Some(core::DeliveryStatus::Pending);
        let filters = scope.ids().map(|app_id| DeliveryFilter { status, ..DeliveryFilter::all(app_id) }).collect();
        let paging = Paging::parse(&mut params, format!("{} queue", scope.name));
        params.finish(Self { filters, paging, wants_count: true, names_apps: scope.is_users })
    }

    /// A page. `page` may hold one delivery more than was asked for.
    pub(crate) fn render(&self, page: Vec<core::Delivery>, total: Option<(u32, bool)>) -> String {
        let push = |out: &mut String, delivery: core::Delivery| {
            let shown = DeliveryObject::named(&delivery, self.names_apps);
            // A struct of strings and numbers always serialises.
            out.push_str(&serde_json::to_string(&shown).unwrap_or_default());
        };
        list::envelop(&self.paging, page, total, |delivery| delivery.id, push)
    }
}

/// The same filter for each app, and what the list is known by.
fn filters(params: &mut Params, scope: &Scope) -> (Vec<DeliveryFilter>, String) {
    let status = params.text("status").and_then(|text| {
        let status = core::DeliveryStatus::parse(&text);
        if status.is_none() {
            params.reject(Code::ParameterInvalid, "status", "status must be PENDING, DELIVERED, FAILED or CANCELED");
        }
        status
    });
    let (endpoint_id, payment_id) = (params.id("endpoint_id"), params.id("payment_id"));
    let kind = params.text("type").and_then(|name| params.keep(event::parse_event("type", &name)));
    let (created_after, created_before) = (params.time("created_after"), params.time("created_before"));
    let of = |app_id| DeliveryFilter { app_id, status, endpoint_id, payment_id, kind, created_after, created_before };
    let asked = format!("{status:?} {endpoint_id:?} {payment_id:?} {kind:?} {created_after:?} {created_before:?}");
    (scope.ids().map(of).collect(), format!("{} {asked}", scope.name))
}
