//! `limits`: several nodes on one PostgreSQL are asked for far more than a key may have. Do they let in together what its
//! rate limit says, wherever the requests go?

use crate::gateway::Gateway;
use crate::http::raw::RawConnection;
use crate::report::{Tally, say};
use crate::site::{Db, Plan, Site};
use anyhow::{Context, bail, ensure};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Connections to each node.
const CONNECTIONS: usize = 8;
/// So many times the rate is asked of all nodes together.
const DEMAND: f64 = 10.0;
/// The part of what is asked that the first node gets when it gets the most.
const LOPSIDED: f64 = 0.9;
/// So far from the limit may it be.
const TOLERANCE: f64 = 0.1;

/// Arguments of `limits`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The product's binary.
    #[arg(long, default_value = "target/release/zenwallet")]
    binary: PathBuf,
    /// Nodes on one database.
    #[arg(long, default_value_t = 2)]
    nodes: usize,
    /// PgBouncer in transaction mode stands before PostgreSQL.
    #[arg(long)]
    pgbouncer: bool,
    /// Requests a second that a key may make.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// How long each way to split the requests is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Asks the gateways, built with the feature `planted-bugs`, to make this mistake: it must be found.
    #[arg(long)]
    planted: Option<String>,
}

/// Where the requests go.
#[derive(Clone, Copy, Debug)]
enum Split {
    /// To all nodes alike.
    Alternating,
    /// Most of them to the first.
    Lopsided,
    /// All of them to one node for half of the time, then all to the next.
    Moving,
}

/// What came back.
#[derive(Default)]
struct Counts {
    admitted: u64,
    refused: u64,
}

/// Runs `limits`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    ensure!(args.nodes > 1, "--nodes {}: one has nobody to share with", args.nodes);
    let plan = Plan {
        pgbouncer: args.pgbouncer,
        planted: args.planted.clone(),
        ..Plan::new("limits", &args.binary, Db::Postgres, &[])
    };
    let site = Site::prepare(&plan).await?;
    let (mut gateways, mut addresses): (Vec<Gateway>, Vec<SocketAddr>) = (Vec::new(), Vec::new());
    for number in 0..args.nodes {
        let setup = site.node(&format!("node-{number}"))?;
        let mut gateway = setup.start()?;
        gateway.wait_until_ready().await?;
        addresses.push(setup.listen);
        gateways.push(gateway);
    }
    let mut tally = Tally::default();
    let mut all_kept = true;
    for split in [Split::Alternating, Split::Lopsided, Split::Moving] {
        // A key of its own: nothing is left of what came before.
        let app = site.setup().create_app_with("limits", args.rate, None)?;
        let (counts, elapsed) = saturate(&args, split, &addresses, &app.api_key).await?;
        let allowed = f64::from(args.rate) * (2.0 + elapsed.as_secs_f64());
        let part = counts.admitted as f64 / allowed;
        let kept = (part - 1.0).abs() <= TOLERANCE;
        all_kept &= kept;
        let words = format!(
            "{split:?}: {} admitted, {} refused by {} nodes in {:.2} s; admitted / (burst + rate x t) = {part:.3}",
            counts.admitted,
            counts.refused,
            args.nodes,
            elapsed.as_secs_f64()
        );
        match &args.planted {
            None => tally.check(kept, words),
            Some(_) => say(words),
        }
    }
    if let Some(name) = &args.planted {
        tally.check(!all_kept, format!("planted {name}: the limit was not kept"));
    }
    drop(gateways);
    Ok(tally.finish())
}

/// Asks the nodes for more than they may give, for as long as it was said.
async fn saturate(
    args: &Args,
    split: Split,
    addresses: &[SocketAddr],
    key: &str,
) -> anyhow::Result<(Counts, Duration)> {
    let mut tasks = JoinSet::new();
    let (length, demand) = (Duration::from_secs(args.seconds), DEMAND * f64::from(args.rate));
    let others = (addresses.len() - 1) as f64;
    let mut asking = Vec::new();
    for (number, address) in addresses.iter().enumerate() {
        let (rate, from, until) = match (split, number) {
            (Split::Alternating, _) => (demand / addresses.len() as f64, Duration::ZERO, length),
            (Split::Lopsided, 0) => (demand * LOPSIDED, Duration::ZERO, length),
            (Split::Lopsided, _) => (demand * (1.0 - LOPSIDED) / others, Duration::ZERO, length),
            (Split::Moving, 0) => (demand, Duration::ZERO, length / 2),
            (Split::Moving, 1) => (demand, length / 2, length),
            (Split::Moving, _) => continue,
        };
        for _ in 0..CONNECTIONS {
            let connection = RawConnection::connect(*address).await?;
            let every = Duration::from_secs_f64(CONNECTIONS as f64 / rate);
            let request =
                format!("GET /api/payments?limit=1 HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\r\n");
            asking.push((connection, request, every, from, until));
        }
    }
    let began = Instant::now();
    for (connection, request, every, from, until) in asking {
        tasks.spawn(ask(connection, request, every, began + from, began + until));
    }
    let mut all = Counts::default();
    while let Some(counts) = tasks.join_next().await {
        let counts = counts??;
        all.admitted += counts.admitted;
        all.refused += counts.refused;
    }
    Ok((all, began.elapsed()))
}

/// One connection: a request at every interval, or as soon as the last is answered.
async fn ask(
    mut connection: RawConnection,
    request: String,
    every: Duration,
    from: Instant,
    until: Instant,
) -> anyhow::Result<Counts> {
    let (mut counts, mut next) = (Counts::default(), from);
    while next < until {
        tokio::time::sleep_until(next.into()).await;
        match connection.exchange(request.as_bytes()).await.context("a node left")?.status {
            200 => counts.admitted += 1,
            429 => counts.refused += 1,
            other => bail!("a list was answered {other}"),
        }
        next = (next + every).max(Instant::now());
    }
    Ok(counts)
}
