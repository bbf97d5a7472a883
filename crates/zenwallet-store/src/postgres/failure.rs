//! Why a transaction did not commit, as the writer needs to tell it apart.

use super::connect;
use super::statement::Mode;
use crate::error::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Raised by the schema's guards when a row that this node believed locked had changed.
const GUARD_FAILED: &str = "ZW001";
/// Raised when another node keeps an idempotency key at this moment.
const KEY_TAKEN: &str = "ZW002";

/// Why a transaction did not commit.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another node was in the way; the same again may succeed.
    Raced(String),
    /// A row is not acceptable; its neighbours may be.
    Data(StoreError),
    /// The database cannot be used now, or the fate of the commit is unknown.
    Unavailable(String),
    /// A statement is wrong.
    Bug(String),
}

impl Failure {
    /// Sorts a driver's error; a sign of a pooler also turns preparing off.
    pub(super) fn of(mode: &Mode, error: Error) -> Self {
        let text = connect::describe(&error);
        let Some(state) = error.code() else { return Self::Unavailable(text) };
        if [&SqlState::DUPLICATE_PSTATEMENT, &SqlState::INVALID_SQL_STATEMENT_NAME].contains(&state) {
            mode.stop_preparing();
            return Self::Unavailable(text);
        }
        match state.code() {
            KEY_TAKEN => Self::Raced(text),
            GUARD_FAILED => Self::Data(StoreError::Internal(text)),
            code => match &code[..2] {
                "40" => Self::Raced(text),
                "22" | "23" => Self::Data(StoreError::Internal(text)),
                // Wrong password or database name, resources, operator, system, connection, read-only standby.
                "08" | "25" | "28" | "3D" | "53" | "55" | "57" | "58" | "XX" => Self::Unavailable(text),
                _ => Self::Bug(text),
            },
        }
    }

    pub(super) fn into_store_error(self) -> StoreError {
        match self {
            Self::Raced(text) | Self::Unavailable(text) => StoreError::Unavailable(text),
            Self::Data(error) => error,
            Self::Bug(text) => StoreError::Internal(text),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(text) => Self::Unavailable(text),
            other => Self::Data(other),
        }
    }
}
