//! I2: a payment ends once.

use super::Finding;
use super::answer::{PaymentAnswer, is_final};
use super::case::{Account, Case};
use crate::database::PaymentRow;
use crate::journal::{Ack, Action};

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("I2", "exactly one terminal transition per payment");
    for (id, account) in &case.accounts {
        judge_answers(&mut finding, id, account);
        if let Some(row) = case.rows.get(id.as_str()) {
            judge_cause(&mut finding, account, row);
        }
    }
    for row in &case.evidence.snapshot.payments {
        let ends: Vec<&str> = case.final_events(&row.payment_id).map(|event| event.kind.as_str()).collect();
        finding.expect(ends.len() <= 1, || format!("{} ended more than once: {ends:?}", row.payment_id));
        let paid = row.status == "SUCCESS";
        finding.expect(paid == row.transaction_id.is_some(), || format!("a transaction that does not fit: {row:?}"));
        let completed = matches!(row.status.as_str(), "SUCCESS" | "FAILED");
        finding.expect(completed == row.completed_at.is_some(), || format!("a completion that does not fit: {row:?}"));
    }
    finding
}

/// All final answers of one payment tell the same end, and each fits what was asked.
fn judge_answers(finding: &mut Finding, id: &str, account: &Account<'_>) {
    let end = |shown: &PaymentAnswer| (shown.status.clone(), shown.transaction_id.clone(), shown.completed_at.clone());
    let mut ends: Vec<_> =
        account.shown.iter().filter(|(_, shown)| shown.is_final()).map(|(_, shown)| end(shown)).collect();
    ends.sort();
    ends.dedup();
    finding.expect(ends.len() <= 1, || format!("{id} was told with different ends: {ends:?}"));
    for (ack, shown) in &account.shown {
        finding.expect(fits(ack, shown), || format!("{:?} was answered {} with {shown:?}", ack.call, ack.status));
    }
}

/// Whether the answer to a completion fits its target: reached is 200, lost is 409 with the end that won.
fn fits(ack: &Ack, shown: &PaymentAnswer) -> bool {
    let target = match ack.call.action {
        Action::Cancel => "FAILED",
        Action::Complete if ack.call.body.as_deref().is_some_and(|body| body.contains("\"SUCCESS\"")) => "SUCCESS",
        Action::Complete => "FAILED",
        Action::Create | Action::Read => return true,
    };
    match ack.status {
        200 => shown.status == target,
        // A cancel loses to another's decline, though both end in FAILED: the reason is not its own.
        409 => is_final(&shown.status) && (shown.status != target || ack.call.action == Action::Cancel),
        _ => true,
    }
}

/// Nobody but its owner ends a payment, and time.
fn judge_cause(finding: &mut Finding, account: &Account<'_>, row: &PaymentRow) {
    let settled = matches!(row.status.as_str(), "SUCCESS" | "FAILED");
    finding.expect(!settled || account.settlement_asked, || {
        format!("{} is {} and nobody asked", row.payment_id, row.status)
    });
}
