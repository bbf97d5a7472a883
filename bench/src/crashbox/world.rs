//! What all clients of a campaign share: where the gateway is, whether it is up, and the journal.

use super::stage::Stage;
use crate::clock::{Ticker, now_ms};
use crate::gateway::App;
use crate::http::careful::{Answer, Ask, Client};
use crate::journal::{Ack, Action, Call, Journal, digest, without_picture};
use crate::stats::Latencies;
use hyper::Method;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

const PAUSE: Duration = Duration::from_millis(5);
/// After a 503: often enough to find the moment when it ends, seldom enough to leave the machine to whom that needs.
const PAUSE_AFTER_503: Duration = Duration::from_millis(25);

/// The shared state.
pub(super) struct World {
    /// Where the gateways listen.
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) apps: Vec<App>,
    /// Payments that somebody was told of, with the place of their app.
    pub(super) known: Mutex<Vec<(usize, String)>>,
    journal: Journal,
    ticker: Ticker,
    up: watch::Sender<Vec<bool>>,
    stopping: AtomicBool,
    /// A request that is not answered in this time, asked again and again, never will be.
    patience: Duration,
    restarted: Mutex<Option<Instant>>,
    measured: Measured,
}

/// What the clients counted.
#[derive(Default)]
pub(super) struct Measured {
    /// From the start of a new process to the first create that it acknowledged.
    pub(super) restarts: Mutex<Latencies>,
    /// Answers 503.
    pub(super) unavailable: AtomicU64,
    /// Answers 409 because the same key was under way.
    pub(super) in_use: AtomicU64,
    /// Answers of both kinds that do not say when to come again.
    pub(super) vague: AtomicU64,
    /// Requests without any answer.
    pub(super) broken: AtomicU64,
    /// The longest that any one request waited for its answer, or for the end of its connection.
    pub(super) longest_ms: AtomicU64,
}

/// A poisoned lock still guards a usable value: nothing here is left half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// The world of this stage, with its gateway up.
    pub(super) fn new(stage: &Stage, journal: Journal, patience: Duration) -> Self {
        Self {
            up: watch::Sender::new(vec![true; stage.addresses().len()]),
            addresses: stage.addresses(),
            apps: stage.apps().to_vec(),
            known: Mutex::default(),
            journal,
            ticker: Ticker::default(),
            stopping: AtomicBool::new(false),
            patience,
            restarted: Mutex::default(),
            measured: Measured::default(),
        }
    }

    /// A client whose gateway is the one at place `i`, counted around.
    pub(super) fn client(&self, i: usize) -> Client {
        Client::new(self.addresses[i % self.addresses.len()])
    }

    /// Tells the clients whether a gateway is up.
    pub(super) fn set_up(&self, node: usize, up: bool) {
        self.up.send_modify(|nodes| nodes[node] = up);
    }

    /// Starts the clock that the next acknowledged create stops.
    pub(super) fn await_first_ack(&self, restarted: Instant) {
        *lock(&self.restarted) = Some(restarted);
    }

    /// Whether that clock still runs.
    pub(super) fn awaits_ack(&self) -> bool {
        lock(&self.restarted).is_some()
    }

    /// Asks the clients to come to an end.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether they should.
    pub(super) fn stops(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Waits until a gateway is up and turns the client to it: to its own, or to another while that is down.
    pub(super) async fn find_node(&self, client: &mut Client) {
        // The sender is ours, so the wait ends only with the value.
        if let Ok(nodes) = self.up.subscribe().wait_for(|nodes| nodes.contains(&true)).await {
            client.turn_to(nearest(client.home(), &self.addresses, &nodes));
        }
    }

    /// The journal and the counts, when all clients are gone.
    pub(super) fn into_parts(self) -> (Journal, Measured) {
        (self.journal, self.measured)
    }

    /// Sends a call until it is answered, and journals the answer. `None` if it never was.
    pub(super) async fn submit(&self, client: &mut Client, call: Call) -> Option<Ack> {
        let (began, sent_ms) = (self.ticker.tick(), now_ms());
        let path = path_of(&call);
        let ask = ask_of(&call, &path, &self.apps[call.app].api_key);
        let mut tried_for = Duration::ZERO;
        let last = loop {
            self.find_node(client).await;
            let tried = Instant::now();
            let answer = client.send(&ask).await.ok();
            let took_ms = u64::try_from(tried.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.measured.longest_ms.fetch_max(took_ms, Ordering::Relaxed);
            match &answer {
                Some(answer) if !self.is_passing(answer) => break Some(answer_parts(answer)),
                Some(_) => {}
                None => _ = self.measured.broken.fetch_add(1, Ordering::Relaxed),
            }
            // Nobody can tell whether a create without a key was done; asking again could pay twice.
            if call.action == Action::Create && call.key.is_none() {
                break None;
            }
            let is_away = answer.as_ref().is_some_and(|answer| answer.status == 503);
            tokio::time::sleep(if is_away { PAUSE_AFTER_503 } else { PAUSE }).await;
            tried_for += tried.elapsed();
            if tried_for > self.patience {
                break answer.as_ref().filter(|a| a.status != 503).map(answer_parts);
            }
        };
        let answered = last.is_some();
        let (status, replayed, body) = last.unwrap_or_default();
        let (ended, acked_ms) = (self.ticker.tick(), now_ms());
        let (digest, body) = (digest(body.as_bytes()), without_picture(&body));
        let ack = Ack { call, began, ended, sent_ms, acked_ms, status, replayed, digest, body };
        self.note(&ack);
        self.journal.append(ack.clone());
        answered.then_some(ack)
    }

    /// Whether the same request may be answered otherwise a moment later.
    fn is_passing(&self, answer: &Answer) -> bool {
        let in_use = answer.status == 409 && answer.body.windows(22).any(|w| w == b"idempotency_key_in_use");
        let counter = match answer.status {
            503 => &self.measured.unavailable,
            _ if in_use => &self.measured.in_use,
            _ => return false,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if answer.header("retry-after").is_none() {
            self.measured.vague.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    fn note(&self, ack: &Ack) {
        if ack.status != 201 {
            return;
        }
        if let Some(restarted) = lock(&self.restarted).take() {
            lock(&self.measured.restarts).record(restarted.elapsed());
        }
        if let Some(id) = payment_id(&ack.body) {
            lock(&self.known).push((ack.call.app, id));
        }
    }
}

/// Its own gateway if that is up, else the first that is.
fn nearest(home: SocketAddr, addresses: &[SocketAddr], up: &[bool]) -> SocketAddr {
    let live = || addresses.iter().zip(up).filter(|(_, up)| **up).map(|(address, _)| *address);
    live().find(|address| *address == home).or_else(|| live().next()).unwrap_or(home)
}

fn answer_parts(answer: &Answer) -> (u16, bool, String) {
    let replayed = answer.header("idempotent-replayed") == Some("true");
    (answer.status, replayed, String::from_utf8_lossy(&answer.body).into_owned())
}

fn path_of(call: &Call) -> String {
    let target = call.target.as_deref().unwrap_or_default();
    match call.action {
        Action::Create => "/api/payments/create".to_owned(),
        Action::Complete => format!("/api/payments/{target}/complete"),
        Action::Cancel => format!("/api/payments/{target}/cancel"),
        Action::Read => format!("/api/payments/{target}"),
    }
}

fn ask_of<'a>(call: &'a Call, path: &'a str, api_key: &'a str) -> Ask<'a> {
    Ask {
        method: if call.action == Action::Read { Method::GET } else { Method::POST },
        path,
        bearer: Some(api_key),
        idempotency_key: call.key.as_deref(),
        accept: None,
        body: call.body.as_deref(),
    }
}

/// The id of the payment in an answer.
pub(super) fn payment_id(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(body.get("payment_id")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_goes_home_whenever_it_can() {
        let nodes: Vec<SocketAddr> = (1..=3).map(|port| ([127, 0, 0, 1], port).into()).collect();
        assert_eq!(nearest(nodes[1], &nodes, &[true, true, true]), nodes[1]);
        assert_eq!(nearest(nodes[1], &nodes, &[false, false, true]), nodes[2]);
        assert_eq!(nearest(nodes[1], &nodes, &[false, false, false]), nodes[1]);
    }
}
