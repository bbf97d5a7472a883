//! `/api/events`: the app's log, a page at a time or as it grows.

use super::{Answered, json};
use crate::edge::{ApiError, AppCaller, Exchange, PathId, Query};
use crate::gateway::{Farewell, Follower, Gateway};
use crate::wire::error::ErrorBody;
use crate::wire::event::{EventList, EventName, EventObject, LogRequest, event_json, event_list_json};
use crate::wire::query::{Params, parse_seq};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::event::EventType;
use zenwallet_core::id::{EventKind, RequestId};
use zenwallet_core::{Code, Rejection};

/// A stream on which nothing happens says so this often: proxies cut off what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What a client waits before it connects again, in milliseconds.
const RECONNECT_MS: u32 = 2_000;

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
    let request = LogRequest::parse_stream(query.as_deref())?;
    let after = last_event_id(&headers)?.or(request.after);
    let follower = gateway.follow(&caller, after).await?;
    let stream = EventStream { kind: request.kind, request_id: exchange.request_id(), state: Stage::Begins(follower) };
    let mut response = Response::new(Body::from_stream(stream::unfold(stream, EventStream::next)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that gathers answers would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Rejection> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let seq = value.to_str().ok().and_then(parse_seq);
    let invalid =
        || Rejection::new(Code::ParameterInvalid, "Last-Event-ID", "Last-Event-ID must be the seq of an event");
    seq.map(Some).ok_or_else(invalid)
}

struct EventStream {
    kind: Option<EventType>,
    request_id: RequestId,
    state: Stage,
}

enum Stage {
    Begins(Follower),
    Follows(Follower),
    Ended,
}

impl EventStream {
    /// The next piece. It is asked for when the one before has gone out: a reader that does not read is told nothing,
    /// and its connection is cut off like any other that stalls.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let (piece, state) = match std::mem::replace(&mut self.state, Stage::Ended) {
            // An id without data is no event, but what a client that connects again sends as `Last-Event-ID`.
            Stage::Begins(follower) => {
                (format!("retry: {RECONNECT_MS}\nid: {}\n\n", follower.after()), Stage::Follows(follower))
            }
            Stage::Follows(mut follower) => match tokio::time::timeout(HEARTBEAT, follower.next()).await {
                Err(_) => (": still here\n\n".to_owned(), Stage::Follows(follower)),
                Ok(Ok(page)) => {
                    let (mut text, mut told) = (String::with_capacity(512 * page.len()), 0);
                    for event in page.iter().filter(|event| self.kind.is_none_or(|kind| kind == event.kind)) {
                        let (seq, name, data) = (event.seq, event.kind.as_str(), event.json.get());
                        let _ = write!(text, "id: {seq}\nevent: {name}\ndata: {data}\n\n");
                        told = seq;
                    }
                    // What was not asked for still moves the place on.
                    if told < follower.after() {
                        let _ = write!(text, "id: {}\n\n", follower.after());
                    }
                    (text, Stage::Follows(follower))
                }
                Ok(Err(farewell)) => (self.farewell(farewell), Stage::Ended),
            },
            Stage::Ended => return None,
        };
        self.state = state;
        Some((Ok(piece.into()), self))
    }

    fn farewell(&self, farewell: Farewell) -> String {
        format!("event: stream.end\ndata: {}\n\n", ApiError::from(farewell).body(self.request_id))
    }
}
