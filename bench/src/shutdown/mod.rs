//! `shutdown`: SIGTERM under load, again and again. Nothing that was begun fails, and nothing waits for the next start.

mod client;
mod judge;

use crate::batch::Caller;
use crate::clock::now_ms;
use crate::database::Snapshot;
use crate::gateway::Gateway;
use crate::receiver::{Receiver, loopback};
use crate::report::{Tally, say};
use crate::site::{Options, Site};
use crate::stats::{Latencies, ms};
use anyhow::Context;
use client::{Asked, Fate};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Load lasts this long before each stop.
const BEFORE_STOP_MS: std::ops::Range<u64> = 200..800;
/// A gateway that has not ended by then hangs.
const HANGS: Duration = Duration::from_secs(60);
/// What a stopped gateway left is delivered within this time after the next start, far below a lease.
const PATIENCE: Duration = Duration::from_secs(5);
/// A receiver that takes its time: at every stop some deliveries are under way.
const TARGET: &str = "/slow-20";
/// Violations told in words.
const SAMPLES: usize = 5;

/// Arguments of `shutdown`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    site: Options,
    /// How often the gateway is stopped.
    #[arg(long, default_value_t = 10)]
    rounds: u32,
    /// Clients at once.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// It must have ended after so many seconds.
    #[arg(long, default_value_t = 10)]
    deadline: u64,
    /// Repeats the moments of the stops; new ones unless said.
    #[arg(long)]
    seed: Option<u64>,
}

/// What the stops were like.
#[derive(Default)]
struct Stops {
    /// From SIGTERM to the end.
    took: Latencies,
    answered: usize,
    closed: usize,
    /// Stops that did not end with success.
    unclean: Vec<String>,
    violations: Vec<String>,
    /// Deliveries left for the next start.
    left: usize,
}

/// Runs `shutdown`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let seed = args.seed.unwrap_or_else(|| now_ms().unsigned_abs());
    say(format!("seed {seed}  {} stops on {:?}", args.rounds, args.site.db));
    let site = args.site.prepare("shutdown", &[]).await?;
    let receiver = Receiver::start(&loopback(1, 0))?;
    let app = site.setup().create_app("shutdown", Some(&receiver.url(0, TARGET)))?;
    let (caller, mut rng, mut stops) = (site.caller(&app, args.clients), StdRng::seed_from_u64(seed), Stops::default());
    let mut last = Snapshot::default();
    for round in 0..args.rounds {
        let load = Duration::from_millis(rng.random_range(BEFORE_STOP_MS));
        last = stop_once(&site, &caller, round, load, &mut stops).await?;
    }
    let gateway = site.start().await?;
    let ended = last.payments.iter().filter(|row| row.status == "SUCCESS").count();
    let arrived = receiver.wait_for(ended, PATIENCE).await;
    drop(gateway);
    Ok(tell(&args, stops, ended, arrived, &receiver))
}

/// Starts the gateway, loads it, stops it, and holds what the clients know against the database.
async fn stop_once(
    site: &Site,
    caller: &Caller,
    round: u32,
    load: Duration,
    stops: &mut Stops,
) -> anyhow::Result<Snapshot> {
    let mut gateway = site.start().await?;
    let mut clients = JoinSet::new();
    for i in 0..caller.connections {
        clients.spawn(client::work(caller.address, caller.key.clone(), format!("{round}-{i}")));
    }
    tokio::time::sleep(load).await;
    stop(&mut gateway, round, stops).await?;
    let stopped_ms = now_ms();
    let mut asked: Vec<Asked> = Vec::new();
    while let Some(client) = clients.join_next().await {
        asked.extend(client??);
    }
    stops.answered += asked.iter().filter(|a| matches!(a.fate, Fate::Answered(_))).count();
    stops.closed += asked.iter().filter(|a| a.fate == Fate::Closed).count();
    let snapshot = site.database().snapshot().await.context("the database after a stop")?;
    stops.violations.extend(judge::violations(&asked, &snapshot, stopped_ms));
    stops.left += snapshot.deliveries.iter().filter(|delivery| delivery.status == "PENDING").count();
    Ok(snapshot)
}

async fn stop(gateway: &mut Gateway, round: u32, stops: &mut Stops) -> anyhow::Result<()> {
    let ended = gateway.ended()?;
    anyhow::ensure!(ended.is_none(), "the gateway ended by itself: {ended:?}");
    let asked = Instant::now();
    gateway.ask_to_stop()?;
    let status = gateway.wait_until_ended(HANGS).await?;
    stops.took.record(asked.elapsed());
    match status {
        Some(status) if status.success() => {}
        Some(status) => stops.unclean.push(format!("stop {round} ended with {status}")),
        None => stops.unclean.push(format!("stop {round} did not end")),
    }
    Ok(())
}

fn tell(args: &Args, mut stops: Stops, ended: usize, arrived: bool, receiver: &Receiver) -> bool {
    let mut tally = Tally::default();
    let [p50, most] = [0.5, 1.0].map(|q| stops.took.quantile(q));
    say(format!(
        "{} requests answered, {} closed unanswered; {} deliveries left for the next start",
        stops.answered, stops.closed, stops.left
    ));
    stops.unclean.iter().chain(&stops.violations).take(SAMPLES).for_each(|words| say(format!("        {words}")));
    let deadline = Duration::from_secs(args.deadline);
    tally.check(most <= deadline, format!("SIGTERM to the end: p50 {}, at most {}", ms(p50), ms(most)));
    tally.check(stops.unclean.is_empty(), format!("stops that did not end with success: {}", stops.unclean.len()));
    let words = "requests failed, unanswered and yet done, or deliveries left under a lease";
    tally.check(stops.violations.is_empty(), format!("{words}: {}", stops.violations.len()));
    let counts = receiver.ledger().counts();
    tally.check(arrived, format!("webhooks received: {} of {ended}", counts.accepted));
    // Nothing crashed and no receiver refused: nothing is a reason to send anything twice.
    let repeated = counts.requests - counts.events;
    tally.check(repeated == 0, format!("webhooks sent again: {repeated}"));
    tally.finish()
}
