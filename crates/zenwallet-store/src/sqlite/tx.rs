//! A connection that takes statements written for both databases.

use super::connection::{self, Role};
use super::failure::Failure;
use super::write::{BEGIN, COMMIT, ROLLBACK};
use super::{SqliteStore, UPKEEP_LOCK_WAIT, blocking};
use crate::error::{Result, StoreError};
use crate::sql::{self, Value, Work};
use futures_util::FutureExt;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use std::sync::{Arc, PoisonError};
use tokio_postgres::types::Type;
use zenwallet_core::id::{Id, RequestKind};

/// A connection in a transaction, and why a statement failed, as its owner must know.
pub(crate) struct Tx {
    connection: Connection,
    failure: Option<Failure>,
    /// The work wants nothing of it kept.
    pub(crate) is_undone: bool,
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let borrowed = |value| Ok(ToSqlOutput::Borrowed(value));
        match self {
            Self::Null(_) => borrowed(ValueRef::Null),
            Self::Int(value) => borrowed(ValueRef::Integer(*value)),
            Self::Bool(value) => borrowed(ValueRef::Integer((*value).into())),
            Self::Text(value) => borrowed(ValueRef::Text(value.as_bytes())),
            Self::Blob(value) => borrowed(ValueRef::Blob(value)),
            // Every kind of id is spelled alike behind its prefix.
            Self::Id(id) => {
                let text = Id::<RequestKind>::from_uuid(*id).base62();
                Ok(ToSqlOutput::Owned(String::from_utf8_lossy(&text).into_owned().into()))
            }
        }
    }
}

impl Tx {
    fn noted<T>(&mut self, result: std::result::Result<T, Failure>) -> Result<T> {
        result.map_err(|failure| {
            let error = match &failure {
                Failure::Data(error) => error.clone(),
                Failure::Unavailable(reason) | Failure::ForGood(reason) => StoreError::Unavailable(reason.clone()),
            };
            self.failure.get_or_insert(failure);
            error
        })
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>> {
        let rows = query(&self.connection, sql, values);
        self.noted(rows)
    }

    pub(crate) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let run = || -> std::result::Result<usize, Failure> {
            let mut statement = self.connection.prepare_cached(&numbered(sql))?;
            Ok(statement.execute(rusqlite::params_from_iter(values))?)
        };
        let changed = run();
        Ok(self.noted(changed)? as u64)
    }

    fn end(&mut self) -> Result<()> {
        if self.failure.is_some() {
            return Err(StoreError::Internal("a statement had failed".to_owned()));
        }
        self.execute(if self.is_undone { ROLLBACK } else { COMMIT }, &[]).map(drop)
    }

    /// Ends the transaction as the work says. After an error nothing of it is left, unless it is that of the commit.
    fn run<T>(mut self, work: Work<T>) -> (Connection, std::result::Result<T, Failure>) {
        let mut tx = match self.execute(BEGIN, &[]) {
            Ok(_) => sql::Tx::Sqlite(self),
            Err(error) => return (self.connection, Err(self.failure.unwrap_or(Failure::Data(error)))),
        };
        // Nothing here ever waits: the statements run where they are.
        let done = work(&mut tx).now_or_never();
        let mut own = match tx {
            sql::Tx::Sqlite(own) => own,
            sql::Tx::Postgres(_) => unreachable!("it was made of SQLite a moment ago"),
        };
        let done = done.unwrap_or_else(|| Err(StoreError::Internal("a transaction waited for something".to_owned())));
        let done = done.and_then(|value| own.end().map(|()| value));
        if done.is_err() && !own.connection.is_autocommit() {
            let failure = own.failure.take();
            let _ = own.execute(ROLLBACK, &[]);
            own.failure = failure;
        }
        let result = done.map_err(|error| own.failure.unwrap_or(Failure::Data(error)));
        (own.connection, result)
    }
}

impl SqliteStore {
    pub(crate) async fn transact<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let (path, health, shared) = (self.0.options.path.clone(), self.0.health.clone(), Arc::clone(&self.0.upkeep));
        blocking(move || {
            health.check().map_err(Failure::into_store_error)?;
            let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = match kept.take() {
                Some(connection) => connection,
                None => connection::open(&path, Role::Upkeep, UPKEEP_LOCK_WAIT).map_err(Failure::into_store_error)?,
            };
            let (connection, result) = Tx { connection, failure: None, is_undone: false }.run(work);
            health.note(&result);
            if connection.is_autocommit() && !matches!(result, Err(Failure::Unavailable(_) | Failure::ForGood(_))) {
                *kept = Some(connection);
            }
            result.map_err(Failure::into_store_error)
        })
        .await
    }

    pub(crate) async fn query(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Vec<Value>>> {
        self.read(move |connection| query(connection, sql, &values)).await
    }
}

fn query(connection: &Connection, sql: &str, values: &[Value]) -> std::result::Result<Vec<Vec<Value>>, Failure> {
    let mut statement = connection.prepare_cached(&numbered(sql))?;
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((0..columns).map(|column| Ok(value(row.get_ref(column)?))).collect::<rusqlite::Result<_>>()?);
    }
    Ok(found)
}

/// SQLite takes `$1` for a name, and `?1` for a number.
pub(super) fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null(Type::TEXT),
        ValueRef::Integer(value) => Value::Int(value),
        // No table has a column of these.
        ValueRef::Real(value) => Value::Text(value.to_string()),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned()),
    }
}
