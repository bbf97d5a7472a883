//! Reading payments and events. Every list costs what its page costs, however many payments there are.

use super::row::{self, payment_columns};
use super::statement::{Param, Reader};
use super::{PostgresStore, ReadError};
use crate::error::Result;
use crate::query::{self, PaymentFilter, Search};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;
use zenwallet_core::event::Event;
use zenwallet_core::id::{AppId, PaymentId};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;

const FIND_PAYMENT: &str = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = $1");
const NEXT_EXPIRY: &str = "SELECT min(expires_at_ms) FROM payment WHERE status = 0";
const LIST_EVENTS: &str = "SELECT id, app_id, seq, kind, payment_id, created_at_ms, body FROM event \
    WHERE app_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";

impl PostgresStore {
    pub(crate) async fn find_payment(&self, id: PaymentId) -> Result<Option<Payment>> {
        let id = id.uuid();
        self.read(async |reader| {
            let found = reader.query_opt(FIND_PAYMENT, &[(&id, Type::UUID)]).await?;
            Ok(found.as_ref().map(row::payment).transpose()?)
        })
        .await
    }

    pub(crate) async fn list_payments(
        &self,
        filter: &PaymentFilter,
        below: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<Payment>> {
        let mut list = Query::new();
        list.select(filter, below, payment_columns!(), Some("ORDER BY id DESC"), limit);
        self.read(async |reader| {
            let rows = list.run(&reader).await?;
            Ok(rows.iter().map(row::payment).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn count_payments(&self, filter: &PaymentFilter, cap: u32) -> Result<u32> {
        let mut count = Query::new();
        count.sql.push_str("SELECT count(*) FROM (");
        count.select(filter, None, "id", None, cap);
        count.sql.push_str(") AS counted");
        self.read(async |reader| {
            let rows = count.run(&reader).await?;
            let counted: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
            Ok(u32::try_from(counted).unwrap_or(u32::MAX))
        })
        .await
    }

    pub(crate) async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        self.read(async |reader| {
            let row = reader.query_opt(NEXT_EXPIRY, &[]).await?;
            let at: Option<i64> = row.map(|row| row.try_get(0)).transpose()?.flatten();
            Ok(at.map(Timestamp::from_ms))
        })
        .await
    }

    pub(crate) async fn list_events(&self, app_id: AppId, after_seq: i64, limit: u32) -> Result<Vec<Event>> {
        let (app_id, limit) = (app_id.uuid(), i64::from(limit));
        self.read(async |reader| {
            let params: [Param<'_>; 3] = [(&app_id, Type::UUID), (&after_seq, Type::INT8), (&limit, Type::INT8)];
            let rows = reader.query(LIST_EVENTS, &params).await?;
            Ok(rows.iter().map(row::event).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn check_read(&self) -> Result<()> {
        self.read(async |reader| reader.query("SELECT 1", &[]).await.map(drop)).await
    }
}

/// A statement put together from constant pieces, with its values beside it.
struct Query {
    sql: String,
    values: Vec<(Box<dyn ToSql + Sync + Send>, Type)>,
    /// Whether one plan cannot serve all values. How many pending payments are overdue, or start with a text,
    /// only the values tell: almost none, or all.
    depends_on_values: bool,
}

impl Query {
    fn new() -> Self {
        Self { sql: String::with_capacity(512), values: Vec::new(), depends_on_values: false }
    }

    fn params(&self) -> Vec<Param<'_>> {
        self.values.iter().map(|(value, kind)| (value.as_ref() as &(dyn ToSql + Sync), kind.clone())).collect()
    }

    async fn run(&self, reader: &Reader) -> std::result::Result<Vec<Row>, ReadError> {
        match self.depends_on_values {
            true => reader.query_planned_anew(&self.sql, &self.params()).await,
            false => reader.query(&self.sql, &self.params()).await,
        }
    }

    /// Adds a value; its placeholder.
    fn bind(&mut self, value: impl ToSql + Sync + Send + 'static, kind: Type) -> String {
        self.values.push((Box::new(value), kind));
        format!("${}", self.values.len())
    }

    /// `SELECT columns … LIMIT limit`: one range of the index per stored status, merged. A reference, a search
    /// for an id or a prefix has an index of its own, which then leads.
    fn select(
        &mut self,
        filter: &PaymentFilter,
        below: Option<PaymentId>,
        columns: &str,
        order: Option<&str>,
        limit: u32,
    ) {
        let order = order.unwrap_or_default();
        let by_prefix = matches!(filter.search, Some(Search::ReferencePrefix(_)));
        self.depends_on_values = by_prefix || filter.status == Some(Status::Expired);
        let (first, end) = filter.id_range(below);
        let app = self.bind(filter.app_id.uuid(), Type::UUID);
        let first = self.bind(first.uuid(), Type::UUID);
        let end = self.bind(end.uuid(), Type::UUID);
        let limit = self.bind(i64::from(limit), Type::INT8);
        let now = self.bind(filter.now.as_ms(), Type::INT8);
        let narrowed = self.narrow(filter);
        let branches: Vec<String> = filter
            .stored_statuses()
            .iter()
            .map(|stored| {
                let due = match (filter.status, stored) {
                    (Some(Status::Pending), _) => format!(" AND expires_at_ms > {now}"),
                    (Some(Status::Expired), Status::Pending) => format!(" AND expires_at_ms <= {now}"),
                    _ => format!(" AND {now} IS NOT NULL"),
                };
                format!(
                    "(SELECT {columns} FROM payment WHERE app_id = {app} AND status = {} AND id >= {first} \
                     AND id < {end}{due}{narrowed} {order} LIMIT {limit})",
                    stored.code()
                )
            })
            .collect();
        let all = branches.join(" UNION ALL ");
        self.sql.push_str(&format!("SELECT {columns} FROM ({all}) AS merged {order} LIMIT {limit}"));
    }

    fn narrow(&mut self, filter: &PaymentFilter) -> String {
        let mut narrowed = String::new();
        if let Some(reference) = &filter.reference_id {
            let reference = self.bind(reference.clone(), Type::TEXT);
            narrowed.push_str(&format!(" AND reference_id = {reference}"));
        }
        match &filter.search {
            None => {}
            Some(Search::Payment(id)) => {
                let id = self.bind(id.uuid(), Type::UUID);
                narrowed.push_str(&format!(" AND id = {id}"));
            }
            Some(Search::Transaction(id)) => {
                let id: Uuid = id.uuid();
                let id = self.bind(id, Type::UUID);
                narrowed.push_str(&format!(" AND transaction_id = {id}"));
            }
            Some(Search::ReferencePrefix(prefix)) => {
                let start = self.bind(prefix.clone(), Type::TEXT);
                narrowed.push_str(&format!(" AND reference_id >= {start}"));
                if let Some(end) = query::after_prefix(prefix) {
                    let end = self.bind(end, Type::TEXT);
                    narrowed.push_str(&format!(" AND reference_id < {end}"));
                }
            }
        }
        narrowed
    }
}
