//! A node: a clock that nobody else has, the store's own writer over the shared file, and a dispatcher around the
//! product's own lanes. The dispatcher's loop is the one of `worker::deliver`, step by step instead of by timers.

use crate::chance::Chance;
use crate::judge::Violation;
use crate::receivers::Answer;
use crate::traffic::Call;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use zenwallet_core::delivery::Next;
use zenwallet_core::id::IdSource;
use zenwallet_core::time::{Clock, ManualClock, Timestamp};
use zenwallet_server::worker::{Lanes, Slots};
use zenwallet_store::{
    ClaimRequest, Command, Handoff, LeasedDelivery, Leasing, SqliteOptions, SteppedWriter, Surroundings, handoff,
};

/// The waits after a failure. Times are a tenth of the product's or less, so that a run sees many of them.
pub(crate) const SCHEDULE_MS: [i64; 3] = [500, 2_000, 6_000];
/// What an attempt may take; with the margin it begins only if the lease lasts as long.
pub(crate) const TIMEOUT_MS: i64 = 1_000;
pub(crate) const ATTEMPT_MS: i64 = TIMEOUT_MS + 300;
pub(crate) const LEASE_MS: i64 = 4_000;
/// Longest rest between two claims, and between two sweeps.
pub(crate) const POLL_MS: i64 = 1_000;
pub(crate) const CLAIM_PAUSE_MS: i64 = 10;
pub(crate) const CLAIM_AGAIN_MS: i64 = 500;
pub(crate) const RECORD_AGAIN_MS: i64 = 200;
/// How long an endpoint may let deliveries fail.
pub(crate) const PATIENCE_MS: i64 = 8_000;
const BATCH_MAX: usize = 16;

/// A command and what its answer means to the node.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) command: Command,
    pub(crate) then: Then,
}

#[derive(Clone)]
pub(crate) enum Then {
    /// A caller waits.
    Tell(Box<Call>),
    /// The sweeper rests until the next payment is due.
    SweepAgain,
    /// A claim is under way.
    TakeClaimed(ClaimRequest),
    /// The result of an attempt; what the core said follows it.
    Recorded(Box<LeasedDelivery>, Next),
    /// `Bug::DeliveredBeforeSend`: only now it is sent.
    Send(Box<LeasedDelivery>),
    Nothing,
}

/// An exchange under way.
pub(crate) struct Exchange {
    pub(crate) leased: LeasedDelivery,
    pub(crate) started_at: Timestamp,
    pub(crate) answer: Answer,
}

/// What a crash takes away.
pub(crate) struct Process {
    pub(crate) writer: SteppedWriter,
    pub(crate) queue: VecDeque<Work>,
    pub(crate) commit_planned: bool,
    pub(crate) handoff: Handoff,
    pub(crate) inbox: mpsc::Receiver<LeasedDelivery>,
    pub(crate) lanes: Lanes,
    pub(crate) exchanges: BTreeMap<u64, Exchange>,
    pub(crate) claim_underway: bool,
    pub(crate) next_claim_ms: i64,
}

pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) hands: ManualClock,
    pub(crate) ids: Arc<IdSource>,
    slots: Slots,
    handoff_max: usize,
    /// How often it has started: what an earlier process had planned is gone.
    pub(crate) starts: u64,
    pub(crate) frozen_until_ms: i64,
    pub(crate) process: Option<Process>,
}

impl Node {
    pub(crate) fn new(number: usize, now_ms: i64, chance: &mut Chance) -> Self {
        let skew_ms = if chance.percent(50) { 0 } else { chance.within(-3_000..3_000) };
        Self {
            name: format!("node-{number}"),
            hands: ManualClock::new(Timestamp::from_ms(now_ms + skew_ms)),
            ids: Arc::new(IdSource::seeded(chance.next())),
            slots: Slots { total: 8, per_app: 6, per_lane: 1 + chance.below(8) },
            handoff_max: 1 + chance.below(12),
            starts: 0,
            frozen_until_ms: 0,
            process: None,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.hands.now()
    }

    /// Whether it can be asked something at this moment.
    pub(crate) fn answers(&self, now_ms: i64) -> bool {
        self.process.is_some() && self.frozen_until_ms <= now_ms
    }

    /// Which process planned a step.
    pub(crate) fn owner(&self, at: usize) -> Option<(usize, u64)> {
        Some((at, self.starts))
    }

    pub(crate) fn start(&mut self, file: &Path) -> Result<(), Violation> {
        let (handoff, inbox) = handoff(self.handoff_max);
        let leasing = Leasing { node: self.name.as_str().into(), lease_ms: LEASE_MS, handoff: Some(handoff.clone()) };
        let surroundings = Surroundings {
            clock: Clock::Manual(self.hands.clone()),
            ids: Arc::clone(&self.ids),
            queue_max: 1_000,
            batch_max: BATCH_MAX,
            leasing,
        };
        let commit_timeout = Duration::ZERO;
        let options = SqliteOptions { path: file.to_owned(), read_connections: 1, commit_timeout };
        self.starts += 1;
        self.process = Some(Process {
            writer: SteppedWriter::open(&options, surroundings)?,
            queue: VecDeque::new(),
            commit_planned: false,
            handoff,
            inbox,
            lanes: Lanes::new(self.slots),
            exchanges: BTreeMap::new(),
            claim_underway: false,
            next_claim_ms: i64::MAX,
        });
        Ok(())
    }
}

impl Process {
    /// What the writer takes at once.
    pub(crate) fn next_batch(&mut self) -> Vec<Work> {
        let count = self.queue.len().min(BATCH_MAX);
        self.queue.drain(..count).collect()
    }

    /// The dispatcher takes what was handed over.
    pub(crate) fn take_born(&mut self) {
        while let Ok(leased) = self.inbox.try_recv() {
            let lane = leased.lane;
            if self.lanes.push(leased) {
                self.handoff.set_full(lane, true);
            }
        }
    }
}
