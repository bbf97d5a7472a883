//! SQLite inside the program: one file, one writer, any number of readers.

mod connection;
mod deliveries;
mod endpoints;
mod events;
mod failure;
mod query;
mod read;
mod rollup;
mod row;
#[cfg(test)]
mod tests;
mod tx;
mod upkeep;
mod webhooks;
mod write;
mod writer;

use crate::Surroundings;
use crate::error::{Result, StoreError};
use crate::group_commit::{self, CommitQueue};
use crate::log::{Grown, News};
use connection::Role;
use failure::Failure;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::Semaphore;
use write::End;
use writer::{Health, Writer};

pub(crate) use tx::Tx;
pub use writer::SteppedWriter;

/// Which file, and how it is used.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The database file; made when absent, readable by its owner alone.
    pub path: PathBuf,
    /// Connections for reading.
    pub read_connections: usize,
    /// Longest wait for the write lock while another process, such as the command line, holds it.
    pub commit_timeout: Duration,
}

/// Longest wait of a short write for the write lock.
const UPKEEP_LOCK_WAIT: Duration = Duration::from_secs(5);

/// A SQLite database; clones share it.
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    options: SqliteOptions,
    surroundings: Surroundings,
    /// Dropping the last sender ends the writer, after it has answered what was accepted. `None`: closed.
    queue: RwLock<Option<CommitQueue>>,
    closed_queue: CommitQueue,
    writer: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    health: Health,
    news: News,
    readers: Arc<Readers>,
    upkeep: Arc<Mutex<Option<Connection>>>,
}

/// The connections for reading that are not in use; they are opened when first needed.
struct Readers {
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SqliteStore").field(&self.0.options.path).finish()
    }
}

impl SqliteStore {
    /// Opens the file, making it if need be, and starts the writer.
    pub async fn open(options: SqliteOptions, surroundings: Surroundings) -> Result<Self> {
        blocking(move || Self::open_now(options, surroundings)).await
    }

    fn open_now(options: SqliteOptions, surroundings: Surroundings) -> Result<Self> {
        connection::create_file(&options.path)?;
        let (health, news) = (Health::new(), News::new());
        let in_file = |failure: Failure| match failure.into_store_error() {
            StoreError::Unavailable(reason) => StoreError::Unavailable(format!("{}: {reason}", options.path.display())),
            other => other,
        };
        let writer = Writer::open(&options, surroundings.clone(), news.clone(), health.clone()).map_err(in_file)?;
        let reader = connection::open(&options.path, Role::Reader, UPKEEP_LOCK_WAIT).map_err(in_file)?;
        let readers = Readers {
            permits: Arc::new(Semaphore::new(options.read_connections.max(1))),
            idle: Mutex::new(vec![reader]),
        };
        let (queue, batches) = group_commit::queue(surroundings.queue_max.max(1));
        let writer = thread::Builder::new()
            .name("zenwallet-write".to_owned())
            .spawn(move || writer.run(batches))
            .map_err(|error| StoreError::Unavailable(format!("the writer's thread cannot start: {error}")))?;
        Ok(Self(Arc::new(Inner {
            options,
            surroundings,
            queue: RwLock::new(Some(queue)),
            closed_queue: group_commit::queue(1).0,
            writer: tokio::sync::Mutex::new(Some(writer)),
            health,
            news,
            readers: Arc::new(readers),
            upkeep: Arc::default(),
        })))
    }

    pub(crate) fn queue(&self) -> CommitQueue {
        let queue = self.0.queue.read().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().unwrap_or(&self.0.closed_queue).clone()
    }

    pub(crate) async fn failed_for_good(&self) -> String {
        self.0.health.failed_for_good().await
    }

    pub(crate) async fn grown_logs(&self) -> Grown {
        self.0.news.heard().await
    }

    /// Another process on the same file, a worker beside the server say, has no way to tell.
    pub(crate) const fn hears_of_other_nodes(&self) -> bool {
        false
    }

    pub(crate) async fn close(&self) {
        self.0.queue.write().unwrap_or_else(PoisonError::into_inner).take();
        // Whoever closes second waits for the first.
        let mut writer = self.0.writer.lock().await;
        if let Some(writer) = writer.take() {
            let _ = blocking(move || {
                // A panic was already told to whoever waits for `failed_for_good`.
                let _ = writer.join();
                Ok(())
            })
            .await;
        }
    }

    fn surroundings(&self) -> &Surroundings {
        &self.0.surroundings
    }

    /// Runs `work` on a connection that cannot write, as soon as one is free.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> std::result::Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        let readers = Arc::clone(&self.0.readers);
        let path = self.0.options.path.clone();
        let permit = Arc::clone(&readers.permits).acquire_owned().await;
        let permit = permit.map_err(|error| StoreError::Internal(error.to_string()))?;
        blocking(move || {
            let idle = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match idle {
                Some(connection) => connection,
                None => connection::open(&path, Role::Reader, UPKEEP_LOCK_WAIT).map_err(Failure::into_store_error)?,
            };
            let result = work(&connection);
            // A connection that could not use its file is not used again.
            if !matches!(result, Err(Failure::Unavailable(_) | Failure::ForGood(_))) {
                readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            drop(permit);
            result.map_err(Failure::into_store_error)
        })
        .await
    }

    /// Runs `work` in a transaction of its own, beside the group commit.
    async fn upkeep<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> std::result::Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        let (path, health, shared) = (self.0.options.path.clone(), self.0.health.clone(), Arc::clone(&self.0.upkeep));
        blocking(move || {
            health.check().map_err(Failure::into_store_error)?;
            // A panic in here left at worst a transaction open, which ends with its connection.
            let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = match kept.take() {
                Some(connection) => connection,
                None => connection::open(&path, Role::Upkeep, UPKEEP_LOCK_WAIT).map_err(Failure::into_store_error)?,
            };
            let result = write::in_transaction(&connection, || Ok((End::Commit, work(&connection)?)));
            health.note(&result);
            if connection.is_autocommit() && !matches!(result, Err(Failure::Unavailable(_) | Failure::ForGood(_))) {
                *kept = Some(connection);
            }
            result.map_err(Failure::into_store_error)
        })
        .await
    }
}

/// Runs `work` where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StoreError::Internal(error.to_string())))
}
