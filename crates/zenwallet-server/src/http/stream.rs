//! Server-Sent Events: an app's log as it grows.

use crate::edge::ApiError;
use crate::gateway::{Farewell, Follower, Listener, Told};
use crate::wire::event::ListeningObject;
use crate::wire::query::parse_seq;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use futures_util::stream;
use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;
use zenwallet_core::event::EventType;
use zenwallet_core::id::RequestId;
use zenwallet_core::{Code, Rejection};

/// A stream on which nothing happens says so this often: proxies cut off what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What a client waits before it connects again, in milliseconds.
const RECONNECT_MS: u32 = 2_000;

/// As what a stream tells an event.
pub(super) enum Tells {
    /// The event object.
    Events,
    /// The webhook, signed for those who listen.
    Webhooks(Listener),
}

impl Tells {
    /// What is said of where the stream begins.
    fn greet(&self, after_seq: i64) -> String {
        // An id without data is no event, but what a client that connects again sends as `Last-Event-ID`.
        let place = format!("retry: {RECONNECT_MS}\nid: {after_seq}\n");
        match self {
            Self::Events => place + "\n",
            Self::Webhooks(listener) => {
                let ready = ListeningObject { after_seq, webhook_secret: listener.secret() };
                format!("{place}event: listen.ready\ndata: {}\n\n", text(&ready))
            }
        }
    }

    fn tell(&self, out: &mut String, event: &Told) {
        let seq = event.seq;
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Events => {
                write!(out, "id: {seq}\nevent: {}\ndata: {}\n\n", event.kind.as_str(), event.json.get())
            }
            Self::Webhooks(listener) => {
                let data = listener.sign(event, |webhook| text(webhook));
                write!(out, "id: {seq}\nevent: webhook\ndata: {data}\n\n")
            }
        };
    }
}

/// What is told is made of strings and numbers, which always serialise.
fn text(told: &impl serde::Serialize) -> String {
    serde_json::to_string(told).unwrap_or_default()
}

/// The answer that goes on until one of the two ends it.
pub(super) fn respond(follower: Follower, kind: Option<EventType>, request_id: RequestId, tells: Tells) -> Response {
    let stream = EventStream { kind, request_id, tells, state: Stage::Begins(follower) };
    let mut response = Response::new(Body::from_stream(stream::unfold(stream, EventStream::next)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that gathers answers would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Rejection> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let seq = value.to_str().ok().and_then(parse_seq);
    let invalid =
        || Rejection::new(Code::ParameterInvalid, "Last-Event-ID", "Last-Event-ID must be the seq of an event");
    seq.map(Some).ok_or_else(invalid)
}

struct EventStream {
    kind: Option<EventType>,
    request_id: RequestId,
    tells: Tells,
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
            Stage::Begins(follower) => (self.tells.greet(follower.after()), Stage::Follows(follower)),
            Stage::Follows(mut follower) => match tokio::time::timeout(HEARTBEAT, follower.next()).await {
                Err(_) => (": still here\n\n".to_owned(), Stage::Follows(follower)),
                Ok(Ok(page)) => {
                    let (mut text, mut told) = (String::with_capacity(512 * page.len()), 0);
                    for event in page.iter().filter(|event| self.kind.is_none_or(|kind| kind == event.kind)) {
                        self.tells.tell(&mut text, event);
                        told = event.seq;
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
