//! The two databases, each fresh.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::id::IdSource;
use zenwallet_core::time::Clock;
use zenwallet_store::{
    Leasing, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Statements, Store, Surroundings,
};
use zenwallet_testing::TempDir;
use zenwallet_testing::postgres::Server;

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A database.
#[derive(Clone)]
pub(crate) enum Database {
    /// The directory of the file; it goes away with the last clone if it is ours.
    Sqlite { directory: PathBuf, _owned: Option<Arc<TempDir>> },
    /// By its URL.
    Postgres(String),
}

/// How much a store takes and how long it waits.
#[derive(Clone, Copy)]
pub(crate) struct Endurance {
    pub(crate) queue_max: usize,
    pub(crate) timeout: Duration,
}

impl Default for Endurance {
    fn default() -> Self {
        Self { queue_max: 65_536, timeout: Duration::from_secs(5) }
    }
}

impl Database {
    /// An empty one.
    pub(crate) async fn fresh(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let owned = TempDir::in_memory("it").unwrap();
                Self::Sqlite { directory: owned.path().to_owned(), _owned: Some(Arc::new(owned)) }
            }
            Kind::Postgres => {
                let server = Server::shared();
                Self::Postgres(server.url(&server.create_database(None).await.unwrap()))
            }
        }
    }

    /// A file in somebody else's directory.
    pub(crate) fn in_directory(directory: &Path) -> Self {
        Self::Sqlite { directory: directory.to_owned(), _owned: None }
    }

    /// A store over this database, with its schema. A second one is a second node or process.
    pub(crate) async fn store(
        &self,
        clock: Clock,
        ids: &Arc<IdSource>,
        endurance: Endurance,
        leasing: Leasing,
    ) -> Store {
        let Endurance { queue_max, timeout } = endurance;
        let surroundings = Surroundings { clock, ids: Arc::clone(ids), queue_max, batch_max: 256, leasing };
        let store = match self {
            Self::Sqlite { directory, .. } => {
                let path = directory.join("zenwallet.db");
                let options = SqliteOptions { path, read_connections: 4, commit_timeout: timeout };
                Store::Sqlite(SqliteStore::open(options, surroundings).await.unwrap())
            }
            Self::Postgres(url) => {
                let options = PostgresOptions {
                    url: url.clone(),
                    read_connections: 4,
                    statements: Statements::Auto,
                    connect_timeout: timeout,
                    acquire_timeout: timeout,
                    commit_timeout: timeout,
                };
                Store::Postgres(PostgresStore::open(options, surroundings).await.unwrap())
            }
        };
        store.migrate().await.unwrap();
        store
    }

    /// Removes what does not go away by itself.
    pub(crate) async fn remove(self) {
        if let Self::Postgres(url) = self {
            let name = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
            Server::shared().drop_database(&name).await.unwrap();
        }
    }
}
