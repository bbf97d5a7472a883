//! What a campaign plays on: a database, a gateway, two apps and a directory.

use super::bouncer::Bouncer;
use super::{Args, Db};
use crate::database::Database;
use crate::gateway::{App, Gateway, Setup, secret_key};
use crate::owned::WorkDir;
use crate::postgres::{self, PrivatePostgres, free_port};
use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use std::path::{Path, PathBuf};

/// Everything that was started for a campaign, ended with it: the fields in their order.
pub(super) struct Stage {
    gateway: Gateway,
    setup: Setup,
    apps: Vec<App>,
    database: Database,
    _bouncer: Option<Bouncer>,
    _postgres: Option<PrivatePostgres>,
    dir: WorkDir,
}

impl Stage {
    /// Starts the database and the gateway and makes the apps.
    pub(super) async fn set(args: &Args, rng: &mut StdRng) -> anyhow::Result<Self> {
        ensure!(!args.pgbouncer || args.db == Db::Postgres, "--pgbouncer needs --db postgres");
        let binary = args.binary.canonicalize().with_context(|| args.binary.display().to_string())?;
        let dir = WorkDir::create("crashbox")?;
        let data_dir = dir.path().join("data");
        std::fs::create_dir(&data_dir)?;
        let postgres = match args.db {
            Db::Sqlite => None,
            Db::Postgres => Some(PrivatePostgres::start(&[]).await?),
        };
        let mut bouncer = None;
        if let (Some(server), true) = (&postgres, args.pgbouncer) {
            bouncer = Some(Bouncer::start(server).await?);
        }
        let direct = postgres.as_ref().map(|server| server.url("zenwallet"));
        if let Some(server) = &postgres {
            postgres::execute(&server.url("postgres"), "create database zenwallet").await?;
        }
        let setup = Setup {
            binary,
            listen: ([127, 0, 0, 1], free_port()?).into(),
            database_url: bouncer.as_ref().map(|b| b.url("zenwallet")).or_else(|| direct.clone()),
            secret_key: secret_key(rng),
            planted: args.planted.clone(),
            log: dir.path().join("gateway.log"),
            data_dir: data_dir.clone(),
        };
        let apps = vec![setup.create_app("crashbox one")?, setup.create_app("crashbox two")?];
        let mut gateway = setup.start()?;
        gateway.wait_until_ready().await?;
        let database = direct.map_or(Database::Sqlite(data_dir), Database::Postgres);
        Ok(Self { gateway, setup, apps, database, _bouncer: bouncer, _postgres: postgres, dir })
    }

    /// The running gateway.
    pub(super) fn gateway(&mut self) -> &mut Gateway {
        &mut self.gateway
    }

    /// Starts the gateway again after it was killed.
    pub(super) fn restart(&mut self) -> anyhow::Result<()> {
        self.gateway = self.setup.start()?;
        Ok(())
    }

    /// How the gateway is started.
    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The apps, whose order the journal's entries refer to.
    pub(super) fn apps(&self) -> &[App] {
        &self.apps
    }

    /// The database, not through PgBouncer.
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Where the journal goes: outside the product's directory.
    pub(super) fn journal_path(&self) -> PathBuf {
        self.dir.path().join("journal.jsonl")
    }

    /// Leaves the directory for people to look at.
    pub(super) fn leave_behind(&mut self) -> &Path {
        self.dir.keep();
        self.dir.path()
    }
}
