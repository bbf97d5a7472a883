//! The binary: reads the configuration once and wires core, store and server together.

mod app;
mod doctor;
mod logs;
mod open;
mod rollup;
mod serve;
mod user;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use zenwallet_server::config::{self, Config};

// Measured against the system's allocator under load: less time per request and a flatter resident size.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A virtual payment gateway.
#[derive(Parser)]
#[command(name = "zenwallet", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// Every setting can also stand in the configuration file or the environment; `--help` of `serve` shows where.
#[derive(Args)]
struct Settings {
    /// The configuration file [default: $ZENWALLET_CONFIG, else ./zenwallet.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen, such as 127.0.0.1:8080
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The directory of the SQLite database
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// What payment URLs start with
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// A postgres:// URL; without one, SQLite in the data directory
    #[arg(long, global = true, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// text, json or auto
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Any other setting, such as --set http.max_connections=1000
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and the payer's page, and do the work behind them
    Serve,
    /// Do the work behind them alone: deliver webhooks, expire payments, clean up
    Worker,
    /// Bring the database's schema up to this program's
    Migrate,
    /// Check the configuration, the database and the disk, and say what to mend
    Doctor,
    /// What analytics reads: compare it with the payments, and mend it
    #[command(subcommand)]
    Rollup(rollup::Command),
    /// Apps and their keys
    #[command(subcommand)]
    App(app::Command),
    /// Who may log in
    #[command(subcommand)]
    User(user::Command),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("zenwallet: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one place where a command says why it failed")]
fn complain(text: &str) {
    eprintln!("{text}");
}

/// Prints what a command was asked for.
#[expect(clippy::print_stdout, reason = "the one place where a command answers")]
fn say(text: &str) {
    println!("{text}");
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let config = settings(cli.settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting threads")?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve => serve::serve(config).await,
            Command::Worker => serve::work(config).await,
            Command::Migrate => migrate(&config).await,
            Command::Doctor => doctor::examine(&config).await,
            Command::Rollup(command) => rollup::run(&config, command).await,
            Command::App(command) => app::run(&config, command).await,
            Command::User(command) => user::run(&config, command).await,
        }
    })
}

fn settings(given: Settings) -> anyhow::Result<Config> {
    let mut flags = Vec::new();
    let named = [
        ("listen", given.listen),
        ("data_dir", given.data_dir),
        ("public_url", given.public_url),
        ("database_url", given.database_url),
        ("log.format", given.log_format),
    ];
    for (key, value) in named {
        flags.extend(value.map(|value| (key.to_owned(), value)));
    }
    for pair in given.set {
        let (key, value) = pair.split_once('=').with_context(|| format!("--set {pair}: write it as KEY=VALUE"))?;
        flags.push((key.to_owned(), value.to_owned()));
    }
    config::load_from_process(given.config.as_deref(), &flags).map_err(|errors| anyhow::anyhow!("{errors}"))
}

async fn migrate(config: &Config) -> anyhow::Result<ExitCode> {
    let store = open::store(config, None).await?;
    let applied = store.migrate().await?;
    store.close().await;
    say(&match applied.as_slice() {
        [] => "the schema is up to date".to_owned(),
        versions => format!("applied {versions:?}"),
    });
    Ok(ExitCode::SUCCESS)
}
