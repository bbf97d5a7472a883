//! `backlog`: what happens when a receiver comes back after an outage and much is due at once.

use crate::batch::{Caller, Completed, Pace};
use crate::clock::{now_ms, parse_ms};
use crate::gateway::Gateway;
use crate::process::rss_kib;
use crate::receiver::{Receiver, loopback};
use crate::report::{Tally, say};
use crate::site::{Options, Site};
use crate::stats::ms;
use anyhow::{Context, ensure};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

/// Waits while the receiver is down; enough of them that no delivery gives up.
const RETRY_DELAYS_S: [&str; 20] = ["5"; 20];
/// A gateway that is asked to stop has ended by then.
const STOP: Duration = Duration::from_secs(30);
/// Nothing new for this long, and what has not come never will.
const PATIENCE: Duration = Duration::from_secs(15);
/// Payments completed afterwards, and how many a second.
const FRESH: usize = 200;
const FRESH_RATE: f64 = 50.0;
const CONNECTIONS: usize = 64;

/// Arguments of `backlog`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    site: Options,
    /// Webhooks that are due when the receiver comes back.
    #[arg(long, default_value_t = 20_000)]
    count: usize,
    /// To how many addresses they go, each an origin of its own; the first never answers.
    #[arg(long, default_value_t = 100)]
    targets: usize,
    /// So many must be drained a second.
    #[arg(long, default_value_t = 500.0)]
    rate_min: f64,
    /// A new event of a well target may take so long while the sick one's are still due, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    fresh_max_ms: u64,
    /// By so much may the gateway's memory grow while it drains, in MiB, however much is due.
    #[arg(long, default_value_t = 128.0)]
    growth_max_mib: f64,
}

/// A port on which nobody listens for as long as the outage takes: it is none of those that the system gives to outgoing
/// connections, which would take it meanwhile.
fn quiet_port() -> anyhow::Result<u16> {
    let mut candidates = (20_000 + std::process::id() % 8_000..30_000).filter_map(|port| u16::try_from(port).ok());
    candidates.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).context("no port below 30000 is free")
}

/// Runs `backlog`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    ensure!(args.targets > 1, "--targets {}: one is sick, so there must be another", args.targets);
    let delays = format!("webhooks.retry_delays_s={}", RETRY_DELAYS_S.join(","));
    let site = args.site.prepare("backlog", &[delays]).await?;
    let app = site.setup().create_app("backlog", None)?;
    let (caller, addresses) = (site.caller(&app, CONNECTIONS), loopback(args.targets, quiet_port()?));
    let count_due = pile_up(&args, &site, &caller, &addresses).await?;

    let receiver = Receiver::start(&addresses)?;
    let gateway = site.start().await?;
    let (began, (ready_kib, _)) = (Instant::now(), rss_kib(gateway.pid())?);
    let well = args.count - args.count.div_ceil(args.targets);
    let drained = receiver.wait_for(well, PATIENCE).await;
    let took =
        receiver.ledger().receipts().iter().rfind(|r| r.is_accepted()).map(|r| r.at.saturating_duration_since(began));
    let accepted = receiver.ledger().counts().accepted;
    let rate = accepted as f64 / took.unwrap_or(Duration::MAX).as_secs_f64();
    let mut tally = Tally::default();
    say(format!("{count_due} deliveries were due"));
    let again = receiver.ledger().counts().answered_2xx - accepted;
    tally
        .check(drained, format!("{accepted} of the well targets' {well} events were received, {again} more than once"));
    tally.check(rate >= args.rate_min, format!("{rate:.0}/s drained, at least {}", args.rate_min));

    let (completed, arrived) = freshen(&caller, &receiver, &addresses, accepted).await?;
    let (mut fresh, _) = completed.deliveries(&receiver.ledger());
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|q| fresh.quantile(q));
    tally.check(arrived, format!("{} of {FRESH} new events were received meanwhile", fresh.len()));
    let words = format!("complete to receipt of new events: p50 {}  p99 {}  at most {}", ms(p50), ms(p99), ms(most));
    tally.check(most <= Duration::from_millis(args.fresh_max_ms), words);
    let (_, most_kib) = rss_kib(gateway.pid())?;
    let [ready, most] = [ready_kib, most_kib].map(|kib| kib as f64 / 1_024.0);
    tally.check(
        most - ready <= args.growth_max_mib,
        format!("memory: {ready:.1} MiB at the start, {most:.1} MiB at most"),
    );
    Ok(tally.finish())
}

/// The URL of a payment's target: the first address is the sick one's.
fn url_of(addresses: &[SocketAddr], n: usize) -> String {
    let place = n % addresses.len();
    format!("http://{}/{}", addresses[place], if place == 0 { "hang" } else { "ok" })
}

/// Completes payments while nobody listens, stops the gateway and waits until all deliveries are due; answers how many.
async fn pile_up(args: &Args, site: &Site, caller: &Caller, addresses: &[SocketAddr]) -> anyhow::Result<usize> {
    let mut gateway = site.start().await?;
    let batch = caller.create(args.count, |n| Some(url_of(addresses, n))).await?;
    let completed = batch.complete(Pace::Flat).await?;
    ensure!(completed.refused == 0, "{} completes were refused", completed.refused);
    stop(&mut gateway).await?;
    let pending = site.database().pending_deliveries().await?;
    let due_ms = pending.iter().filter_map(|row| parse_ms(row.next_attempt_at.as_deref()?)).max().unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(u64::try_from(due_ms - now_ms()).unwrap_or(0))).await;
    Ok(pending.len())
}

async fn stop(gateway: &mut Gateway) -> anyhow::Result<()> {
    gateway.ask_to_stop()?;
    let ended = gateway.wait_until_ended(STOP).await?;
    ensure!(ended.is_some(), "the gateway still runs {STOP:?} after SIGTERM");
    Ok(())
}

/// Completes new payments of well targets; answers whether all their events came.
async fn freshen(
    caller: &Caller,
    receiver: &Receiver,
    addresses: &[SocketAddr],
    accepted: usize,
) -> anyhow::Result<(Completed, bool)> {
    let well = addresses.len() - 1;
    let batch = caller.create(FRESH, |n| Some(url_of(addresses, 1 + n % well))).await?;
    let completed = batch.complete(Pace::PerSecond(FRESH_RATE)).await?;
    let arrived = receiver.wait_for(accepted + FRESH, PATIENCE).await;
    Ok((completed, arrived))
}
