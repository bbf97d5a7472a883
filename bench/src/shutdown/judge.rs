//! What a clean stop promises, held against the database that it left.

use super::client::{Asked, Fate};
use crate::clock::parse_ms;
use crate::database::{DeliveryRow, Snapshot};
use std::collections::HashMap;

/// Violations of one stop, in words.
pub(super) fn violations(asked: &[Asked], snapshot: &Snapshot, stopped_ms: i64) -> Vec<String> {
    let rows: HashMap<&str, &str> =
        snapshot.payments.iter().filter_map(|row| Some((row.reference_id.as_deref()?, row.status.as_str()))).collect();
    let judged = asked.iter().filter_map(|asked| violation(asked, rows.get(asked.reference.as_str()).copied()));
    let waiting = snapshot.deliveries.iter().filter(|delivery| waits(delivery, stopped_ms));
    judged.chain(waiting.map(|d| format!("{} waits for {:?}", d.delivery_id, d.next_attempt_at))).collect()
}

/// A request that was not answered must not have been carried out; one that was, must have been.
fn violation(asked: &Asked, status: Option<&str>) -> Option<String> {
    let fits = match (asked.fate, asked.completes) {
        (Fate::Answered(201), false) => status.is_some(),
        (Fate::Answered(200), true) => status == Some("SUCCESS"),
        (Fate::Closed, false) => status.is_none(),
        (Fate::Closed, true) => status == Some("PENDING"),
        _ => false,
    };
    (!fits).then(|| format!("{asked:?}, and the payment is {status:?}"))
}

/// Whether a delivery is held back by more than its turn: the receiver refuses nothing, so nothing waits for a retry.
fn waits(delivery: &DeliveryRow, stopped_ms: i64) -> bool {
    let due_ms = delivery.next_attempt_at.as_deref().and_then(parse_ms);
    delivery.status == "PENDING" && due_ms.is_none_or(|due| due > stopped_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::PaymentRow;

    fn asked(completes: bool, fate: Fate) -> Asked {
        Asked { reference: "r".into(), completes, fate }
    }

    fn count(asked: Asked, status: Option<&str>) -> usize {
        let row = |status: &str| PaymentRow {
            reference_id: Some("r".into()),
            status: status.into(),
            ..PaymentRow::default()
        };
        let snapshot = Snapshot { payments: status.map(row).into_iter().collect(), ..Snapshot::default() };
        violations(&[asked], &snapshot, 0).len()
    }

    #[test]
    fn an_answer_and_the_database_agree() {
        assert_eq!(count(asked(false, Fate::Answered(201)), Some("PENDING")), 0);
        assert_eq!(count(asked(false, Fate::Answered(201)), None), 1);
        assert_eq!(count(asked(true, Fate::Answered(200)), Some("SUCCESS")), 0);
        assert_eq!(count(asked(true, Fate::Answered(200)), Some("PENDING")), 1);
    }

    #[test]
    fn what_was_not_answered_was_not_done() {
        assert_eq!(count(asked(false, Fate::Closed), None), 0);
        assert_eq!(count(asked(false, Fate::Closed), Some("PENDING")), 1);
        assert_eq!(count(asked(true, Fate::Closed), Some("PENDING")), 0);
        assert_eq!(count(asked(true, Fate::Closed), Some("SUCCESS")), 1);
    }

    #[test]
    fn a_torn_answer_and_a_refusal_are_failures() {
        assert_eq!(count(asked(false, Fate::Torn), None), 1);
        assert_eq!(count(asked(false, Fate::Answered(503)), None), 1);
        assert_eq!(count(asked(true, Fate::Answered(503)), Some("PENDING")), 1);
    }

    #[test]
    fn a_delivery_may_be_due_but_not_leased() {
        let delivery = |status: &str, due: Option<&str>| DeliveryRow {
            status: status.into(),
            next_attempt_at: due.map(str::to_owned),
            ..DeliveryRow::default()
        };
        let left = |delivery| {
            let snapshot = Snapshot { deliveries: vec![delivery], ..Snapshot::default() };
            violations(&[], &snapshot, 1_769_423_700_000).len()
        };
        assert_eq!(left(delivery("PENDING", Some("2026-01-26T10:34:59Z"))), 0);
        assert_eq!(left(delivery("PENDING", Some("2026-01-26T10:35:01Z"))), 1);
        assert_eq!(left(delivery("PENDING", None)), 1);
        assert_eq!(left(delivery("DELIVERED", None)), 0);
    }
}
