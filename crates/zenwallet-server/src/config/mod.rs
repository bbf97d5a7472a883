//! What an operator can set: one struct, read once, from defaults < file < environment < flags.
//!
//! The table in `keys.rs` is the only list of keys. The parser, the error texts, `zenwallet.default.toml` and the
//! table of `docs/configuration.md` all follow from it, and tests hold the last two to it.

mod error;
mod given;
mod key;
mod keys;
mod layer;
mod load;
mod process;
mod read;
mod render;
mod shown;
mod suggest;
#[cfg(test)]
mod tests;

pub use error::{ConfigError, ConfigErrors};
pub use load::load;
pub use process::load_from_process;
pub use render::default_file;

use crate::mail::SmtpServer;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zenwallet_core::egress::Cidr;
use zenwallet_core::user::TotpRule;

/// Everything an operator can set. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// The directory of the SQLite database and of the secret key made with it.
    pub data_dir: PathBuf,
    /// What payment URLs start with: absolute http(s), no trailing slash, at most 1500 characters.
    pub public_url: String,
    /// The PostgreSQL to keep everything in; `None` is SQLite in [`Config::data_dir`].
    pub database_url: Option<SecretString>,
    /// The key that encrypts secrets at rest. Always there with PostgreSQL; `None` with SQLite means the key
    /// that is kept in [`Config::data_dir`].
    pub secret_key: Option<SecretKey>,
    /// The file that [`Config::secret_key`] came from. [`load`] only notes it, [`load_from_process`] reads it.
    pub secret_key_file: Option<PathBuf>,
    /// `http.*`: limits of the HTTP server.
    pub http: HttpConfig,
    /// `database.*`: the way to the database.
    pub database: DatabaseConfig,
    /// `log.*`: what is logged and how.
    pub log: LogConfig,
    /// `shutdown.*`: the end of the process.
    pub shutdown: ShutdownConfig,
    /// `demo.*`: what a first start shows.
    pub demo: DemoConfig,
    /// `expiry.*`: the sweep of due payments.
    pub expiry: ExpiryConfig,
    /// This node's name among those that share a database; empty: made from the machine's name and the listen address.
    pub node_name: String,
    /// Whether `serve` also delivers webhooks, expires payments and cleans up, beside or instead of `worker` processes.
    pub serve_worker: bool,
    /// `webhooks.*`: deliveries.
    pub webhooks: WebhooksConfig,
    /// `auth.*`: users.
    pub auth: AuthConfig,
    /// `events.*`: the logs.
    pub events: EventsConfig,
    /// `live.*`: sockets and streams.
    pub live: LiveConfig,
    /// The payers' pages.
    pub pay_page: PayPageConfig,
    /// `email.*`: alerts by email.
    pub email: EmailConfig,
}

/// Alerts by email.
#[derive(Clone, Debug)]
pub struct EmailConfig {
    /// The server that takes them; `None`: none are sent.
    pub smtp: Option<SmtpServer>,
    /// Who they come from; `None`: `zenwallet` at the host of the public URL.
    pub from: Option<String>,
}

/// Users.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Who must have a second factor.
    pub require_totp: TotpRule,
}

/// The logs.
#[derive(Clone, Debug)]
pub struct EventsConfig {
    /// Days that events are kept at least.
    pub retention_days: usize,
}

/// Sockets and streams.
#[derive(Clone, Debug)]
pub struct LiveConfig {
    /// Most sockets and streams of one app on this node.
    pub max_connections_per_app: usize,
    /// Origins whose pages may open sockets, beside the gateway's own.
    pub allowed_origins: Vec<String>,
}

/// The payers' pages.
#[derive(Clone, Debug)]
pub struct PayPageConfig {
    /// Origins whose pages may frame them.
    pub frame_ancestors: Vec<String>,
}

/// Deliveries of webhooks.
#[derive(Clone, Debug)]
pub struct WebhooksConfig {
    /// Longest time of one attempt, from the look-up of the name to the last byte of the answer.
    pub timeout: Duration,
    /// Waits after the first, second, … failure, in milliseconds.
    pub retry_delays_ms: Vec<i64>,
    /// What a lease lasts beyond an attempt's longest time.
    pub lease_slack: Duration,
    /// Most attempts at the same time.
    pub max_in_flight: usize,
    /// Most attempts at the same time of one app to one origin.
    pub max_in_flight_per_target: usize,
    /// Ranges of its own network that the gateway may call; `None`: loopback, for test apps, while the gateway itself
    /// listens on loopback.
    pub allow_cidrs: Option<Vec<Cidr>>,
    /// How long an endpoint may fail without a success before it is disabled.
    pub disable_after: Duration,
    /// Days that deliveries and their attempts are kept.
    pub log_retention_days: usize,
}

/// Limits of the HTTP server.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Most open connections.
    pub max_connections: usize,
    /// Most open connections of one client address.
    pub max_connections_per_address: usize,
    /// Longest wait for a request's head.
    pub head_timeout: Duration,
    /// Longest wait for a request's body.
    pub body_timeout: Duration,
    /// Longest rest of a connection between two requests.
    pub keep_alive_idle: Duration,
    /// Longest time an answer may make no progress because the client does not read it.
    pub write_stall_timeout: Duration,
    /// Whether `/metrics` is served.
    pub metrics: bool,
    /// Proxies whose word about a client's address counts.
    pub trusted_proxies: Vec<Cidr>,
}

/// The way to the database.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// Connections that serve reads.
    pub read_connections: usize,
    /// How SQL is sent to PostgreSQL.
    pub statements: StatementMode,
    /// Longest wait for a commit; after it the outcome is unknown to the caller.
    pub commit_timeout: Duration,
    /// Longest wait for a free connection.
    pub acquire_timeout: Duration,
    /// Most commands that may wait for the writer.
    pub queue_max: usize,
    /// Most commands of one transaction.
    pub batch_max: usize,
    /// Longest wait for a new connection.
    pub connect_timeout: Duration,
}

/// How SQL is sent to PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementMode {
    /// Prepared where the server keeps a session per connection, unnamed behind a transaction pooler.
    Auto,
    /// Prepared once per connection.
    Prepared,
    /// Unnamed, one round trip each: works behind any pooler.
    Unnamed,
}

/// What is logged and how.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Which lines are written, in the syntax of tracing's env-filter. Its meaning is checked where it is used.
    pub filter: String,
    /// How a line is written.
    pub format: LogFormat,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
    /// Text on a terminal, JSON otherwise.
    Auto,
}

/// The end of the process.
#[derive(Clone, Debug)]
pub struct ShutdownConfig {
    /// How long open requests may finish.
    pub grace: Duration,
}

/// What a first start shows.
#[derive(Clone, Debug)]
pub struct DemoConfig {
    /// Whether the first start of an empty SQLite database makes a demo test app and prints its key once.
    pub app: bool,
}

/// The sweep of due payments.
#[derive(Clone, Debug)]
pub struct ExpiryConfig {
    /// Most payments expired in one step.
    pub batch_max: usize,
}

/// The 32 bytes that encrypt secrets at rest: no `Display`, and `Debug` shows `…`.
pub struct SecretKey(SecretBox<[u8; 32]>);

impl ExposeSecret<[u8; 32]> for SecretKey {
    fn expose_secret(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

impl Clone for SecretKey {
    fn clone(&self) -> Self {
        Self(SecretBox::init_with_mut(|bytes| *bytes = *self.expose_secret()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl Config {
    /// The defaults, listening on a free port of this machine and keeping everything in `data_dir`.
    pub fn for_tests(data_dir: &Path) -> Self {
        let mut config = load::defaults();
        config.data_dir = data_dir.to_path_buf();
        config.rebind(SocketAddr::from(([127, 0, 0, 1], 0)));
        config
    }

    /// Takes the address that is really listened on, which differs from the one asked for when that had port 0.
    /// A public URL that followed from the listen address follows again.
    pub fn rebind(&mut self, bound: SocketAddr) {
        if self.public_url == default_public_url(self.listen) {
            self.public_url = default_public_url(bound);
        }
        self.listen = bound;
    }
}

/// What payment URLs start with when nobody says: this machine, as its own browser would call it.
fn default_public_url(listen: SocketAddr) -> String {
    let host = match listen.ip().to_canonical() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    // A browser's Origin leaves port 80 out, and so does a normalised URL.
    match listen.port() {
        80 => format!("http://{host}"),
        port => format!("http://{host}:{port}"),
    }
}
