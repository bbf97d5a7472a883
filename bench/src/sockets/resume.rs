//! A thousand come back at once, each from the last event that it has seen, and are told exactly what they missed.

use super::hall::{Hall, source};
use super::{Args, Ground};
use crate::http::careful::Client;
use crate::live::{Socket, auth};
use crate::report::Tally;
use crate::stats::{Latencies, ms};
use anyhow::{Context, ensure};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often they come back.
const ROUNDS: usize = 3;

/// Runs the measurement. The watched app's idle sockets stay: those who come back are as many again.
pub(super) async fn measure(args: &Args, ground: &Ground, hall: &mut Hall, tally: &mut Tally) -> anyhow::Result<()> {
    let _ = hall.take_arrivals();
    let app = &ground.apps[0];
    let seen = last_seq(ground.address, &app.api_key).await?;
    let caller = crate::batch::Caller { address: ground.address, key: app.api_key.clone(), connections: 8 };
    caller.create(args.missed, |_| None).await?;
    let end = last_seq(ground.address, &app.api_key).await?;
    ensure!(end == seen + i64::try_from(args.missed)?, "the log went from {seen} to {end}");

    for _ in 0..ROUNDS {
        come_back(args, ground, (seen, end), tally).await?;
    }
    Ok(())
}

async fn come_back(args: &Args, ground: &Ground, (seen, end): (i64, i64), tally: &mut Tally) -> anyhow::Result<()> {
    let app = &ground.apps[0];
    let back = args.per_app.min(args.count).min(1_000);
    let (mut tasks, began) = (JoinSet::new(), Instant::now());
    for n in 0..back {
        let (address, auth) = (ground.address, auth(&app.api_key, Some(seen)));
        tasks.spawn(async move {
            let reading = async {
                let mut socket = Socket::connect_from(address, source(n), &auth).await?;
                for seq in seen + 1..=end {
                    let event = socket.next_event().await?;
                    ensure!(event.seq == seq, "{} instead of {seq}", event.seq);
                }
                anyhow::Ok(())
            };
            tokio::time::timeout(PATIENCE, reading).await.context("not told all in time")??;
            anyhow::Ok(began.elapsed())
        });
    }
    let (mut took, mut errors) = (Latencies::default(), Vec::new());
    while let Some(task) = tasks.join_next().await {
        match task? {
            Ok(elapsed) => took.record(elapsed),
            Err(error) => errors.push(format!("{error:#}")),
        }
    }
    let [p50, last] = [0.5, 1.0].map(|q| ms(took.quantile(q)));
    let words =
        format!("{} of {back} came back at once and were told the {} events they missed", took.len(), args.missed);
    tally.check(errors.is_empty(), format!("{words}: p50 {p50}, the last {last} {errors:.2?}"));
    Ok(())
}

/// The last event's number.
pub(super) async fn last_seq(address: SocketAddr, api_key: &str) -> anyhow::Result<i64> {
    let (mut client, mut after) = (Client::new(address), 0);
    loop {
        let body = client.get(&format!("/api/events?after_seq={after}&limit=100"), api_key, None).await?;
        let page: serde_json::Value = serde_json::from_slice(&body)?;
        after = page.get("next_after_seq").and_then(|seq| seq.as_i64()).context("no next_after_seq")?;
        if page.get("has_more").and_then(|more| more.as_bool()) != Some(true) {
            return Ok(after);
        }
    }
}
