//! Reading the logs, and forgetting their beginnings.

use super::SqliteStore;
use super::row::{self, IdText};
use crate::LogSpan;
use crate::error::Result;
use rusqlite::{OptionalExtension, Params, params};
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{AppId, EventId};
use zenwallet_core::time::Timestamp;

macro_rules! select_events {
    ($where:literal) => {
        concat!("SELECT id, app_id, seq, kind, payment_id, created_at_ms, body FROM event ", $where)
    };
}

const LIST_EVENTS: &str = select_events!("WHERE app_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");
const LIST_EVENTS_OF: &str =
    select_events!("WHERE app_id = ?1 AND seq > ?2 AND seq <= ?3 AND kind = ?4 ORDER BY seq LIMIT ?5");
const FIND_EVENT: &str = select_events!("INDEXED BY event_by_id WHERE id = ?1 AND app_id = ?2");
const LOG_SPAN: &str = "SELECT (SELECT min(seq) FROM event WHERE app_id = ?1), last_seq FROM app_log WHERE app_id = ?1";
const LOG_END: &str = "SELECT last_seq FROM app_log WHERE app_id = ?1";
/// A log begins later, never with a hole: the first event that is still needed keeps those behind it.
const PRUNE_EVENTS: &str = "WITH head AS MATERIALIZED (SELECT e.seq, e.created_at_ms >= ?2 OR EXISTS (SELECT 1 FROM delivery d \
    INDEXED BY delivery_payment WHERE d.payment_id = e.payment_id AND d.app_id = e.app_id AND d.event_seq = e.seq) \
    AS is_needed FROM event e WHERE e.app_id = ?1 ORDER BY e.seq LIMIT ?3) \
    DELETE FROM event WHERE app_id = ?1 \
    AND seq <= coalesce((SELECT min(seq) - 1 FROM head WHERE is_needed), (SELECT max(seq) FROM head))";

/// Every statement of the logs, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LIST_EVENTS, LIST_EVENTS_OF, FIND_EVENT, LOG_SPAN, LOG_END, PRUNE_EVENTS];

impl SqliteStore {
    pub(crate) async fn list_events(&self, app_id: AppId, after_seq: i64, limit: u32) -> Result<Vec<Event>> {
        self.events(LIST_EVENTS, (IdText::of(app_id), after_seq, limit)).await
    }

    pub(crate) async fn list_events_of(
        &self,
        app_id: AppId,
        kind: EventType,
        after_seq: i64,
        last_seq: i64,
        limit: u32,
    ) -> Result<Vec<Event>> {
        self.events(LIST_EVENTS_OF, (IdText::of(app_id), after_seq, last_seq, kind.code(), limit)).await
    }

    pub(crate) async fn find_event(&self, app_id: AppId, id: EventId) -> Result<Option<Event>> {
        Ok(self.events(FIND_EVENT, (IdText::of(id), IdText::of(app_id))).await?.pop())
    }

    async fn events(&self, sql: &'static str, params: impl Params + Send + 'static) -> Result<Vec<Event>> {
        self.read(move |connection| row::decode_all(connection.prepare_cached(sql)?.query(params)?, row::event)).await
    }

    pub(crate) async fn log_span(&self, app_id: AppId) -> Result<LogSpan> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(LOG_SPAN)?;
            let span = statement.query_row([IdText::of(app_id)], |row| {
                let (first, last): (Option<i64>, i64) = (row.get(0)?, row.get(1)?);
                Ok(LogSpan { first: first.unwrap_or(last + 1), last })
            });
            Ok(span.optional()?.unwrap_or_default())
        })
        .await
    }

    pub(crate) async fn log_ends(&self, apps: &[AppId]) -> Result<Vec<(AppId, i64)>> {
        let apps = apps.to_vec();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(LOG_END)?;
            let mut ends = Vec::with_capacity(apps.len());
            for app_id in apps {
                let end = statement.query_row([IdText::of(app_id)], |row| row.get(0)).optional()?;
                ends.extend(end.map(|end| (app_id, end)));
            }
            Ok(ends)
        })
        .await
    }

    pub(crate) async fn prune_events(&self, app_id: AppId, before: Timestamp, limit: u32) -> Result<u64> {
        self.upkeep(move |connection| {
            let values = params![IdText::of(app_id), before.as_ms(), limit];
            let pruned = connection.prepare_cached(PRUNE_EVENTS)?.execute(values)?;
            Ok(u64::try_from(pruned).unwrap_or(u64::MAX))
        })
        .await
    }
}
