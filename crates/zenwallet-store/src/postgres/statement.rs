//! Two ways to send a statement. Named prepared statements are faster; through a pooler in transaction mode
//! they collide with other clients' names, so there every statement goes unnamed, whole in one round trip.

use super::ReadError;
use crate::error::StoreError;
use deadpool_postgres::Object;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row, Statement};

/// How statements are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Statements {
    /// Prepared when the server itself is at the other end, unnamed when a pooler seems to be.
    #[default]
    Auto,
    /// Named and prepared once a connection.
    Prepared,
    /// Unnamed: works through every pooler.
    Unnamed,
}

/// A value with its type.
pub(super) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// Whether statements are prepared; turns itself off for good when a pooler shows itself.
#[derive(Clone)]
pub(super) struct Mode(Arc<AtomicBool>);

impl Mode {
    pub(super) fn new(prepared: bool) -> Self {
        Self(Arc::new(AtomicBool::new(prepared)))
    }

    pub(super) fn is_prepared(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn stop_preparing(&self) {
        if self.0.swap(false, Ordering::Relaxed) {
            tracing::warn!("a pooler stands before the database: statements go unnamed from now on");
        }
    }
}

fn values<'a>(params: &[Param<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|(value, _)| *value).collect()
}

fn types(params: &[Param<'_>]) -> Vec<Type> {
    params.iter().map(|(_, kind)| kind.clone()).collect()
}

/// A pooled connection for reading.
pub(super) struct Reader {
    client: Object,
    mode: Mode,
}

impl Reader {
    pub(super) fn new(client: Object, mode: Mode) -> Self {
        Self { client, mode }
    }

    /// The connection itself.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, ReadError> {
        let rows = if self.mode.is_prepared() {
            let statement = self.client.prepare_typed_cached(sql, &types(params)).await?;
            self.client.query(&statement, &values(params)).await?
        } else {
            self.client.query_typed(sql, params).await?
        };
        Ok(rows)
    }

    /// A query whose best plan depends on its values: planned anew, with them in view.
    pub(super) async fn query_planned_anew(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, ReadError> {
        let client = &self.client;
        let (begun, rows, ended) = tokio::join!(
            biased;
            client.batch_execute("BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_custom_plan"),
            client.query_typed(sql, params),
            client.batch_execute("COMMIT"),
        );
        begun?;
        let rows = rows?;
        ended?;
        Ok(rows)
    }

    pub(super) async fn query_opt(&self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, ReadError> {
        let mut rows = self.query(sql, params).await?;
        if rows.len() > 1 {
            return Err(StoreError::Internal(format!("a statement for one row gave {}", rows.len())).into());
        }
        Ok(rows.pop())
    }

    pub(super) async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64, ReadError> {
        let count = if self.mode.is_prepared() {
            let statement = self.client.prepare_typed_cached(sql, &types(params)).await?;
            self.client.execute(&statement, &values(params)).await?
        } else {
            self.client.execute_typed(sql, params).await?
        };
        Ok(count)
    }
}

/// The writer's statements on its one connection. They are prepared when the connection is made, so that a
/// batch's statements can be sent together without waiting in between.
pub(super) struct Prepared(HashMap<&'static str, Statement>);

impl Prepared {
    /// Prepares `statements`, or none where statements go unnamed.
    pub(super) async fn on(
        client: &Client,
        mode: &Mode,
        statements: &[(&'static str, &[Type])],
    ) -> Result<Self, Error> {
        let mut prepared = HashMap::new();
        if mode.is_prepared() {
            for (sql, types) in statements {
                prepared.insert(*sql, client.prepare_typed(sql, types).await?);
            }
        }
        Ok(Self(prepared))
    }

    pub(super) async fn query(
        &self,
        client: &Client,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Error> {
        match self.0.get(sql) {
            Some(statement) => client.query(statement, &values(params)).await,
            None => client.query_typed(sql, params).await,
        }
    }
}
