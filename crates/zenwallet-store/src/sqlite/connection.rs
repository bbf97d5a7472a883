//! Opening the file: every connection is set up the same way, and what durability rests on is read back.

use super::failure::Failure;
use crate::error::{Result, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// The group commit.
    Writer,
    /// Short writes beside it: apps, keys, the schema.
    Upkeep,
    /// Reading only.
    Reader,
}

impl Role {
    /// Pages the connection keeps, in KiB.
    const fn cache_kib(self) -> i64 {
        match self {
            Self::Writer => 16_000,
            Self::Upkeep | Self::Reader => 4_000,
        }
    }
}

/// The log is cut down to this after a burst has made it larger.
const LOG_LIMIT_BYTES: i64 = 64 * 1024 * 1024;
/// Pages of log after which a connection other than the writer moves them into the file itself.
const UPKEEP_CHECKPOINT_PAGES: i64 = 8_000;
/// More than this program has statements.
const STATEMENTS_CACHED: usize = 128;
/// How often a connection looks whether the one write lock is free. SQLite's own waiting backs off to 100 ms, and
/// would starve beside a busy writer, who leaves the lock free for a fraction of a millisecond at a time.
const LOCK_POLL: Duration = Duration::from_micros(500);

/// Makes the file, readable by nobody else, unless it is there. SQLite gives the files beside it the same mode.
pub(super) fn create_file(path: &Path) -> Result<()> {
    let unavailable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file.sync_all().map_err(unavailable)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(unavailable(error)),
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(unavailable)
}

/// Opens a connection that waits at most `lock_wait` for the one write lock.
pub(super) fn open(path: &Path, role: Role, lock_wait: Duration) -> std::result::Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    set_lock_wait(&mut connection, lock_wait)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // Closing never writes: after a failed sync it may not, and otherwise the writer has done it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Otherwise SQLite plans a statement anew whenever a value in a range or in an index's condition changes: for nothing,
    // as no statistics are kept here.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A commit is durable when it returns: WAL alone would already survive a crash of the program, FULL is what
    // survives a power cut. Anything else than these two is not this store.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let journal: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    expect_value("journal_mode", journal.as_str(), "wal")?;
    expect_value("synchronous", connection.pragma_query_value(None, "synchronous", |row| row.get(0))?, 2_i64)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    expect_value("foreign_keys", connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?, 1_i64)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -role.cache_kib())?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_LIMIT_BYTES, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", UPKEEP_CHECKPOINT_PAGES, |_| Ok(()))?;
    if role == Role::Reader {
        connection.pragma_update(None, "query_only", true)?;
        expect_value("query_only", connection.pragma_query_value(None, "query_only", |row| row.get(0))?, 1_i64)?;
    }
    Ok(connection)
}

/// Lets the connection wait at most so long for a lock that somebody else holds.
pub(super) fn set_lock_wait(connection: &mut Connection, lock_wait: Duration) -> rusqlite::Result<()> {
    let polls_max = i32::try_from(lock_wait.as_micros() / LOCK_POLL.as_micros()).unwrap_or(i32::MAX);
    connection.busy_handler(Some(move |polls| {
        thread::sleep(LOCK_POLL);
        polls < polls_max
    }))
}

fn expect_value<T: PartialEq + std::fmt::Display>(name: &str, got: T, want: T) -> Result<()> {
    if got == want {
        return Ok(());
    }
    let message = format!("this file system or build of SQLite gives {name}={got}, but the store needs {name}={want}");
    Err(StoreError::Schema(message))
}
