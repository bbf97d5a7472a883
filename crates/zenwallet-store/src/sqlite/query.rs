//! The statement behind a list or a count, put together from constant pieces, its values beside it.
//!
//! Every branch names its index: a plan that stopped using it would be an error, not a slow page.

use super::row::{IdText, payment_columns};
use crate::query::{self, PaymentFilter, Search, Share, Statuses};
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use zenwallet_core::id::PaymentId;
use zenwallet_core::payment::Status;

/// What is wanted of the payments that match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rows {
    /// Themselves, newest first.
    Payments,
    /// Their number.
    Count,
}

/// A value of a statement.
#[derive(Clone)]
pub(super) enum Bound {
    Id(IdText),
    Other(Value),
}

impl ToSql for Bound {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Id(id) => id.to_sql(),
            Self::Other(value) => Ok(ToSqlOutput::Borrowed(ValueRef::from(value))),
        }
    }
}

/// A statement and its values.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) values: Vec<Bound>,
}

/// The values that every statement has: app, lowest id, end of the ids, moment, limit.
const COMMON: usize = 5;
const IN_RANGE: &str = " AND app_id = ?1 AND id >= ?2 AND id < ?3";

impl Query {
    /// At most `limit` payments that match, with ids below `below`.
    pub(super) fn of(filter: &PaymentFilter, below: Option<PaymentId>, limit: u32, rows: Rows) -> Self {
        let (lowest, end) = filter.id_range(below);
        let mut values = Vec::with_capacity(COMMON + 3);
        values.extend([
            Bound::Id(IdText::of(filter.app_id)),
            Bound::Id(IdText::of(lowest)),
            Bound::Id(IdText::of(end)),
            Bound::Other(filter.now.as_ms().into()),
            Bound::Other(limit.into()),
        ]);
        let mut query = Self { sql: String::with_capacity(1_024), values };
        match rows {
            // The ids come from the indexes alone; only the rows of the page itself are fetched.
            Rows::Payments => {
                query.push(concat!("SELECT ", payment_columns!(), " FROM (SELECT id FROM ("));
                query.push_branches(filter, " ORDER BY id DESC LIMIT ?5");
                query.push(
                    ") ORDER BY id DESC LIMIT ?5) page CROSS JOIN payment p ON p.id = page.id AND p.app_id = ?1 ",
                );
                query.push("ORDER BY page.id DESC");
            }
            Rows::Count => {
                query.push("SELECT count(*) FROM (SELECT id FROM (");
                query.push_branches(filter, " LIMIT ?5");
                query.push(") LIMIT ?5)");
            }
        }
        query
    }

    fn push(&mut self, piece: &'static str) {
        self.sql.push_str(piece);
    }

    /// Adds a value; the placeholder it has.
    fn push_value(&mut self, value: Bound) {
        self.values.push(value);
        self.sql.push('?');
        self.sql.push_str(&self.values.len().to_string());
    }

    fn push_text(&mut self, text: &str) {
        self.push_value(Bound::Other(Value::Text(text.to_owned())));
    }

    /// The ids that match: by the index that narrows most, or as one range per stored status.
    fn push_branches(&mut self, filter: &PaymentFilter, end: &'static str) {
        if filter.search.is_some() || filter.reference_id.is_some() {
            self.push("SELECT id FROM payment ");
            self.push_narrowed(filter);
            self.push_statuses(filter.statuses);
            self.push(IN_RANGE);
            self.push(end);
            return;
        }
        for (index, stored) in filter.statuses.stored().enumerate() {
            self.push(if index == 0 { "" } else { " UNION ALL " });
            // A LIMIT of its own needs a SELECT of its own.
            self.push("SELECT id FROM (SELECT id FROM payment INDEXED BY ");
            self.push(branch(filter.statuses, stored));
            self.push(IN_RANGE);
            self.push(end);
            self.push(")");
        }
    }

    /// The wanted effective statuses as a condition on the row.
    fn push_statuses(&mut self, wanted: Statuses) {
        if wanted == Statuses::ALL {
            return;
        }
        for (index, stored) in wanted.stored().enumerate() {
            self.push(if index == 0 { " AND (" } else { " OR " });
            self.push(match (stored, wanted.of_pending()) {
                (Status::Pending, Share::Waiting) => "(status = 0 AND expires_at_ms > ?4)",
                (Status::Pending, Share::Overdue) => "(status = 0 AND expires_at_ms <= ?4)",
                (Status::Pending, _) => "status = 0",
                (Status::Success, _) => "status = 1",
                (Status::Failed, _) => "status = 2",
                (Status::Expired, _) => "status = 3",
            });
        }
        self.push(")");
    }

    fn push_narrowed(&mut self, filter: &PaymentFilter) {
        match &filter.search {
            Some(Search::Payment(id)) => {
                self.push("WHERE id = ");
                self.push_value(Bound::Id(IdText::of(*id)));
            }
            Some(Search::Transaction(id)) => {
                self.push("INDEXED BY payment_transaction WHERE transaction_id = ");
                self.push_value(Bound::Id(IdText::of(*id)));
            }
            Some(Search::ReferencePrefix(prefix)) => {
                self.push("INDEXED BY payment_reference WHERE reference_id >= ");
                self.push_text(prefix);
                if let Some(after) = query::after_prefix(prefix) {
                    self.push(" AND reference_id < ");
                    self.push_text(&after);
                }
            }
            None => self.push("INDEXED BY payment_reference WHERE reference_id IS NOT NULL"),
        }
        if let Some(reference) = &filter.reference_id {
            self.push(" AND reference_id = ");
            self.push_text(reference);
        }
    }
}

/// How a branch finds one stored status's share of the wanted effective statuses.
fn branch(wanted: Statuses, stored: Status) -> &'static str {
    match (stored, wanted.of_pending()) {
        (Status::Pending, Share::Waiting) => "payment_list WHERE status = 0 AND expires_at_ms > ?4",
        // Due, but not yet swept: few as a rule, while the app's pending payments can be millions.
        (Status::Pending, Share::Overdue) => "payment_due WHERE status = 0 AND expires_at_ms <= ?4",
        (Status::Pending, _) => "payment_list WHERE status = 0",
        (Status::Success, _) => "payment_list WHERE status = 1",
        (Status::Failed, _) => "payment_list WHERE status = 2",
        (Status::Expired, _) => "payment_list WHERE status = 3",
    }
}
