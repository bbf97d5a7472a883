//! `zenwallet rollup …`: works beside a stopped or a running server.

use crate::{open, say};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::process::ExitCode;
use zenwallet_core::id::AppId;
use zenwallet_server::config::Config;
use zenwallet_store::Store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Count the payments again and mend what the rollups have wrong; servers may go on meanwhile
    Rebuild(Which),
    /// Only compare; ends with 1 on a difference
    Check(Which),
}

#[derive(Args)]
pub(crate) struct Which {
    /// One app alone
    #[arg(long, value_name = "ID")]
    app: Option<String>,
}

pub(crate) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let store = open::store(config, None).await?;
    let result = execute(&store, command).await;
    store.close().await;
    result
}

async fn execute(store: &Store, command: Command) -> anyhow::Result<ExitCode> {
    let (which, rebuilds) = match command {
        Command::Rebuild(which) => (which, true),
        Command::Check(which) => (which, false),
    };
    let mut differs = false;
    for app_id in apps(store, which.app).await? {
        let rows = if rebuilds { store.rebuild_rollup(app_id).await? } else { store.check_rollup(app_id).await? };
        differs |= rows > 0;
        say(&match (rows, rebuilds) {
            (0, _) => format!("{app_id}  right"),
            (_, true) => format!("{app_id}  {rows} rows mended"),
            (_, false) => format!("{app_id}  {rows} rows wrong"),
        });
    }
    Ok(if differs && !rebuilds { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn apps(store: &Store, named: Option<String>) -> anyhow::Result<Vec<AppId>> {
    let Some(text) = named else {
        return Ok(store.list_apps().await?.into_iter().map(|app| app.id).collect());
    };
    let id = AppId::parse(&text).with_context(|| format!("--app {text}: an app's id is app_ and 22 characters"))?;
    if store.find_app(id).await?.is_none() {
        bail!("--app {text}: there is no such app");
    }
    Ok(vec![id])
}
