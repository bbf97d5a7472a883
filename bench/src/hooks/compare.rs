//! `hooks-compare`: the gateway's deliveries beside the peer's, in turn on one machine. Absolute figures drift; ratios hold.

use super::measure::{Outcome, Plan, measure};
use super::{PAYMENTS, PEER_KEY, PEER_PAYMENTS, PEER_URL};
use crate::process::{self, Watched};
use crate::report::{Tally, say};
use crate::stats::{median, ms};
use anyhow::ensure;

/// Arguments of `hooks-compare`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the gateway listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key of a test app without a rate limit.
    #[arg(long)]
    key: String,
    /// Where the peer listens.
    #[arg(long, default_value = PEER_URL)]
    peer_url: String,
    /// How often each takes its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Payments of the gateway's turn.
    #[arg(long, default_value_t = PAYMENTS)]
    payments: usize,
    /// Payments of the peer's turn.
    #[arg(long, default_value_t = PEER_PAYMENTS)]
    peer_payments: usize,
    /// Connections of each.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// To how many addresses the webhooks of each go.
    #[arg(long, default_value_t = 1)]
    targets: usize,
    /// What the ratio of the medians must reach.
    #[arg(long, default_value_t = 15.0)]
    goal: f64,
    /// Processes whose CPU time to report, as in `load`.
    #[arg(long, value_delimiter = ',')]
    pids: Vec<String>,
}

/// Runs `hooks-compare`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let plan = |url: &str, key: &str, payments: usize, watched: Vec<Watched>| Plan {
        url: url.to_owned(),
        key: key.to_owned(),
        payments,
        connections: args.connections,
        rate: None,
        targets: args.targets,
        secret: None,
        watched,
    };
    let ours = plan(&args.url, &args.key, args.payments, process::watch(&args.pids)?);
    let theirs = plan(&args.peer_url, PEER_KEY, args.peer_payments, Vec::new());
    let (mut our_rates, mut their_rates) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        our_rates.push(turn("gateway", &ours).await?.rate());
        their_rates.push(turn("peer", &theirs).await?.rate());
    }
    let (our_rate, their_rate) = (median(&our_rates), median(&their_rates));
    let ratio = our_rate / their_rate;
    let mut tally = Tally::default();
    let words =
        format!("gateway {our_rate:.0}/s, peer {their_rate:.0}/s, gateway/peer {ratio:.1} (goal {})", args.goal);
    tally.check(ratio >= args.goal, words);
    Ok(tally.finish())
}

async fn turn(name: &str, plan: &Plan) -> anyhow::Result<Outcome> {
    let mut outcome = measure(plan).await?;
    let failed = outcome.missing + outcome.refused;
    ensure!(failed == 0, "{name}: {} events missing, {} completes refused", outcome.missing, outcome.refused);
    let [p50, p99] = [0.5, 0.99].map(|q| ms(outcome.deliveries.quantile(q)));
    say(format!("{name:<8} {:>6.0} deliveries/s  p50 {p50}  p99 {p99}  {} repeated", outcome.rate(), outcome.repeated));
    for (label, us) in outcome.cpu_us.iter().filter(|_| !plan.watched.is_empty()) {
        say(format!("         cpu {label}: {:.1} µs per delivery", *us as f64 / outcome.delivered as f64));
    }
    Ok(outcome)
}
