//! PostgreSQL: for when one machine is not enough, with any number of nodes.

mod batch_sql;
mod bus;
mod connect;
mod deliveries;
mod endpoints;
mod events;
mod failure;
mod read;
mod rollup;
mod row;
mod session;
mod statement;
#[cfg(test)]
mod tests;
mod tx;
mod upkeep;
mod webhook_sql;
mod webhooks;
mod write;
mod writer;

pub use statement::Statements;
pub(crate) use tx::Tx;

use crate::Surroundings;
use crate::command::Command;
use crate::error::{Result, StoreError};
use crate::group_commit::{self, CommitQueue};
use crate::log::{Grown, News};
use connect::Target;
use deadpool_postgres::Pool;
use statement::Mode;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zenwallet_core::id::{Id, RequestKind};

/// How to reach the server, and how long to wait for it.
#[derive(Clone)]
pub struct PostgresOptions {
    /// A `postgres://` URL.
    pub url: String,
    /// Connections for reading.
    pub read_connections: usize,
    /// How statements are sent.
    pub statements: Statements,
    /// Longest wait for a new connection.
    pub connect_timeout: Duration,
    /// Longest wait for a free connection of the pool.
    pub acquire_timeout: Duration,
    /// Longest wait for a statement or a commit.
    pub commit_timeout: Duration,
}

/// How long results of deliveries wait for others: nobody waits for them.
const RESULTS_LINGER: Duration = Duration::from_millis(3);

/// A PostgreSQL database; clones share it.
#[derive(Clone)]
pub struct PostgresStore(Arc<Inner>);

struct Inner {
    target: Target,
    pool: Pool,
    mode: Mode,
    timeout: Duration,
    /// Payments and their events.
    payments: CommitQueue,
    /// Deliveries being claimed and attempts being written down: they lock no row that payments lock, so they commit
    /// beside them, on a connection of their own.
    deliveries: CommitQueue,
    /// Which logs grew, here and on other nodes.
    news: News,
    is_listening: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    surroundings: Surroundings,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresStore")
    }
}

impl PostgresStore {
    /// Connects, and starts the writer.
    pub async fn open(options: PostgresOptions, surroundings: Surroundings) -> Result<Self> {
        let target = Target::parse(&options.url, options.connect_timeout)?;
        let (prepared, direct) = match options.statements {
            Statements::Prepared => (true, false),
            Statements::Unnamed => (false, false),
            Statements::Auto => {
                let direct = target.is_direct().await?;
                (direct, direct)
            }
        };
        let mode = Mode::new(prepared);
        let pool = target.pool(&options, direct)?;
        let (stop, stopping) = watch::channel(false);
        let (news, outgoing, is_listening) = (News::new(), News::new(), Arc::new(AtomicBool::new(false)));
        let start_writer = |linger| {
            let (queue, batches) = group_commit::queue(surroundings.queue_max);
            let timeout = options.commit_timeout;
            let listeners = [news.clone(), outgoing.clone()];
            let writer =
                writer::Writer::new(target.clone(), mode.clone(), timeout, linger, listeners, surroundings.clone());
            (queue, tokio::spawn(writer.run(batches, stopping.clone())))
        };
        let ((payments, first), (deliveries, second)) = (start_writer(Duration::ZERO), start_writer(RESULTS_LINGER));
        let mut tasks = vec![first, second];
        // A pooler in transaction mode would give each word to whoever holds the session next.
        if prepared {
            let bus = bus::Bus {
                target: target.clone(),
                origin: Id::<RequestKind>::to_string(&surroundings.ids.next(surroundings.clock.now())),
                outgoing,
                incoming: news.clone(),
                is_listening: Arc::clone(&is_listening),
                timeout: options.commit_timeout,
            };
            tasks.push(tokio::spawn(bus.run(stopping)));
        }
        Ok(Self(Arc::new(Inner {
            target,
            pool,
            mode,
            timeout: options.commit_timeout,
            payments,
            deliveries,
            news,
            is_listening,
            stop,
            tasks: Mutex::new(tasks),
            surroundings,
        })))
    }

    /// The queue that a command waits in.
    pub(crate) fn queue(&self, command: &Command) -> &CommitQueue {
        match command {
            Command::RecordAttempt(_) | Command::ClaimDeliveries(_) => &self.0.deliveries,
            _ => &self.0.payments,
        }
    }

    /// A server that fails comes back or is replaced: nothing here is ever lost for good.
    pub(crate) async fn failed_for_good(&self) -> String {
        std::future::pending().await
    }

    pub(crate) async fn grown_logs(&self) -> Grown {
        self.0.news.heard().await
    }

    pub(crate) fn hears_of_other_nodes(&self) -> bool {
        self.0.is_listening.load(Ordering::Relaxed)
    }

    pub(crate) async fn close(&self) {
        let _ = self.0.stop.send(true);
        let tasks = std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        for task in tasks {
            let _ = task.await;
        }
        self.0.pool.close();
    }

    /// Runs `work` on a pooled connection, within the deadline.
    async fn read<T, F>(&self, work: impl FnOnce(statement::Reader) -> F) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, ReadError>>,
    {
        let client = self.0.pool.get().await.map_err(|error| StoreError::Unavailable(connect::describe(&error)))?;
        let reader = statement::Reader::new(client, self.0.mode.clone());
        match tokio::time::timeout(self.0.timeout, work(reader)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(ReadError::Store(error))) => Err(error),
            Ok(Err(ReadError::Postgres(error))) => Err(failure::Failure::of(&self.0.mode, error).into_store_error()),
            Err(_) => Err(StoreError::Unavailable("the database did not answer in time".to_owned())),
        }
    }
}

/// Why a piece of reading failed.
enum ReadError {
    Postgres(tokio_postgres::Error),
    Store(StoreError),
}

impl ReadError {
    fn into_failure(self, mode: &Mode) -> failure::Failure {
        match self {
            Self::Postgres(error) => failure::Failure::of(mode, error),
            Self::Store(error) => error.into(),
        }
    }
}

impl From<tokio_postgres::Error> for ReadError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
