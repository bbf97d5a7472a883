//! `/api/events`: the app's log, a page at a time or as it grows.

use super::stream::{self, Tells};
use super::{Answered, json};
use crate::edge::{ApiError, AppCaller, Exchange, PathId, Query};
use crate::gateway::{Caller, Gateway};
use crate::wire::error::ErrorBody;
use crate::wire::event::{EventList, EventName, EventObject, LogRequest, event_json, event_list_json};
use crate::wire::query::Params;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::id::EventKind;

/// List events
///
/// The app's log in its order, from `after_seq` on. Each event comes once; a page's `next_after_seq` is the next page's
/// `after_seq`. With `type` a page looks through at most 1000 events, so it can be empty although there are more.
#[utoipa::path(get, path = "/api/events", tag = "Events",
    params(("after_seq" = Option<i64>, Query, minimum = 0, description = "Behind this event; from the first that is kept when absent"),
        ("type" = Option<EventName>, Query, description = "Of this type"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Events a page, 50 when absent")),
    responses(
        (status = 200, body = EventList, description = "A page of the log"),
        (status = 400, body = ErrorBody, description = "A parameter is not acceptable, or the log does not reach there")))]
pub(crate) async fn list_events(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    Query(query): Query,
) -> Answered {
    let request = LogRequest::parse_page(query.as_deref())?;
    let page = gateway.list_events(caller.app.id, request.after, request.kind, request.limit).await?;
    Ok(json(200, event_list_json(&page.events, page.has_more, page.next_after)))
}

/// Read an event
#[utoipa::path(get, path = "/api/events/{event_id}", tag = "Events",
    params(("event_id" = String, Path, description = "The event")),
    responses(
        (status = 200, body = EventObject, description = "The event"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No event of this app has this id")))]
pub(crate) async fn get_event(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<EventKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let found = gateway.find_event(caller.app.id, id).await?;
    Ok(json(200, event_json(&found.ok_or(ApiError::new(Code::EventNotFound))?)))
}

/// Stream events
///
/// Server-Sent Events: the log behind `Last-Event-ID` (which clients send by themselves when they connect again) or
/// `after_seq`, else from now on; then every event as it happens. An event's `id` is its `seq`, its name is its type, its
/// data is the event object. Every 15 s without an event there is a comment. When the gateway ends a stream it says
/// why in a last `stream.end`.
#[utoipa::path(get, path = "/api/events/stream", tag = "Events",
    params(("after_seq" = Option<i64>, Query, minimum = 0, description = "Behind this event; from now on when absent"),
        ("type" = Option<EventName>, Query, description = "Of this type"),
        ("Last-Event-ID" = Option<String>, Header, pattern = "^[0-9]{1,18}$", description = "Behind this event; leads over `after_seq`")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String, description = "Events without end"),
        (status = 400, body = ErrorBody, description = "A parameter is not acceptable, or the log does not reach there")))]
pub(crate) async fn stream_events(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    Query(query): Query,
    exchange: Exchange,
    headers: HeaderMap,
) -> Answered {
    follow(&gateway, &caller, query.as_deref(), &headers, &exchange, Tells::Events).await
}

/// Listen to webhooks
///
/// The same stream with each event as the webhook that it would be: the bytes and the headers to post to a receiver that
/// the gateway cannot reach, such as one on a developer's machine. It begins with `listen.ready`, which tells the
/// `webhook_secret` of what follows: one for all who listen to this app, and another than the app's own. Then each `webhook`
/// has `seq`, `type`, `headers` and `body`; it is signed when it is told, so the newest signature is had by connecting
/// again behind the event before it.
#[utoipa::path(get, path = "/api/webhooks/listen", tag = "Webhooks",
    params(("after_seq" = Option<i64>, Query, minimum = 0, description = "Behind this event; from now on when absent"),
        ("type" = Option<EventName>, Query, description = "Of this type"),
        ("Last-Event-ID" = Option<String>, Header, pattern = "^[0-9]{1,18}$", description = "Behind this event; leads over `after_seq`")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String, description = "Webhooks without end"),
        (status = 400, body = ErrorBody, description = "A parameter is not acceptable, or the log does not reach there")))]
pub(crate) async fn listen_to_webhooks(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    Query(query): Query,
    exchange: Exchange,
    headers: HeaderMap,
) -> Answered {
    let tells = Tells::Webhooks(gateway.listener(caller.app.id));
    follow(&gateway, &caller, query.as_deref(), &headers, &exchange, tells).await
}

/// The log from where the request says, told in one of two ways.
async fn follow(
    gateway: &Arc<Gateway>,
    caller: &Caller,
    query: Option<&str>,
    headers: &HeaderMap,
    exchange: &Exchange,
    tells: Tells,
) -> Answered {
    let request = LogRequest::parse_stream(query)?;
    let after = stream::last_event_id(headers)?.or(request.after);
    let follower = gateway.follow(caller, after).await?;
    Ok(stream::respond(follower, request.kind, exchange.request_id(), tells))
}
