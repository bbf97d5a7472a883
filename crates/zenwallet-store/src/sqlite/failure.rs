//! Why a piece of work failed, sorted by what may be done about it.

use crate::error::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

/// Why a transaction did not commit, or a read gave nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// A row or statement is not acceptable; its neighbours may be.
    Data(StoreError),
    /// The file or its disk cannot be used now, or the fate of a commit is unknown.
    Unavailable(String),
    /// What this process believes to be on disk may not be there: it must never write again.
    ForGood(String),
}

impl Failure {
    pub(super) fn into_store_error(self) -> StoreError {
        match self {
            Self::Data(error) => error,
            Self::Unavailable(reason) | Self::ForGood(reason) => StoreError::Unavailable(reason),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            other => Self::Data(other),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let Error::SqliteFailure(cause, _) = &error else {
            return Self::Data(StoreError::Internal(error.to_string()));
        };
        // After a failed sync the kernel forgets which pages it could not write and reports success next time
        // (fsyncgate), and a file system that contradicts itself is no better: only a new process, which reads
        // from the disk again, can know what is there.
        let lost_trust = matches!(
            cause.extended_code,
            ffi::SQLITE_IOERR_FSYNC
                | ffi::SQLITE_IOERR_DIR_FSYNC
                | ffi::SQLITE_IOERR_CORRUPTFS
                | ffi::SQLITE_IOERR_DATA
        );
        let reason = |what: &str| format!("{what} ({error}, code {})", cause.extended_code);
        match cause.code {
            ErrorCode::SystemIoFailure if lost_trust => Self::ForGood(reason("the disk failed to keep a write")),
            ErrorCode::DatabaseCorrupt => Self::ForGood(reason("the database file is damaged")),
            ErrorCode::DiskFull => Self::Unavailable(reason("the disk is full")),
            ErrorCode::SystemIoFailure => Self::Unavailable(reason("the disk failed")),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                Self::Unavailable(reason("another process kept the database locked"))
            }
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                Self::Unavailable(reason("the database file may not be written"))
            }
            ErrorCode::CannotOpen => Self::Unavailable(reason("the database file cannot be opened")),
            ErrorCode::NotADatabase => Self::Unavailable(reason("the file is not a database")),
            ErrorCode::OutOfMemory => Self::Unavailable(reason("there is not enough memory")),
            _ => Self::Data(StoreError::Internal(error.to_string())),
        }
    }
}

/// A guarded write changes exactly its row; anything else takes the transaction back.
pub(super) fn expect_one(changed: usize, otherwise: impl FnOnce() -> String) -> std::result::Result<(), Failure> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Internal(otherwise()).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(code: i32) -> Failure {
        Failure::from(Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_lost_sync_and_a_damaged_file_end_writing_for_good() {
        for code in
            [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC, ffi::SQLITE_CORRUPT, ffi::SQLITE_CORRUPT_INDEX]
        {
            assert!(matches!(sorted(code), Failure::ForGood(_)), "{code}");
        }
    }

    #[test]
    fn what_can_pass_is_unavailable_and_what_is_wrong_is_data() {
        let passing = [
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_SHORT_READ,
            ffi::SQLITE_BUSY,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_NOMEM,
        ];
        for code in passing {
            assert!(matches!(sorted(code), Failure::Unavailable(_)), "{code}");
        }
        for code in [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_MISMATCH, ffi::SQLITE_ERROR, ffi::SQLITE_TOOBIG] {
            assert!(matches!(sorted(code), Failure::Data(StoreError::Internal(_))), "{code}");
        }
    }
}
