//! A gateway of our own: the product's binary, configured by the environment alone, killed and started again at will.

use crate::http::careful::{Ask, Client};
use crate::owned::Owned;
use crate::process::run;
use anyhow::{Context, bail};
use base64::Engine;
use rand::Rng;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

const READY_DEADLINE: Duration = Duration::from_secs(30);
/// Often enough to time a restart of some ten milliseconds.
const READY_POLL: Duration = Duration::from_millis(2);

/// An app as `zenwallet app create --json` prints it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct App {
    /// Its id.
    pub(crate) app_id: String,
    /// Its key.
    pub(crate) api_key: String,
    /// What its webhooks are signed with.
    pub(crate) webhook_secret: String,
}

/// Everything that a gateway needs to start.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The product's binary.
    pub(crate) binary: PathBuf,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Its data directory, which holds the SQLite database if there is no other.
    pub(crate) data_dir: PathBuf,
    /// PostgreSQL, if that is its database.
    pub(crate) database_url: Option<String>,
    /// 32 bytes in base64.
    pub(crate) secret_key: String,
    /// The mistake that it is asked to make.
    pub(crate) planted: Option<String>,
    /// Settings beside these, each `KEY=VALUE`.
    pub(crate) settings: Vec<String>,
    /// Variables beside these.
    pub(crate) environment: Vec<(String, String)>,
    /// Where its outputs go.
    pub(crate) log: PathBuf,
}

/// A secret key for a gateway.
pub(crate) fn secret_key(rng: &mut impl Rng) -> String {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

impl Setup {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(words).current_dir(&self.data_dir);
        command.args(self.settings.iter().flat_map(|setting| ["--set", setting]));
        // What the caller's shell says must not change what is measured.
        command.env_remove("DATABASE_URL").env_remove("ZENWALLET_TEST_PLANTED_BUG");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("ZENWALLET_LISTEN", self.listen.to_string());
        command.env("ZENWALLET_PUBLIC_URL", format!("http://{}", self.listen));
        command.env("ZENWALLET_DATA_DIR", &self.data_dir).env("ZENWALLET_SECRET_KEY", &self.secret_key);
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        if let Some(name) = &self.planted {
            command.env("ZENWALLET_TEST_PLANTED_BUG", name);
        }
        command
    }

    /// Makes an app without a rate limit, whose events go to this URL.
    pub(crate) fn create_app(&self, name: &str, webhook_url: Option<&str>) -> anyhow::Result<App> {
        self.create_app_with(name, 0, webhook_url)
    }

    /// Makes an app whose keys may make so many requests a second; 0 is no limit.
    pub(crate) fn create_app_with(&self, name: &str, per_s: u32, webhook_url: Option<&str>) -> anyhow::Result<App> {
        let limit = per_s.to_string();
        let mut words =
            vec!["app", "create", "--name", name, "--environment", "test", "--rate-limit", &limit, "--json"];
        words.extend(webhook_url.into_iter().flat_map(|url| ["--webhook-url", url]));
        let printed = self.run(&words)?;
        let line = printed.lines().rfind(|line| line.starts_with('{')).context("no app in what it printed")?;
        Ok(serde_json::from_str(line)?)
    }

    /// Runs another of its commands; what it printed.
    pub(crate) fn run(&self, words: &[&str]) -> anyhow::Result<String> {
        run(&mut self.command(words)).with_context(|| format!("zenwallet {}", words.join(" ")))
    }

    /// Starts the server. It is not ready yet.
    pub(crate) fn start(&self) -> anyhow::Result<Gateway> {
        let server = Owned::spawn(&mut self.command(&["serve"]), &self.log)?;
        Ok(Gateway { server, listen: self.listen, log: self.log.clone() })
    }
}

/// A running gateway; dropping it kills it.
pub(crate) struct Gateway {
    server: Owned,
    listen: SocketAddr,
    log: PathBuf,
}

impl Gateway {
    /// Waits until `/readyz` answers 200.
    pub(crate) async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut client = Client::new(self.listen);
        loop {
            let answer = client.send(&Ask { path: "/readyz", ..Ask::default() }).await;
            if answer.is_ok_and(|a| a.status == 200) {
                return Ok(());
            }
            if let Some(status) = self.server.ended()? {
                bail!("the gateway ended with {status}: {}", self.last_words());
            }
            if began.elapsed() > READY_DEADLINE {
                bail!("the gateway is not ready after {READY_DEADLINE:?}: {}", self.last_words());
            }
            tokio::time::sleep(READY_POLL).await;
        }
    }

    /// How it ended, if it has, which nobody asked it to.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.server.ended()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Asks it to stop (SIGTERM).
    pub(crate) fn ask_to_stop(&self) -> anyhow::Result<()> {
        self.signal("-TERM")
    }

    /// Lets it stand still (SIGSTOP), as a machine that swaps or a paused virtual one does.
    pub(crate) fn freeze(&self) -> anyhow::Result<()> {
        self.signal("-STOP")
    }

    /// Lets it go on (SIGCONT).
    pub(crate) fn thaw(&self) -> anyhow::Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, name: &str) -> anyhow::Result<()> {
        run(Command::new("kill").args([name, &self.pid().to_string()])).map(drop)
    }

    /// Waits until it has ended; `None` if it has not within `patience`.
    pub(crate) async fn wait_until_ended(&mut self, patience: Duration) -> anyhow::Result<Option<ExitStatus>> {
        let began = Instant::now();
        loop {
            let ended = self.server.ended()?;
            if ended.is_some() || began.elapsed() > patience {
                return Ok(ended);
            }
            tokio::time::sleep(READY_POLL).await;
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.server.kill()
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}
