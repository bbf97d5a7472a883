//! The audit log: how it is asked for, and how it is shown.

use super::list::{Paging, envelop};
use super::query::Params;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use zenwallet_core::audit::{Action, AuditEntry};
use zenwallet_core::id::{AppId, AuditKind, UserId};
use zenwallet_core::{Code, Rejection};
use zenwallet_store::AuditFilter;

/// Which entries are wanted.
pub(crate) struct AuditRequest {
    pub(crate) filter: AuditFilter,
    pub(crate) paging: Paging<AuditKind>,
}

impl AuditRequest {
    pub(crate) fn parse(query: Option<&str>, reader: UserId) -> Result<Self, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let filter = filter(&mut params);
        let identity = format!("audit {reader} {filter:?}");
        let paging = Paging::parse(&mut params, identity);
        params.finish(()).map(|()| Self { filter, paging })
    }

    /// The same without pages, for an export.
    pub(crate) fn parse_export(query: Option<&str>) -> Result<AuditFilter, Vec<Rejection>> {
        let mut params = Params::parse(query);
        let filter = filter(&mut params);
        params.finish(filter)
    }
}

fn filter(params: &mut Params) -> AuditFilter {
    let action = params.text("action").and_then(|text| {
        let action = Action::parse(&text);
        if action.is_none() {
            params.reject(
                Code::ParameterInvalid,
                "action",
                "action must be one that the log knows, such as key.created",
            );
        }
        action
    });
    AuditFilter {
        app_id: params.id("app_id"),
        user_id: params.id("user_id"),
        action,
        target: None,
        after: params.time("after"),
        before: params.time("before"),
    }
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditObject<'a> {
    /// `aud_` and 22 characters.
    #[schema(example = "aud_01KEY5R8QK3M7N2P4T6V8W")]
    audit_id: String,
    /// When.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    at: String,
    /// Who: `user`, `app`, `console`, `system` or `anonymous`.
    #[schema(example = "user")]
    actor: &'static str,
    /// His id.
    #[schema(required = true, example = "usr_01KEY5R8QK3M7N2P4T6V8W")]
    actor_id: Option<String>,
    /// As he was called then.
    #[schema(example = "ada@example.com")]
    actor_name: &'a str,
    /// What.
    #[schema(example = "key.created")]
    action: &'static str,
    /// Of which app, where it is about one.
    #[schema(required = true, example = "app_01KEY5R8QK3M7N2P4T6V8W")]
    app_id: Option<String>,
    /// What it was done to.
    #[schema(required = true, example = "key_01KEY5R8QK3M7N2P4T6V8W")]
    target: Option<&'a str>,
    /// From where.
    #[schema(required = true, example = "203.0.113.7")]
    address: Option<&'a str>,
    /// In which request.
    #[schema(required = true, example = "req_01KEY5R8QK3M7N2P4T6V8W")]
    request_id: Option<String>,
    /// What it was before: of what changed.
    #[schema(required = true, value_type = Option<Object>)]
    before: Option<&'a RawValue>,
    /// What it is afterwards.
    #[schema(required = true, value_type = Option<Object>)]
    after: Option<&'a RawValue>,
}

impl<'a> AuditObject<'a> {
    pub(crate) fn new(entry: &'a AuditEntry) -> Self {
        let raw = |json: &'a Option<String>| json.as_deref().and_then(|json| serde_json::from_str(json).ok());
        Self {
            audit_id: entry.id.to_string(),
            at: entry.at.to_string(),
            actor: entry.actor.kind(),
            actor_id: entry.actor.id(),
            actor_name: entry.actor.name(),
            action: entry.action.as_str(),
            app_id: entry.app_id.map(|id: AppId| id.to_string()),
            target: entry.target.as_deref(),
            address: entry.address.as_deref(),
            request_id: entry.request_id.map(|id| id.to_string()),
            before: raw(&entry.before),
            after: raw(&entry.after),
        }
    }
}

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditList<'a> {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// The entries.
    data: Vec<AuditObject<'a>>,
    /// Whether there are more.
    has_more: bool,
    /// What gives the next page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// A page of entries.
pub(crate) fn render(request: &AuditRequest, page: Vec<AuditEntry>) -> String {
    // Strings, numbers and what is JSON already always serialise.
    let push = |out: &mut String, entry: AuditEntry| {
        out.push_str(&serde_json::to_string(&AuditObject::new(&entry)).unwrap_or_default());
    };
    envelop(&request.paging, page, None, |entry| entry.id, push)
}
