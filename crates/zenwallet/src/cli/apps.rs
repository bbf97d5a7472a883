//! `zenwallet apps` and `zenwallet keys`: what a user has on a gateway.

use super::credentials::{Credentials, KeptKey};
use super::failure::Failure;
use super::target::Target;
use super::{Outcome, session, show};
use clap::Subcommand;
use std::process::ExitCode;
use zenwallet_sdk::{App, Client, CreateApp, CreateKey, CreatedKey, Key, RotateKey};

#[derive(Subcommand)]
pub(crate) enum AppsCommand {
    /// List your apps
    List,
    /// Make an app; its key and its webhook secret are shown this once
    Create {
        /// What the payer reads
        name: String,
        /// test or production
        #[arg(long, default_value = "test", value_parser = ["test", "production"])]
        environment: String,
        /// Where its webhooks go
        #[arg(long, value_name = "URL")]
        webhook_url: Option<String>,
    },
    /// Choose the app to work with; makes a key for this machine
    Use {
        /// The app
        #[arg(value_name = "ID")]
        app_id: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// List the keys of the app
    List,
    /// Make a key, shown this once
    Create {
        /// What you call it
        #[arg(long)]
        name: Option<String>,
        /// From when on it no longer works, RFC 3339
        #[arg(long, value_name = "MOMENT")]
        expires_at: Option<String>,
    },
    /// Make a key in place of another, which ends after the overlap
    Rotate {
        /// The key
        #[arg(value_name = "ID")]
        key_id: String,
        /// Seconds that the former goes on working, at most 7 days [default: 1 day]
        #[arg(long, value_name = "SECONDS")]
        overlap: Option<i64>,
    },
    /// End a key at once
    Revoke {
        /// The key
        #[arg(value_name = "ID")]
        key_id: String,
    },
}

pub(super) async fn run(target: &Target, command: AppsCommand) -> Outcome {
    let client = session::user(target).await?;
    match command {
        AppsCommand::List => {
            let chosen = target.file()?.read()?.and_then(|kept| kept.app_id);
            let row = |app: &App| {
                let mark = if chosen.as_ref() == Some(&app.app_id) { "*" } else { "" };
                let state = if app.is_active { "active" } else { "disabled" };
                vec![mark.into(), app.app_id.clone(), show::one_line(&app.name), app.environment.clone(), state.into()]
            };
            show::rows(
                target.json,
                &client.apps().list().await?.data,
                &["", "App", "Name", "Environment", "State"],
                row,
            );
        }
        AppsCommand::Create { name, environment, webhook_url } => {
            let made = client.apps().create(&CreateApp { webhook_url, ..CreateApp::new(name, environment) }).await?;
            show::object(target.json, &made, || {
                let lines = [
                    ("App", made.app.app_id.clone()),
                    ("API key", made.api_key.reveal().to_owned()),
                    ("Webhook secret", made.webhook_secret.reveal().to_owned()),
                ];
                let next = &made.app.app_id;
                format!(
                    "{}\nKeep both now: they are not shown again. Next: zenwallet apps use {next}",
                    show::pairs(&lines)
                )
            });
        }
        AppsCommand::Use { app_id } => {
            let app = client.apps().get(&app_id).await?;
            choose(target, &client, &app).await?;
            show::object(target.json, &app, || format!("Working with {} ({app_id}).", show::one_line(&app.name)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Keeps the app as the chosen one, with a key of its own for this machine.
pub(super) async fn choose(target: &Target, client: &Client, app: &App) -> Result<(), Failure> {
    let file = target.file()?;
    let held = file.hold()?;
    let mut kept = session::kept(&file)?;
    if !is_live(&kept, client, &app.app_id).await? {
        let new = CreateKey { name: Some("zenwallet on a command line".to_owned()), ..CreateKey::default() };
        let CreatedKey { key, api_key, .. } = client.apps().keys(app.app_id.clone()).create(&new).await?;
        kept.keys.insert(app.app_id.clone(), KeptKey { key_id: key.key_id, api_key });
    }
    kept.app_id = Some(app.app_id.clone());
    held.write(&kept)
}

/// Whether the key that is kept of this app still works.
async fn is_live(kept: &Credentials, client: &Client, app_id: &str) -> Result<bool, Failure> {
    let Some(key) = kept.keys.get(app_id) else { return Ok(false) };
    let keys = client.apps().keys(app_id).list().await?.data;
    Ok(keys.iter().any(|one| one.key_id == key.key_id && one.status == "active"))
}

pub(super) async fn run_keys(target: &Target, command: KeysCommand) -> Outcome {
    let client = session::user(target).await?;
    let app_id = match target.app() {
        Some(app_id) => app_id.to_owned(),
        None => {
            let unchosen =
                || Failure::Usage("which app? Name it with --app, or choose it with `zenwallet apps use`".into());
            target.file()?.read()?.and_then(|kept| kept.app_id).ok_or_else(unchosen)?
        }
    };
    let keys = client.apps().keys(app_id);
    match command {
        KeysCommand::List => {
            let row = |key: &Key| {
                let last = key.last_used_at.clone().unwrap_or_else(|| "never".to_owned());
                let name = show::one_line(key.name.as_deref().unwrap_or_default());
                vec![key.key_id.clone(), key.key.clone(), name, key.status.clone(), last]
            };
            show::rows(
                target.json,
                &keys.list().await?.data,
                &["Key", "Begins and ends", "Name", "Status", "Last used"],
                row,
            );
        }
        KeysCommand::Create { name, expires_at } => {
            show_key(target, &keys.create(&CreateKey { name, expires_at }).await?);
        }
        KeysCommand::Rotate { key_id, overlap } => {
            show_key(target, &keys.rotate(&key_id, &RotateKey { overlap }).await?)
        }
        KeysCommand::Revoke { key_id } => {
            let key = keys.revoke(&key_id).await?;
            show::object(target.json, &key, || format!("{key_id} no longer works."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show_key(target: &Target, made: &CreatedKey) {
    show::object(target.json, made, || {
        let lines = [("Key", made.key.key_id.clone()), ("API key", made.api_key.reveal().to_owned())];
        format!("{}\nKeep it now: it is not shown again.", show::pairs(&lines))
    });
}
