//! From the configuration to a store and a gateway.

use anyhow::Context;
use secrecy::ExposeSecret;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::delivery::RetrySchedule;
use zenwallet_core::egress::Cidr;
use zenwallet_core::id::IdSource;
use zenwallet_core::time::Clock;
use zenwallet_server::config::{Config, StatementMode};
use zenwallet_server::egress::Egress;
use zenwallet_server::gateway::{Gateway, InstanceKey, LogRules, WebhookRules};
use zenwallet_server::mail::Mailer;
use zenwallet_store::{
    Handoff, Leasing, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Statements, Store, Surroundings,
};

/// The database's file in the data directory.
const DATABASE_FILE: &str = "zenwallet.db";
/// The instance's key beside it.
const KEY_FILE: &str = "secret.key";

/// Opens the database, which may still lack its schema.
pub(crate) async fn store(config: &Config, handoff: Option<Handoff>) -> anyhow::Result<Store> {
    let lease = config.webhooks.timeout + config.webhooks.lease_slack;
    let leasing = Leasing {
        node: node_name(config).into(),
        lease_ms: i64::try_from(lease.as_millis()).unwrap_or(i64::MAX),
        handoff,
    };
    let surroundings = Surroundings {
        clock: Clock::System,
        ids: Arc::new(IdSource::System),
        queue_max: config.database.queue_max,
        batch_max: config.database.batch_max,
        leasing,
    };
    let database = &config.database;
    if let Some(url) = &config.database_url {
        let options = PostgresOptions {
            url: url.expose_secret().to_owned(),
            read_connections: database.read_connections,
            statements: match database.statements {
                StatementMode::Auto => Statements::Auto,
                StatementMode::Prepared => Statements::Prepared,
                StatementMode::Unnamed => Statements::Unnamed,
            },
            connect_timeout: database.connect_timeout,
            acquire_timeout: database.acquire_timeout,
            commit_timeout: database.commit_timeout,
        };
        return Ok(Store::Postgres(PostgresStore::open(options, surroundings).await?));
    }
    make_data_dir(&config.data_dir)?;
    let options = SqliteOptions {
        path: config.data_dir.join(DATABASE_FILE),
        read_connections: database.read_connections,
        commit_timeout: database.commit_timeout,
    };
    Ok(Store::Sqlite(SqliteStore::open(options, surroundings).await?))
}

/// A gateway over a store with its schema; `handoff` is where new deliveries go, on a node that delivers.
pub(crate) async fn gateway(config: &Config, handoff: Option<Handoff>) -> anyhow::Result<Gateway> {
    let store = store(config, handoff).await?;
    let applied = store.migrate().await?;
    if !applied.is_empty() {
        tracing::info!(?applied, "the schema was brought up to date");
    }
    let key = instance_key(config)?;
    let (ids, rules) = (Arc::new(IdSource::System), webhook_rules(config));
    let gateway = Gateway::new(store, Clock::System, ids, key, rules, log_rules(config), &config.public_url).await?;
    Ok(gateway.with_mailer(mailer(config)?).with_totp_rule(config.auth.require_totp))
}

/// The way out for emails, if the operator named one.
pub(crate) fn mailer(config: &Config) -> anyhow::Result<Option<Mailer>> {
    let Some(server) = config.email.smtp.clone() else { return Ok(None) };
    let mailer = Mailer::new(server, config.email.from.as_deref(), &config.public_url);
    Ok(Some(mailer.context("email: set email.from and email.smtp_url as zenwallet.default.toml shows them")?))
}

fn log_rules(config: &Config) -> LogRules {
    LogRules {
        retention: days(config.events.retention_days),
        max_followers_per_app: config.live.max_connections_per_app,
    }
}

fn days(count: usize) -> Duration {
    Duration::from_secs(86_400).saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

fn webhook_rules(config: &Config) -> WebhookRules {
    let webhooks = &config.webhooks;
    WebhookRules {
        egress: Arc::new(egress(config)),
        schedule: RetrySchedule::new(webhooks.retry_delays_ms.clone()),
        disable_after: webhooks.disable_after,
        log_retention: days(webhooks.log_retention_days),
        timeout: webhooks.timeout,
        node: node_name(config).into(),
        nudge: Arc::default(),
    }
}

/// Where webhooks may go. A gateway that only its own machine can reach is being developed against: its test apps may
/// have their receivers beside it.
fn egress(config: &Config) -> Egress {
    let loopback = || ["127.0.0.0/8", "::1/128"].into_iter().filter_map(Cidr::parse).collect();
    let (test, production) = match &config.webhooks.allow_cidrs {
        Some(ranges) => (ranges.clone(), ranges.clone()),
        None if config.listen.ip().is_loopback() => (loopback(), Vec::new()),
        None => (Vec::new(), Vec::new()),
    };
    // Where the database's name leads is the resolver's business; on this machine its port is closed.
    let database = config.database_url.as_ref().map(|url| postgres_port(url.expose_secret()));
    let database = database.map(|port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
    Egress::new(test, production, [config.listen].into_iter().chain(database).collect())
}

/// The host of a database URL with its port, never its password.
pub(crate) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// The port of a database URL.
fn postgres_port(url: &str) -> u16 {
    host_of(url).rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(5_432)
}

/// This node's name: as configured, or the machine's with the address that no other process of it listens on.
fn node_name(config: &Config) -> String {
    if !config.node_name.is_empty() {
        return config.node_name.clone();
    }
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}/{}", machine.trim(), config.listen)
}

fn make_data_dir(path: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("data_dir {}: it cannot be made; choose a directory you may write", path.display()))
}

/// The key of the configuration, or with SQLite the one kept in the data directory, made at the first start.
fn instance_key(config: &Config) -> anyhow::Result<InstanceKey> {
    if let Some(key) = &config.secret_key {
        return Ok(InstanceKey::new(*key.expose_secret()));
    }
    let path = config.data_dir.join(KEY_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => InstanceKey::from_base64(&text)
            .with_context(|| format!("{}: it must hold 32 bytes as base64; put the first key back", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = InstanceKey::generate(&IdSource::System);
            // Another process may be making it at this moment: the first to come keeps its own.
            let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            let mut file = match opened {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return instance_key(config),
                Err(error) => return Err(error).with_context(|| format!("writing {}", path.display())),
            };
            file.write_all(key.to_base64().as_bytes()).with_context(|| format!("writing {}", path.display()))?;
            file.sync_all().with_context(|| format!("writing {}", path.display()))?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}
