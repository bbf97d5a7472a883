//! `zenwallet app …`: works beside a stopped or a running server.

use crate::{open, say};
use anyhow::Context;
use clap::Subcommand;
use std::process::ExitCode;
use zenwallet_core::app::Environment;
use zenwallet_core::id::AppId;
use zenwallet_core::limits::KEY_OVERLAP_DEFAULT_S;
use zenwallet_server::config::Config;
use zenwallet_server::gateway::{Gateway, NewApp};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an app; its key and webhook secret are shown this once
    Create {
        /// What the payer reads
        #[arg(long)]
        name: String,
        /// test or production
        #[arg(long, value_parser = environment)]
        environment: Environment,
        /// Where its webhooks go
        #[arg(long, value_name = "URL")]
        webhook_url: Option<String>,
        /// Requests per second of each key; 0 is no limit
        #[arg(long, value_name = "N")]
        rate_limit: Option<u32>,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// The keys of an app
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a new key, shown this once; the app's other keys end after the overlap
    Rotate {
        /// The app
        #[arg(long, value_name = "ID")]
        app: String,
        /// Seconds that the other keys go on working, at most 7 days
        #[arg(long, value_name = "SECONDS", default_value_t = KEY_OVERLAP_DEFAULT_S)]
        overlap: i64,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
}

fn environment(text: &str) -> Result<Environment, String> {
    Environment::parse(text).ok_or_else(|| "it is test or production".to_owned())
}

pub(crate) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let gateway = open::gateway(config, None).await?;
    let result = execute(&gateway, command).await;
    gateway.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn execute(gateway: &Gateway, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create { name, environment, webhook_url, rate_limit, json } => {
            let new = NewApp { name, environment, webhook_url, rate_limit_per_s: rate_limit };
            let made = gateway.create_app(new).await?;
            let (id, key, secret) = (made.app.id.to_string(), made.api_key.reveal(), &made.webhook_secret);
            say(&if json {
                serde_json::json!({ "app_id": id, "api_key": key, "webhook_secret": secret }).to_string()
            } else {
                format!(
                    "App             {id}\nAPI key         {key}\nWebhook secret  {secret}\n\
                     Keep both now: they are not shown again."
                )
            });
        }
        Command::Key(KeyCommand::Rotate { app, overlap, json }) => {
            let id =
                AppId::parse(&app).with_context(|| format!("--app {app}: an app's id is app_ and 22 characters"))?;
            let key = gateway.rotate_key(id, overlap).await?;
            say(&if json {
                serde_json::json!({ "app_id": app, "api_key": key.reveal() }).to_string()
            } else {
                format!("API key  {}\nKeep it now: it is not shown again.", key.reveal())
            });
        }
    }
    Ok(())
}
