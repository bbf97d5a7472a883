//! `zenwallet user …`: works beside a stopped or a running server.

use crate::{open, say};
use anyhow::Context;
use clap::Subcommand;
use std::io::Read;
use std::process::ExitCode;
use zenwallet_core::limits::PASSWORD_MAX_CHARS;
use zenwallet_core::user::{Email, Role};
use zenwallet_server::config::Config;
use zenwallet_server::gateway::{Gateway, NewAccount};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a user; without --password-stdin the password is made up and shown this once
    Create {
        /// What he logs in with
        #[arg(long)]
        email: String,
        /// What he is called
        #[arg(long)]
        name: String,
        /// admin or member
        #[arg(long, value_parser = role, default_value = "member")]
        role: Role,
        /// Read the password from the standard input
        #[arg(long)]
        password_stdin: bool,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a user another password, and end his sessions
    Reset {
        /// Whose
        #[arg(long)]
        email: String,
        /// Take away his second factor, too
        #[arg(long)]
        totp: bool,
        /// Read the password from the standard input
        #[arg(long)]
        password_stdin: bool,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// End the sessions of one user, or of all
    Logout {
        /// Whose; without it those of all users
        #[arg(long, required_unless_present = "all", conflicts_with = "all")]
        email: Option<String>,
        /// All users'
        #[arg(long)]
        all: bool,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "it is admin or member".to_owned())
}

pub(crate) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let gateway = open::gateway(config, None).await?;
    let result = execute(&gateway, command).await;
    gateway.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn execute(gateway: &Gateway, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create { email, name, role, password_stdin, json } => {
            let (email, given) = (Email::parse(&email)?, password(password_stdin)?);
            let password = given.clone().unwrap_or_else(|| gateway.new_password());
            let user = gateway.create_user(NewAccount { email, name, password: password.clone() }, role).await?;
            show(&user.id.to_string(), given.is_none().then_some(password.as_str()), json);
        }
        Command::Reset { email, totp, password_stdin, json } => {
            let (mut user, given) =
                (gateway.find_user_by_email(&Email::parse(&email)?).await?, password(password_stdin)?);
            let password = given.clone().unwrap_or_else(|| gateway.new_password());
            let id = user.id.to_string();
            if totp {
                gateway.reset_totp_at_console(user).await?;
                user = gateway.find_user_by_email(&Email::parse(&email)?).await?;
            }
            gateway.set_password_at_console(user, &password).await?;
            show(&id, given.is_none().then_some(password.as_str()), json);
        }
        Command::Logout { email, all: _ } => {
            let users = match email {
                Some(email) => vec![gateway.find_user_by_email(&Email::parse(&email)?).await?],
                None => gateway.list_users_at_console().await?,
            };
            say(&format!("{} sessions ended", gateway.end_sessions_at_console(&users).await?));
        }
    }
    Ok(())
}

/// The first line of the standard input, if that is where the password is.
fn password(is_given: bool) -> anyhow::Result<Option<zeroize::Zeroizing<String>>> {
    if !is_given {
        return Ok(None);
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    let most = 4 * PASSWORD_MAX_CHARS as u64 + 2;
    std::io::stdin().take(most).read_to_string(&mut text).context("reading the password from the standard input")?;
    Ok(Some(zeroize::Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())))
}

fn show(user_id: &str, password: Option<&str>, json: bool) {
    say(&match (json, password) {
        (true, password) => serde_json::json!({ "user_id": user_id, "password": password }).to_string(),
        (false, Some(password)) => {
            format!("User      {user_id}\nPassword  {password}\nIt is not shown again; change it after logging in.")
        }
        (false, None) => format!("User      {user_id}"),
    });
}
