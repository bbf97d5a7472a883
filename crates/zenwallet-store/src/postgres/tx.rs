//! A connection that takes statements written for both databases.

use super::failure::Failure;
use super::statement::Mode;
use super::{PostgresStore, connect};
use crate::error::{Result, StoreError};
use crate::sql::{self, Value, Work};
use deadpool_postgres::Object;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Error, Row};

/// A pooled connection in a transaction. Statements go unnamed: that works through every pooler.
pub(crate) struct Tx {
    client: Option<Object>,
    mode: Mode,
    /// After a failed statement the server takes COMMIT for ROLLBACK, and does not call that an error.
    failed: Option<StoreError>,
    /// The work wants nothing of it kept.
    pub(crate) is_undone: bool,
}

/// A connection whose transaction did not come to its end is not used again.
impl Drop for Tx {
    fn drop(&mut self) {
        self.client.take().map(Object::take);
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null(_) => Ok(IsNull::Yes),
            Self::Id(value) => value.to_sql(kind, out),
            Self::Int(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Blob(value) => value.to_sql(kind, out),
            Self::Bool(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Value {
    fn kind(&self) -> Type {
        match self {
            Self::Null(kind) => kind.clone(),
            Self::Id(_) => Type::UUID,
            Self::Int(_) => Type::INT8,
            Self::Text(_) => Type::TEXT,
            Self::Blob(_) => Type::BYTEA,
            Self::Bool(_) => Type::BOOL,
        }
    }
}

/// The values with their types.
fn typed(values: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (value as &(dyn ToSql + Sync), value.kind())).collect()
}

impl Tx {
    fn noted<T>(&mut self, result: std::result::Result<T, Error>) -> Result<T> {
        result.map_err(|error| {
            let error = Failure::of(&self.mode, error).into_store_error();
            self.failed.get_or_insert_with(|| error.clone());
            error
        })
    }

    fn client(&self) -> Result<&Client> {
        let client = self.client.as_ref();
        client.map(|client| &***client).ok_or_else(|| StoreError::Internal("the transaction is over".to_owned()))
    }

    pub(crate) async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>> {
        let rows = query(self.client()?, sql, values).await;
        self.noted(rows)
    }

    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let changed = self.client()?.execute_typed(sql, &typed(values)).await;
        self.noted(changed)
    }

    async fn run(&mut self, control: &'static str) -> Result<()> {
        let done = self.client()?.batch_execute(control).await;
        self.noted(done)
    }
}

/// Ends the transaction as the work says.
async fn transact<T>(mut tx: Tx, work: Work<T>) -> Result<T> {
    tx.run("BEGIN").await?;
    let mut tx = sql::Tx::Postgres(tx);
    let done = work(&mut tx).await;
    let sql::Tx::Postgres(mut tx) = tx else { return Err(StoreError::Internal("it was PostgreSQL".to_owned())) };
    let done = done.and_then(|value| tx.failed.take().map_or(Ok(value), Err));
    tx.run(if done.is_ok() && !tx.is_undone { "COMMIT" } else { "ROLLBACK" }).await?;
    tx.client = None;
    done
}

impl PostgresStore {
    pub(crate) async fn transact<T>(&self, work: Work<T>) -> Result<T> {
        let client = self.0.pool.get().await.map_err(|error| StoreError::Unavailable(connect::describe(&error)))?;
        let tx = Tx { client: Some(client), mode: self.0.mode.clone(), failed: None, is_undone: false };
        match tokio::time::timeout(self.0.timeout, transact(tx, work)).await {
            Ok(done) => done,
            Err(_) => Err(StoreError::Unavailable("the database did not answer in time".to_owned())),
        }
    }

    pub(crate) async fn query(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Vec<Value>>> {
        self.read(async |reader| Ok(query(reader.client(), sql, &values).await?)).await
    }
}

async fn query(client: &Client, sql: &str, values: &[Value]) -> std::result::Result<Vec<Vec<Value>>, Error> {
    let rows = client.query_typed(sql, &typed(values)).await?;
    rows.iter().map(decode).collect()
}

fn decode(row: &Row) -> std::result::Result<Vec<Value>, Error> {
    let decoded = row.columns().iter().enumerate().map(|(index, column)| {
        let kind = column.type_();
        let value = match *kind {
            Type::UUID => row.try_get::<_, Option<uuid::Uuid>>(index)?.map(Value::Id),
            Type::INT8 => row.try_get::<_, Option<i64>>(index)?.map(Value::Int),
            Type::INT4 => row.try_get::<_, Option<i32>>(index)?.map(|value| Value::Int(value.into())),
            Type::INT2 => row.try_get::<_, Option<i16>>(index)?.map(|value| Value::Int(value.into())),
            Type::BOOL => row.try_get::<_, Option<bool>>(index)?.map(Value::Bool),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.map(Value::Blob),
            _ => row.try_get::<_, Option<String>>(index)?.map(Value::Text),
        };
        Ok(value.unwrap_or(Value::Null(kind.clone())))
    });
    decoded.collect()
}
