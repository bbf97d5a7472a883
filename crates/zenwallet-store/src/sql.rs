//! Statements that read the same on both databases: for what is rare, where one text that cannot drift is worth more than
//! the last microsecond. A value is written as `$1`, and the first one that a statement names is `$1`, the next new one `$2`.

use crate::Store;
use crate::error::{Result, StoreError};
use futures_util::future::BoxFuture;
use tokio_postgres::types::Type;
use uuid::Uuid;
use zenwallet_core::app::KeyHash;
use zenwallet_core::id::{Id, Kind};
use zenwallet_core::time::Timestamp;

/// A value of a statement or of a row.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Null(Type),
    Id(Uuid),
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    Bool(bool),
}

/// What can stand in a statement.
pub(crate) trait IntoValue {
    /// What NULL is of.
    const TYPE: Type;
    fn into_value(self) -> Value;
}

macro_rules! into_value {
    ($($from:ty, $kind:ident, $value:ident => $made:expr;)*) => {$(
        impl IntoValue for $from {
            const TYPE: Type = Type::$kind;
            fn into_value(self) -> Value {
                let $value = self;
                $made
            }
        }
    )*};
}

into_value! {
    i64, INT8, value => Value::Int(value);
    u32, INT8, value => Value::Int(value.into());
    bool, BOOL, value => Value::Bool(value);
    Timestamp, INT8, value => Value::Int(value.as_ms());
    &str, TEXT, value => Value::Text(value.to_owned());
    &String, TEXT, value => Value::Text(value.clone());
    String, TEXT, value => Value::Text(value);
    &[u8], BYTEA, value => Value::Blob(value.to_owned());
    &Vec<u8>, BYTEA, value => Value::Blob(value.clone());
    KeyHash, BYTEA, value => Value::Blob(value.0.to_vec());
}

impl<K: Kind> IntoValue for Id<K> {
    const TYPE: Type = Type::UUID;
    fn into_value(self) -> Value {
        Value::Id(self.uuid())
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    const TYPE: Type = T::TYPE;
    fn into_value(self) -> Value {
        self.map_or(Value::Null(T::TYPE), T::into_value)
    }
}

/// The values of a statement, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::IntoValue::into_value($value)),*] };
}
pub(crate) use values;

/// A row, read one column after the other.
pub(crate) struct Row {
    values: std::vec::IntoIter<Value>,
    table: &'static str,
    name: String,
    column: usize,
}

impl Row {
    fn corrupt(&self) -> StoreError {
        // The statements name their columns in the order in which they are read.
        StoreError::Corrupt {
            table: self.table,
            column: COLUMNS[self.column.min(COLUMNS.len() - 1)],
            row: self.name.clone(),
        }
    }

    fn next(&mut self) -> Result<Value> {
        self.column += 1;
        self.values.next().ok_or_else(|| self.corrupt())
    }

    /// A value that must mean something, or the row is corrupt.
    pub(crate) fn checked<T>(&mut self, meaning: impl FnOnce(Value) -> Option<T>) -> Result<T> {
        let value = self.next()?;
        meaning(value).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn int(&mut self) -> Result<i64> {
        self.checked(as_int)
    }

    /// A number that stands for a word.
    pub(crate) fn code<T>(&mut self, meaning: impl FnOnce(i16) -> Option<T>) -> Result<T> {
        self.checked(|value| meaning(as_int(value)?.try_into().ok()?))
    }

    pub(crate) fn boolean(&mut self) -> Result<bool> {
        self.checked(as_bool)
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        self.checked(as_text)
    }

    pub(crate) fn word<T>(&mut self, meaning: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        self.checked(|value| meaning(&as_text(value)?))
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>> {
        self.checked(as_blob)
    }

    pub(crate) fn id<K: Kind>(&mut self) -> Result<Id<K>> {
        self.checked(as_id)
    }

    /// The 32 bytes of a SHA-256.
    pub(crate) fn hash(&mut self) -> Result<KeyHash> {
        self.checked(|value| as_blob(value)?.try_into().ok().map(KeyHash))
    }

    /// What several columns mean together, or the row is corrupt.
    pub(crate) fn named<T>(&self, column: &'static str, meaning: Option<T>) -> Result<T> {
        meaning.ok_or_else(|| StoreError::Corrupt { table: self.table, column, row: self.name.clone() })
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        Ok(Timestamp::from_ms(self.int()?))
    }

    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.optional(as_int)?.map(Timestamp::from_ms))
    }

    pub(crate) fn optional_boolean(&mut self) -> Result<Option<bool>> {
        self.optional(as_bool)
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<String>> {
        self.optional(as_text)
    }

    pub(crate) fn optional_id<K: Kind>(&mut self) -> Result<Option<Id<K>>> {
        self.optional(as_id)
    }

    pub(crate) fn optional_blob(&mut self) -> Result<Option<Vec<u8>>> {
        self.optional(as_blob)
    }

    pub(crate) fn optional_count(&mut self) -> Result<Option<u32>> {
        self.optional(|value| as_int(value)?.try_into().ok())
    }

    fn optional<T>(&mut self, meaning: impl FnOnce(Value) -> Option<T>) -> Result<Option<T>> {
        self.checked(|value| match value {
            Value::Null(_) => Some(None),
            value => meaning(value).map(Some),
        })
    }
}

/// Names of columns by their places, for the error that tells of a corrupt one.
const COLUMNS: [&str; 21] = [
    "none",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "10",
    "11",
    "12",
    "13",
    "14",
    "15",
    "16",
    "17",
    "18",
    "19",
    "20 or later",
];

fn as_int(value: Value) -> Option<i64> {
    match value {
        Value::Int(value) => Some(value),
        _ => None,
    }
}

fn as_bool(value: Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(value),
        Value::Int(value) => Some(value != 0),
        _ => None,
    }
}

fn as_text(value: Value) -> Option<String> {
    match value {
        Value::Text(value) => Some(value),
        _ => None,
    }
}

fn as_blob(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::Blob(value) => Some(value),
        _ => None,
    }
}

fn as_id<K: Kind>(value: Value) -> Option<Id<K>> {
    match value {
        Value::Id(id) => Some(Id::from_uuid(id)),
        Value::Text(text) => Id::parse(&format!("{}{text}", K::PREFIX)),
        _ => None,
    }
}

/// A connection that statements go to, in a transaction of either database.
pub(crate) enum Tx {
    Sqlite(crate::sqlite::Tx),
    Postgres(crate::postgres::Tx),
}

/// What is done in one transaction.
pub(crate) type Work<T> = Box<dyn for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T>> + Send>;

impl Tx {
    /// The rows of a statement; `table` is what they are of, for the error that tells of a corrupt one.
    pub(crate) async fn rows(&mut self, table: &'static str, sql: &str, values: Vec<Value>) -> Result<Vec<Row>> {
        let rows = match self {
            Self::Sqlite(tx) => tx.query(sql, &values),
            Self::Postgres(tx) => tx.query(sql, &values).await,
        }?;
        Ok(rows.into_iter().map(|values| Row::new(table, values)).collect())
    }

    /// The one row of a statement, if there is one.
    pub(crate) async fn row(&mut self, table: &'static str, sql: &str, values: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.rows(table, sql, values).await?.into_iter().next())
    }

    /// How many rows a statement changed.
    pub(crate) async fn execute(&mut self, sql: &str, values: Vec<Value>) -> Result<u64> {
        match self {
            Self::Sqlite(tx) => tx.execute(sql, &values),
            Self::Postgres(tx) => tx.execute(sql, &values).await,
        }
    }

    /// Answers this, and lets nothing of the transaction be kept.
    pub(crate) fn undo<T>(&mut self, answer: T) -> Result<T> {
        match self {
            Self::Sqlite(tx) => tx.is_undone = true,
            Self::Postgres(tx) => tx.is_undone = true,
        }
        Ok(answer)
    }

    /// A statement that locks the rows it reads until the transaction ends. SQLite has but one writer at a time.
    pub(crate) async fn lock(&mut self, table: &'static str, sql: &str, values: Vec<Value>) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(_) => self.rows(table, sql, values).await,
            Self::Postgres(_) => self.rows(table, &format!("{sql} FOR UPDATE"), values).await,
        }
    }
}

impl Row {
    fn new(table: &'static str, values: Vec<Value>) -> Self {
        let name = match values.first() {
            Some(Value::Id(id)) => id.to_string(),
            Some(Value::Text(text)) => text.chars().take(60).collect(),
            _ => "?".to_owned(),
        };
        Self { values: values.into_iter(), table, name, column: 0 }
    }
}

impl Store {
    /// Runs `work` in one transaction: all of it is kept, or nothing. Nothing, too, where a statement failed and the work
    /// went on as if it had not.
    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<T>> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Sqlite(store) => store.transact(Box::new(work)).await,
            Self::Postgres(store) => store.transact(Box::new(work)).await,
        }
    }

    /// Reads with one statement.
    pub(crate) async fn rows(&self, table: &'static str, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>> {
        let rows = match self {
            Self::Sqlite(store) => store.query(sql, values).await,
            Self::Postgres(store) => store.query(sql, values).await,
        }?;
        Ok(rows.into_iter().map(|values| Row::new(table, values)).collect())
    }
}

/// Every statement that is written once, for the tests that prepare them all on both databases.
#[cfg(test)]
pub(crate) fn statements() -> Vec<&'static str> {
    use crate::{alerts, apps, audit, inbox, places, reservation, sessions, throttle, timeline, usage, users};
    [
        alerts::STATEMENTS,
        apps::STATEMENTS,
        audit::STATEMENTS,
        inbox::STATEMENTS,
        places::STATEMENTS,
        sessions::STATEMENTS,
        reservation::STATEMENTS,
        throttle::STATEMENTS,
        timeline::STATEMENTS,
        usage::STATEMENTS,
        users::STATEMENTS,
    ]
    .concat()
}

#[cfg(test)]
mod tests;
