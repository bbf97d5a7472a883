//! `load`: how many payments a second, how long each takes, and what each costs in CPU time.

mod drive;
mod template;

use crate::process::{self, Watched};
use crate::report::say;
use crate::stats::{Latencies, ms};
use drive::{Drive, Tapes};
use std::time::Duration;

/// What one request of the loop is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Create a payment.
    Create,
    /// Create a payment, then complete it.
    CreateComplete,
}

/// Arguments of `load`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the gateway listens.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// An API key, best of an app without a rate limit.
    #[arg(long)]
    key: String,
    /// Keep-alive connections, each with one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long to measure.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// What each turn of the loop does.
    #[arg(long, value_enum, default_value = "create")]
    mode: Mode,
    /// Processes whose CPU time and memory to report, each with its children: ids or names, such as `zenwallet,postgres`.
    #[arg(long, value_delimiter = ',')]
    pids: Vec<String>,
}

/// One measurement to make.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Where the gateway listens.
    pub(crate) url: String,
    /// The API key.
    pub(crate) key: String,
    /// Connections at once.
    pub(crate) connections: usize,
    /// How long.
    pub(crate) window: Duration,
    /// What each turn does.
    pub(crate) mode: Mode,
}

/// What a measurement found.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Payments created (and completed) with a 2xx answer.
    pub(crate) payments: u64,
    /// Answers that were not 2xx.
    pub(crate) refused: u64,
    /// How long it really took.
    pub(crate) elapsed: Duration,
    /// Time to each create's answer.
    pub(crate) creates: Latencies,
    /// Time to each complete's answer.
    pub(crate) completes: Latencies,
    /// CPU microseconds used meanwhile by each watched process, the client itself last.
    pub(crate) cpu_us: Vec<(String, u64)>,
}

impl Outcome {
    /// Payments a second.
    pub(crate) fn rate(&self) -> f64 {
        self.payments as f64 / self.elapsed.as_secs_f64()
    }
}

/// Runs `load`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let watched = process::watch(&args.pids)?;
    let plan = Plan {
        url: args.url,
        key: args.key,
        connections: args.connections,
        window: Duration::from_secs(args.seconds),
        mode: args.mode,
    };
    let mut outcome = measure(&plan, &watched).await?;
    tell(&mut outcome);
    for process in &watched {
        let (rss, most) = process::rss_kib(process.pid)?;
        say(format!("memory  {:<22} {:.1} MiB now, {:.1} MiB at most", process.label, mib(rss), mib(most)));
    }
    Ok(outcome.refused == 0)
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// Measures once.
pub(crate) async fn measure(plan: &Plan, watched: &[Watched]) -> anyhow::Result<Outcome> {
    let address = crate::http::address_of(&plan.url)?;
    let drive = Drive::connect(address, plan).await?;
    let before = process::cpu_of(watched)?;
    let Tapes { creates, completes, payments, refused, elapsed } = drive.run().await?;
    let spent =
        process::cpu_of(watched)?.into_iter().zip(before).map(|((label, after), (_, before))| (label, after - before));
    Ok(Outcome { payments, refused, elapsed, creates, completes, cpu_us: spent.collect() })
}

fn tell(outcome: &mut Outcome) {
    say(format!(
        "{:.0} payments/s  ({} in {:.2} s, {} refused)",
        outcome.rate(),
        outcome.payments,
        outcome.elapsed.as_secs_f64(),
        outcome.refused
    ));
    for (what, tape) in [("create", &mut outcome.creates), ("complete", &mut outcome.completes)] {
        if tape.len() > 0 {
            let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|q| ms(tape.quantile(q)));
            say(format!("{what:<9} p50 {p50}  p99 {p99}  p99.9 {p999}"));
        }
    }
    for (label, us) in &outcome.cpu_us {
        let each = *us as f64 / outcome.payments.max(1) as f64;
        let share = *us as f64 / outcome.elapsed.as_micros() as f64;
        say(format!("cpu     {label:<22} {each:.1} µs per payment, {share:.2} cores"));
    }
}
