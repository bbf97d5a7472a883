//! The dispatcher of a node, a step at a time: claims, turns, attempts, results. Every rule of it is the product's own
//! (`Lanes`, `after_attempt`, the commands); only its timers and tasks are steps of the timeline here.

use crate::judge::Verdict;
use crate::node::{
    ATTEMPT_MS, CLAIM_AGAIN_MS, CLAIM_PAUSE_MS, Exchange, PATIENCE_MS, POLL_MS, Process, RECORD_AGAIN_MS, SCHEDULE_MS,
    TIMEOUT_MS, Then, Work,
};
use crate::timeline::Step;
use crate::world::World;
use std::sync::Arc;
use zenwallet_core::delivery::{self, Attempt, AttemptResult, Cause, Next, RetrySchedule};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{AttemptRecord, Bug, ClaimRequest, Claimed, Command, LeasedDelivery, planted};

impl World {
    /// Begins every attempt that has a slot.
    pub(crate) fn begin_attempts(&mut self, at: usize) -> Verdict {
        loop {
            let node = &mut self.nodes[at];
            let now = node.now();
            let next = node.process.as_mut().and_then(|process| process.lanes.next(now, ATTEMPT_MS));
            let Some(leased) = next else { return Ok(()) };
            self.trace(|| format!("node-{at} attempts {} ({})", leased.id, leased.attempts + 1));
            self.judge.attempt_begins(&self.nodes[at].name, now.as_ms(), &leased)?;
            if planted(Bug::DeliveredBeforeSend) {
                let answered = AttemptResult::Answered { status: 200, retry_after_ms: None };
                let record = record(&leased, now, now, answered);
                let command = Command::RecordAttempt(Arc::new(record));
                self.enqueue(at, Work { command, then: Then::Send(Box::new(leased)) });
            } else {
                self.send(at, leased);
            }
        }
    }

    /// The request goes out, and the receiver makes up its mind.
    pub(crate) fn send(&mut self, at: usize, leased: LeasedDelivery) {
        let answer = self.receivers.answer(&leased.url, TIMEOUT_MS, &mut self.chance);
        self.judge.answered(&leased, answer);
        self.exchanges += 1;
        let node = &mut self.nodes[at];
        let (owner, started_at) = (node.owner(at), node.now());
        let Some(process) = &mut node.process else { return };
        process.exchanges.insert(self.exchanges, Exchange { leased, started_at, answer });
        self.timeline.plan(self.timeline.now_ms + answer.took_ms, owner, Step::AttemptOver(self.exchanges));
    }

    /// The slot is free at once; the result joins the writer's queue, now and then much later.
    pub(crate) fn attempt_over(&mut self, at: usize, number: u64) -> Verdict {
        let node = &mut self.nodes[at];
        let (owner, ended_at) = (node.owner(at), node.now());
        let Some(process) = &mut node.process else { return Ok(()) };
        let Some(Exchange { leased, started_at, answer }) = process.exchanges.remove(&number) else { return Ok(()) };
        let mut record = record(&leased, started_at, ended_at, answer.result);
        let next = record.next;
        if process.lanes.finish(leased.app_id, leased.lane, next == Next::Delivered) {
            process.handoff.set_full(leased.lane, false);
        }
        if process.lanes.wants_claim() {
            self.claim_by(at, self.timeline.now_ms + CLAIM_PAUSE_MS);
        }
        if let (Next::RetryAt(due), true) = (next, planted(Bug::RetryInMemory)) {
            record.next = Next::RetryAt(due.plus_s(86_400));
        }
        let late_ms = if self.faults && self.chance.percent(4) { self.chance.within(0..9_000) } else { 0 };
        let (command, then) = (Command::RecordAttempt(Arc::new(record)), Then::Recorded(Box::new(leased), next));
        self.timeline.plan(self.timeline.now_ms + late_ms, owner, Step::Queue(Box::new(Work { command, then })));
        self.begin_attempts(at)
    }

    /// A result is written down, or not: then it is tried again as long as its lease lasts.
    pub(crate) fn recorded(&mut self, at: usize, work: Work, applied: Option<bool>) -> Verdict {
        let Then::Recorded(leased, next) = &work.then else { return Ok(()) };
        let (owner, now) = (self.nodes[at].owner(at), self.nodes[at].now());
        match applied {
            None if now < leased.leased_until => {
                self.timeline.plan(self.timeline.now_ms + RECORD_AGAIN_MS, owner, Step::Queue(Box::new(work)));
            }
            None | Some(false) => {}
            Some(true) => {
                if let Next::RetryAt(due) = next {
                    self.claim_at(at, *due);
                    if planted(Bug::RetryInMemory) {
                        let wait_ms = due.as_ms() - now.as_ms();
                        let hurry = Step::HurryFromMemory(leased.clone());
                        self.timeline.plan(self.timeline.now_ms + wait_ms, owner, hurry);
                    }
                }
                self.disable_if_over(at, leased, *next);
            }
        }
        Ok(())
    }

    /// A receiver that is gone, or has failed for too long, is not called again.
    fn disable_if_over(&mut self, at: usize, leased: &LeasedDelivery, next: Next) {
        let Some(endpoint_id) = leased.endpoint_id else { return };
        let since = self.judge.failing_since_ms(&crate::judge::spelled(endpoint_id));
        let is_over = since.is_some_and(|since| since + PATIENCE_MS <= self.nodes[at].now().as_ms());
        let disables = next == Next::Gone || (next == Next::Failed && leased.cause != Cause::Test && is_over);
        if disables {
            let (app_id, payment_id) = (leased.app_id, leased.payment_id);
            let command = Command::DisableEndpoint { app_id, endpoint_id, payment_id, reason: "simulated".to_owned() };
            self.enqueue(at, Work { command, then: Then::Nothing });
        }
    }

    /// The moment of a claim, unless another one is under way or it was put off.
    pub(crate) fn begin_claim(&mut self, at: usize) {
        let now_ms = self.timeline.now_ms;
        let Some(process) = &mut self.nodes[at].process else { return };
        if process.claim_underway || now_ms < process.next_claim_ms {
            return;
        }
        process.next_claim_ms = i64::MAX;
        let request = process.lanes.claim_request();
        self.claim_by(at, now_ms + POLL_MS);
        let Some(request) = request else { return };
        if let Some(process) = &mut self.nodes[at].process {
            process.claim_underway = true;
        }
        let command = Command::ClaimDeliveries(request.clone());
        self.enqueue(at, Work { command, then: Then::TakeClaimed(request) });
    }

    /// What a claim brought; `None` when it failed.
    pub(crate) fn take_claimed(&mut self, at: usize, request: &ClaimRequest, claimed: Option<Claimed>) -> Verdict {
        let now_ms = self.timeline.now_ms;
        let Some(process) = &mut self.nodes[at].process else { return Ok(()) };
        process.claim_underway = false;
        // A moment that came while the claim was under way has passed unheeded.
        let mut wanted = vec![process.next_claim_ms.max(now_ms), now_ms + POLL_MS];
        process.next_claim_ms = i64::MAX;
        let mut next_due = None;
        match claimed {
            Some(Claimed { deliveries, called_off, next_due: due }) => {
                next_due = due;
                if process.lanes.note_claimed(request, deliveries, &called_off) || process.lanes.wants_claim() {
                    wanted.push(now_ms + CLAIM_PAUSE_MS);
                }
            }
            None => wanted.push(now_ms + CLAIM_AGAIN_MS),
        }
        for moment in wanted {
            self.claim_by(at, moment);
        }
        if let Some(due) = next_due {
            self.claim_at(at, due);
        }
        self.begin_attempts(at)
    }

    /// Lets the next claim be no later than the first moment at which `due` has come by the node's clock.
    fn claim_at(&mut self, at: usize, due: Timestamp) {
        let wait_ms = due.as_ms() - self.nodes[at].now().as_ms();
        self.claim_by(at, self.timeline.now_ms + wait_ms.clamp(CLAIM_PAUSE_MS, POLL_MS));
    }

    pub(crate) fn claim_by(&mut self, at: usize, moment_ms: i64) {
        let owner = self.nodes[at].owner(at);
        let Some(Process { next_claim_ms, .. }) = &mut self.nodes[at].process else { return };
        if moment_ms < *next_claim_ms {
            *next_claim_ms = moment_ms;
            self.timeline.plan(moment_ms, owner, Step::Claim);
        }
    }
}

/// A result as the worker writes it down; the core says what follows.
fn record(leased: &LeasedDelivery, started_at: Timestamp, ended_at: Timestamp, result: AttemptResult) -> AttemptRecord {
    let number = leased.attempts + 1;
    let waits = if leased.cause == Cause::Test { Vec::new() } else { SCHEDULE_MS.to_vec() };
    let next = delivery::after_attempt(&RetrySchedule::new(waits), number, result, ended_at);
    let response_status = match result {
        AttemptResult::Answered { status, .. } => Some(status),
        AttemptResult::NoAnswer => None,
    };
    let took_ms = ended_at.as_ms() - started_at.as_ms();
    AttemptRecord {
        app_id: leased.app_id,
        delivery_id: leased.id,
        endpoint_id: leased.endpoint_id,
        cause: leased.cause,
        token: leased.token,
        attempt: Attempt {
            number,
            started_at,
            duration_ms: u32::try_from(took_ms).unwrap_or_default(),
            request_headers: "{}".to_owned(),
            request_body_sha256: String::new(),
            response_status,
            response_headers: None,
            response_body: None,
            error: response_status.is_none().then(|| "timeout: simulated".to_owned()),
        },
        next,
        ended_at,
    }
}
