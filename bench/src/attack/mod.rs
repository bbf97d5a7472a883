//! `attack`: clients that never finish, four ways of them, while good clients are timed.

mod attacker;
mod good;

use crate::http::address_of;
use crate::report::{Tally, say};
use crate::stats::ms;
use anyhow::{Context, ensure};
use attacker::{Attacker, Fate};
use good::Good;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::task::JoinSet;

/// How an attacker holds its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Connects and says nothing.
    Silent,
    /// Sends a header that never ends, a byte every few seconds.
    SlowHeader,
    /// Sends a body that never ends, a byte every few seconds.
    SlowBody,
    /// Asks for more than the buffers hold and reads none of it.
    SlowRead,
}

/// Arguments of `attack`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the gateway listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key of an app without a rate limit.
    #[arg(long)]
    key: String,
    /// Attackers of each mode.
    #[arg(long, default_value_t = 300)]
    attackers: usize,
    /// Which modes, all at once.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "silent,slow-header,slow-body,slow-read")]
    modes: Vec<Mode>,
    /// In this many seconds every attacker must be cut off.
    #[arg(long, default_value_t = 15)]
    deadline: u64,
    /// Good clients, each creating a payment and pausing, again and again.
    #[arg(long, default_value_t = 8)]
    good: usize,
    /// What the good clients' p99 may be, in milliseconds.
    #[arg(long, default_value_t = 100)]
    max_p99_ms: u64,
    /// From how many loopback addresses the attackers come; a limit per address meets fewer of each.
    #[arg(long, default_value_t = 16)]
    sources: usize,
}

/// How long good clients are timed alone, for comparison.
const BASELINE: Duration = Duration::from_secs(3);

/// Runs `attack`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let address = address_of(&args.url)?;
    ensure_descriptors(args.attackers * args.modes.len() + 100)?;
    let mut alone = Good::start(address, &args.key, args.good);
    tokio::time::sleep(BASELINE).await;
    let (mut alone, _) = alone.finish().await?;
    say(format!("good clients alone: p50 {}, p99 {}", ms(alone.quantile(0.5)), ms(alone.quantile(0.99))));

    let mut good = Good::start(address, &args.key, args.good);
    let mut attackers = JoinSet::new();
    let deadline = Duration::from_secs(args.deadline);
    for i in 0..args.attackers {
        for mode in &args.modes {
            let source = source(address.ip().is_loopback(), i % args.sources.max(1));
            let attacker = Attacker { address, source, mode: *mode, key: args.key.clone() };
            attackers.spawn(async move { (attacker.mode, attacker.attack(deadline).await) });
        }
    }
    let fates = attackers.join_all().await;
    let (mut timed, failures) = good.finish().await?;

    let mut tally = Tally::default();
    for mode in &args.modes {
        let of_mode: Vec<&Fate> = fates.iter().filter(|(m, _)| m == mode).map(|(_, fate)| fate).collect();
        tell_mode(&mut tally, *mode, &of_mode, deadline);
    }
    let p99 = timed.quantile(0.99);
    let words =
        format!("good clients meanwhile: {} requests, p50 {}, p99 {}", timed.len(), ms(timed.quantile(0.5)), ms(p99));
    tally.check(p99 < Duration::from_millis(args.max_p99_ms), words);
    tally.check(failures == 0, format!("good clients' failures: {failures}"));
    Ok(tally.finish())
}

fn tell_mode(tally: &mut Tally, mode: Mode, fates: &[&Fate], deadline: Duration) {
    let refused = fates.iter().filter(|fate| matches!(fate, Fate::Refused)).count();
    let closed: Vec<Duration> =
        fates.iter().filter_map(|fate| if let Fate::Closed(t) = fate { Some(*t) } else { None }).collect();
    let slowest = closed.iter().max().copied().unwrap_or_default();
    let words = format!(
        "{mode:?}: of {} the server refused {refused} and closed {} within {deadline:?}, the last after {:.1} s",
        fates.len(),
        closed.len(),
        slowest.as_secs_f64()
    );
    tally.check(refused + closed.len() == fates.len(), words);
}

/// All of 127.0.0.0/8 is this machine, so attackers can come from many addresses.
fn source(loopback: bool, i: usize) -> Option<Ipv4Addr> {
    let last = u8::try_from(1 + i % 250).unwrap_or(1);
    loopback.then_some(Ipv4Addr::new(127, 0, 1, last))
}

/// Every connection takes a file descriptor here.
fn ensure_descriptors(needed: usize) -> anyhow::Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("no limit")?;
    let allowed: usize = line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(usize::MAX);
    ensure!(allowed >= needed, "{needed} connections need `ulimit -n {needed}`; it is {allowed}");
    Ok(())
}
