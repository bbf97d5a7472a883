//! What a campaign says at its end.

use super::limited::Felt;
use super::stage::LEASE_MS;
use super::world::{Measured, lock, payment_id};
use super::{Args, Beside};
use crate::clock::parse_ms;
use crate::journal::Action;
use crate::oracle::{Evidence, Finding, judge};
use crate::report::{Tally, say};
use crate::stats::{Latencies, ms};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// After a lease has lapsed, others look for it once a second; a loaded machine gets a second more.
const TAKEOVER_SLACK: Duration = Duration::from_secs(2);

/// The gateway gives the database 5 s, and a machine that starts a server at the same time takes some more.
const ANSWERS_WITHIN: Duration = Duration::from_secs(7);

/// A bucket of two seconds' requests is full after two seconds, whatever it owed.
const LET_IN_WITHIN: Duration = Duration::from_secs(4);

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
        say(format!("back to first ack: {} times, p50 {p50}, p99 {p99}, at most {most}", restarts.len()));
    }
}

/// Tells how long nobody could create anything after each fault, and whether anything acknowledged is gone.
pub(super) fn tell_gaps(evidence: &Evidence, faults_ms: &[i64]) {
    let made: Vec<_> = evidence.acks.iter().filter(|ack| ack.status == 201 && !ack.replayed).collect();
    let kept: HashSet<&str> = evidence.snapshot.payments.iter().map(|row| row.payment_id.as_str()).collect();
    let lost = made.iter().filter(|ack| payment_id(&ack.body).is_none_or(|id| !kept.contains(id.as_str()))).count();
    say(format!("{} payments acknowledged, {lost} of them lost", made.len()));
    let mut gaps = Latencies::default();
    write_gaps(made.iter().map(|ack| ack.acked_ms).collect(), faults_ms).into_iter().for_each(|gap| gaps.record(gap));
    if gaps.len() > 0 {
        let [least, p50, most] = [0.0, 0.5, 1.0].map(|q| ms(gaps.quantile(q)));
        say(format!("write gap: {} times, at least {least}, p50 {p50}, at most {most}", gaps.len()));
    }
}

/// For each fault, the longest time between two acknowledged creates that ends behind it and before the next one.
fn write_gaps(mut acked_ms: Vec<i64>, faults_ms: &[i64]) -> Vec<Duration> {
    acked_ms.sort_unstable();
    let ends = faults_ms.iter().skip(1).copied().chain([i64::MAX]);
    let spans = faults_ms.iter().zip(ends);
    let gap = |(from, to): (&i64, i64)| {
        let behind = acked_ms.windows(2).filter(|pair| pair[1] > *from && pair[1] <= to);
        behind.map(|pair| u64::try_from(pair[1] - pair[0]).unwrap_or(0)).max()
    };
    spans.filter_map(gap).map(Duration::from_millis).collect()
}

/// Tells what the receiver saw.
pub(super) fn tell_webhooks(evidence: &Evidence, settled: Option<Duration>) {
    let mut accepted: HashMap<&str, usize> = HashMap::new();
    evidence.received.iter().filter(|r| r.is_accepted()).for_each(|r| *accepted.entry(r.event_id()).or_default() += 1);
    let duplicates: usize = accepted.values().map(|times| times - 1).sum();
    say(format!(
        "webhooks: {} requests, {} events accepted, {duplicates} of them again; {}",
        evidence.received.len(),
        accepted.len(),
        match settled {
            Some(took) => format!("the last {:.1} s after the faults", took.as_secs_f64()),
            None => "some still pending at the end".to_owned(),
        }
    ));
}

/// The longest time from a kill to the first request of an event that was made before the kill and not sent before it.
pub(super) fn longest_takeover(evidence: &Evidence, kills_ms: &[i64]) -> Duration {
    let mut first: HashMap<&str, i64> = HashMap::new();
    for received in &evidence.received {
        first.entry(received.event_id()).or_insert(received.at_ms);
    }
    let made = evidence.snapshot.events.iter().filter_map(|event| {
        let made_ms = parse_ms(&event.created_at)?;
        Some((made_ms, *first.get(event.event_id.as_str())?))
    });
    let waits = made.filter_map(|(made_ms, sent_ms)| {
        let kill_ms = kills_ms.iter().find(|kill_ms| (made_ms..sent_ms).contains(kill_ms))?;
        u64::try_from(sent_ms - kill_ms).ok()
    });
    Duration::from_millis(waits.max().unwrap_or(0))
}

/// Tells each finding and the last line; answers whether the campaign passed.
pub(super) fn tell(args: &Args, evidence: &Evidence, beside: &Beside) -> bool {
    let (mut tally, findings, measured) = (Tally::default(), judge(evidence), &beside.measured);
    if let Some(name) = &args.planted {
        tell_planted(&mut tally, name, &findings);
        return tally.finish();
    }
    for finding in &findings {
        tally.check(finding.holds(), finding);
        finding.samples().iter().for_each(|sample| say(format!("        {sample}")));
    }
    if args.kills() == 0 || args.jump_clock {
        let unavailable = measured.unavailable.load(Ordering::Relaxed);
        tally.check(unavailable == 0, format!("no 5xx without a fault ({unavailable} answers 503)"));
    }
    if args.fault().takes_database_away() {
        let unavailable = measured.unavailable.load(Ordering::Relaxed);
        tally.check(unavailable > 0, format!("503 while the database was away, {unavailable} times"));
    }
    if args.fault().takes_database_away() || args.jump_clock {
        check_answers(&mut tally, measured);
    }
    if let Some(felt) = beside.felt {
        check_clock(&mut tally, evidence, felt);
    }
    if let Some(takeover) = beside.takeover {
        let most = Duration::from_millis(LEASE_MS) + TAKEOVER_SLACK;
        tally.check(
            takeover <= most,
            format!("the longest takeover of a dead node's deliveries: {takeover:?}, at most {most:?}"),
        );
    }
    tally.finish()
}

/// A gateway that lives answers everybody, and soon.
fn check_answers(tally: &mut Tally, measured: &Measured) {
    let [vague, broken, longest_ms] =
        [&measured.vague, &measured.broken, &measured.longest_ms].map(|counter| counter.load(Ordering::Relaxed));
    tally.check(vague == 0, format!("each with Retry-After ({vague} without)"));
    tally.check(broken == 0, format!("no request without an answer ({broken})"));
    let longest = Duration::from_millis(longest_ms);
    tally.check(
        longest <= ANSWERS_WITHIN,
        format!("the longest wait for an answer: {longest:?}, at most {ANSWERS_WITHIN:?}"),
    );
}

/// A wrong clock was wrong indeed, and harmed nobody who does not depend on it.
fn check_clock(tally: &mut Tally, evidence: &Evidence, felt: Felt) {
    let jumps = evidence.timeline.jumps();
    let readings: Vec<(i64, i64)> = evidence
        .acks
        .iter()
        .filter(|ack| ack.status == 201 && !ack.replayed)
        .filter_map(|ack| Some((created_ms(&ack.body)?, ack.acked_ms)))
        .collect();
    let seen = evidence.timeline.seen(&readings);
    tally
        .check(seen == jumps && jumps > 0, format!("payments were made by the wrong clock in {seen} of {jumps} jumps"));
    let mut requests: HashMap<&str, usize> = HashMap::new();
    evidence.received.iter().for_each(|received| *requests.entry(received.event_id()).or_default() += 1);
    // Refused three times at most, then taken, and once more for each lease that a jump ended.
    let (most, may) = (requests.values().copied().max().unwrap_or(0), 4 + 2 * jumps);
    tally.check(most <= may, format!("no storm of webhooks: an event was sent {most} times at most, {may} allowed"));
    let Felt { let_in, refused, longest } = felt;
    tally.check(
        let_in > 0 && longest <= LET_IN_WITHIN,
        format!("a caller far below its rate limit was let in {let_in} times, refused {refused} times, and shut out for {longest:?} at most"),
    );
}

fn created_ms(body: &str) -> Option<i64> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    parse_ms(body.get("created_at")?.as_str()?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::EventRow;
    use crate::oracle::Received;

    fn event(id: &str, created_at: &str) -> EventRow {
        EventRow { event_id: id.into(), created_at: created_at.into(), ..EventRow::default() }
    }

    fn received(id: &str, at_ms: i64) -> Received {
        let (timestamp, standard, own) = (None, None, None);
        Received { app: 0, at_ms, status: 200, id: Some(id.into()), timestamp, standard, own, body: String::new() }
    }

    #[test]
    fn a_write_gap_is_the_longest_silence_from_a_fault_to_the_next() {
        let acked_ms = vec![100, 200, 260, 900, 950, 1_000, 3_000, 3_100];
        let ms = |ms: &[u64]| ms.iter().copied().map(Duration::from_millis).collect::<Vec<_>>();
        assert_eq!(write_gaps(acked_ms.clone(), &[250, 1_100]), ms(&[640, 2_000]));
        assert_eq!(write_gaps(acked_ms, &[]), ms(&[]));
        assert_eq!(write_gaps(Vec::new(), &[5]), ms(&[]));
    }

    #[test]
    fn a_takeover_is_an_event_from_before_a_kill_that_was_first_sent_after_it() {
        const START_MS: i64 = 1_769_423_700_000;
        let mut evidence = Evidence::default();
        evidence.snapshot.events = vec![
            event("sent before", "2026-01-26T10:35:00Z"),
            event("taken over", "2026-01-26T10:35:00.9Z"),
            event("made after", "2026-01-26T10:35:02Z"),
        ];
        evidence.received = vec![
            received("sent before", START_MS + 500),
            received("sent before", START_MS + 9_000),
            received("taken over", START_MS + 4_500),
            received("made after", START_MS + 9_000),
        ];
        let kill_ms = START_MS + 1_000;
        assert_eq!(longest_takeover(&evidence, &[kill_ms]), Duration::from_millis(3_500));
        assert_eq!(longest_takeover(&evidence, &[]), Duration::ZERO);
    }
}
