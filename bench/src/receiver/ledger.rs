//! What was received, counted by event and, if anybody wants to look at it later, kept.

use super::receipt::{Receipt, payment_id};
use super::request::Layout;
use std::collections::HashMap;
use std::time::Instant;

/// Everything received since the start.
#[derive(Default, Debug)]
pub(crate) struct Ledger {
    keeps: bool,
    receipts: Vec<Receipt>,
    events: HashMap<Box<[u8]>, Seen>,
    counts: Counts,
}

/// How much was received.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    /// Requests.
    pub(crate) requests: usize,
    /// Requests answered 2xx.
    pub(crate) answered_2xx: usize,
    /// Events, each counted once.
    pub(crate) events: usize,
    /// Events of which a request was answered 2xx, each counted once.
    pub(crate) accepted: usize,
}

#[derive(Default, Debug)]
struct Seen {
    requests: u32,
    is_accepted: bool,
}

/// Where a request stands in the ledger, for its answer to be entered.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its event, or its payment if it names no event.
    pub(super) event: Box<[u8]>,
    /// Which request of its event it is, from 1.
    pub(super) nth: u32,
    place: Option<usize>,
}

impl Ledger {
    /// A ledger that keeps every request whole.
    pub(crate) fn keeping() -> Self {
        Self { keeps: true, ..Self::default() }
    }

    /// A ledger that only counts.
    pub(crate) fn counting() -> Self {
        Self::default()
    }

    /// What was counted.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// What was kept, in the order received.
    pub(crate) fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// Enters a whole request.
    pub(super) fn enter(&mut self, bytes: &[u8], layout: &Layout) -> Entry {
        let (at, at_ms) = (Instant::now(), crate::clock::now_ms());
        let named = layout.id.clone().map(|id| &bytes[id]).or_else(|| payment_id(&bytes[layout.body_at..]));
        let event: Box<[u8]> = named.unwrap_or_default().into();
        self.counts.requests += 1;
        let seen = self.events.entry(event.clone()).or_default();
        seen.requests += 1;
        self.counts.events += usize::from(seen.requests == 1);
        let nth = seen.requests;
        let place = self.keeps.then(|| {
            self.receipts.push(Receipt::new(at, at_ms, nth, bytes, layout));
            self.receipts.len() - 1
        });
        Entry { event, nth, place }
    }

    /// Enters that a request is being answered.
    pub(super) fn answer(&mut self, entry: &Entry, status: u16) {
        if let Some(receipt) = entry.place.and_then(|place| self.receipts.get_mut(place)) {
            (receipt.status, receipt.answered) = (status, Some(Instant::now()));
        }
        if (200..300).contains(&status) {
            self.counts.answered_2xx += 1;
            let seen = self.events.entry(entry.event.clone()).or_default();
            self.counts.accepted += usize::from(!seen.is_accepted);
            seen.is_accepted = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::request::layout;

    fn enter(ledger: &mut Ledger, id: &str) -> Entry {
        let bytes = format!("POST / HTTP/1.1\r\nwebhook-id: {id}\r\n\r\n").into_bytes();
        ledger.enter(&bytes, &layout(&bytes).expect("understood").expect("whole"))
    }

    #[test]
    fn events_are_counted_once_and_requests_always() {
        let mut ledger = Ledger::keeping();
        for (id, status) in [("a", 500), ("a", 200), ("a", 200), ("b", 404)] {
            let entry = enter(&mut ledger, id);
            ledger.answer(&entry, status);
        }
        assert_eq!(ledger.counts(), Counts { requests: 4, answered_2xx: 2, events: 2, accepted: 1 });
        let kept: Vec<_> = ledger.receipts().iter().map(|r| (r.nth, r.status, r.answered.is_some())).collect();
        assert_eq!(kept, [(1, 500, true), (2, 200, true), (3, 200, true), (1, 404, true)]);
    }

    #[test]
    fn a_counting_ledger_keeps_nothing() {
        let mut ledger = Ledger::counting();
        let entry = enter(&mut ledger, "a");
        ledger.answer(&entry, 200);
        assert!(ledger.receipts().is_empty());
        assert_eq!(ledger.counts().accepted, 1);
    }
}
