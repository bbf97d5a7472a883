//! Delivers webhooks: takes what this node has just written and what is due in the database, gives each its turn, and
//! keeps to the schedule. Slow receivers delay themselves alone.

mod attempt;
mod lanes;
#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use lanes::Lanes;
pub use lanes::Slots;

use super::send::{SendOptions, Sender};
use crate::gateway::Gateway;
use crate::metrics;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zenwallet_core::delivery::{Lane, Next};
use zenwallet_core::id::AppId;
use zenwallet_core::time::Timestamp;
use zenwallet_store::{Bug, ClaimRequest, Claimed, Handoff, LeasedDelivery, Result, planted};

/// Longest rest between two looks at the database: what other nodes leave behind is found within this time.
const POLL: Duration = Duration::from_secs(1);
/// Shortest time between two claims: what falls due meanwhile comes with the next one.
const CLAIM_PAUSE: Duration = Duration::from_millis(10);
/// Rest after a claim that failed.
const CLAIM_AGAIN: Duration = Duration::from_millis(500);
/// What an attempt may take beyond its deadline before its lease ends.
const LEASE_MARGIN: Duration = Duration::from_secs(2);
/// Results that may wait to be written down, for each attempt that may be under way.
const RECORDING_PER_SLOT: usize = 4;

/// What the dispatcher of a node needs.
#[derive(Debug)]
pub struct Dispatch {
    /// The use-cases.
    pub gateway: Arc<Gateway>,
    /// How much may go on at the same time.
    pub slots: Slots,
    /// Where the writer leaves what it has committed.
    pub handoff: Handoff,
    /// The far end of it.
    pub inbox: mpsc::Receiver<LeasedDelivery>,
    /// Longest rest of an attempt that was begun when the worker is told to stop.
    pub grace: Duration,
}

/// What a task tells the dispatcher.
enum Note {
    /// An exchange is over; its slot is free.
    Ended { app_id: AppId, lane: Lane, succeeded: bool },
    /// A delivery will be due at this moment.
    DueAt(Timestamp),
}

/// A node's dispatcher at work.
struct Dispatcher {
    gateway: Arc<Gateway>,
    sender: Arc<Sender>,
    handoff: Handoff,
    lanes: Lanes,
    tasks: TaskTracker,
    recording_max: usize,
    attempt_ms: i64,
    notes: mpsc::UnboundedSender<Note>,
    next_claim: Instant,
    claim: Option<(ClaimRequest, JoinHandle<Result<Claimed>>)>,
}

/// Delivers until told to stop; then lets what is under way end, and gives back what it has not begun.
pub async fn run_deliveries(dispatch: Dispatch, stop: CancellationToken) {
    let Dispatch { gateway, slots, handoff, mut inbox, grace } = dispatch;
    let rules = &gateway.webhooks;
    let options = SendOptions { deadline: rules.timeout, ..SendOptions::default() };
    let sender = Arc::new(Sender::new(Arc::clone(&rules.egress), options, gateway.clock.clone()));
    let (nudge, attempt) = (Arc::clone(&rules.nudge), rules.timeout + LEASE_MARGIN);
    // Bounded by the slots: each attempt sends two notes.
    let (notes, mut noted) = mpsc::unbounded_channel();
    let mut dispatcher = Dispatcher {
        gateway,
        sender,
        handoff,
        lanes: Lanes::new(slots),
        tasks: TaskTracker::new(),
        recording_max: slots.total * RECORDING_PER_SLOT,
        attempt_ms: i64::try_from(attempt.as_millis()).unwrap_or(i64::MAX),
        notes,
        next_claim: Instant::now(),
        claim: None,
    };
    let mut born = Vec::with_capacity(256);
    while !stop.is_cancelled() {
        dispatcher.begin_attempts();
        tokio::select! {
            _ = inbox.recv_many(&mut born, 256) => dispatcher.take_born(&mut born),
            Some(note) = noted.recv() => {
                dispatcher.take_note(note);
                while let Ok(note) = noted.try_recv() {
                    dispatcher.take_note(note);
                }
            }
            () = nudge.notified() => dispatcher.next_claim = Instant::now(),
            claimed = claim_ended(&mut dispatcher.claim) => dispatcher.take_claimed(claimed),
            () = tokio::time::sleep_until(dispatcher.next_claim), if dispatcher.claim.is_none() => dispatcher.begin_claim(),
            () = stop.cancelled() => {}
        }
    }
    inbox.close();
    dispatcher.tasks.close();
    if tokio::time::timeout(grace, dispatcher.tasks.wait()).await.is_err() {
        tracing::warn!(attempts = dispatcher.lanes.in_flight(), "stopped before every webhook had its answer");
    }
    if let Some((_, claim)) = dispatcher.claim.take() {
        let _ = claim.await;
    }
    dispatcher.gateway.give_back_deliveries().await;
}

/// Resolves with the outcome of the claim under way, if there is one.
async fn claim_ended(
    claim: &mut Option<(ClaimRequest, JoinHandle<Result<Claimed>>)>,
) -> (ClaimRequest, Result<Claimed>) {
    let Some((_, task)) = claim else { return std::future::pending().await };
    let outcome = task.await.unwrap_or_else(|error| Err(zenwallet_store::StoreError::Internal(error.to_string())));
    match claim.take() {
        Some((request, _)) => (request, outcome),
        None => std::future::pending().await,
    }
}

impl Dispatcher {
    fn take_born(&mut self, born: &mut Vec<LeasedDelivery>) {
        for delivery in born.drain(..) {
            let lane = delivery.lane;
            if self.lanes.push(delivery) {
                self.handoff.set_full(lane, true);
            }
        }
    }

    fn take_note(&mut self, note: Note) {
        match note {
            Note::Ended { app_id, lane, succeeded } => {
                if self.lanes.finish(app_id, lane, succeeded) {
                    self.handoff.set_full(lane, false);
                }
                if self.lanes.wants_claim() {
                    self.claim_by(Instant::now() + CLAIM_PAUSE);
                }
            }
            Note::DueAt(at) => self.claim_at(at),
        }
    }

    fn take_claimed(&mut self, (request, claimed): (ClaimRequest, Result<Claimed>)) {
        // What fell due while the claim was under way has been noted already.
        self.claim_by(Instant::now() + POLL);
        metrics::note_dispatcher(self.lanes.in_flight(), self.lanes.waiting());
        match claimed {
            Ok(Claimed { deliveries, called_off, next_due }) => {
                let is_full = self.lanes.note_claimed(&request, deliveries, &called_off);
                if let Some(at) = next_due {
                    self.claim_at(at);
                }
                if is_full || self.lanes.wants_claim() {
                    self.claim_by(Instant::now() + CLAIM_PAUSE);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "due deliveries could not be claimed; trying again");
                self.claim_by(Instant::now() + CLAIM_AGAIN);
            }
        }
    }

    /// Lets the next claim be no later than the first moment at which `at` has come.
    fn claim_at(&mut self, at: Timestamp) {
        let wait_ms = at.as_ms().saturating_sub(self.gateway.now().as_ms());
        let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or_default());
        self.claim_by(Instant::now() + wait.clamp(CLAIM_PAUSE, POLL));
    }

    fn claim_by(&mut self, at: Instant) {
        self.next_claim = self.next_claim.min(at);
    }

    fn begin_claim(&mut self) {
        self.next_claim = Instant::now() + POLL;
        let Some(request) = self.lanes.claim_request() else { return };
        let (gateway, asked) = (Arc::clone(&self.gateway), request.clone());
        self.claim = Some((request, tokio::spawn(async move { gateway.claim_deliveries(asked).await })));
    }

    /// Begins every attempt that has a slot.
    fn begin_attempts(&mut self) {
        while self.tasks.len() < self.recording_max
            && let Some(leased) = self.lanes.next(self.gateway.now(), self.attempt_ms)
        {
            let (gateway, sender) = (Arc::clone(&self.gateway), Arc::clone(&self.sender));
            self.tasks.spawn(deliver(gateway, sender, self.notes.clone(), leased));
        }
    }
}

/// One attempt from its slot to the log. The slot is free as soon as the exchange is over: writing the result down
/// waits for the disk, not for the receiver.
async fn deliver(
    gateway: Arc<Gateway>,
    sender: Arc<Sender>,
    notes: mpsc::UnboundedSender<Note>,
    leased: LeasedDelivery,
) {
    if planted(Bug::DeliveredBeforeSend) {
        attempt::write_down(&gateway, &leased, attempt::pretend(&gateway, &leased)).await;
    }
    let record = attempt::send(&gateway, &sender, &leased).await;
    let (app_id, lane) = (leased.app_id, leased.lane);
    let succeeded = record.as_ref().is_some_and(|record| record.next == Next::Delivered);
    // The dispatcher may have stopped; then nobody waits for slots.
    let _ = notes.send(Note::Ended { app_id, lane, succeeded });
    let Some(mut record) = record else { return };
    let next = record.next;
    if let (Next::RetryAt(at), true) = (next, planted(Bug::RetryInMemory)) {
        record.next = Next::RetryAt(at.plus_s(86_400));
    }
    attempt::write_down(&gateway, &leased, record).await;
    if let Next::RetryAt(at) = next {
        let _ = notes.send(Note::DueAt(at));
        if planted(Bug::RetryInMemory) {
            tokio::spawn(attempt::hurry_at(gateway, leased, at));
        }
    }
}
