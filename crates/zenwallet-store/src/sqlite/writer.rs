//! The one writer: a thread that takes everything that waits, commits it in one transaction and answers.

mod stepped;

pub use stepped::SteppedWriter;

use super::SqliteOptions;
use super::connection::{self, Role};
use super::failure::Failure;
use super::write;
use crate::Surroundings;
use crate::command::{Command, Committed};
use crate::group_commit::{self, Batches, Waiting};
use crate::log::News;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;

/// Pages of log after which they are moved into the file itself.
const CHECKPOINT_PAGES: i32 = 2_000;
/// Pages of log from which on the writer waits for readers, so that the log can begin anew.
const LONG_LOG_PAGES: i32 = 4 * CHECKPOINT_PAGES;
/// Longest such wait.
const READERS_WAIT: Duration = Duration::from_millis(100);

/// Whether the file may still be written. Once it may not, it never may again in this process.
#[derive(Clone)]
pub(super) struct Health(watch::Sender<Option<String>>);

impl Health {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Refuses once writing has ended for good.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match &*self.0.borrow() {
            None => Ok(()),
            Some(reason) => Err(Failure::Unavailable(reason.clone())),
        }
    }

    /// Remembers a failure that ends all writing.
    pub(super) fn note<T>(&self, result: &Result<T, Failure>) {
        if let Err(Failure::ForGood(reason)) = result {
            self.end(reason);
        }
    }

    fn end(&self, reason: &str) {
        self.0.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert_with(|| reason.to_owned());
            first
        });
    }

    /// Resolves with the reason when writing has ended for good.
    pub(super) async fn failed_for_good(&self) -> String {
        let mut watching = self.0.subscribe();
        match watching.wait_for(Option::is_some).await.map(|reason| reason.clone()) {
            Ok(Some(reason)) => reason,
            // This sender is alive, so the watch cannot end otherwise.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

pub(super) struct Writer {
    path: PathBuf,
    lock_wait: Duration,
    surroundings: Surroundings,
    /// Who follows the logs hears here that they grew.
    news: News,
    connection: Option<Connection>,
    /// Pages in the log after the last commit; the commit itself reports them.
    log_pages: Arc<AtomicI32>,
    checkpoint_at: i32,
    health: Health,
}

impl Drop for Writer {
    fn drop(&mut self) {
        if thread::panicking() {
            self.health.end("the writer panicked");
        }
    }
}

impl Writer {
    /// Opens the writer's connection.
    pub(super) fn open(
        options: &SqliteOptions,
        surroundings: Surroundings,
        news: News,
        health: Health,
    ) -> Result<Self, Failure> {
        let mut writer = Self {
            path: options.path.clone(),
            lock_wait: options.commit_timeout,
            surroundings,
            news,
            connection: None,
            log_pages: Arc::default(),
            checkpoint_at: CHECKPOINT_PAGES,
            health,
        };
        writer.connect()?;
        Ok(writer)
    }

    fn connect(&mut self) -> Result<(), Failure> {
        let mut connection = connection::open(&self.path, Role::Writer, self.lock_wait)?;
        let log_pages = Arc::clone(&self.log_pages);
        // Takes the place of SQLite's own checkpointing, which would run inside the commit, before the callers
        // are answered, and would hide its errors.
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            log_pages.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Works until every sender of the queue is gone and everything accepted is answered.
    pub(super) fn run(mut self, mut batches: Batches) {
        let batch_max = self.surroundings.batch_max.max(1);
        while let Some(first) = batches.blocking_recv() {
            let mut batch = Vec::with_capacity(batch_max.min(batches.len() + 1));
            batch.push(first);
            while batch.len() < batch_max
                && let Ok(next) = batches.try_recv()
            {
                batch.push(next);
            }
            self.commit(batch);
            self.checkpoint_if_long();
        }
        self.empty_log();
    }

    /// Commits a batch and answers it. A batch that its data spoils is halved until what is bad stands alone.
    fn commit(&mut self, mut batch: Vec<Waiting>) {
        let commands: Vec<&Command> = batch.iter().map(|waiting| &waiting.command).collect();
        match self.try_commit(&commands) {
            Ok(replies) => group_commit::answer_all(batch, replies),
            Err(Failure::Data(_)) if batch.len() > 1 => {
                let second = batch.split_off(batch.len() / 2);
                self.commit(batch);
                self.commit(second);
            }
            Err(failure) => {
                let error = failure.into_store_error();
                tracing::error!(%error, commands = batch.len(), "a batch was not committed");
                group_commit::fail_all(batch, &error);
            }
        }
    }

    fn try_commit(&mut self, commands: &[&Command]) -> Result<Vec<Committed>, Failure> {
        self.health.check()?;
        if self.connection.is_none() {
            let connected = self.connect();
            self.heed(connected, true)?;
        }
        let Some(connection) = &self.connection else {
            return Err(Failure::Unavailable("there is no connection to the database file".to_owned()));
        };
        let result = write::commit(connection, commands, &self.surroundings, &self.news);
        let usable = connection.is_autocommit();
        self.heed(result, usable)
    }

    /// Gives up a connection that failed or could not take its work back: the next batch begins with a new one.
    fn heed<T>(&mut self, result: Result<T, Failure>, usable: bool) -> Result<T, Failure> {
        self.health.note(&result);
        if !usable || matches!(result, Err(Failure::Unavailable(_) | Failure::ForGood(_))) {
            self.connection = None;
        }
        result
    }

    /// Moves the log's pages into the file when there are many, between two batches.
    fn checkpoint_if_long(&mut self) {
        let pages = self.log_pages.load(Ordering::Relaxed);
        if pages < CHECKPOINT_PAGES {
            // The log has begun anew.
            self.checkpoint_at = CHECKPOINT_PAGES;
        }
        if pages < self.checkpoint_at {
            return;
        }
        // A reader may keep the log from beginning anew; then the next attempt waits for as many pages again.
        self.checkpoint_at = pages.saturating_add(CHECKPOINT_PAGES);
        let moved = self.checkpoint(pages >= LONG_LOG_PAGES);
        if let Err(failure) = self.heed(moved, true) {
            tracing::error!(error = %failure.into_store_error(), "the log could not be moved into the database file");
        }
    }

    fn checkpoint(&mut self, wait_for_readers: bool) -> Result<(), Failure> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let moved = if wait_for_readers {
            // Readers that never pause would let the log grow for ever: wait for those of now. Later ones read
            // the file itself, and are not in the way.
            connection::set_lock_wait(connection, READERS_WAIT)?;
            let moved = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::RESTART);
            connection::set_lock_wait(connection, self.lock_wait)?;
            moved
        } else {
            connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE)
        };
        match moved {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                tracing::warn!("a long read, or another process, keeps the database's log from beginning anew");
                Ok(())
            }
            moved => Ok(moved.map(drop)?),
        }
    }

    /// Leaves everything in the file itself, unless somebody else is using it: nothing here waits.
    fn empty_log(&self) {
        if let (Ok(()), Some(connection)) = (self.health.check(), &self.connection) {
            let emptied = connection
                .busy_timeout(Duration::ZERO)
                .and_then(|()| connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::TRUNCATE));
            tracing::debug!(?emptied, "the writer has stopped");
        }
    }
}
