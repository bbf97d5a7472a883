//! From the configuration to a store and a gateway.

use anyhow::Context;
use secrecy::ExposeSecret;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use zenwallet_core::id::IdSource;
use zenwallet_core::time::Clock;
use zenwallet_server::config::{Config, StatementMode};
use zenwallet_server::gateway::{Gateway, InstanceKey};
use zenwallet_store::{PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Statements, Store, Surroundings};

/// The database's file in the data directory.
const DATABASE_FILE: &str = "zenwallet.db";
/// The instance's key beside it.
const KEY_FILE: &str = "secret.key";

/// Opens the database, which may still lack its schema.
pub(crate) async fn store(config: &Config) -> anyhow::Result<Store> {
    let surroundings = Surroundings {
        clock: Clock::System,
        ids: Arc::new(IdSource::System),
        queue_max: config.database.queue_max,
        batch_max: config.database.batch_max,
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

/// A gateway over a store with its schema.
pub(crate) async fn gateway(config: &Config) -> anyhow::Result<Gateway> {
    let store = store(config).await?;
    let applied = store.migrate().await?;
    if !applied.is_empty() {
        tracing::info!(?applied, "the schema was brought up to date");
    }
    let key = instance_key(config)?;
    let gateway = Gateway::new(store, Clock::System, Arc::new(IdSource::System), key, &config.public_url).await?;
    Ok(gateway)
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
