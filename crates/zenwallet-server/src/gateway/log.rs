//! Reading an app's log, from any place that is still kept.

use super::Gateway;
use std::time::Duration;
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{AppId, EventId};
use zenwallet_store::{LogSpan, StoreError};

/// Most events that a page of one type looks through.
const LOOKED_THROUGH_MAX: i64 = 1_000;

/// How logs are kept and followed.
#[derive(Clone, Copy, Debug)]
pub struct LogRules {
    /// How long an event is kept at least.
    pub retention: Duration,
    /// Most sockets and streams of one app on this node.
    pub max_followers_per_app: usize,
}

/// Why a log cannot be read from a place.
#[derive(Clone, Debug)]
pub(crate) enum LogError {
    /// The events there are no longer kept; `first` is the first that is.
    Forgotten {
        /// The number of the first event that is kept.
        first: i64,
    },
    /// The log does not reach so far.
    Ahead {
        /// The number of the last event.
        last: i64,
    },
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for LogError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A page of a log.
pub(crate) struct LogPage {
    pub(crate) events: Vec<Event>,
    /// Where the next page begins: behind this number.
    pub(crate) next_after: i64,
    pub(crate) has_more: bool,
}

/// Whether one can go on behind `after` without missing an event.
fn check_place(span: LogSpan, after: i64) -> Result<i64, LogError> {
    if after < span.first - 1 {
        return Err(LogError::Forgotten { first: span.first });
    }
    if after > span.last {
        return Err(LogError::Ahead { last: span.last });
    }
    Ok(after)
}

impl Gateway {
    /// The place behind `after`, or behind the last event; an error when nobody can go on from there.
    pub(super) async fn find_place(&self, app_id: AppId, after: Option<i64>) -> Result<i64, LogError> {
        let span = self.store.log_span(app_id).await?;
        check_place(span, after.unwrap_or(span.last))
    }

    /// At most `limit` events behind `after`, in order.
    pub(super) async fn read_log(&self, app_id: AppId, after: i64, limit: u32) -> Result<Vec<Event>, LogError> {
        let events = self.store.list_events(app_id, after, limit).await?;
        match events.first() {
            // The log has no gaps: what is missing was forgotten.
            Some(event) if event.seq != after + 1 => Err(LogError::Forgotten { first: event.seq }),
            _ => Ok(events),
        }
    }

    /// A page of the feed: the events behind `after`, or from the first that is kept; of one type, if one is named.
    pub(crate) async fn list_events(
        &self,
        app_id: AppId,
        after: Option<i64>,
        kind: Option<EventType>,
        limit: u32,
    ) -> Result<LogPage, LogError> {
        let span = self.store.log_span(app_id).await?;
        let after = check_place(span, after.unwrap_or(span.first - 1))?;
        let (events, looked) = match kind {
            None => (self.read_log(app_id, after, limit).await?, span.last),
            Some(kind) => {
                let last = span.last.min(after + LOOKED_THROUGH_MAX);
                (self.store.list_events_of(app_id, kind, after, last, limit).await?, last)
            }
        };
        let is_full = events.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let next_after = match events.last() {
            Some(last) if is_full || kind.is_none() => last.seq,
            _ => looked,
        };
        Ok(LogPage { events, next_after, has_more: next_after < span.last })
    }

    /// An event of this app.
    pub(crate) async fn find_event(&self, app_id: AppId, id: EventId) -> Result<Option<Event>, StoreError> {
        self.store.find_event(app_id, id).await
    }

    /// Forgets the beginnings of logs that have been kept long enough; says how much, at most `limit` for each app.
    pub async fn prune_events(&self, limit: u32) -> Result<u64, StoreError> {
        let kept_ms = i64::try_from(self.log.retention.as_millis()).unwrap_or(i64::MAX);
        // A clock that was set ahead must not make anything old.
        let before = self.clock.bounds().earliest.plus_ms(-kept_ms);
        let mut pruned = 0;
        for app in self.store.list_apps().await? {
            pruned += self.store.prune_events(app.id, before, limit).await?;
        }
        Ok(pruned)
    }
}
