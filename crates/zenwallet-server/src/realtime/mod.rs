//! Socket.IO at `/socket.io`: `/` for apps, `/pay` for payers, `/dashboard` for users. A socket is a follower of its app's log with a wire at its
//! end: what it cannot take yet stays in the log, so there is neither a gap nor a duplicate between what is replayed and
//! what is live, and a socket that stalls holds no memory but its small buffer.

mod apps;
mod door;
mod pace;
mod payers;
mod users;

pub(crate) use door::Origins;

use crate::gateway::Gateway;
use axum::Router;
use axum::routing::any;
use door::Door;
use serde::ser::Error;
use serde::{Serialize, Serializer};
use socketioxide::extract::SocketRef;
use socketioxide::handler::ConnectHandler;
use socketioxide::{SendError, SocketError, SocketIo};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

/// Packets that may wait for a socket's wire. They go out together, and the room for them stays with the socket.
const BUFFER: usize = 32;
/// The namespaces whose sockets are paced: a payer's page is told far less than fits.
const PACED: [&str; 2] = ["/", "/dashboard"];
/// Most bytes of one answer to a poll, which nothing ever reaches: all that may wait fits into it. What does not fit would
/// be set aside for the next poll, and be lost when an upgrade comes before that. Bodies from clients have the API's limit.
const POLL_MAX_BYTES: u64 = BUFFER as u64 * 64 * 1024;
/// Most bytes of one message from a client: an `auth` and little more.
const MESSAGE_MAX_BYTES: usize = 16 * 1024;
/// Room for what a client says once it is in, a few bytes at a time; it grows for the rest.
const READ_BYTES: usize = 256;
/// Longest wait from the transport's opening to the first namespace.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How soon a socket whose buffer is full is tried again: at first, when it is only catching up, and at last, when it does
/// not read.
const FULL_PAUSES: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(64)];

/// The route of the sockets.
pub(crate) fn routes(gateway: &Arc<Gateway>, origins: Origins) -> Router {
    let (service, io) = SocketIo::builder()
        .max_buffer_size(BUFFER)
        .max_payload(POLL_MAX_BYTES)
        .ws_max_message_size(MESSAGE_MAX_BYTES)
        .ws_max_frame_size(MESSAGE_MAX_BYTES)
        .ws_read_buffer_size(READ_BYTES)
        .connect_timeout(CONNECT_TIMEOUT)
        .with_state(Arc::clone(gateway))
        .with_state(payers::Rooms::default())
        .build_with_inner_svc(Router::new());
    io.ns("/", apps::follow.with(apps::admit));
    io.ns("/pay", payers::show.with(payers::admit));
    io.ns("/dashboard", users::follow.with(users::admit));
    let door = Arc::new(Door::new(service, io, Arc::clone(gateway), origins));
    let handler = move |request| {
        let door = Arc::clone(&door);
        async move { door.pass(request).await }
    };
    Router::new().route("/socket.io/", any(handler))
}

/// Sends an event, as soon as the socket's buffer has room; false when the socket is gone.
async fn send(socket: &SocketRef, event: &str, data: &(impl Serialize + ?Sized)) -> bool {
    let [mut pause, longest] = FULL_PAUSES;
    loop {
        match emit(socket, event, data) {
            Ok(()) => return true,
            // A wire on which nothing moves is cut off by its connection's guard.
            Err(SendError::Socket(SocketError::InternalChannelFull)) => {
                tokio::time::sleep(pause).await;
                pause = longest.min(pause * 2);
            }
            Err(SendError::Socket(SocketError::Closed)) => return false,
            Err(SendError::Serialize(error)) => {
                tracing::error!(%error, event, "an event could not be sent");
                return false;
            }
        }
    }
}

/// Emits an event, if one more place of the socket's buffer stays free: a ping that finds no room ends the socket, and one
/// that does not read has a full buffer all the time. While it is asked for, the place is taken: [`pace::Pace`] keeps the
/// buffer of a socket that does read from filling so far.
fn emit(socket: &SocketRef, event: &str, data: &(impl Serialize + ?Sized)) -> Result<(), SendError> {
    let emitting = Emitting { emit: || socket.emit(event, data), done: Cell::new(None) };
    // Takes a place, then asks for the data; what it asks for takes the next place, and the first is given back.
    let asked = socket.emit(event, &emitting);
    emitting.done.take().unwrap_or(asked)
}

/// What emits when it is asked for its data, and has none.
struct Emitting<F> {
    emit: F,
    done: Cell<Option<Result<(), SendError>>>,
}

impl<F: Fn() -> Result<(), SendError>> Serialize for Emitting<F> {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        // It may be asked twice, once for its shape.
        let done = self.done.take().unwrap_or_else(&self.emit);
        self.done.set(Some(done));
        Err(S::Error::custom("it holds a place and is no message"))
    }
}
