//! After the last fault: every webhook that is due gets its time to arrive.

use super::stage::Stage;
use crate::clock::{now_ms, parse_ms};
use crate::database::PaymentRow;
use crate::oracle::Received;
use crate::receiver::Receipt;
use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

/// What has not arrived by then is lost.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// With a planted mistake something may be lost for certain, and nobody waits for long.
pub(super) const PLANTED_DEADLINE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(100);

/// When the faults had stopped, and how long deliveries took from then on.
pub(super) struct Settled {
    /// The moment from which on nothing was killed any more.
    pub(super) from_ms: i64,
    /// How long it took until no older delivery was pending; `None` if some still are.
    pub(super) took: Option<Duration>,
}

/// Waits until no delivery made before now is pending, or the deadline has passed.
pub(super) async fn wait(stage: &Stage, deadline: Duration) -> anyhow::Result<Settled> {
    let (from_ms, began) = (now_ms(), Instant::now());
    loop {
        let pending = stage.database().pending_deliveries().await?;
        // What seems to come from the future was made by a clock that was wrong.
        let is_young = |at: i64| (from_ms + 1..=now_ms()).contains(&at);
        let left = pending.iter().filter(|row| !parse_ms(&row.created_at).is_some_and(is_young)).count();
        if left == 0 && (stage.timeline().is_true() || is_swept(stage).await?) {
            return Ok(Settled { from_ms, took: Some(began.elapsed()) });
        }
        if began.elapsed() > deadline {
            return Ok(Settled { from_ms, took: None });
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether every payment whose time is over has its end. A sweeper that sleeps by a wrong clock looks again after 10 s.
async fn is_swept(stage: &Stage) -> anyhow::Result<bool> {
    let snapshot = stage.database().snapshot().await?;
    let ended: HashSet<_> =
        snapshot.events.iter().filter(|e| e.kind != "payment.created").map(|e| e.payment_id.as_deref()).collect();
    let is_due = |row: &&PaymentRow| parse_ms(&row.expires_at).is_none_or(|due| due <= snapshot.taken_ms);
    Ok(snapshot.payments.iter().filter(is_due).all(|row| ended.contains(&Some(row.payment_id.as_str()))))
}

/// What the receiver received, which is written beside the journal first.
pub(super) fn received(stage: &Stage) -> anyhow::Result<Vec<Received>> {
    let all: Vec<Received> = stage.receiver().ledger().receipts().iter().map(evidence).collect();
    let mut out = BufWriter::new(std::fs::File::create(stage.journal_path("received"))?);
    for received in &all {
        serde_json::to_writer(&mut out, received)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(all)
}

fn evidence(receipt: &Receipt) -> Received {
    let signed = receipt.signed();
    let text = |header: Option<&str>| header.map(str::to_owned);
    Received {
        // The path's second segment is the app's place.
        app: receipt.path().split('/').nth(2).and_then(|app| app.parse().ok()).unwrap_or(usize::MAX),
        at_ms: receipt.at_ms,
        status: receipt.status,
        id: text(signed.id),
        timestamp: text(signed.timestamp),
        standard: text(signed.standard),
        own: text(signed.own),
        body: String::from_utf8_lossy(receipt.body()).into_owned(),
    }
}
