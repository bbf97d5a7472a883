//! A place for gateways of our own: a database, a directory, and how a gateway is started there.

use crate::batch::Caller;
use crate::bouncer::Bouncer;
use crate::database::Database;
use crate::gateway::{App, Gateway, Setup, secret_key};
use crate::owned::WorkDir;
use crate::postgres::{self, PrivatePostgres, free_port};
use anyhow::{Context, ensure};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::path::{Path, PathBuf};

/// The database under the gateway.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Db {
    /// The one inside the binary.
    Sqlite,
    /// A private server, started and ended here.
    Postgres,
}

/// What every command that starts a gateway of its own is told about it.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// The database under the gateway.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) db: Db,
    /// The product's binary.
    #[arg(long, default_value = "target/release/zenwallet")]
    pub(crate) binary: PathBuf,
    /// A setting of the gateway, such as `webhooks.timeout_ms=2000`; may be given again.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

impl Options {
    /// A place for measurements, with these settings before the caller's own.
    pub(crate) async fn prepare(&self, purpose: &str, settings: &[String]) -> anyhow::Result<Site> {
        let settings = [settings, &self.set].concat();
        Site::prepare(&Plan::new(purpose, &self.binary, self.db, &settings)).await
    }
}

/// What kind of place.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'a> {
    /// What it is for, in the names of directories.
    pub(crate) purpose: &'a str,
    /// The product's binary.
    pub(crate) binary: &'a Path,
    /// The database.
    pub(crate) db: Db,
    /// Whether PgBouncer stands before PostgreSQL.
    pub(crate) pgbouncer: bool,
    /// An empty PostgreSQL database that is there already, instead of a private server.
    pub(crate) database_url: Option<String>,
    /// Settings of PostgreSQL, such as `fsync=off`.
    pub(crate) postgres: &'a [&'a str],
    /// Settings of the gateway, such as `webhooks.timeout_ms=1000`.
    pub(crate) settings: &'a [String],
    /// The mistake that the gateway is asked to make.
    pub(crate) planted: Option<String>,
    /// Draws the secret key.
    pub(crate) seed: u64,
}

impl<'a> Plan<'a> {
    /// A plain place for measurements.
    pub(crate) fn new(purpose: &'a str, binary: &'a Path, db: Db, settings: &'a [String]) -> Self {
        let postgres = &["shared_buffers=512MB", "max_wal_size=4GB"];
        let (database_url, planted) = (None, None);
        Self { purpose, binary, db, pgbouncer: false, database_url, postgres, settings, planted, seed: 0 }
    }
}

/// Everything that was started for gateways to run in, ended with it: the fields in their order.
pub(crate) struct Site {
    setup: Setup,
    database: Database,
    _bouncer: Option<Bouncer>,
    postgres: Option<PrivatePostgres>,
    dir: WorkDir,
}

impl Site {
    /// Starts the database. No gateway runs yet.
    pub(crate) async fn prepare(plan: &Plan<'_>) -> anyhow::Result<Self> {
        ensure!(!plan.pgbouncer || plan.db == Db::Postgres, "--pgbouncer needs --db postgres");
        let binary = plan.binary.canonicalize().with_context(|| plan.binary.display().to_string())?;
        let dir = WorkDir::create(plan.purpose)?;
        let data_dir = dir.path().join("data");
        std::fs::create_dir(&data_dir)?;
        let postgres = match plan.db {
            Db::Postgres if plan.database_url.is_none() => Some(PrivatePostgres::start(plan.postgres).await?),
            _ => None,
        };
        let mut bouncer = None;
        if let (Some(server), true) = (&postgres, plan.pgbouncer) {
            bouncer = Some(Bouncer::start(server).await?);
        }
        let own = postgres.as_ref().map(|server| server.url("zenwallet"));
        let direct = own.or_else(|| plan.database_url.clone());
        if let Some(server) = &postgres {
            postgres::execute(&server.url("postgres"), "create database zenwallet").await?;
        }
        let setup = Setup {
            binary,
            listen: ([127, 0, 0, 1], free_port()?).into(),
            database_url: bouncer.as_ref().map(|b| b.url("zenwallet")).or_else(|| direct.clone()),
            secret_key: secret_key(&mut StdRng::seed_from_u64(plan.seed)),
            planted: plan.planted.clone(),
            settings: plan.settings.to_vec(),
            environment: Vec::new(),
            log: dir.path().join("gateway.log"),
            data_dir: data_dir.clone(),
        };
        let database = direct.map_or(Database::Sqlite(data_dir), Database::Postgres);
        Ok(Self { setup, database, _bouncer: bouncer, postgres, dir })
    }

    /// How the first gateway is started.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Lets every gateway from now on be started with these variables.
    pub(crate) fn add_environment(&mut self, variables: Vec<(String, String)>) {
        self.setup.environment.extend(variables);
    }

    /// How the gateway with this name is started beside the first.
    pub(crate) fn node(&self, name: &str) -> anyhow::Result<Setup> {
        let mut setup = self.setup.clone();
        setup.listen = ([127, 0, 0, 1], free_port()?).into();
        // What payment URLs start with is the same on every node.
        setup.settings.push(format!("public_url=http://{}", self.setup.listen));
        setup.settings.push(format!("node_name={name}"));
        setup.log = self.dir.path().join(format!("{name}.log"));
        Ok(setup)
    }

    /// The database, not through PgBouncer.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The private server, if that is the database.
    pub(crate) fn postgres(&mut self) -> anyhow::Result<&mut PrivatePostgres> {
        self.postgres.as_mut().context("this site has no PostgreSQL of its own")
    }

    /// A file outside the product's directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Leaves the directory for people to look at.
    pub(crate) fn leave_behind(&mut self) -> &Path {
        self.dir.keep();
        self.dir.path()
    }

    /// A client of an app at the first gateway.
    pub(crate) fn caller(&self, app: &App, connections: usize) -> Caller {
        Caller { address: self.setup.listen, key: app.api_key.clone(), connections }
    }

    /// Starts the first gateway and waits until it serves.
    pub(crate) async fn start(&self) -> anyhow::Result<Gateway> {
        let mut gateway = self.setup.start()?;
        gateway.wait_until_ready().await?;
        Ok(gateway)
    }
}
