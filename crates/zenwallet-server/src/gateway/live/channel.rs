//! What the followers of one app share: the wake-up, and the events that were read last.

use crate::gateway::Gateway;
use crate::gateway::log::LogError;
use crate::wire::event::event_json;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{AppId, EventId, PaymentId};
use zenwallet_store::StoreError;

use super::PAGE;

/// Most events that are kept for followers to come.
const RECENT_MAX: usize = 256;
/// Most bytes of them.
const RECENT_MAX_BYTES: usize = 256 * 1024;

/// An event as followers are told of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) seq: i64,
    pub(crate) id: EventId,
    pub(crate) kind: EventType,
    pub(crate) payment_id: PaymentId,
    /// The event object.
    pub(crate) json: Box<RawValue>,
}

impl Told {
    fn new(event: &Event) -> Result<Self, LogError> {
        let json = RawValue::from_string(event_json(event)).map_err(|_| {
            let row = event.id.to_string();
            StoreError::Corrupt { table: "event", column: "body", row }
        })?;
        Ok(Self { seq: event.seq, id: event.id, kind: event.kind, payment_id: event.payment_id, json })
    }
}

/// The followers of one app.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) app_id: AppId,
    /// Counts the times at which the log may have grown.
    woken: watch::Sender<u64>,
    recent: Mutex<Recent>,
}

impl Channel {
    pub(super) fn new(app_id: AppId) -> Self {
        Self { app_id, woken: watch::Sender::new(1), recent: Mutex::default() }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.woken.subscribe()
    }

    pub(super) fn wake(&self) {
        self.woken.send_modify(|version| *version += 1);
    }

    /// The events behind `after`, as far as they were there when `version` was counted: at most a page.
    pub(super) async fn read(&self, gateway: &Gateway, after: i64, version: u64) -> Result<Vec<Arc<Told>>, LogError> {
        // Whoever comes first reads for all that wait here.
        let mut recent = self.recent.lock().await;
        if let Some(page) = recent.behind(after, version) {
            return Ok(page);
        }
        if after < recent.end {
            drop(recent);
            return page(gateway, self.app_id, after).await;
        }
        let page = page(gateway, self.app_id, after).await?;
        recent.add(after, &page, version);
        Ok(page)
    }
}

async fn page(gateway: &Gateway, app_id: AppId, after: i64) -> Result<Vec<Arc<Told>>, LogError> {
    let events = gateway.read_log(app_id, after, PAGE).await?;
    events.iter().map(|event| Ok(Arc::new(Told::new(event)?))).collect()
}

/// The last events that were read, without a gap, up to `end`.
#[derive(Debug, Default)]
struct Recent {
    events: VecDeque<Arc<Told>>,
    bytes: usize,
    end: i64,
    /// The version that was counted when the log was last read to its end.
    version: u64,
}

impl Recent {
    /// What stands behind `after`, if that can be said without asking the database.
    fn behind(&self, after: i64, version: u64) -> Option<Vec<Arc<Told>>> {
        let first = self.events.front().map_or(self.end + 1, |event| event.seq);
        if after == self.end {
            return (self.version >= version).then(Vec::new);
        }
        if after < first - 1 || after > self.end {
            return None;
        }
        let skip = usize::try_from(after + 1 - first).unwrap_or(usize::MAX);
        Some(self.events.iter().skip(skip).take(PAGE as usize).cloned().collect())
    }

    /// Adds what was read behind `after`.
    fn add(&mut self, after: i64, page: &[Arc<Told>], version: u64) {
        if after != self.end {
            *self = Self { end: after, ..Self::default() };
        }
        if page.len() < PAGE as usize {
            self.version = version;
        }
        for event in page {
            self.end = event.seq;
            self.bytes += event.json.get().len();
            self.events.push_back(Arc::clone(event));
        }
        while self.events.len() > RECENT_MAX || self.bytes > RECENT_MAX_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.json.get().len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(seq: i64) -> Arc<Told> {
        let json = RawValue::from_string(format!("{{\"seq\":{seq}}}")).unwrap();
        Arc::new(Told {
            seq,
            id: EventId::from_bytes([0; 16]),
            kind: EventType::PaymentCreated,
            payment_id: PaymentId::from_bytes([0; 16]),
            json,
        })
    }

    fn seqs(page: &[Arc<Told>]) -> Vec<i64> {
        page.iter().map(|event| event.seq).collect()
    }

    proptest! {
        /// Followers at any places, a log that grows, pages from memory or from the log: each sees every event once.
        #[test]
        fn what_is_remembered_is_the_log(steps in prop::collection::vec((0_u8..4, 0_i64..700), 1..200)) {
            let (mut recent, mut log_end, mut version) = (Recent::default(), 0, 1);
            for (kind, n) in steps {
                if kind == 0 {
                    log_end += n % 150;
                    version += 1;
                    continue;
                }
                let after = n.min(log_end);
                let want: Vec<_> = (after + 1..=log_end).take(PAGE as usize).collect();
                match recent.behind(after, version) {
                    // What is remembered may end before the log does, but not when it is at its end.
                    Some(page) => {
                        prop_assert!(want.starts_with(&seqs(&page)));
                        prop_assert!(!page.is_empty() || want.is_empty());
                    }
                    None if after >= recent.end => {
                        let page: Vec<_> = want.iter().map(|seq| told(*seq)).collect();
                        recent.add(after, &page, version);
                    }
                    None => {}
                }
                prop_assert!(recent.events.len() <= RECENT_MAX);
                let held: usize = recent.events.iter().map(|event| event.json.get().len()).sum();
                prop_assert_eq!(held, recent.bytes);
            }
        }
    }

    #[test]
    fn large_events_are_kept_by_their_bytes() {
        let mut recent = Recent::default();
        let large = |seq| {
            let json = RawValue::from_string(format!("\"{}\"", "x".repeat(RECENT_MAX_BYTES / 2))).unwrap();
            Arc::new(Told { json, ..Arc::into_inner(told(seq)).unwrap() })
        };
        recent.add(0, &[large(1), large(2), large(3)], 1);
        assert_eq!((recent.events.len(), recent.end), (1, 3));
        assert!(recent.behind(0, 1).is_none());
        assert_eq!(seqs(&recent.behind(2, 1).unwrap()), [3]);
    }
}
