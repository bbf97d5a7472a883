//! A hall full of sockets, each read by a task of its own.

use super::Ground;
use crate::live::{Event, Heard, Socket, Way, auth};
use crate::stats::Latencies;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::task::{AbortHandle, JoinSet};

/// Connecting at the same time.
const AT_ONCE: usize = 64;
/// One address has about 28000 ports, and the gateway lets in 4096 of each.
const SOURCES: usize = 4;

/// An event at a socket.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) event: Event,
    pub(super) at: Instant,
}

/// What the tasks tell.
#[derive(Default)]
struct Board {
    arrivals: Vec<Arrival>,
    broken: Vec<String>,
}

/// Open sockets; dropping it closes them.
pub(super) struct Hall {
    board: Arc<Mutex<Board>>,
    readers: Vec<AbortHandle>,
    per_app: usize,
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the socket of this number connects from.
pub(super) fn source(n: usize) -> Way {
    let last = u8::try_from(2 + n % SOURCES).unwrap_or(2);
    Way { source: Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))), ..Way::default() }
}

impl Hall {
    /// Connects so many, the first `per_app` of them to the watched app; how long each took, and what went wrong.
    pub(super) async fn fill(ground: &Ground, count: usize, per_app: usize) -> (Self, Latencies, Vec<String>) {
        let mut hall = Self { board: Arc::default(), readers: Vec::new(), per_app };
        let (mut connects, mut errors, mut tasks) = (Latencies::default(), Vec::new(), JoinSet::new());
        let mut waiting: VecDeque<usize> = (0..count).collect();
        while !waiting.is_empty() || !tasks.is_empty() {
            while let Some(n) = waiting.pop_front_if(|_| tasks.len() < AT_ONCE) {
                let (address, auth) = (ground.address, auth(&ground.apps[n / per_app].api_key, None));
                tasks.spawn(async move {
                    let began = Instant::now();
                    (n, Socket::connect_from(address, source(n), &auth).await, began.elapsed())
                });
            }
            match tasks.join_next().await {
                Some(Ok((n, Ok(socket), took))) => {
                    connects.record(took);
                    hall.seat(n, socket);
                }
                Some(Ok((_, Err(error), _))) => errors.push(format!("{error:#}")),
                Some(Err(error)) => errors.push(error.to_string()),
                None => break,
            }
        }
        (hall, connects, errors)
    }

    /// Reads a socket from now on; events count at the watched app's only.
    fn seat(&mut self, n: usize, mut socket: Socket) {
        let (board, is_watched) = (Arc::clone(&self.board), n < self.per_app);
        let reader = tokio::spawn(async move {
            loop {
                match socket.next().await {
                    Ok(Heard::Event(json)) if is_watched => {
                        let at = Instant::now();
                        let event = serde_json::from_str(&json);
                        let mut board = lock(&board);
                        match event {
                            Ok(event) => board.arrivals.push(Arrival { event, at }),
                            Err(error) => board.broken.push(format!("{error}: {json}")),
                        }
                    }
                    Ok(_) => {}
                    Err(error) => return lock(&board).broken.push(format!("{error:#}")),
                }
            }
        });
        self.readers.push(reader.abort_handle());
    }

    /// The events that came since the last time of asking.
    pub(super) fn take_arrivals(&self) -> Vec<Arrival> {
        std::mem::take(&mut lock(&self.board).arrivals)
    }

    /// How many came that were not taken.
    pub(super) fn count_arrivals(&self) -> usize {
        lock(&self.board).arrivals.len()
    }

    /// Why sockets ended that nobody closed.
    pub(super) fn broken(&self) -> Vec<String> {
        lock(&self.board).broken.clone()
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.readers.iter().for_each(AbortHandle::abort);
    }
}
