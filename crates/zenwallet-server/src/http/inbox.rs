//! `/api/apps/{app_id}/inbox` and `/inbox/{inbox_id}`: a receiver for those who have none yet.

use super::{Answered, json, show};
use crate::edge::{ApiError, AppReader, Exchange, PathId, Query, read_body};
use crate::gateway::{Gateway, PeopleError, Post};
use crate::wire::error::ErrorBody;
use crate::wire::inbox::{self, EmptiedInbox, INBOX_ANSWER, InboxObject, MessageList};
use crate::wire::query::Params;
use axum::extract::{Request, State};
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::id::InboxKind;

/// Read an app's inbox
///
/// The address of a receiver that keeps what comes, for apps without a server: make it an endpoint's `url` or a payment's
/// `webhook_url`. Test apps have one, which is made when it is first asked for. Nobody but this app can name it so.
#[utoipa::path(get, path = "/api/apps/{app_id}/inbox", tag = "Webhooks",
    params(("app_id" = String, Path, description = "The app")),
    responses(
        (status = 200, body = InboxObject, description = "The inbox"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No app that the caller may see has this id"),
        (status = 409, body = ErrorBody, description = "The app is a production app")))]
pub(crate) async fn get_inbox(
    State(gateway): State<Arc<Gateway>>,
    AppReader(caller): AppReader,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let id = gateway.open_inbox(&caller.app).await?;
    Ok(show(200, &InboxObject::new(gateway.inbox_url(id))))
}

/// List an app's inbox
///
/// What was posted there, newest first. A page's `next_cursor` is the next page's `cursor`.
#[utoipa::path(get, path = "/api/apps/{app_id}/inbox/messages", tag = "Webhooks",
    params(("app_id" = String, Path, description = "The app"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Messages a page, 50 when absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses(
        (status = 200, body = MessageList, description = "A page of messages"),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable"),
        (status = 404, body = ErrorBody, description = "No app that the caller may see has this id"),
        (status = 409, body = ErrorBody, description = "The app is a production app")))]
pub(crate) async fn list_messages(
    State(gateway): State<Arc<Gateway>>,
    AppReader(caller): AppReader,
    Query(query): Query,
) -> Answered {
    let paging = inbox::parse_paging(query.as_deref(), caller.app.id)?;
    let page = gateway.list_messages(&caller.app, paging.below, paging.limit + 1).await?;
    Ok(json(200, inbox::render(&paging, page)))
}

/// Empty an app's inbox
#[utoipa::path(delete, path = "/api/apps/{app_id}/inbox/messages", tag = "Webhooks",
    params(("app_id" = String, Path, description = "The app")),
    responses(
        (status = 200, body = EmptiedInbox, description = "It is empty"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No app that the caller may see has this id"),
        (status = 409, body = ErrorBody, description = "The app is a production app")))]
pub(crate) async fn empty_inbox(
    State(gateway): State<Arc<Gateway>>,
    AppReader(caller): AppReader,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    Ok(show(200, &EmptiedInbox::new(gateway.empty_inbox(&caller.app).await?)))
}

/// Takes whatever anybody posts, as a receiver of webhooks does.
pub(super) async fn post_message(
    State(gateway): State<Arc<Gateway>>,
    exchange: Exchange,
    PathId(id): PathId<InboxKind>,
    request: Request,
) -> Answered {
    let app_id = gateway.admit_message(id, &exchange.visitor()).await.map_err(|refusal| match refusal {
        PeopleError::Throttled(seconds) => ApiError::new(Code::RateLimited).with_retry_after(seconds),
        refusal => refusal.into(),
    })?;
    let (parts, body) = request.into_parts();
    let body = read_body(&parts, body).await?;
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes(), value.is_sensitive()));
    match gateway.receive_message(app_id, id, Post::new(headers, &body)).await? {
        true => Ok(json(200, INBOX_ANSWER)),
        false => Err(ApiError::new(Code::InboxNotFound)),
    }
}
