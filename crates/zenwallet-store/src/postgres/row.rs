//! Rows to domain values. A value that this program does not write is a typed error, never a panic.

use crate::error::{Result, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;
use zenwallet_core::app::{ApiKey, App, Environment, KeyHash};
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{Id, Kind};
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;

/// The columns of a payment, in the order of [`payment`].
macro_rules! payment_columns {
    () => {
        "id, app_id, amount_minor, currency, status, reference_id, description, metadata, webhook_url, return_url, \
         created_at_ms, expires_at_ms, completed_at_ms, transaction_id, failure_code, notes"
    };
}
/// The columns of an app, in the order of [`app`].
macro_rules! app_columns {
    () => {
        "a.id, a.name, a.environment, a.webhook_url, a.webhook_secret_sealed, a.owner_user_id, a.rate_limit_per_s, \
         a.created_at_ms, a.is_active"
    };
}
/// The columns of a key, in the order of [`api_key`].
macro_rules! key_columns {
    () => {
        "k.id, k.app_id, k.hash, k.hint, k.created_at_ms, k.expires_at_ms, k.revoked_at_ms, k.last_used_at_ms"
    };
}
pub(super) use {app_columns, key_columns, payment_columns};

/// Reads a row's columns one after the other.
struct Columns<'a> {
    row: &'a Row,
    table: &'static str,
    next: usize,
}

impl<'a> Columns<'a> {
    fn take<T: FromSql<'a>>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        self.row.try_get(index).map_err(|error| StoreError::Internal(error.to_string()))
    }

    fn id<K: Kind>(&mut self) -> Result<Id<K>> {
        Ok(Id::from_uuid(self.take::<Uuid>()?))
    }

    fn optional_id<K: Kind>(&mut self) -> Result<Option<Id<K>>> {
        Ok(self.take::<Option<Uuid>>()?.map(Id::from_uuid))
    }

    fn time(&mut self) -> Result<Timestamp> {
        Ok(Timestamp::from_ms(self.take()?))
    }

    fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp::from_ms))
    }

    /// A value that must mean something, or the row is corrupt.
    fn checked<S: FromSql<'a>, T>(&mut self, column: &'static str, meaning: impl FnOnce(S) -> Option<T>) -> Result<T> {
        let raw = self.take()?;
        meaning(raw).ok_or_else(|| {
            let row = self.row.try_get::<_, Uuid>(0).map_or_else(|_| "?".to_owned(), |id| id.to_string());
            StoreError::Corrupt { table: self.table, column, row }
        })
    }
}

pub(super) fn payment(row: &Row) -> Result<Payment> {
    let mut columns = Columns { row, table: "payment", next: 0 };
    Ok(Payment {
        id: columns.id()?,
        app_id: columns.id()?,
        amount: columns.checked("amount_minor", Amount::from_minor)?,
        currency: columns.checked("currency", |text: &str| Currency::parse(text).ok())?,
        status: columns.checked("status", Status::from_code)?,
        reference_id: columns.take()?,
        description: columns.take()?,
        metadata: Metadata::from_stored(columns.take()?),
        webhook_url: columns.take()?,
        return_url: columns.take()?,
        created_at: columns.time()?,
        expires_at: columns.time()?,
        completed_at: columns.optional_time()?,
        transaction_id: columns.optional_id()?,
        failure_code: columns.take()?,
        notes: columns.take()?,
    })
}

/// The app in the columns from `start` on.
pub(super) fn app(row: &Row, start: usize) -> Result<App> {
    let mut columns = Columns { row, table: "app", next: start };
    Ok(App {
        id: columns.id()?,
        name: columns.take()?,
        environment: columns.checked("environment", |text: &str| Environment::parse(text))?,
        webhook_url: columns.take()?,
        webhook_secret_sealed: columns.take()?,
        owner_user_id: columns.optional_id()?,
        rate_limit_per_s: columns
            .checked("rate_limit_per_s", |rate: Option<i32>| rate.map(u32::try_from).transpose().ok())?,
        created_at: columns.time()?,
        is_active: columns.take()?,
    })
}

/// The key in the first eight columns.
pub(super) fn api_key(row: &Row) -> Result<ApiKey> {
    let mut columns = Columns { row, table: "api_key", next: 0 };
    Ok(ApiKey {
        id: columns.id()?,
        app_id: columns.id()?,
        hash: columns.checked("hash", |bytes: &[u8]| bytes.try_into().ok().map(KeyHash))?,
        hint: columns.take()?,
        created_at: columns.time()?,
        expires_at: columns.optional_time()?,
        revoked_at: columns.optional_time()?,
        last_used_at: columns.optional_time()?,
    })
}

/// `id, app_id, seq, kind, payment_id, created_at_ms, body`.
pub(super) fn event(row: &Row) -> Result<Event> {
    let mut columns = Columns { row, table: "event", next: 0 };
    Ok(Event {
        id: columns.id()?,
        app_id: columns.id()?,
        seq: columns.take()?,
        kind: columns.checked("kind", EventType::from_code)?,
        payment_id: columns.id()?,
        created_at: columns.time()?,
        body: columns.take()?,
    })
}
