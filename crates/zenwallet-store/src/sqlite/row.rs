//! Rows to domain values and ids to text. A value that this program does not write is a typed error, never a panic.

use super::failure::Failure;
use crate::command::StoredAnswer;
use crate::delivery::LeasedDelivery;
use crate::error::{Result, StoreError};
use crate::plan::KeyRecord;
use crate::rollup::{RollupKey, RollupSum, Span};
use crate::targets::{Target, Targets};
use rusqlite::types::{FromSql, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, Rows};
use std::sync::Arc;
use zenwallet_core::analytics::Tally;
use zenwallet_core::app::Environment;
use zenwallet_core::delivery::{Attempt, Cause, Delivery, DeliveryStatus, Lane};
use zenwallet_core::endpoint::{Endpoint, EventSet};
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{ID_CHARS, Id, Kind};
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency, Volume};
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
/// The columns of an endpoint, in the order of [`endpoint`].
macro_rules! endpoint_columns {
    () => {
        "id, app_id, url, events, headers_sealed, description, is_default, is_enabled, disabled_reason, \
         failing_since_ms, created_at_ms"
    };
}
/// The columns of a delivery, in the order of [`delivery`]; `d` is the table.
macro_rules! delivery_columns {
    () => {
        "d.id, d.app_id, d.event_seq, d.event_id, d.kind, d.payment_id, d.endpoint_id, d.url, d.cause, d.status, \
         d.attempts, d.visible_at_ms, d.created_at_ms, d.finished_at_ms, d.response_status, d.error"
    };
}
pub(super) use {delivery_columns, endpoint_columns, payment_columns};

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

    /// A higher part, and a lower one in two halves of which many may have been summed.
    fn volume(&mut self) -> Result<Volume> {
        let high = Volume::from_parts(self.take("volume_high")?, 0);
        let (upper, lower): (i64, i64) = (self.take("volume_low")?, self.take("volume_low")?);
        Ok(high + Volume::from_minor(i128::from(upper) * 1_000_000 + i128::from(lower)))
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

pub(super) fn endpoint(row: &Row<'_>) -> Result<Endpoint> {
    let mut columns = Columns { row, table: "endpoint", next: 0 };
    Ok(Endpoint {
        id: columns.id("id")?,
        app_id: columns.id("app_id")?,
        url: columns.take("url")?,
        events: columns.code("events", EventSet::from_bits)?,
        headers_sealed: columns.take("headers_sealed")?,
        description: columns.take("description")?,
        is_default: columns.take("is_default")?,
        is_enabled: columns.take("is_enabled")?,
        disabled_reason: columns.take("disabled_reason")?,
        failing_since: columns.optional_time("failing_since_ms")?,
        created_at: columns.time("created_at_ms")?,
    })
}

pub(super) fn delivery(row: &Row<'_>) -> Result<Delivery> {
    let mut columns = Columns { row, table: "delivery", next: 0 };
    Ok(Delivery {
        id: columns.id("id")?,
        app_id: columns.id("app_id")?,
        event_seq: columns.take("event_seq")?,
        event_id: columns.id("event_id")?,
        kind: columns.code("kind", EventType::from_code)?,
        payment_id: columns.id("payment_id")?,
        endpoint_id: columns.optional_id("endpoint_id")?,
        url: columns.take("url")?,
        cause: columns.code("cause", Cause::from_code)?,
        status: columns.code("status", DeliveryStatus::from_code)?,
        attempts: columns.take("attempts")?,
        next_attempt_at: columns.optional_time("visible_at_ms")?,
        created_at: columns.time("created_at_ms")?,
        finished_at: columns.optional_time("finished_at_ms")?,
        response_status: columns.take("response_status")?,
        error: columns.take("error")?,
    })
}

/// `number, started_at_ms, duration_ms, request_headers, request_body_sha256, response_status, response_headers,
/// response_body, error`.
pub(super) fn attempt(row: &Row<'_>) -> Result<Attempt> {
    let mut columns = Columns { row, table: "attempt", next: 0 };
    Ok(Attempt {
        number: columns.take("number")?,
        started_at: columns.time("started_at_ms")?,
        duration_ms: columns.take("duration_ms")?,
        request_headers: columns.take("request_headers")?,
        request_body_sha256: columns.take("request_body_sha256")?,
        response_status: columns.take("response_status")?,
        response_headers: columns.take("response_headers")?,
        response_body: columns.take("response_body")?,
        error: columns.take("error")?,
    })
}

/// A due delivery with its lease, and whether there still is somebody to deliver to.
pub(super) fn leased_delivery(row: &Row<'_>) -> Result<(LeasedDelivery, bool)> {
    let mut columns = Columns { row, table: "delivery", next: 0 };
    let delivery = LeasedDelivery {
        id: columns.id("id")?,
        app_id: columns.id("app_id")?,
        environment: columns.text("environment", Environment::parse)?,
        event_id: columns.id("event_id")?,
        kind: columns.code("kind", EventType::from_code)?,
        payment_id: columns.id("payment_id")?,
        content: columns.text("body", |text| Some(Arc::from(text)))?,
        endpoint_id: columns.optional_id("endpoint_id")?,
        url: columns.text("url", |text| Some(Arc::from(text)))?,
        headers_sealed: columns.take::<Option<Vec<u8>>>("headers_sealed")?.map(Arc::from),
        lane: Lane::from_number(columns.take("lane")?),
        cause: columns.code("cause", Cause::from_code)?,
        attempts: columns.take("attempts")?,
        token: columns.take("lease_token")?,
        leased_until: columns.time("visible_at_ms")?,
    };
    Ok((delivery, columns.take("is_enabled")?))
}

/// `app_id, targets_version, environment, id, url, events, headers_sealed` of one app.
pub(super) fn targets(mut rows: Rows<'_>) -> std::result::Result<Option<Targets>, Failure> {
    let mut found: Option<Targets> = None;
    while let Some(row) = rows.next()? {
        let mut columns = Columns { row, table: "endpoint", next: 0 };
        let (app_id, version) = (columns.id("app_id")?, columns.take("targets_version")?);
        let environment = columns.text("environment", Environment::parse)?;
        let targets = found.get_or_insert(Targets { version, environment, endpoints: Vec::new() });
        let id = columns.optional_id("id")?;
        if id.is_some() {
            let url: String = columns.take("url")?;
            let events = columns.code("events", EventSet::from_bits)?;
            targets.endpoints.push(Target::new(app_id, id, &url, events, columns.take("headers_sealed")?));
        }
    }
    Ok(found)
}

/// `app_id, span, start_ms, currency, status, payments, volume_high`, and the lower part in two halves.
pub(super) fn rollup(row: &Row<'_>) -> Result<(RollupKey, Tally)> {
    let mut columns = Columns { row, table: "rollup", next: 0 };
    let app_id = columns.id("app_id")?;
    let (span, start_ms): (i16, i64) = (columns.take("span")?, columns.take("start_ms")?);
    let span = Span::from_columns(span, start_ms);
    let span =
        span.ok_or_else(|| StoreError::Corrupt { table: "rollup", column: "span", row: start_ms.to_string() })?;
    let currency = columns.text("currency", |text| Currency::parse(text).ok())?;
    let status = columns.code("status", Status::from_code)?;
    let payments = columns.take("payments")?;
    Ok((RollupKey { app_id, span, currency, status }, Tally { payments, volume: columns.volume()? }))
}

/// `place, currency, status, payments, volume_high`, and the lower part in two halves.
pub(super) fn rollup_sum(row: &Row<'_>) -> Result<RollupSum> {
    let mut columns = Columns { row, table: "rollup", next: 0 };
    let place: Option<u32> = columns.take("place")?;
    let currency = columns.take::<Option<String>>("currency")?;
    Ok(RollupSum {
        slot: place.map(|place| place as usize),
        currency: currency.and_then(|text| Currency::parse(&text).ok()),
        status: columns.code("status", Status::from_code)?,
        tally: Tally { payments: columns.take("payments")?, volume: columns.volume()? },
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
