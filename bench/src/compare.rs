//! `compare`: the gateway beside single-row inserts of pgbench, in turn on one machine. Absolute figures drift; ratios hold.

use crate::load::{self, Mode, Plan};
use crate::pgbench::{Pgbench, Rate};
use crate::postgres::PrivatePostgres;
use crate::process::{self, Watched};
use crate::report::say;
use crate::stats::{median, ms};
use std::time::Duration;

/// Arguments of `compare`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the gateway listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key of an app without a rate limit.
    #[arg(long)]
    key: String,
    /// How often each takes its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections of each.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long a turn takes.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// A PostgreSQL on 127.0.0.1 whose `postgres` user needs no password; without it, a private one is started.
    #[arg(long)]
    postgres_port: Option<u16>,
    /// Processes whose CPU time to report, as in `load`.
    #[arg(long, value_delimiter = ',')]
    pids: Vec<String>,
}

/// Runs `compare`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let private = match args.postgres_port {
        Some(_) => None,
        None => Some(PrivatePostgres::start(&["shared_buffers=512MB", "max_wal_size=4GB"]).await?),
    };
    let port = args.postgres_port.or(private.as_ref().map(PrivatePostgres::port)).unwrap_or_default();
    let watched = process::watch(&args.pids)?;
    let pgbench = Pgbench::prepare(port).await?;
    take_turns(&args, &watched, &pgbench).await?;
    Ok(true)
}

async fn take_turns(args: &Args, watched: &[Watched], pgbench: &Pgbench) -> anyhow::Result<()> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        ours.push(our_turn(args, args.connections, watched).await?.rate);
        theirs.push(their_turn(args, args.connections, pgbench).await?.per_second);
    }
    let (mut our_ms, mut their_ms) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        our_ms.push(our_turn(args, 1, watched).await?.p50_ms);
        their_ms.push(their_turn(args, 1, pgbench).await?.latency_ms);
    }
    let (ours, theirs) = (median(&ours), median(&theirs));
    let (our_ms, their_ms) = (median(&our_ms), median(&their_ms));
    say(format!(
        "{} connections: gateway {ours:.0}/s, pgbench {theirs:.0}/s, gateway/pgbench {:.2}",
        args.connections,
        ours / theirs
    ));
    say(format!(
        "1 connection: gateway p50 {our_ms:.3} ms, pgbench average {their_ms:.3} ms, gateway/pgbench {:.2}",
        our_ms / their_ms
    ));
    Ok(())
}

struct OurTurn {
    rate: f64,
    p50_ms: f64,
}

async fn our_turn(args: &Args, connections: usize, watched: &[Watched]) -> anyhow::Result<OurTurn> {
    let plan = Plan {
        url: args.url.clone(),
        key: args.key.clone(),
        connections,
        window: Duration::from_secs(args.seconds),
        mode: Mode::Create,
    };
    let mut outcome = load::measure(&plan, watched).await?;
    anyhow::ensure!(outcome.refused == 0, "{} of the gateway's answers were not 2xx", outcome.refused);
    let (p50, p99) = (outcome.creates.quantile(0.5), outcome.creates.quantile(0.99));
    say(format!("gateway  {connections:>3} connections  {:.0}/s  p50 {}  p99 {}", outcome.rate(), ms(p50), ms(p99)));
    for (label, us) in &outcome.cpu_us {
        say(format!("         cpu {label}: {:.1} µs per payment", *us as f64 / outcome.payments.max(1) as f64));
    }
    Ok(OurTurn { rate: outcome.rate(), p50_ms: p50.as_secs_f64() * 1_000.0 })
}

async fn their_turn(args: &Args, connections: usize, pgbench: &Pgbench) -> anyhow::Result<Rate> {
    let rate = pgbench.run(connections, args.seconds).await?;
    say(format!("pgbench  {connections:>3} connections  {:.0}/s  average {:.3} ms", rate.per_second, rate.latency_ms));
    Ok(rate)
}
