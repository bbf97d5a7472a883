//! What can go wrong in a store, as its callers need to tell it apart.

use thiserror::Error;

/// Why a store did not answer.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// The database or its disk cannot be used now, or the fate of a commit is unknown. Nothing was
    /// acknowledged; the same request with the same idempotency key is safe.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// More commands wait than the queue may hold.
    #[error("the write queue is full")]
    Overloaded,
    /// A stored value is not one that this program writes.
    #[error("table {table}, column {column}, row {row}: the stored value is not valid")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        row: String,
    },
    /// The schema is not one that this program can use.
    #[error("{0}")]
    Schema(String),
    /// A statement failed for a reason that lies in this program.
    #[error("the store failed: {0}")]
    Internal(String),
}

/// The result of a store's method.
pub type Result<T> = std::result::Result<T, StoreError>;
