//! Measures the gateway and tries to break it, from outside: over HTTP, with `kill -9`, and through the SQL views.

mod attack;
mod backlog;
mod batch;
mod bouncer;
mod clock;
mod cluster;
mod compare;
mod crashbox;
mod database;
mod gateway;
mod hooks;
mod http;
mod journal;
mod limits;
mod lists;
mod live;
mod load;
mod logins;
mod money;
mod neighbours;
mod oracle;
mod owned;
mod pgbench;
mod postgres;
mod process;
mod receiver;
mod report;
mod schedule;
mod shutdown;
mod site;
mod sockets;
mod stats;
mod timeline;
mod webhook;

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
    /// Analytics with few and with many payments.
    Analytics(lists::Args),
    /// Fills the one app of a SQLite database with payments
    Fill(lists::FillArgs),
    /// Webhooks delivered by a running gateway: how many a second, how soon, and at what cost.
    Hooks(hooks::Args),
    /// The gateway's deliveries beside the yardstick's peer, in turn, and the ratio of the medians.
    HooksCompare(hooks::CompareArgs),
    /// What an app with a good receiver feels of apps whose receivers hang and drip.
    Neighbours(neighbours::Args),
    /// How late each retry comes.
    Schedule(schedule::Args),
    /// Stops a gateway of its own under load, again and again.
    Shutdown(shutdown::Args),
    /// A receiver comes back after an outage, and much is due at once.
    Backlog(backlog::Args),
    /// Saturates nodes that share a database: do they let in together what the rate limit says?
    Limits(limits::Args),
    /// What payments feel of people who log in.
    Logins(logins::Args),
    /// Many sockets: what each costs, how soon an event reaches a thousand, and one that does not read.
    Sockets(sockets::Args),
    /// Two gateways on one PostgreSQL, one killed again and again, and what those who follow the logs are told.
    Cluster(cluster::Args),
    /// Receives webhooks and counts them.
    Receive(receiver::Args),
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
    let ends_by_signal = matches!(&command, Command::Cluster(args) if args.ends_by_signal());
    runtime.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        // Losing the race drops the command, and with it every process that it started.
        tokio::select! {
            passed = run(command) => passed,
            _ = terminate.recv() => anyhow::bail!("terminated"),
            _ = interrupt.recv() => {
                anyhow::ensure!(ends_by_signal, "interrupted");
                Ok(true)
            }
        }
    })
}

async fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Load(args) => load::run(args).await,
        Command::Compare(args) => compare::run(args).await,
        Command::Crashbox(args) => crashbox::run(args).await,
        Command::Lists(args) => lists::run(args).await,
        Command::Analytics(args) => lists::run_analytics(args).await,
        Command::Fill(args) => lists::fill(&args),
        Command::Hooks(args) => hooks::run(args).await,
        Command::HooksCompare(args) => hooks::compare(args).await,
        Command::Neighbours(args) => neighbours::run(args).await,
        Command::Schedule(args) => schedule::run(args).await,
        Command::Shutdown(args) => shutdown::run(args).await,
        Command::Backlog(args) => backlog::run(args).await,
        Command::Limits(args) => limits::run(args).await,
        Command::Logins(args) => logins::run(args).await,
        Command::Sockets(args) => sockets::run(args).await,
        Command::Cluster(args) => cluster::run(args).await,
        Command::Receive(args) => receiver::run(args).await,
        Command::Attack(args) => attack::run(args).await,
    }
}
