//! How soon what one node wrote is at those who follow on the other.

use super::Args;
use super::nodes::Nodes;
use crate::http::careful::{Ask, Client};
use crate::live::{Event, Heard, Socket, Stream, auth};
use crate::report::{Tally, say};
use crate::stats::{Latencies, ms};
use anyhow::{Context, ensure};
use hyper::Method;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// What has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(10);
/// Who listens, and on which node.
const LISTENERS: [&str; 3] = ["a socket on the other node", "a stream on the other node", "a socket on the same node"];

/// Where an event came, when, and about which payment.
type Arrival = (usize, Instant, Option<String>);

/// Runs the measurement.
pub(super) async fn measure(args: &Args, nodes: &Nodes, tally: &mut Tally) -> anyhow::Result<()> {
    let (here, there) = (nodes.addresses()[0], nodes.addresses()[1]);
    let app = nodes.create_app("propagation")?;
    let (told, mut arrivals) = mpsc::unbounded_channel();
    listen(Socket::connect(there, &auth(&app.api_key, Some(0))).await?, 0, told.clone());
    let mut stream = Stream::open(there, &app.api_key, 0).await?;
    let also_told = told.clone();
    tokio::spawn(async move {
        while let Ok(event) = stream.next_event().await {
            let _ = also_told.send((1, Instant::now(), event.payment_id));
        }
    });
    listen(Socket::connect(here, &auth(&app.api_key, Some(0))).await?, 2, told);

    let mut client = Client::new(here);
    let (mut from_sent, mut from_acked) =
        ([(); 3].map(|()| Latencies::default()), [(); 3].map(|()| Latencies::default()));
    for n in 0..args.events {
        // At all phases of whatever beats in the gateway.
        tokio::time::sleep(Duration::from_millis(20 + (n as u64 * 7) % 31)).await;
        let sent = Instant::now();
        let payment_id = create(&mut client, &app.api_key).await?;
        let acked = Instant::now();
        let mut came: HashMap<usize, Instant> = HashMap::new();
        while came.len() < LISTENERS.len() {
            let arrival = tokio::time::timeout(PATIENCE, arrivals.recv()).await;
            let Ok(Some((who, at, id))): Result<Option<Arrival>, _> = arrival else { break };
            if id.as_deref() == Some(&payment_id) {
                came.insert(who, at);
            }
        }
        for (who, at) in came {
            from_sent[who].record(at - sent);
            from_acked[who].record(at.saturating_duration_since(acked));
        }
    }
    let way = if args.pgbouncer { "by asking the database (PgBouncer)" } else { "by LISTEN and NOTIFY" };
    say(format!("        {} events on one node, word of them {way}:", args.events));
    for (who, name) in LISTENERS.iter().enumerate() {
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|q| from_acked[who].quantile(q));
        let whole = from_sent[who].quantile(0.5);
        let words = format!(
            "from the 201 to {name}: p50 {}  p99 {}  at most {} (from the request p50 {})",
            ms(p50),
            ms(p99),
            ms(most),
            ms(whole)
        );
        let all = from_acked[who].len() == args.events;
        tally.check(all && p50 <= Duration::from_millis(args.median_max_ms), words);
    }
    Ok(())
}

fn listen(mut socket: Socket, who: usize, told: mpsc::UnboundedSender<Arrival>) {
    tokio::spawn(async move {
        while let Ok(heard) = socket.next().await {
            let at = Instant::now();
            let Heard::Event(json) = heard else { continue };
            let event: Option<Event> = serde_json::from_str(&json).ok();
            let _ = told.send((who, at, event.and_then(|event| event.payment_id)));
        }
    });
}

/// Creates a payment; its id.
pub(super) async fn create(client: &mut Client, api_key: &str) -> anyhow::Result<String> {
    let body = Some(r#"{"amount":500,"currency":"COINS","reference_id":"ORDER_1"}"#);
    let ask = Ask { method: Method::POST, path: "/api/payments/create", bearer: Some(api_key), body, ..Ask::default() };
    let answer = client.send(&ask).await?;
    ensure!(answer.status == 201, "a create was answered {}", answer.status);
    let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
    body.get("payment_id").and_then(|id| id.as_str()).map(str::to_owned).context("a payment without its id")
}
