//! Reading the logs, and forgetting their beginnings.

use super::PostgresStore;
use super::row;
use super::statement::Param;
use crate::LogSpan;
use crate::error::Result;
use tokio_postgres::types::Type;
use uuid::Uuid;
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{AppId, EventId, Id};
use zenwallet_core::time::Timestamp;

macro_rules! select_events {
    ($where:literal) => {
        concat!("SELECT id, app_id, seq, kind, payment_id, created_at_ms, body FROM event WHERE ", $where)
    };
}

const LIST_EVENTS: &str = select_events!("app_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
const LIST_EVENTS_OF: &str =
    select_events!("app_id = $1 AND seq > $2 AND seq <= $3 AND kind = $4 ORDER BY seq LIMIT $5");
const FIND_EVENT: &str = select_events!("id = $1 AND app_id = $2");
const LOG_SPAN: &str = "SELECT (SELECT min(seq) FROM event WHERE app_id = $1), last_seq FROM app_log WHERE app_id = $1";
const LOG_ENDS: &str = "SELECT app_id, last_seq FROM app_log WHERE app_id = ANY($1)";
/// A log begins later, never with a hole: the first event that is still needed keeps those behind it.
const PRUNE_EVENTS: &str = "WITH head AS MATERIALIZED (SELECT e.seq, e.created_at_ms >= $2 OR EXISTS (SELECT FROM delivery d \
    WHERE d.payment_id = e.payment_id AND d.app_id = e.app_id AND d.event_seq = e.seq) AS is_needed \
    FROM event e WHERE e.app_id = $1 ORDER BY e.seq LIMIT $3) \
    DELETE FROM event WHERE app_id = $1 \
    AND seq <= coalesce((SELECT min(seq) - 1 FROM head WHERE is_needed), (SELECT max(seq) FROM head))";

impl PostgresStore {
    pub(crate) async fn list_events(&self, app_id: AppId, after_seq: i64, limit: u32) -> Result<Vec<Event>> {
        let (app_id, limit) = (app_id.uuid(), i64::from(limit));
        self.events(LIST_EVENTS, &[(&app_id, Type::UUID), (&after_seq, Type::INT8), (&limit, Type::INT8)]).await
    }

    pub(crate) async fn list_events_of(
        &self,
        app_id: AppId,
        kind: EventType,
        after_seq: i64,
        last_seq: i64,
        limit: u32,
    ) -> Result<Vec<Event>> {
        let (app_id, kind, limit) = (app_id.uuid(), kind.code(), i64::from(limit));
        let params: [Param<'_>; 5] = [
            (&app_id, Type::UUID),
            (&after_seq, Type::INT8),
            (&last_seq, Type::INT8),
            (&kind, Type::INT2),
            (&limit, Type::INT8),
        ];
        self.events(LIST_EVENTS_OF, &params).await
    }

    pub(crate) async fn find_event(&self, app_id: AppId, id: EventId) -> Result<Option<Event>> {
        let (app_id, id) = (app_id.uuid(), id.uuid());
        Ok(self.events(FIND_EVENT, &[(&id, Type::UUID), (&app_id, Type::UUID)]).await?.pop())
    }

    async fn events(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Event>> {
        self.read(async |reader| {
            let rows = reader.query(sql, params).await?;
            Ok(rows.iter().map(row::event).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn log_span(&self, app_id: AppId) -> Result<LogSpan> {
        let app_id = app_id.uuid();
        self.read(async |reader| {
            let Some(row) = reader.query_opt(LOG_SPAN, &[(&app_id, Type::UUID)]).await? else {
                return Ok(LogSpan::default());
            };
            let (first, last): (Option<i64>, i64) = (row.try_get(0)?, row.try_get(1)?);
            Ok(LogSpan { first: first.unwrap_or(last + 1), last })
        })
        .await
    }

    pub(crate) async fn log_ends(&self, apps: &[AppId]) -> Result<Vec<(AppId, i64)>> {
        let apps: Vec<Uuid> = apps.iter().map(|app_id| app_id.uuid()).collect();
        self.read(async |reader| {
            let rows = reader.query(LOG_ENDS, &[(&apps, Type::UUID_ARRAY)]).await?;
            let ends = rows.iter().map(|row| Ok((Id::from_uuid(row.try_get(0)?), row.try_get(1)?)));
            Ok(ends.collect::<std::result::Result<_, tokio_postgres::Error>>()?)
        })
        .await
    }

    pub(crate) async fn prune_events(&self, app_id: AppId, before: Timestamp, limit: u32) -> Result<u64> {
        let (app_id, before, limit) = (app_id.uuid(), before.as_ms(), i64::from(limit));
        self.execute(PRUNE_EVENTS, &[(&app_id, Type::UUID), (&before, Type::INT8), (&limit, Type::INT8)]).await
    }
}
