//! One measurement: make payments, complete them, wait for their webhooks.

use crate::batch::{Caller, Pace};
use crate::http::address_of;
use crate::process::{self, Watched};
use crate::receiver::{Ledger, Receiver, loopback};
use crate::stats::Latencies;
use crate::webhook::WebhookKey;
use anyhow::Context;
use std::time::{Duration, Instant};

/// A pace missed by less than this is the timers' grain.
pub(super) const BEHIND: Duration = Duration::from_millis(20);
/// Nothing new for this long, and what has not come never will. The peer tries again after 5 s.
const PATIENCE: Duration = Duration::from_secs(12);

/// What to measure.
pub(super) struct Plan {
    pub(super) url: String,
    pub(super) key: String,
    pub(super) payments: usize,
    pub(super) connections: usize,
    pub(super) rate: Option<f64>,
    pub(super) targets: usize,
    pub(super) secret: Option<WebhookKey>,
    pub(super) watched: Vec<Watched>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Events received, each counted once.
    pub(super) delivered: usize,
    /// Events that never came.
    pub(super) missing: usize,
    /// Requests beyond each event's first.
    pub(super) repeated: usize,
    /// Completes answered otherwise than 2xx.
    pub(super) refused: usize,
    /// Requests whose signature does not fit.
    pub(super) flaws: usize,
    /// From the first complete to the last event's first receipt.
    pub(super) elapsed: Duration,
    /// From the first complete to the last one's answer.
    pub(super) answered: Duration,
    /// From each complete to its event's first receipt.
    pub(super) deliveries: Latencies,
    /// From each complete to its answer.
    pub(super) answers: Latencies,
    /// How far the pace was missed at worst.
    pub(super) behind: Duration,
    /// CPU microseconds of the watched processes and, last, of this one.
    pub(super) cpu_us: Vec<(String, u64)>,
    /// CPU microseconds of the receiver's thread per event.
    pub(super) receiving_us: f64,
}

impl Outcome {
    /// Events delivered a second.
    pub(super) fn rate(&self) -> f64 {
        self.delivered as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

/// Measures once.
pub(super) async fn measure(plan: &Plan) -> anyhow::Result<Outcome> {
    let receiver = Receiver::start(&loopback(plan.targets, 0))?;
    let (address, key) = (address_of(&plan.url)?, plan.key.clone());
    let caller = Caller { address, key, connections: plan.connections };
    let batch = caller.create(plan.payments, |n| Some(receiver.url(n, "/ok"))).await.context("making the payments")?;

    let (cpu_before, receiving_before) = (process::cpu_of(&plan.watched)?, receiver.cpu());
    let began = Instant::now();
    let mut completed = batch.complete(plan.rate.map_or(Pace::Flat, Pace::PerSecond)).await?;
    let answered = began.elapsed();
    receiver.wait_for(batch.len(), PATIENCE).await;
    let (cpu_after, receiving) = (process::cpu_of(&plan.watched)?, receiver.cpu() - receiving_before);

    let ledger = receiver.ledger();
    let (deliveries, last) = completed.deliveries(&ledger);
    let first = completed.began().unwrap_or(began);
    Ok(Outcome {
        delivered: deliveries.len(),
        missing: batch.len() - deliveries.len(),
        repeated: ledger.counts().requests - ledger.counts().events,
        refused: completed.refused,
        flaws: plan.secret.as_ref().map_or(0, |key| count_flaws(key, &ledger)),
        elapsed: last.map_or(Duration::ZERO, |last| last - first),
        answered,
        receiving_us: receiving.as_micros() as f64 / deliveries.len().max(1) as f64,
        deliveries,
        answers: std::mem::take(&mut completed.answers),
        behind: completed.behind,
        cpu_us: cpu_after.into_iter().zip(cpu_before).map(|((l, after), (_, before))| (l, after - before)).collect(),
    })
}

fn count_flaws(key: &WebhookKey, ledger: &Ledger) -> usize {
    ledger.receipts().iter().filter(|receipt| key.flaw(receipt.signed()).is_some()).count()
}
