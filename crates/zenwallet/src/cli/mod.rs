//! The commands that speak to a gateway over its API, all of them through the SDK.

mod apps;
mod credentials;
mod events;
mod failure;
mod forward;
mod listen;
mod login;
mod payments;
mod prompt;
mod session;
mod show;
mod target;
mod trigger;
mod webhooks;

use clap::Subcommand;
use failure::Failure;
use std::process::ExitCode;
use target::Target;

/// What a command comes to.
type Outcome = Result<ExitCode, Failure>;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Log in to a gateway, and choose the app to work with
    Login(login::Login),
    /// Log out, and revoke the keys that logging in made
    Logout {
        #[command(flatten)]
        target: Target,
    },
    /// Your apps on a gateway
    Apps {
        #[command(flatten)]
        target: Target,
        #[command(subcommand)]
        command: apps::AppsCommand,
    },
    /// The API keys of an app
    Keys {
        #[command(flatten)]
        target: Target,
        #[command(subcommand)]
        command: apps::KeysCommand,
    },
    /// Create, read and end payments
    Payments {
        #[command(flatten)]
        target: Target,
        #[command(subcommand)]
        command: payments::Command,
    },
    /// The app's log of events
    Events {
        #[command(flatten)]
        target: Target,
        #[command(subcommand)]
        command: events::Command,
    },
    /// What became of webhooks, and sending them again
    Webhooks {
        #[command(flatten)]
        target: Target,
        #[command(subcommand)]
        command: webhooks::Command,
    },
    /// Make an event happen: on a new payment, or on the one you name
    Trigger {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        trigger: trigger::Trigger,
    },
    /// Forward the app's webhooks to a receiver on this machine, signed by the gateway
    Listen {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        listen: listen::Listen,
    },
}

/// Runs a command; an error is told on stderr, as JSON when that was asked for.
pub(crate) async fn run(command: Command) -> ExitCode {
    let (is_json, outcome) = match command {
        Command::Login(login) => (login.target.json, login::log_in(&login).await),
        Command::Logout { target } => (target.json, login::log_out(&target).await),
        Command::Apps { target, command } => (target.json, apps::run(&target, command).await),
        Command::Keys { target, command } => (target.json, apps::run_keys(&target, command).await),
        Command::Payments { target, command } => (target.json, payments::run(&target, command).await),
        Command::Events { target, command } => (target.json, events::run(&target, command).await),
        Command::Webhooks { target, command } => (target.json, webhooks::run(&target, command).await),
        Command::Trigger { target, trigger } => (target.json, trigger::run(&target, trigger).await),
        Command::Listen { target, listen } => (target.json, listen::run(&target, listen).await),
    };
    outcome.unwrap_or_else(|failure| {
        crate::complain(&if is_json { failure.json() } else { format!("zenwallet: {failure}") });
        failure.exit_code()
    })
}
