//! Rows to domain values. A value that this program does not write is a typed error, never a panic.

use crate::KeyUse;
use crate::delivery::LeasedDelivery;
use crate::error::{Result, StoreError};
use crate::rollup::{RollupKey, RollupSum, Span};
use std::sync::Arc;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;
use zenwallet_core::analytics::Tally;
use zenwallet_core::app::Environment;
use zenwallet_core::delivery::{Attempt, Cause, Delivery, DeliveryStatus, Lane};
use zenwallet_core::endpoint::{Endpoint, EventSet};
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{Id, Kind};
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency, Volume};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;

/// The columns of a payment, in the order of [`payment`].
macro_rules! payment_columns {
    () => {
        "id, app_id, amount_minor, currency, status, reference_id, description, metadata, webhook_url, return_url, \
         created_at_ms, expires_at_ms, completed_at_ms, transaction_id, failure_code, notes"
    };
}
pub(super) use payment_columns;

/// Reads a row's columns one after the other.
pub(super) struct Columns<'a> {
    row: &'a Row,
    table: &'static str,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn new(row: &'a Row, table: &'static str) -> Self {
        Self { row, table, next: 0 }
    }

    pub(super) fn take<T: FromSql<'a>>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        self.row.try_get(index).map_err(|error| StoreError::Internal(error.to_string()))
    }

    pub(super) fn id<K: Kind>(&mut self) -> Result<Id<K>> {
        Ok(Id::from_uuid(self.take::<Uuid>()?))
    }

    pub(super) fn optional_id<K: Kind>(&mut self) -> Result<Option<Id<K>>> {
        Ok(self.take::<Option<Uuid>>()?.map(Id::from_uuid))
    }

    fn time(&mut self) -> Result<Timestamp> {
        Ok(Timestamp::from_ms(self.take()?))
    }

    fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp::from_ms))
    }

    /// A higher part, and a lower one in two halves of which many may have been summed.
    fn volume(&mut self) -> Result<Volume> {
        let high = Volume::from_parts(self.take()?, 0);
        let (upper, lower): (i64, i64) = (self.take()?, self.take()?);
        Ok(high + Volume::from_minor(i128::from(upper) * 1_000_000 + i128::from(lower)))
    }

    fn optional_status(&mut self) -> Result<Option<u16>> {
        self.checked("response_status", |status: Option<i16>| status.map(u16::try_from).transpose().ok())
    }

    /// A value that must mean something, or the row is corrupt.
    pub(super) fn checked<S: FromSql<'a>, T>(
        &mut self,
        column: &'static str,
        meaning: impl FnOnce(S) -> Option<T>,
    ) -> Result<T> {
        let raw = self.take()?;
        meaning(raw).ok_or_else(|| {
            let row = self.row.try_get::<_, Uuid>(0).map_or_else(|_| "?".to_owned(), |id| id.to_string());
            StoreError::Corrupt { table: self.table, column, row }
        })
    }
}

pub(super) fn payment(row: &Row) -> Result<Payment> {
    let mut columns = Columns::new(row, "payment");
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

/// `node, key_id, used, full_at_ms`.
pub(super) fn key_use(row: &Row) -> Result<(String, KeyUse)> {
    let mut columns = Columns::new(row, "key_use");
    Ok((columns.take()?, KeyUse { key_id: columns.id()?, used: columns.take()?, full_at: columns.optional_time()? }))
}

/// `id, app_id, seq, kind, payment_id, created_at_ms, body`.
pub(super) fn event(row: &Row) -> Result<Event> {
    let mut columns = Columns::new(row, "event");
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

/// The columns of an endpoint, in the order of [`endpoint`].
macro_rules! endpoint_columns {
    () => {
        "id, app_id, url, events, headers_sealed, description, is_default, is_enabled, disabled_reason, \
         failing_since_ms, created_at_ms"
    };
}
/// The columns of a delivery, in the order of [`delivery`].
macro_rules! delivery_columns {
    () => {
        "id, app_id, event_seq, event_id, kind, payment_id, endpoint_id, url, cause, status, attempts, visible_at_ms, \
         created_at_ms, finished_at_ms, response_status, error"
    };
}
pub(super) use {delivery_columns, endpoint_columns};

pub(super) fn endpoint(row: &Row) -> Result<Endpoint> {
    let mut columns = Columns::new(row, "endpoint");
    Ok(Endpoint {
        id: columns.id()?,
        app_id: columns.id()?,
        url: columns.take()?,
        events: columns.checked("events", EventSet::from_bits)?,
        headers_sealed: columns.take()?,
        description: columns.take()?,
        is_default: columns.take()?,
        is_enabled: columns.take()?,
        disabled_reason: columns.take()?,
        failing_since: columns.optional_time()?,
        created_at: columns.time()?,
    })
}

pub(super) fn delivery(row: &Row) -> Result<Delivery> {
    let mut columns = Columns::new(row, "delivery");
    Ok(Delivery {
        id: columns.id()?,
        app_id: columns.id()?,
        event_seq: columns.take()?,
        event_id: columns.id()?,
        kind: columns.checked("kind", EventType::from_code)?,
        payment_id: columns.id()?,
        endpoint_id: columns.optional_id()?,
        url: columns.take()?,
        cause: columns.checked("cause", Cause::from_code)?,
        status: columns.checked("status", DeliveryStatus::from_code)?,
        attempts: columns.checked("attempts", |n: i32| u32::try_from(n).ok())?,
        next_attempt_at: columns.optional_time()?,
        created_at: columns.time()?,
        finished_at: columns.optional_time()?,
        response_status: columns.optional_status()?,
        error: columns.take()?,
    })
}

/// `number, started_at_ms, duration_ms, request_headers, request_body_sha256, response_status, response_headers,
/// response_body, error`.
pub(super) fn attempt(row: &Row) -> Result<Attempt> {
    let mut columns = Columns::new(row, "attempt");
    Ok(Attempt {
        number: columns.checked("number", |n: i32| u32::try_from(n).ok())?,
        started_at: columns.time()?,
        duration_ms: columns.checked("duration_ms", |n: i32| u32::try_from(n).ok())?,
        request_headers: columns.take()?,
        request_body_sha256: columns.take()?,
        response_status: columns.optional_status()?,
        response_headers: columns.take()?,
        response_body: columns.take()?,
        error: columns.take()?,
    })
}

/// A due delivery with its lease, after the column that tells whether there still is somebody to deliver to.
pub(super) fn leased_delivery(row: &Row) -> Result<(bool, LeasedDelivery)> {
    let mut columns = Columns { row, table: "delivery", next: 0 };
    let is_live = columns.take()?;
    let delivery = LeasedDelivery {
        id: columns.id()?,
        app_id: columns.id()?,
        environment: columns.checked("environment", |text: &str| Environment::parse(text))?,
        event_id: columns.id()?,
        kind: columns.checked("kind", EventType::from_code)?,
        payment_id: columns.id()?,
        content: Arc::from(columns.take::<&str>()?),
        endpoint_id: columns.optional_id()?,
        url: Arc::from(columns.take::<&str>()?),
        headers_sealed: columns.take::<Option<&[u8]>>()?.map(Arc::from),
        lane: Lane::from_number(columns.take()?),
        cause: columns.checked("cause", Cause::from_code)?,
        attempts: columns.checked("attempts", |n: i32| u32::try_from(n).ok())?,
        token: columns.take()?,
        leased_until: columns.time()?,
    };
    Ok((is_live, delivery))
}

/// `app_id, span, start_ms, currency, status, payments, volume_high` after the column that tells whether the row is as
/// it should be or as it is, and the lower part in two halves.
pub(super) fn rollup(row: &Row) -> Result<(bool, RollupKey, Tally)> {
    let mut columns = Columns { row, table: "rollup", next: 0 };
    let is_wanted = columns.take()?;
    let app_id = columns.id()?;
    let (span, start_ms): (i16, i64) = (columns.take()?, columns.take()?);
    let span = Span::from_columns(span, start_ms);
    let span =
        span.ok_or_else(|| StoreError::Corrupt { table: "rollup", column: "span", row: start_ms.to_string() })?;
    let currency = columns.checked("currency", |text: &str| Currency::parse(text).ok())?;
    let status = columns.checked("status", Status::from_code)?;
    let payments = columns.take()?;
    Ok((is_wanted, RollupKey { app_id, span, currency, status }, Tally { payments, volume: columns.volume()? }))
}

/// `slot, currency, status, payments, volume_high`, and the lower part in two halves.
pub(super) fn rollup_sum(row: &Row) -> Result<RollupSum> {
    let mut columns = Columns { row, table: "rollup", next: 0 };
    let slot: i32 = columns.take()?;
    Ok(RollupSum {
        slot: usize::try_from(slot - 1).ok(),
        currency: columns.checked("currency", |text: Option<&str>| text.map(Currency::parse).transpose().ok())?,
        status: columns.checked("status", Status::from_code)?,
        tally: Tally { payments: columns.take()?, volume: columns.volume()? },
    })
}
