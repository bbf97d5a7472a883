//! Log lines: a readable message and fields. Never logged: keys, secrets, tokens, request bodies, database URLs.

use anyhow::Context;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use zenwallet_server::config::{LogConfig, LogFormat};

/// Starts logging to standard error.
pub(crate) fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.filter)
        .with_context(|| format!("log.filter {:?}: write it as info or zenwallet_server=debug,info", config.filter))?
        // Below this the driver writes down the values of statements: descriptions, metadata, idempotency keys.
        .add_directive("tokio_postgres=info".parse()?);
    let terminal = std::io::stderr().is_terminal();
    let json = match config.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !terminal,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal)
        // A line that cannot be written, to a full disk say, is lost; telling so on the same stream would panic.
        .log_internal_errors(false);
    let started = if json { lines.json().flatten_event(true).try_init() } else { lines.try_init() };
    started.map_err(|error| anyhow::anyhow!("starting the log: {error}"))
}
