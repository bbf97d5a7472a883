//! Measures the gateway and tries to break it, from outside: over HTTP, with `kill -9`, and through the SQL views.

mod attack;
mod clock;
mod compare;
mod crashbox;
mod database;
mod gateway;
mod http;
mod journal;
mod lists;
mod load;
mod money;
mod oracle;
mod owned;
mod pgbench;
mod postgres;
mod process;
mod report;
mod stats;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Measures the gateway and tries to break it.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Closed-loop load on a running gateway: payments a second, latency, and CPU per payment.
    Load(load::Args),
    /// The gateway beside pgbench's single-row inserts, in turn, and the ratios of the medians.
    Compare(compare::Args),
    /// Kills a gateway of its own again and again under load, then lets the oracle judge what is left.
    Crashbox(crashbox::Args),
    /// Lists, reads and searches with few and with many payments.
    Lists(lists::Args),
    /// Slow attackers against a running gateway, while good clients are timed.
    Attack(attack::Args),
}

fn main() -> ExitCode {
    match block_on(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report::complain(format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

fn block_on(command: Command) -> anyhow::Result<bool> {
    // One thread: the client's CPU competes with the server's, and a single thread wastes none of it on hand-overs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        // Losing the race drops the command, and with it every process that it started.
        tokio::select! {
            passed = run(command) => passed,
            _ = terminate.recv() => anyhow::bail!("terminated"),
            _ = interrupt.recv() => anyhow::bail!("interrupted"),
        }
    })
}

async fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Load(args) => load::run(args).await,
        Command::Compare(args) => compare::run(args).await,
        Command::Crashbox(args) => crashbox::run(args).await,
        Command::Lists(args) => lists::run(args).await,
        Command::Attack(args) => attack::run(args).await,
    }
}
