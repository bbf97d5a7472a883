//! Clients that create and settle payments, on whichever node answers.

use crate::gateway::App;
use crate::http::careful::{Ask, Client};
use anyhow::{Context, bail, ensure};
use hyper::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Between two payments of a client: a load that readers in slow builds can follow.
const PAUSE: Duration = Duration::from_millis(15);
const AGAIN: Duration = Duration::from_millis(20);
/// One of two nodes is always up: a request that finds none for so long has found a fault.
const GIVE_UP: Duration = Duration::from_secs(20);

/// A change that was acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Ack {
    /// The place of its app.
    pub(super) app: usize,
    pub(super) payment_id: String,
    /// The status that was acknowledged.
    pub(super) status: String,
}

/// What the clients share.
#[derive(Default)]
pub(super) struct Counter {
    stops: AtomicBool,
    repeated: AtomicUsize,
}

impl Counter {
    /// Asks the clients to come to an end.
    pub(super) fn stop(&self) {
        self.stops.store(true, Ordering::Relaxed);
    }

    /// Requests that were sent again.
    pub(super) fn repeated(&self) -> usize {
        self.repeated.load(Ordering::Relaxed)
    }
}

/// Starts so many clients, their homes spread over the nodes.
pub(super) fn start(
    count: usize,
    apps: &[App],
    nodes: &[SocketAddr],
    counter: &Arc<Counter>,
) -> JoinSet<anyhow::Result<Vec<Ack>>> {
    let mut customers = JoinSet::new();
    for n in 0..count {
        customers.spawn(buy(n, apps.to_vec(), nodes.to_vec(), Arc::clone(counter)));
    }
    customers
}

/// Waits for all; what they were told.
pub(super) async fn finish(mut customers: JoinSet<anyhow::Result<Vec<Ack>>>) -> anyhow::Result<Vec<Ack>> {
    let mut all = Vec::new();
    while let Some(acks) = customers.join_next().await {
        all.extend(acks??);
    }
    Ok(all)
}

async fn buy(n: usize, apps: Vec<App>, nodes: Vec<SocketAddr>, counter: Arc<Counter>) -> anyhow::Result<Vec<Ack>> {
    let (mut client, mut acks) = (Caller { client: Client::new(nodes[n % nodes.len()]), nodes, counter }, Vec::new());
    for turn in 0.. {
        if client.counter.stops.load(Ordering::Relaxed) {
            break;
        }
        let app = (n + turn) % apps.len();
        let key = format!("{n}-{turn}");
        let body = format!(r#"{{"amount":{},"currency":"COINS","reference_id":"ORDER_{key}"}}"#, 100 + turn);
        let (payment_id, status) = client.ask(&apps[app], "/api/payments/create", &key, &body).await?;
        acks.push(Ack { app, payment_id: payment_id.clone(), status });
        // Some stay as they are.
        let end = ["SUCCESS", "FAILED", ""][turn % 3];
        if !end.is_empty() {
            let path = format!("/api/payments/{payment_id}/complete");
            let body = format!(r#"{{"status":"{end}"}}"#);
            let (payment_id, status) = client.ask(&apps[app], &path, &format!("{key}-end"), &body).await?;
            ensure!(status == end, "completed as {end}, answered {status}");
            acks.push(Ack { app, payment_id, status });
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(acks)
}

struct Caller {
    client: Client,
    nodes: Vec<SocketAddr>,
    counter: Arc<Counter>,
}

impl Caller {
    /// Asks until it is answered, here or there; the payment's id and status.
    async fn ask(&mut self, app: &App, path: &str, key: &str, body: &str) -> anyhow::Result<(String, String)> {
        let ask = Ask {
            method: Method::POST,
            path,
            bearer: Some(&app.api_key),
            idempotency_key: Some(key),
            accept: None,
            body: Some(body),
        };
        let began = Instant::now();
        for node in (0..self.nodes.len()).cycle() {
            match self.client.send(&ask).await {
                Ok(answer) if matches!(answer.status, 200 | 201) => {
                    let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
                    let text =
                        |name: &str| body.get(name).and_then(|v| v.as_str()).map(str::to_owned).context("a payment");
                    return Ok((text("payment_id")?, text("status")?));
                }
                Ok(answer) if answer.status != 503 && !is_in_use(&answer.body) => {
                    bail!("{path} was answered {} {}", answer.status, String::from_utf8_lossy(&answer.body));
                }
                _ => {}
            }
            ensure!(began.elapsed() < GIVE_UP, "no node answers {path}");
            self.counter.repeated.fetch_add(1, Ordering::Relaxed);
            self.client.turn_to(self.nodes[node]);
            tokio::time::sleep(AGAIN).await;
        }
        bail!("no nodes")
    }
}

/// The other node has the same key under way.
fn is_in_use(body: &[u8]) -> bool {
    body.windows(22).any(|w| w == b"idempotency_key_in_use")
}
