//! Rows to domain values and ids to text. A value that this program does not write is a typed error, never a panic.

use super::failure::Failure;
use crate::command::StoredAnswer;
use crate::error::{Result, StoreError};
use crate::plan::KeyRecord;
use rusqlite::types::{FromSql, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, Rows};
use zenwallet_core::app::{ApiKey, App, Environment, KeyHash};
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{ID_CHARS, Id, Kind};
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;

/// The columns of a payment, in the order of [`payment`]; `p` is the table.
macro_rules! payment_columns {
    () => {
        "p.id, p.app_id, p.amount_minor, p.currency, p.status, p.reference_id, p.description, p.metadata, \
         p.webhook_url, p.return_url, p.created_at_ms, p.expires_at_ms, p.completed_at_ms, p.transaction_id, \
         p.failure_code, p.notes"
    };
}
/// The columns of an app, in the order of [`app`]; `a` is the table.
macro_rules! app_columns {
    () => {
        "a.id, a.name, a.environment, a.webhook_url, a.webhook_secret_sealed, a.owner_user_id, a.rate_limit_per_s, \
         a.created_at_ms, a.is_active"
    };
}
/// The columns of a key, in the order of [`api_key`]; `k` is the table.
macro_rules! api_key_columns {
    () => {
        "k.id, k.app_id, k.hash, k.hint, k.created_at_ms, k.expires_at_ms, k.revoked_at_ms, k.last_used_at_ms"
    };
}
pub(super) use {api_key_columns, app_columns, payment_columns};

/// How many columns [`api_key_columns`] has.
pub(super) const API_KEY_COLUMNS: usize = 8;

/// An id as the tables keep it: the 22 characters of its public spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct IdText([u8; ID_CHARS]);

impl IdText {
    pub(super) fn of<K: Kind>(id: Id<K>) -> Self {
        Self(id.base62())
    }
}

impl ToSql for IdText {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

fn parse_id<K: Kind>(text: &str) -> Option<Id<K>> {
    let mut public = String::with_capacity(K::PREFIX.len() + ID_CHARS);
    public.push_str(K::PREFIX);
    public.push_str(text);
    Id::parse(&public)
}

/// Reads a row's columns one after the other.
struct Columns<'row, 'statement> {
    row: &'row Row<'statement>,
    table: &'static str,
    next: usize,
}

impl<'row> Columns<'row, '_> {
    /// A value that must mean something, or the row is corrupt.
    fn checked<T>(&mut self, column: &'static str, meaning: impl FnOnce(ValueRef<'row>) -> Option<T>) -> Result<T> {
        let index = self.next;
        self.next += 1;
        self.row.get_ref(index).ok().and_then(meaning).ok_or_else(|| {
            let id = self.row.get_ref(0).ok().and_then(|id| id.as_str().ok()).unwrap_or("?");
            StoreError::Corrupt { table: self.table, column, row: id.to_owned() }
        })
    }

    fn take<T: FromSql>(&mut self, column: &'static str) -> Result<T> {
        self.checked(column, |value| T::column_result(value).ok())
    }

    fn text<T>(&mut self, column: &'static str, meaning: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        self.checked(column, |value| value.as_str().ok().and_then(meaning))
    }

    fn code<T>(&mut self, column: &'static str, meaning: impl FnOnce(i16) -> Option<T>) -> Result<T> {
        self.checked(column, |value| i16::column_result(value).ok().and_then(meaning))
    }

    fn id<K: Kind>(&mut self, column: &'static str) -> Result<Id<K>> {
        self.text(column, parse_id)
    }

    fn optional_id<K: Kind>(&mut self, column: &'static str) -> Result<Option<Id<K>>> {
        self.checked(column, |value| match value.as_str_or_null().ok()? {
            Some(text) => parse_id(text).map(Some),
            None => Some(None),
        })
    }

    fn time(&mut self, column: &'static str) -> Result<Timestamp> {
        self.take(column).map(Timestamp::from_ms)
    }

    fn optional_time(&mut self, column: &'static str) -> Result<Option<Timestamp>> {
        Ok(self.take::<Option<i64>>(column)?.map(Timestamp::from_ms))
    }
}

pub(super) fn payment(row: &Row<'_>) -> Result<Payment> {
    let mut columns = Columns { row, table: "payment", next: 0 };
    Ok(Payment {
        id: columns.id("id")?,
        app_id: columns.id("app_id")?,
        amount: columns.checked("amount_minor", |value| value.as_i64().ok().and_then(Amount::from_minor))?,
        currency: columns.text("currency", |text| Currency::parse(text).ok())?,
        status: columns.code("status", Status::from_code)?,
        reference_id: columns.take("reference_id")?,
        description: columns.take("description")?,
        metadata: Metadata::from_stored(columns.take("metadata")?),
        webhook_url: columns.take("webhook_url")?,
        return_url: columns.take("return_url")?,
        created_at: columns.time("created_at_ms")?,
        expires_at: columns.time("expires_at_ms")?,
        completed_at: columns.optional_time("completed_at_ms")?,
        transaction_id: columns.optional_id("transaction_id")?,
        failure_code: columns.take("failure_code")?,
        notes: columns.take("notes")?,
    })
}

/// The app in the columns from `start` on.
pub(super) fn app(row: &Row<'_>, start: usize) -> Result<App> {
    let mut columns = Columns { row, table: "app", next: start };
    Ok(App {
        id: columns.id("id")?,
        name: columns.take("name")?,
        environment: columns.text("environment", Environment::parse)?,
        webhook_url: columns.take("webhook_url")?,
        webhook_secret_sealed: columns.take("webhook_secret_sealed")?,
        owner_user_id: columns.optional_id("owner_user_id")?,
        rate_limit_per_s: columns.take("rate_limit_per_s")?,
        created_at: columns.time("created_at_ms")?,
        is_active: columns.take("is_active")?,
    })
}

/// The key in the first columns.
pub(super) fn api_key(row: &Row<'_>) -> Result<ApiKey> {
    let mut columns = Columns { row, table: "api_key", next: 0 };
    Ok(ApiKey {
        id: columns.id("id")?,
        app_id: columns.id("app_id")?,
        hash: KeyHash(columns.take("hash")?),
        hint: columns.take("hint")?,
        created_at: columns.time("created_at_ms")?,
        expires_at: columns.optional_time("expires_at_ms")?,
        revoked_at: columns.optional_time("revoked_at_ms")?,
        last_used_at: columns.optional_time("last_used_at_ms")?,
    })
}

/// `id, app_id, seq, kind, payment_id, created_at_ms, body`.
pub(super) fn event(row: &Row<'_>) -> Result<Event> {
    let mut columns = Columns { row, table: "event", next: 0 };
    Ok(Event {
        id: columns.id("id")?,
        app_id: columns.id("app_id")?,
        seq: columns.take("seq")?,
        kind: columns.code("kind", EventType::from_code)?,
        payment_id: columns.id("payment_id")?,
        created_at: columns.time("created_at_ms")?,
        body: columns.take("body")?,
    })
}

/// `fingerprint, status, body, created_at_ms` of the key `app_id` and `key`.
pub(super) fn key_record(row: &Row<'_>) -> Result<KeyRecord> {
    let mut columns = Columns { row, table: "idempotency_key", next: 0 };
    Ok(KeyRecord {
        fingerprint: columns.take("fingerprint")?,
        answer: StoredAnswer { status: columns.take("status")?, body: columns.take::<Vec<u8>>("body")?.into() },
        created_at: columns.time("created_at_ms")?,
    })
}

/// Every row, decoded.
pub(super) fn decode_all<T>(
    mut rows: Rows<'_>,
    decode: impl Fn(&Row<'_>) -> Result<T>,
) -> std::result::Result<Vec<T>, Failure> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(decode(row)?);
    }
    Ok(all)
}

/// The first row, decoded.
pub(super) fn decode_first<T>(
    mut rows: Rows<'_>,
    decode: impl Fn(&Row<'_>) -> Result<T>,
) -> std::result::Result<Option<T>, Failure> {
    rows.next()?.map(decode).transpose().map_err(Failure::from)
}
