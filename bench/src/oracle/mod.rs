//! The oracle: compares what clients were told with what the API and the database say afterwards.
//!
//! It shares no code with the product and trusts none of its words: times, amounts and canonical JSON are read afresh.

mod answer;
mod case;
mod contract;
mod durability;
mod events;
mod expiry;
mod finding;
mod idempotency;
mod rollups;
mod sums;
mod tenants;
#[cfg(test)]
mod tests;
mod transitions;
mod webhooks;

use crate::database::Snapshot;
use crate::journal::Ack;
use crate::timeline::Timeline;
use case::Case;
pub(crate) use finding::Finding;
use std::collections::HashMap;
pub(crate) use webhooks::Received;

/// All that is known when the faults have stopped.
#[derive(Default, Debug)]
pub(crate) struct Evidence {
    /// The ids of the apps; a call's `app` is its place here.
    pub(crate) apps: Vec<String>,
    /// What each app's webhooks are signed with, in the same order.
    pub(crate) secrets: Vec<String>,
    /// The journal.
    pub(crate) acks: Vec<Ack>,
    /// The receiver's journal.
    pub(crate) received: Vec<Received>,
    /// The moment after which nothing was killed any more.
    pub(crate) settled_ms: i64,
    /// What the gateways' clock showed.
    pub(crate) timeline: Timeline,
    /// The database.
    pub(crate) snapshot: Snapshot,
    /// Events as the API told them before a crash.
    pub(crate) told: Vec<ToldEvent>,
    /// The digest of each event's stored body as it was while the campaign ran, by event id.
    pub(crate) stored: HashMap<String, String>,
    /// Each app's whole feed as the API tells it now.
    pub(crate) feeds: Vec<ToldEvent>,
    /// Each app's payments as the API lists and exports them now.
    pub(crate) listings: Vec<Listing>,
}

/// An event as the API told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldEvent {
    /// Whom.
    pub(crate) app: usize,
    /// Its place in the app's log.
    pub(crate) seq: i64,
    /// Its id.
    pub(crate) event_id: String,
    /// The digest of the event as it was told.
    pub(crate) digest: String,
}

/// All payments of an app, by one of the ways to ask for them.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// Whose.
    pub(crate) app: usize,
    /// Which way.
    pub(crate) source: &'static str,
    /// When the asking began.
    pub(crate) began_ms: i64,
    /// Id and status, in the order told.
    pub(crate) payments: Vec<(String, String)>,
}

/// Judges: one finding per invariant, in their order.
pub(crate) fn judge(evidence: &Evidence) -> Vec<Finding> {
    let case = Case::open(evidence);
    vec![
        contract::judge(&case),
        durability::judge(&case),
        transitions::judge(&case),
        events::judge_log(&case),
        webhooks::judge_arrival(&case),
        events::judge_bodies(&case),
        webhooks::judge_truth(&case),
        idempotency::judge(&case),
        webhooks::judge_log(&case),
        expiry::judge(&case),
        sums::judge(&case),
        tenants::judge(&case),
        rollups::judge(&case),
    ]
}
