//! Deterministic simulation of delivery, leases, backoff, expiry and the log. One seed is one run, repeatable bit for
//! bit: up to three nodes with clocks of their own share one SQLite file, through the product's own plan, SQL, writer,
//! lanes and retry schedule. Everything around them is simulated and goes wrong: commits (taken back, or of unknown
//! fate), processes (crash at any point, freeze past a lease, stop), clocks (skewed, jumping), receivers (2xx, 5xx, 410,
//! 429 with `Retry-After`, silence), callers, and owners who change endpoints while deliveries wait.
//!
//! The judge checks safety after every step, from the rows that the database saw change; once the faults stop, that
//! everything comes to its end (liveness).
//!
//! ```text
//! sim                        SIM_SEEDS seeds (1000) from number 1 on, after those that once failed
//! sim --seed 17 --trace      one seed, step by step
//! sim --find                 with a planted bug: passes when a seed finds it
//! ```

mod campaign;
mod chance;
mod commit;
mod dispatch;
mod judge;
mod node;
mod receivers;
mod timeline;
mod traffic;
mod world;

use clap::Parser;
use std::process::ExitCode;

/// Simulates nodes, receivers and faults from seeds, and judges every step.
#[derive(Parser)]
#[command(name = "sim")]
pub(crate) struct Args {
    /// How many seeds.
    #[arg(long, env = "SIM_SEEDS", default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Only this one.
    #[arg(long)]
    seed: Option<u64>,
    /// Tells each step of the one seed.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Stops at the first seed that fails, and passes only then.
    #[arg(long)]
    find: bool,
}

#[expect(clippy::print_stdout, reason = "what it is for")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

fn main() -> ExitCode {
    campaign::run(&Args::parse())
}
