//! `zenwallet login` and `logout`: a user's session, and a key for each app that is chosen.

use super::credentials::Credentials;
use super::failure::Failure;
use super::prompt::{ask, ask_hidden, first_line};
use super::session::{Tokens, kept, tokens_of, user};
use super::target::Target;
use super::{Outcome, apps, show};
use clap::Args;
use std::collections::BTreeMap;
use std::process::ExitCode;
use zenwallet_sdk::{App, Client, Secret};

#[derive(Args)]
pub(crate) struct Login {
    #[command(flatten)]
    pub(super) target: Target,
    /// Who logs in; asked for when absent
    #[arg(long)]
    email: Option<String>,
    /// Read the password from the first line of stdin instead of asking for it
    #[arg(long)]
    password_stdin: bool,
    /// The six digits of the second factor; asked for when they are needed
    #[arg(long, value_name = "DIGITS")]
    code: Option<String>,
}

pub(super) async fn log_in(login: &Login) -> Outcome {
    let (target, file) = (&login.target, login.target.file()?);
    let url = target.url_or(None).to_owned();
    let email = match &login.email {
        Some(email) => email.clone(),
        None => ask("Email: ")?,
    };
    let password = if login.password_stdin { first_line()? } else { ask_hidden("Password: ")? };
    let client = Client::builder().base_url(&url).build()?;
    let mut wanted = zenwallet_sdk::Login::new(&email, password);
    wanted.totp_code = login.code.clone().map(Secret::from);
    let grant = match client.sessions().log_in(&wanted).await {
        Err(error) if error.code() == Some("totp_required") => {
            wanted.totp_code = Some(ask("Six digits of your authenticator: ")?.into());
            client.sessions().log_in(&wanted).await?
        }
        answer => answer?,
    };
    let tokens = tokens_of(grant)?;
    client.set_access_token(&tokens.access)?;
    {
        let held = file.hold()?;
        let kept = file.read().ok().flatten().filter(|kept| kept.url == url && kept.email == email);
        let (app_id, keys) = kept.map_or((None, BTreeMap::new()), |kept| (kept.app_id, kept.keys));
        let Tokens { access: access_token, expires_at: access_token_expires_at, refresh: refresh_token } = tokens;
        held.write(&Credentials { url, email, access_token, access_token_expires_at, refresh_token, app_id, keys })?;
    }
    let app = login.pick(&client).await?;
    if let Some(app) = &app {
        apps::choose(target, &client, app).await?;
    }
    show::object(target.json, &client.account().await?.user, || match &app {
        Some(app) => format!("Logged in; working with {} ({}).", show::one_line(&app.name), app.app_id),
        None => "Logged in. Next: zenwallet apps list, or zenwallet apps create NAME".to_owned(),
    });
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn log_out(target: &Target) -> Outcome {
    let file = target.file()?;
    if file.read()?.is_none() {
        show::object(target.json, &serde_json::json!({ "logged_out": false }), || "Nobody was logged in.".to_owned());
        return Ok(ExitCode::SUCCESS);
    }
    // What the gateway no longer knows needs no ending there; what cannot be reached stays, to be ended later.
    let ended = async {
        let client = user(target).await?;
        for (app_id, key) in kept(&file)?.keys {
            match client.apps().keys(app_id).revoke(&key.key_id).await {
                Err(error) if error.as_api().is_some_and(|api| api.status == 404) => {}
                revoked => drop(revoked?),
            }
        }
        client.sessions().log_out().await.map(drop).map_err(Failure::from)
    };
    match ended.await {
        Err(Failure::NotLoggedIn(_)) | Ok(()) => {}
        Err(failure) => return Err(failure),
    }
    file.hold()?.remove()?;
    show::object(target.json, &serde_json::json!({ "logged_out": true }), || {
        "Logged out; its keys are revoked.".to_owned()
    });
    Ok(ExitCode::SUCCESS)
}

impl Login {
    /// The app to begin with: the one that was named, the only one, or the one that is picked.
    async fn pick(&self, client: &Client) -> Result<Option<App>, Failure> {
        let mut apps = client.apps().list().await?.data;
        if let Some(wanted) = self.target.app() {
            let missing = || Failure::Usage(format!("you have no app {wanted} there"));
            return apps.into_iter().find(|app| app.app_id == wanted).map(Some).ok_or_else(missing);
        }
        if apps.len() <= 1 {
            return Ok(apps.pop());
        }
        for (number, app) in apps.iter().enumerate() {
            crate::complain(&format!(
                "{:>3}  {}  {} ({})",
                number + 1,
                app.app_id,
                show::one_line(&app.name),
                app.environment
            ));
        }
        let answer = ask("Which app? Its number, or nothing to choose later: ")?;
        let chosen = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        Ok(chosen.filter(|at| *at < apps.len()).map(|at| apps.swap_remove(at)))
    }
}
