//! How soon an event is at all sockets of its app, while another app is busy.

use super::hall::Hall;
use super::{Args, Ground};
use crate::gateway::App;
use crate::http::careful::{Ask, Client};
use crate::report::Tally;
use crate::stats::{Latencies, ms};
use anyhow::{Context, ensure};
use hyper::Method;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Between two events of the watched app.
const PACE: Duration = Duration::from_millis(100);
/// What has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(10);
/// Keep-alive connections that create for the busy app.
const LINES: usize = 8;

/// When a payment was asked for, and when it was acknowledged.
pub(super) struct Created {
    pub(super) payment_id: String,
    sent: Instant,
    acked: Instant,
}

/// Runs the measurement.
pub(super) async fn measure(args: &Args, ground: &Ground, hall: &Hall, tally: &mut Tally) -> anyhow::Result<()> {
    let load = args.rate > 0;
    let count = if load { args.rate * args.events * PACE.as_millis() as usize / 1_000 } else { 0 };
    let watchers = args.per_app.min(args.count);
    let (created, busy) = tokio::join!(
        create_each(ground.address, &ground.apps[0], args.events, PACE),
        create_beside(ground.address, &ground.busy, count, args.rate),
    );
    let (created, mut busy) = (created?, busy?);
    let (want, began) = (args.events * watchers, Instant::now());
    while hall.count_arrivals() < want && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let moments: HashMap<&str, &Created> = created.iter().map(|c| (c.payment_id.as_str(), c)).collect();
    let (mut from_sent, mut from_acked, mut seen) = (Latencies::default(), Latencies::default(), 0);
    for arrival in hall.take_arrivals() {
        let Some(created) = arrival.event.payment_id.as_deref().and_then(|id| moments.get(id)) else { continue };
        seen += 1;
        from_sent.record(arrival.at - created.sent);
        from_acked.record(arrival.at.saturating_duration_since(created.acked));
    }
    tally.check(seen == want, format!("{} events at {watchers} sockets: {seen} of {want} arrivals", args.events));
    let most = Duration::from_millis(args.latency_max_ms);
    for (since, latencies) in [("the request", &mut from_sent), ("its 201", &mut from_acked)] {
        let [p50, p99, last] = [0.5, 0.99, 1.0].map(|q| latencies.quantile(q));
        let words = format!("from {since} to a socket: p50 {}  p99 {}  at most {}", ms(p50), ms(p99), ms(last));
        tally.check(p99 <= most, words);
    }
    let [p50, p99] = [0.5, 0.99].map(|q| busy.quantile(q));
    let words = format!("creates meanwhile, {}/s: {}, p50 {}  p99 {}", args.rate, busy.len(), ms(p50), ms(p99));
    tally.check(p99 <= most && busy.len() == count, words);
    Ok(())
}

/// Creates one payment after the other, so far apart.
pub(super) async fn create_each(
    address: SocketAddr,
    app: &App,
    count: usize,
    pace: Duration,
) -> anyhow::Result<Vec<Created>> {
    let (mut client, mut all, began) = (Client::new(address), Vec::with_capacity(count), Instant::now());
    for n in 0..count {
        tokio::time::sleep_until((began + pace * u32::try_from(n)?).into()).await;
        all.push(create(&mut client, app).await?);
    }
    Ok(all)
}

async fn create(client: &mut Client, app: &App) -> anyhow::Result<Created> {
    let (key, body) =
        (Some(app.api_key.as_str()), Some(r#"{"amount":500,"currency":"COINS","reference_id":"ORDER_1"}"#));
    let ask = Ask { method: Method::POST, path: "/api/payments/create", bearer: key, body, ..Ask::default() };
    let sent = Instant::now();
    let answer = client.send(&ask).await?;
    let acked = Instant::now();
    ensure!(answer.status == 201, "a create was answered {}", answer.status);
    let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
    let id = body.get("payment_id").and_then(|id| id.as_str()).context("a payment without its id")?;
    Ok(Created { payment_id: id.to_owned(), sent, acked })
}

/// Creates so many a second; how long each took.
async fn create_beside(address: SocketAddr, app: &App, count: usize, rate: usize) -> anyhow::Result<Latencies> {
    let (mut lines, began) = (JoinSet::new(), Instant::now());
    for line in 0..LINES {
        let app = app.clone();
        lines.spawn(async move {
            let (mut client, mut took) = (Client::new(address), Latencies::default());
            for n in (line..count).step_by(LINES) {
                tokio::time::sleep_until((began + Duration::from_secs_f64(n as f64 / rate as f64)).into()).await;
                let created = create(&mut client, &app).await?;
                took.record(created.acked - created.sent);
            }
            anyhow::Ok(took)
        });
    }
    let mut all = Latencies::default();
    while let Some(line) = lines.join_next().await {
        all.merge(line??);
    }
    Ok(all)
}
