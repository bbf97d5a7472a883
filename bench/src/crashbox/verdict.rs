//! What a campaign says at its end.

use super::Args;
use super::world::{Measured, lock};
use crate::journal::Action;
use crate::oracle::{Evidence, Finding};
use crate::report::{Tally, say};
use crate::stats::ms;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Tells how much happened.
pub(super) fn tell_campaign(evidence: &Evidence, measured: &Measured, elapsed: Duration) {
    let acked = |action| evidence.acks.iter().filter(|ack| ack.call.action == action && ack.status != 0).count();
    let unanswered = evidence.acks.iter().filter(|ack| ack.status == 0).count();
    say(format!(
        "{:.1} s: acked {} creates, {} completes, {} cancels, {} reads; {unanswered} never answered",
        elapsed.as_secs_f64(),
        acked(Action::Create),
        acked(Action::Complete),
        acked(Action::Cancel),
        acked(Action::Read)
    ));
    let replayed = evidence.acks.iter().filter(|ack| ack.replayed).count();
    say(format!(
        "{replayed} replays, {} asked again after a broken connection, {} after 503, {} after key in use",
        measured.broken.load(Ordering::Relaxed),
        measured.unavailable.load(Ordering::Relaxed),
        measured.in_use.load(Ordering::Relaxed)
    ));
    let snapshot = &evidence.snapshot;
    let ends = ["PENDING", "SUCCESS", "FAILED", "EXPIRED"].map(|status| {
        let count = snapshot.payments.iter().filter(|row| row.status == status).count();
        format!("{count} {status}")
    });
    say(format!(
        "database: {} events of {} payments: {}",
        snapshot.events.len(),
        snapshot.payments.len(),
        ends.join(", ")
    ));
    let mut restarts = lock(&measured.restarts);
    if restarts.len() > 0 {
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|q| ms(restarts.quantile(q)));
        say(format!("restart to first ack: {} times, p50 {p50}, p99 {p99}, at most {most}", restarts.len()));
    }
}

/// Tells each finding and the last line; answers whether the campaign passed.
pub(super) fn tell(args: &Args, findings: &[Finding], measured: &Measured) -> bool {
    let mut tally = Tally::default();
    if let Some(name) = &args.planted {
        tell_planted(&mut tally, name, findings);
        return tally.finish();
    }
    for finding in findings {
        tally.check(finding.holds(), finding);
        finding.samples().iter().for_each(|sample| say(format!("        {sample}")));
    }
    if args.kills() == 0 {
        let unavailable = measured.unavailable.load(Ordering::Relaxed);
        tally.check(unavailable == 0, format!("no 5xx without a fault ({unavailable} answers 503)"));
    }
    tally.finish()
}

/// A planted mistake turns the sentence round: the oracle passes if it found something.
fn tell_planted(tally: &mut Tally, name: &str, findings: &[Finding]) {
    let violated: Vec<&str> = findings.iter().filter(|f| !f.holds()).map(|f| f.id).collect();
    for finding in findings.iter().filter(|f| !f.holds()) {
        say(format!("found {finding}"));
        finding.samples().iter().take(2).for_each(|sample| say(format!("        {sample}")));
    }
    tally.check(!violated.is_empty(), format!("planted {name}: violated {violated:?}"));
}
