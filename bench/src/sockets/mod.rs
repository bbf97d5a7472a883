//! `sockets`: many idle ones, what each costs, how soon an event reaches a thousand, how a thousand come back, and one that
//! does not read.

mod flood;
mod hall;
mod latency;
mod resume;

use crate::gateway::App;
use crate::process::{open_files, raise_open_files, rss_kib};
use crate::report::{Tally, say};
use crate::site::{Options, Site};
use crate::stats::ms;
use hall::Hall;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// A reader that reads nothing is cut off within twice this time: what it still took in the first half counts for it.
const STALL_MS: u64 = 3_000;
/// From the last socket's connecting to the measuring of memory.
const SETTLE: Duration = Duration::from_secs(2);
/// Readers at once in the warming.
const READERS: usize = 64;
/// Connections to the database that are opened when there is need for them.
const FILES_MORE: usize = 4;
/// Everything is closed within this time.
const CLOSING: Duration = Duration::from_secs(20);

/// Arguments of `sockets`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    site: Options,
    /// Sockets.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// Sockets of each app, the watched one among them.
    #[arg(long, default_value_t = 1_000)]
    per_app: usize,
    /// Events that the watched app's sockets are told while they are timed.
    #[arg(long, default_value_t = 100)]
    events: usize,
    /// Payments that another app creates a second meanwhile.
    #[arg(long, default_value_t = 200)]
    rate: usize,
    /// Events that the watched app's sockets miss before they come back.
    #[arg(long, default_value_t = 250)]
    missed: usize,
    /// Payments of the flood, an event each.
    #[arg(long, default_value_t = 20_000)]
    flood: usize,
    /// A socket may cost so many KB of resident memory (of 1000 bytes).
    #[arg(long, default_value_t = 24.0)]
    kb_max: f64,
    /// From sending a create to its event's arrival, p99, and a create's p99, in milliseconds.
    #[arg(long, default_value_t = 100)]
    latency_max_ms: u64,
    /// By so much may the gateway's memory grow during the flood, in MiB.
    #[arg(long, default_value_t = 16.0)]
    growth_max_mib: f64,
    /// Only measures memory.
    #[arg(long)]
    memory_only: bool,
}

/// A gateway with apps.
struct Ground {
    address: SocketAddr,
    pid: u32,
    apps: Vec<App>,
    /// Whose payments load the gateway.
    busy: App,
    /// Whose log is flooded.
    flooded: App,
}

/// Runs `sockets`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    raise_open_files()?;
    let site = args.site.prepare("sockets", &[format!("http.write_stall_timeout_ms={STALL_MS}")]).await?;
    let app = |name: String| site.setup().create_app(&name, None);
    let apps = (0..args.count.div_ceil(args.per_app)).map(|n| app(format!("sockets {n}")));
    let (apps, busy, flooded) =
        (apps.collect::<anyhow::Result<Vec<_>>>()?, app("busy".into())?, app("flooded".into())?);
    let mut gateway = site.start().await?;
    let mut ground = Ground { address: site.setup().listen, pid: gateway.pid(), apps, busy, flooded };
    warm(&site, &ground).await?;
    let mut tally = Tally::default();
    let files_before = open_files(ground.pid)?;

    let mut hall = fill(&args, &ground, &mut tally).await?;
    if !args.memory_only {
        latency::measure(&args, &ground, &hall, &mut tally).await?;
        resume::measure(&args, &ground, &mut hall, &mut tally).await?;
        let (now, most) = rss_kib(ground.pid)?;
        say(format!("        memory then: {now} KiB, {most} KiB at most"));
    }
    let broken = hall.broken();
    tally.check(broken.is_empty(), format!("sockets that ended by themselves: {} {broken:.3?}", broken.len()));
    let closed = close(&ground, hall, files_before).await?;
    tally.check(
        closed <= files_before + FILES_MORE,
        format!("open files: {files_before} before, {closed} after all have left"),
    );
    if !args.memory_only {
        // What the thousands left behind would hide what a flood costs.
        gateway.kill()?;
        gateway = site.start().await?;
        ground.pid = gateway.pid();
        warm(&site, &ground).await?;
        flood::measure(&args, &ground, &mut tally).await?;
    }
    drop(gateway);
    Ok(tally.finish())
}

/// What every gateway holds once it has worked is no socket's.
async fn warm(site: &Site, ground: &Ground) -> anyhow::Result<()> {
    for app in ground.apps.iter().chain([&ground.busy, &ground.flooded]) {
        site.caller(app, 4).create(50, |_| None).await?;
        // Many at once: the gateway opens all its reading connections.
        let mut asking = JoinSet::new();
        for _ in 0..READERS {
            let (address, key) = (ground.address, app.api_key.clone());
            asking.spawn(async move { resume::last_seq(address, &key).await });
        }
        while let Some(last) = asking.join_next().await {
            last??;
        }
    }
    // The connections of the warming are closed by now.
    tokio::time::sleep(SETTLE).await;
    Ok(())
}

async fn fill(args: &Args, ground: &Ground, tally: &mut Tally) -> anyhow::Result<Hall> {
    let (before, _) = rss_kib(ground.pid)?;
    let began = Instant::now();
    let (hall, mut connects, errors) = Hall::fill(ground, args.count, args.per_app).await;
    let took = began.elapsed().as_secs_f64();
    let words = format!("sockets connected: {} of {}, errors: {:.3?}", connects.len(), args.count, errors);
    tally.check(errors.is_empty() && connects.len() == args.count, words);
    let [p50, p99] = [0.5, 0.99].map(|q| ms(connects.quantile(q)));
    say(format!("        in {took:.1} s, {:.0}/s; each p50 {p50}  p99 {p99}", args.count as f64 / took));
    tokio::time::sleep(SETTLE).await;
    let (after, _) = rss_kib(ground.pid)?;
    let each = (after.saturating_sub(before)) as f64 * 1.024 / args.count as f64;
    let words = format!("resident memory: {each:.2} KB a socket ({before} KiB before, {after} KiB after)");
    tally.check(each <= args.kb_max, words);
    Ok(hall)
}

async fn close(ground: &Ground, hall: Hall, before: usize) -> anyhow::Result<usize> {
    drop(hall);
    let began = Instant::now();
    loop {
        let open = open_files(ground.pid)?;
        if open <= before + FILES_MORE || began.elapsed() > CLOSING {
            return Ok(open);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
