//! How fast a socket is told. One that polls: no faster than it polls, for an upgrade to a websocket needs a place among the
//! packets that wait, and while it lasts nothing else is taken from there: were they all full, both would wait for each
//! other. A websocket: no faster than its packets go out, for a ping that finds no place ends the socket.

use serde::Serialize;
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use socketioxide::{SocketIo, TransportType};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use url::form_urlencoded;

/// Most packets from one poll to the next. A poll that waits is answered with the first packet alone, so twice as many
/// may wait, which leaves room.
const POLLED: usize = super::BUFFER / 2 - 8;
/// How soon an upgrade is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Most packets to a websocket within [`DRAIN`], in which its wire takes them all unless it is stuck.
const BURST: usize = super::BUFFER * 3 / 4;
const DRAIN: Duration = Duration::from_millis(2);

/// The pace of one socket, whatever it is told of.
pub(super) struct Pace {
    window: Mutex<Window>,
    polled: Notify,
}

/// What was sent since there was room for sure.
struct Window {
    sent: usize,
    opened: Instant,
}

impl Window {
    fn reopen(&mut self) {
        *self = Self { sent: 0, opened: Instant::now() };
    }
}

impl Pace {
    pub(super) fn of(socket: &SocketRef) -> Arc<Self> {
        let window = Window { sent: 0, opened: Instant::now() };
        let pace = Arc::new(Self { window: Mutex::new(window), polled: Notify::new() });
        socket.extensions.insert(Arc::clone(&pace));
        pace
    }

    /// Sends an event when its turn has come; false when the socket is gone.
    pub(super) async fn send(&self, socket: &SocketRef, event: &str, data: &(impl Serialize + ?Sized)) -> bool {
        self.wait(socket).await;
        super::send(socket, event, data).await
    }

    /// Waits until one more packet may be sent.
    async fn wait(&self, socket: &SocketRef) {
        while socket.connected() {
            // Begun before the look: a poll in between is not missed.
            let polled = self.polled.notified();
            let (is_polling, opened) = {
                let is_polling = socket.transport_type() == TransportType::Polling;
                let mut window = self.window();
                if !is_polling && window.opened.elapsed() >= DRAIN {
                    window.reopen();
                }
                if window.sent < if is_polling { POLLED } else { BURST } {
                    window.sent += 1;
                    return;
                }
                (is_polling, window.opened)
            };
            if is_polling {
                // The upgrade itself wakes nobody.
                let _ = tokio::time::timeout(LOOK_EVERY, polled).await;
            } else {
                tokio::time::sleep_until(opened + DRAIN).await;
            }
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose poll a request is.
pub(super) fn polled(query: Option<&str>) -> Option<Sid> {
    let mut members = form_urlencoded::parse(query?.as_bytes());
    members.find(|(name, _)| name == "sid").and_then(|(_, id)| id.parse().ok())
}

/// A poll has taken what waited, in whichever namespace the socket is paced.
pub(super) fn note_poll(io: &SocketIo, id: Sid) {
    let sockets = super::PACED.into_iter().filter_map(|namespace| io.of(namespace)?.get_socket(id));
    for pace in sockets.filter_map(|socket| socket.extensions.get::<Arc<Pace>>()) {
        pace.window().reopen();
        pace.polled.notify_waiters();
    }
}
