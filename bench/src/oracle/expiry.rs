//! I9: a payment expires at its time, and its time is right by the clock on the wall.

use super::Finding;
use super::case::{Account, Case};
use crate::clock::parse_ms;
use crate::database::PaymentRow;
use crate::timeline::Timeline;

/// Answers and the machine's clock are read one after the other.
const READING_MS: i64 = 50;
/// `expires_in` when a create does not say.
const DEFAULT_EXPIRES_IN_S: i64 = 1_800;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I9", "EXPIRED only after expires_at, nothing paid after it");
    let clock = &case.evidence.timeline;
    for (id, account) in &case.accounts {
        for (ack, shown) in account.shown.iter().filter(|(_, shown)| shown.status == "EXPIRED") {
            let due = shown.expires_ms().unwrap_or(i64::MAX);
            let had_come = clock.may_have_passed(due, made_from(account), ack.acked_ms);
            finding.expect(had_come, || format!("{id} was EXPIRED {} ms early", due - ack.acked_ms));
        }
        judge_times(&mut finding, clock, id, account);
    }
    for row in &case.evidence.snapshot.payments {
        judge_row(&mut finding, case, row);
    }
    finding
}

/// When the payment cannot have been there yet.
fn made_from(account: &Account<'_>) -> i64 {
    account.made_ms.map_or(i64::MIN, |(sent, _)| sent)
}

/// A payment was created between the request and its answer, and expires as long after that as was asked.
fn judge_times(finding: &mut Finding, clock: &Timeline, id: &str, account: &Account<'_>) {
    let (Some((sent, acked)), Some((_, shown))) = (account.made_ms, account.shown.first()) else { return };
    let (created, expires) = (parse_ms(&shown.created_at), shown.expires_ms());
    let in_time = created.is_some_and(|at| clock.may_show(at, sent - READING_MS, acked + READING_MS));
    finding.expect(in_time, || format!("{id} was created at {created:?}, asked for at {sent}, acked at {acked}"));
    let asked_s = account.request.as_ref().and_then(|r| r.expires_in).unwrap_or(DEFAULT_EXPIRES_IN_S);
    let lives_ms = created.zip(expires).map(|(from, to)| to - from);
    finding.expect(lives_ms == Some(asked_s * 1_000), || format!("{id} lives {lives_ms:?} ms, asked for {asked_s} s"));
}

fn judge_row(finding: &mut Finding, case: &Case<'_>, row: &PaymentRow) {
    let (id, due) = (&row.payment_id, parse_ms(&row.expires_at).unwrap_or(i64::MAX));
    if row.status == "EXPIRED" {
        let (read_ms, from_ms) =
            (case.evidence.snapshot.finished_ms, case.accounts.get(id).map_or(i64::MIN, made_from));
        let had_come = case.evidence.timeline.may_have_passed(due, from_ms, read_ms);
        finding.expect(had_come, || format!("{id} is EXPIRED {} ms early", due - read_ms));
    }
    for event in case.final_events(id).filter(|event| event.kind == "payment.expired") {
        let at = parse_ms(&event.created_at);
        finding.expect(at.is_some_and(|at| at >= due), || format!("{id} expired at {at:?}, due at {due}"));
    }
    if let Some(completed) = &row.completed_at {
        let at = parse_ms(completed);
        // A clock that is set back may well show an end before the beginning.
        let is_after = at >= parse_ms(&row.created_at) || !case.evidence.timeline.is_true();
        let in_time = at.is_some_and(|at| is_after && at < due);
        finding.expect(in_time, || format!("{id} is {} at {at:?}, due at {due}", row.status));
    }
}
