//! Reading payments and events: one statement each, on a connection that cannot write.

use super::SqliteStore;
use super::failure::Failure;
use super::query::{Query, Rows};
use super::row::{self, IdText, payment_columns};
use crate::error::Result;
use crate::query::PaymentFilter;
use rusqlite::params_from_iter;
use zenwallet_core::id::PaymentId;
use zenwallet_core::payment::Payment;
use zenwallet_core::time::Timestamp;

const FIND_PAYMENT: &str = concat!("SELECT ", payment_columns!(), " FROM payment p WHERE p.id = ?1");
const NEXT_EXPIRY: &str = "SELECT min(expires_at_ms) FROM payment INDEXED BY payment_due WHERE status = 0";
const CHECK_READ: &str = "SELECT count(*) FROM instance";

/// Every fixed statement for reading, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FIND_PAYMENT, NEXT_EXPIRY, CHECK_READ];

impl SqliteStore {
    pub(crate) async fn find_payment(&self, id: PaymentId) -> Result<Option<Payment>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(FIND_PAYMENT)?;
            row::decode_first(statement.query([IdText::of(id)])?, row::payment)
        })
        .await
    }

    pub(crate) async fn list_payments(
        &self,
        filter: &PaymentFilter,
        below: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<Payment>> {
        let query = Query::of(filter, below, limit, Rows::Payments);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&query.sql)?;
            row::decode_all(statement.query(params_from_iter(&query.values))?, row::payment)
        })
        .await
    }

    pub(crate) async fn count_payments(&self, filter: &PaymentFilter, cap: u32) -> Result<u32> {
        let query = Query::of(filter, None, cap, Rows::Count);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&query.sql)?;
            Ok(statement.query_row(params_from_iter(&query.values), |row| row.get(0))?)
        })
        .await
    }

    pub(crate) async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        self.read(|connection| {
            let at: Option<i64> = connection.prepare_cached(NEXT_EXPIRY)?.query_row([], |row| row.get(0))?;
            Ok(at.map(Timestamp::from_ms))
        })
        .await
    }

    pub(crate) async fn check_read(&self) -> Result<()> {
        self.read(|connection| connection.prepare_cached(CHECK_READ)?.query_row([], |_| Ok(())).map_err(Failure::from))
            .await
    }
}
