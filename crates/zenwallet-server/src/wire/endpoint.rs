//! Endpoints: what is asked of them, and how they are shown.

use super::body::Fields;
use super::event::{EventName, parse_events};
use crate::egress::Receivers;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa::openapi::Ref;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use zenwallet_core::Rejection;
use zenwallet_core::app::Environment;
use zenwallet_core::endpoint::{Endpoint, EventSet, check_headers};
use zenwallet_core::id::EndpointId;
use zenwallet_core::limits as at_most;

/// A webhook endpoint to be made.
#[derive(ToSchema)]
#[schema(as = CreateEndpointRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; EndpointChange reads it")]
pub(crate) struct CreateEndpoint {
    /// Where webhooks go: https in production, and never into the gateway's own network.
    #[schema(max_length = 2048, format = "uri", pattern = "^https?://", example = "https://shop.example.com/webhooks")]
    url: String,
    #[schema(schema_with = events_schema, required = false)]
    events: Option<Vec<EventName>>,
    #[schema(schema_with = headers_schema, required = false)]
    headers: Option<BTreeMap<String, String>>,
    /// What you call it.
    #[schema(max_length = 1000, example = "Order system")]
    description: Option<String>,
    /// Whether webhooks go there; true when absent.
    #[schema(default = true)]
    is_enabled: Option<bool>,
}

/// What of a webhook endpoint is to change. What is absent stays.
#[derive(ToSchema)]
#[schema(as = UpdateEndpointRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; EndpointChange reads it")]
pub(crate) struct UpdateEndpoint {
    /// Where webhooks go from now on. What is on its way already goes where it was sent to.
    #[schema(value_type = String, required = false, max_length = 2048, format = "uri", pattern = "^https?://", example = "https://shop.example.com/webhooks")]
    url: Option<String>,
    #[schema(schema_with = changed_events_schema, required = false)]
    events: Option<Vec<EventName>>,
    #[schema(schema_with = headers_schema, required = false)]
    headers: Option<BTreeMap<String, String>>,
    /// What you call it; null for nothing.
    #[schema(max_length = 1000, example = "Order system")]
    description: Option<String>,
    /// Whether webhooks go there. True also forgets why the gateway disabled it, and since when it fails.
    #[schema(value_type = bool, required = false)]
    is_enabled: Option<bool>,
}

fn events_schema() -> Schema {
    events(SchemaType::from_iter([Type::Array, Type::Null]))
        .description(Some("The events that go there; the three final ones of a payment when absent."))
        .build()
        .into()
}

fn changed_events_schema() -> Schema {
    let words = "The events that go there, instead of those that went.";
    events(SchemaType::Type(Type::Array)).description(Some(words)).build().into()
}

fn events(kind: SchemaType) -> ArrayBuilder {
    ArrayBuilder::new()
        .schema_type(kind)
        .items(Ref::from_schema_name("EventName"))
        .min_items(Some(1))
        .unique_items(true)
        .examples([serde_json::json!(["payment.success", "payment.failed"])])
}

fn headers_schema() -> Schema {
    let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$"));
    let value = ObjectBuilder::new().schema_type(Type::String).max_length(Some(1_000)).pattern(Some("^[\\t -~]*$"));
    let words = "Headers of your own for every request, at most 10; null or {} for none. They are kept sealed and \
        never shown again. The gateway's own names cannot be taken.";
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .description(Some(words))
        .property_names(Some(name))
        .additional_properties(Some(Schema::Object(value.build())))
        .max_properties(Some(at_most::ENDPOINT_HEADERS_MAX))
        .examples([serde_json::json!({"Authorization": "Bearer s3cret"})])
        .into()
}

/// What somebody wants an endpoint to be; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndpointChange {
    pub(crate) url: Option<String>,
    pub(crate) events: Option<EventSet>,
    pub(crate) headers: Option<Vec<(String, String)>>,
    pub(crate) description: Option<Option<String>>,
    pub(crate) is_enabled: Option<bool>,
}

impl EndpointChange {
    /// Reads what a new endpoint is to be.
    pub(crate) fn parse_new(
        body: &[u8],
        environment: Environment,
        receivers: Receivers<'_>,
    ) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        let change = Self::read(&mut fields, environment, receivers);
        fields.require("url", change.url.as_ref());
        fields.finish(Some(change))
    }

    /// Reads what is to change of an endpoint.
    pub(crate) fn parse(
        body: &[u8],
        environment: Environment,
        receivers: Receivers<'_>,
    ) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        for name in ["url", "events", "is_enabled"] {
            fields.refuse_null(name);
        }
        let (no_headers, no_description) = (fields.is_null("headers"), fields.is_null("description"));
        let mut change = Self::read(&mut fields, environment, receivers);
        if no_headers {
            change.headers = Some(Vec::new());
        }
        if no_description {
            change.description = Some(None);
        }
        fields.finish(Some(change))
    }

    fn read(fields: &mut Fields<'_>, environment: Environment, receivers: Receivers<'_>) -> Self {
        let url = fields.string("url", at_most::URL_MAX_CHARS);
        let url = url.and_then(|url| {
            let checked = receivers.check_url("url", &url, environment);
            fields.keep(checked.map(|()| url))
        });
        let events = fields.strings("events");
        let events = events.and_then(|names| fields.keep(parse_events("events", &names)));
        let headers = fields.string_members("headers");
        let headers = headers.and_then(|headers| fields.keep(check_headers(&headers).map(|()| headers)));
        let description = fields.string("description", at_most::DESCRIPTION_MAX_CHARS).map(Some);
        let is_enabled = fields.boolean("is_enabled");
        Self { url, events, headers, description, is_enabled }
    }
}

/// A webhook endpoint as the API shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointObject<'a> {
    /// `whe_` and 22 characters.
    #[schema(example = "whe_01KEY5R8QK3M7N2P4T6V8W", pattern = "^whe_[0-9A-Za-z]{22}$")]
    endpoint_id: String,
    /// Where webhooks go, as it was given.
    #[schema(example = "https://shop.example.com/webhooks")]
    url: &'a str,
    /// The events that go there.
    #[schema(value_type = Vec<EventName>)]
    events: Vec<&'static str>,
    /// The names of its own headers. Their values are never shown again.
    #[schema(example = json!({"Authorization": "(hidden)"}))]
    headers: BTreeMap<String, &'static str>,
    /// What you call it.
    #[schema(required = true)]
    description: Option<&'a str>,
    /// Whether it is the `webhook_url` that the app was made with.
    is_default: bool,
    /// Whether webhooks go there now.
    is_enabled: bool,
    /// Why the gateway disabled it: a stable word, a colon and a sentence. Null when it did not.
    #[schema(required = true, example = json!(null))]
    disabled_reason: Option<&'a str>,
    /// Since when deliveries have failed for good without one that succeeded.
    #[schema(required = true, format = DateTime, example = json!(null))]
    failing_since: Option<String>,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    created_at: String,
}

/// What is shown of a header's value.
const HIDDEN: &str = "(hidden)";

impl<'a> EndpointObject<'a> {
    /// An endpoint with the names of its own headers.
    pub(crate) fn new(endpoint: &'a Endpoint, header_names: Vec<String>) -> Self {
        Self {
            endpoint_id: endpoint.id.to_string(),
            url: &endpoint.url,
            events: endpoint.events.types().map(|kind| kind.as_str()).collect(),
            headers: header_names.into_iter().map(|name| (name, HIDDEN)).collect(),
            description: endpoint.description.as_deref(),
            is_default: endpoint.is_default,
            is_enabled: endpoint.is_enabled,
            disabled_reason: endpoint.disabled_reason.as_deref(),
            failing_since: endpoint.failing_since.map(|at| at.to_string()),
            created_at: endpoint.created_at.to_string(),
        }
    }
}

/// Every webhook endpoint of an app, oldest first: one page, in the envelope of every list.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointList<'a> {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// The endpoints.
    data: Vec<EndpointObject<'a>>,
    /// Always false: an app has at most 20.
    has_more: bool,
    /// Always null.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl<'a> EndpointList<'a> {
    pub(crate) fn new(data: Vec<EndpointObject<'a>>) -> Self {
        Self { object: "list", data, has_more: false, next_cursor: None }
    }
}

/// An endpoint that is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedEndpoint {
    /// Which it was.
    #[schema(example = "whe_01KEY5R8QK3M7N2P4T6V8W")]
    id: String,
    /// Always true.
    deleted: bool,
}

impl DeletedEndpoint {
    pub(crate) fn new(id: EndpointId) -> Self {
        Self { id: id.to_string(), deleted: true }
    }
}
