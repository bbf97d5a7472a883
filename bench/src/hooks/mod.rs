//! `hooks`: how many webhooks a second a gateway delivers, how long after its cause each arrives, and at what cost.

mod compare;
mod measure;

pub(crate) use compare::{Args as CompareArgs, run as compare};

use crate::process;
use crate::report::{Tally, say};
use crate::stats::ms;
use crate::webhook::WebhookKey;
use anyhow::Context;
use measure::{Outcome, Plan, measure};

/// The peer of the yardstick: where it listens, and the only key it knows.
const PEER_URL: &str = "http://127.0.0.1:4001";
const PEER_KEY: &str = "sk_test_baseline0000000000000000";
/// Payments of one measurement: a few seconds of work for each side.
const PAYMENTS: usize = 20_000;
const PEER_PAYMENTS: usize = 4_000;

/// Arguments of `hooks`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the gateway listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key of a test app without a rate limit.
    #[arg(long, required_unless_present = "peer")]
    key: Option<String>,
    /// Measures the yardstick's peer instead of a gateway.
    #[arg(long, conflicts_with_all = ["url", "key", "secret"])]
    peer: bool,
    /// Payments made beforehand and completed; 20000, of the peer 4000, unless said.
    #[arg(long)]
    payments: Option<usize>,
    /// Keep-alive connections, each with one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Completes so many a second; as fast as the connections can unless said.
    #[arg(long)]
    rate: Option<f64>,
    /// Measures again at half the rate that was found, for the latency of a gateway that keeps up.
    #[arg(long, conflicts_with = "rate")]
    half: bool,
    /// To how many addresses the webhooks go, each an origin of its own.
    #[arg(long, default_value_t = 1)]
    targets: usize,
    /// The app's `whsec_…`: verifies every signature, after the measurement.
    #[arg(long)]
    secret: Option<String>,
    /// Processes whose CPU time to report, as in `load`.
    #[arg(long, value_delimiter = ',')]
    pids: Vec<String>,
}

/// Runs `hooks`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let secret = args.secret.as_deref().map(|secret| WebhookKey::parse(secret).context("--secret: not a whsec_…"));
    let mut plan = Plan {
        url: if args.peer { PEER_URL.to_owned() } else { args.url },
        key: args.key.unwrap_or_else(|| PEER_KEY.to_owned()),
        payments: args.payments.unwrap_or(if args.peer { PEER_PAYMENTS } else { PAYMENTS }),
        connections: args.connections,
        rate: args.rate,
        targets: args.targets,
        secret: secret.transpose()?,
        watched: process::watch(&args.pids)?,
    };
    let mut tally = Tally::default();
    let found = turn(&plan, &mut tally).await?;
    if args.half {
        say("");
        plan.rate = Some(found / 2.0);
        turn(&plan, &mut tally).await?;
    }
    Ok(tally.finish())
}

/// Measures once and tells it; answers the rate.
async fn turn(plan: &Plan, tally: &mut Tally) -> anyhow::Result<f64> {
    let mut outcome = measure(plan).await?;
    tell(&mut outcome);
    tally.check(outcome.missing == 0, format!("every event was received ({} were not)", outcome.missing));
    tally.check(outcome.refused == 0, format!("every complete was answered 2xx ({} were not)", outcome.refused));
    if plan.secret.is_some() {
        tally.check(outcome.flaws == 0, format!("every signature fits ({} do not)", outcome.flaws));
    }
    Ok(outcome.rate())
}

fn tell(outcome: &mut Outcome) {
    let seconds = outcome.elapsed.as_secs_f64();
    say(format!(
        "{:.0} deliveries/s  ({} in {seconds:.2} s, {} repeated)",
        outcome.rate(),
        outcome.delivered,
        outcome.repeated
    ));
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|q| ms(outcome.deliveries.quantile(q)));
    say(format!("complete to receipt   p50 {p50}  p99 {p99}  at most {most}"));
    let [p50, p99] = [0.5, 0.99].map(|q| ms(outcome.answers.quantile(q)));
    say(format!(
        "complete to answer    p50 {p50}  p99 {p99}; all answered after {:.2} s",
        outcome.answered.as_secs_f64()
    ));
    if outcome.behind > measure::BEHIND {
        say(format!("the pace was missed by up to {}: more --connections, or a lower --rate", ms(outcome.behind)));
    }
    for (label, us) in &outcome.cpu_us {
        let each = *us as f64 / outcome.delivered.max(1) as f64;
        let share = *us as f64 / outcome.elapsed.as_micros().max(1) as f64;
        say(format!("cpu     {label:<22} {each:.1} µs per delivery, {share:.2} cores"));
    }
    say(format!("        (the client's share of it that receives: {:.1} µs per delivery)", outcome.receiving_us));
}
