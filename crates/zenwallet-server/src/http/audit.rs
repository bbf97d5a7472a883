//! `/api/audit`: who did what.

use super::{Answered, json};
use crate::edge::{ApiError, Query, UserCaller};
use crate::gateway::{Gateway, Login};
use crate::wire::audit::{self, AuditList, AuditObject, AuditRequest};
use crate::wire::error::ErrorBody;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use std::sync::Arc;
use zenwallet_core::audit::AuditEntry;
use zenwallet_core::id::AuditId;
use zenwallet_store::{AuditFilter, StoreError};

/// Entries of one read of an export.
const CHUNK: u32 = 500;

/// Read the audit log
///
/// Newest first. Admins see everything; others what they did themselves, or with `app_id` what was done to an app of
/// theirs. It is never changed and nothing of it is ever removed.
#[utoipa::path(get, path = "/api/audit", tag = "Audit", security(("session" = [])),
    params(("app_id" = Option<String>, Query, pattern = "^app_[0-9A-Za-z]{22}$", description = "About this app"),
        ("user_id" = Option<String>, Query, pattern = "^usr_[0-9A-Za-z]{22}$", description = "By this user"),
        ("action" = Option<String>, Query, description = "This action, such as `key.created`"),
        ("after" = Option<String>, Query, format = DateTime, description = "At this moment or later"),
        ("before" = Option<String>, Query, format = DateTime, description = "Before this moment"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Entries a page, 50 when absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = AuditList, description = "A page"),
        (status = 400, body = ErrorBody, description = "A parameter is not acceptable; `errors` names everything"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id")))]
pub(crate) async fn list_audit(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    let request = AuditRequest::parse(query.as_deref(), login.user.id)?;
    let (below, limit) = (request.paging.below, request.paging.limit + 1);
    let page = gateway.list_audit(&login, request.filter.clone(), below, limit).await?;
    Ok(json(200, audit::render(&request, page)))
}

/// Export the audit log
///
/// One JSON object a line, newest first, any number of them. For admins; the export is written down.
#[utoipa::path(get, path = "/api/audit/export", tag = "Audit", security(("session" = [])),
    params(("app_id" = Option<String>, Query, pattern = "^app_[0-9A-Za-z]{22}$", description = "About this app"),
        ("user_id" = Option<String>, Query, pattern = "^usr_[0-9A-Za-z]{22}$", description = "By this user"),
        ("action" = Option<String>, Query, description = "This action, such as `key.created`"),
        ("after" = Option<String>, Query, format = DateTime, description = "At this moment or later"),
        ("before" = Option<String>, Query, format = DateTime, description = "Before this moment")),
    responses((status = 200, body = String, content_type = "application/x-ndjson", description = "The entries"),
        (status = 400, body = ErrorBody, description = "A parameter is not acceptable; `errors` names everything")))]
pub(crate) async fn export_audit(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Result<Response, ApiError> {
    login.require_admin()?;
    let filter = AuditRequest::parse_export(query.as_deref())?;
    gateway.note_audit_export(&login).await?;
    let export = Export { gateway, login, filter, below: None, is_over: false };
    let mut response = Response::new(Body::from_stream(stream::try_unfold(export, Export::next)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    let name = HeaderValue::from_static("attachment; filename=\"audit.ndjson\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

struct Export {
    gateway: Arc<Gateway>,
    login: Login,
    filter: AuditFilter,
    below: Option<AuditId>,
    is_over: bool,
}

impl Export {
    /// The next chunk. A failure in the middle breaks the connection, so that half an export is never taken for a whole
    /// one.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.gateway.list_audit(&self.login, self.filter.clone(), self.below, CHUNK).await;
        let page = page.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        self.is_over = page.len() < CHUNK as usize;
        self.below = page.last().map(|entry| entry.id);
        Ok(Some((lines(&page).into(), self)))
    }
}

fn lines(page: &[AuditEntry]) -> String {
    let line = |entry| serde_json::to_string(&AuditObject::new(entry)).unwrap_or_default() + "\n";
    page.iter().map(line).collect()
}
