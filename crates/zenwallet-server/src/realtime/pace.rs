//! How fast a socket that polls is told: no faster than it polls. An upgrade to a websocket needs a place among the packets
//! that wait, and while it lasts nothing else is taken from there: were they all full, both would wait for each other.

use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use socketioxide::{SocketIo, TransportType};
use std::time::Duration;
use tokio::sync::watch;
use url::form_urlencoded;

/// Most packets from one poll to the next. A poll that waits is answered with the first packet alone, so twice as many
/// may wait, which leaves room.
const WINDOW: usize = super::BUFFER / 2 - 8;
/// How soon an upgrade is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Counts a socket's polls, for its [`Pace`].
#[derive(Clone)]
struct Polls(watch::Sender<u64>);

/// The pace of one socket.
pub(super) struct Pace {
    polls: watch::Receiver<u64>,
    sent: usize,
}

impl Pace {
    pub(super) fn of(socket: &SocketRef) -> Self {
        let (sender, polls) = watch::channel(0);
        socket.extensions.insert(Polls(sender));
        Self { polls, sent: 0 }
    }

    /// Waits until one more packet may be sent.
    pub(super) async fn wait(&mut self, socket: &SocketRef) {
        while socket.transport_type() == TransportType::Polling && socket.connected() {
            if self.polls.has_changed().unwrap_or(false) {
                self.polls.mark_unchanged();
                self.sent = 0;
            }
            if self.sent < WINDOW {
                self.sent += 1;
                return;
            }
            // The upgrade itself wakes nobody.
            let _ = tokio::time::timeout(LOOK_EVERY, self.polls.changed()).await.map(|_| self.sent = 0);
        }
    }
}

/// Whose poll a request is.
pub(super) fn polled(query: Option<&str>) -> Option<Sid> {
    let mut members = form_urlencoded::parse(query?.as_bytes());
    members.find(|(name, _)| name == "sid").and_then(|(_, id)| id.parse().ok())
}

/// A poll has taken what waited.
pub(super) fn note_poll(io: &SocketIo, id: Sid) {
    if let Some(Polls(polls)) = io.get_socket(id).and_then(|socket| socket.extensions.get::<Polls>()) {
        polls.send_modify(|count| *count += 1);
    }
}
