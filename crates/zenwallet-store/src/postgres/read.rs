//! Reading payments and events. Every list costs what its page costs, however many payments there are.

use super::row::{self, payment_columns};
use super::statement::{Param, Reader};
use super::{PostgresStore, ReadError};
use crate::error::Result;
use crate::query::{self, PaymentFilter, Search, Share};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;
use zenwallet_core::id::PaymentId;
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;

const FIND_PAYMENT: &str = concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = $1");
const NEXT_EXPIRY: &str = "SELECT min(expires_at_ms) FROM payment WHERE status = 0";

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
        self.read(async |reader| {
            let mut list = Query::new(Overdue::of(&reader, filter).await?);
            list.select(filter, below, payment_columns!(), "ORDER BY id DESC", whole_page(limit));
            let mut rows = list.run(&reader).await?;
            rows.truncate(limit as usize);
            Ok(rows.iter().map(row::payment).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn count_payments(&self, filter: &PaymentFilter, cap: u32) -> Result<u32> {
        self.read(async |reader| {
            let mut count = Query::new(Overdue::of(&reader, filter).await?);
            count.sql.push_str("SELECT count(*) FROM (");
            count.select(filter, None, "id", "", cap);
            count.sql.push_str(") AS counted");
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

    pub(crate) async fn check_read(&self) -> Result<()> {
        self.read(async |reader| reader.query("SELECT 1", &[]).await.map(drop)).await
    }
}

/// Rows of a page as the statement says it. The limit is part of the text: as a parameter it would make every
/// general plan look costly, and the server would plan each list anew. Few sizes keep the statements few.
fn whole_page(limit: u32) -> u32 {
    [11, 51, 101, 501].into_iter().find(|size| *size >= limit).unwrap_or(limit)
}

/// How many payments of all apps are over but not yet stored as such: hardly ever any, and thousands after a
/// downtime. The planner cannot know, since it takes time and status to be independent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overdue {
    None,
    Few,
    Many,
}

/// What is still few.
const OVERDUE_FEW: i64 = 1_000;
const COUNT_OVERDUE: &str = "SELECT count(*) FROM (SELECT 1 FROM payment WHERE status = 0 AND expires_at_ms <= $1 \
    ORDER BY expires_at_ms LIMIT 1001) AS overdue";

impl Overdue {
    /// Asks only for lists of expired payments; no other needs to know.
    async fn of(reader: &Reader, filter: &PaymentFilter) -> std::result::Result<Self, ReadError> {
        if filter.statuses.of_pending() != Share::Overdue {
            return Ok(Self::Many);
        }
        let now = filter.now.as_ms();
        let rows = reader.query(COUNT_OVERDUE, &[(&now, Type::INT8)]).await?;
        let count: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
        Ok(match count {
            0 => Self::None,
            1..=OVERDUE_FEW => Self::Few,
            _ => Self::Many,
        })
    }
}

/// A statement put together from constant pieces, with its values beside it.
struct Query {
    sql: String,
    values: Vec<(Box<dyn ToSql + Sync + Send>, Type)>,
    overdue: Overdue,
    /// Whether one plan cannot serve all values: almost no reference may start with a text, or all.
    depends_on_values: bool,
}

impl Query {
    fn new(overdue: Overdue) -> Self {
        Self { sql: String::with_capacity(512), values: Vec::new(), overdue, depends_on_values: false }
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
    fn select(&mut self, filter: &PaymentFilter, below: Option<PaymentId>, columns: &str, order: &str, limit: u32) {
        self.depends_on_values = matches!(filter.search, Some(Search::ReferencePrefix(_)));
        let (first, end) = filter.id_range(below);
        let app = self.bind(filter.app_id.uuid(), Type::UUID);
        let first = self.bind(first.uuid(), Type::UUID);
        let end = self.bind(end.uuid(), Type::UUID);
        let now = self.bind(filter.now.as_ms(), Type::INT8);
        let narrowed = self.narrow(filter);
        let mut branches = Vec::new();
        for stored in filter.statuses.stored() {
            let (table, due) = match (stored, filter.statuses.of_pending()) {
                (Status::Pending, Share::Waiting) => ("payment".to_owned(), format!(" AND expires_at_ms > {now}")),
                (Status::Pending, Share::Overdue) => match self.overdue {
                    Overdue::None => continue,
                    Overdue::Few => {
                        let due = format!("status = 0 AND expires_at_ms <= {now} ORDER BY expires_at_ms");
                        (format!("(SELECT * FROM payment WHERE {due} LIMIT {OVERDUE_FEW}) AS due"), String::new())
                    }
                    Overdue::Many => ("payment".to_owned(), format!(" AND expires_at_ms <= {now}")),
                },
                // Every statement has the same parameters.
                _ => ("payment".to_owned(), format!(" AND {now} IS NOT NULL")),
            };
            branches.push(format!(
                "(SELECT {columns} FROM {table} WHERE app_id = {app} AND status = {} AND id >= {first} AND id < {end}\
                 {due}{narrowed} {order} LIMIT {limit})",
                stored.code()
            ));
        }
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
