//! Holds what readers were told against the database.

use super::customer::Ack;
use crate::database::Snapshot;
use crate::gateway::App;
use crate::live::Event;
use std::collections::HashMap;

/// An event in the database: its number and its id.
pub(super) type Logged = (i64, String);

/// An app's log, in order.
pub(super) fn log_of(snapshot: &Snapshot, app_id: &str) -> Vec<Logged> {
    let own = snapshot.events.iter().filter(|row| row.app_id == app_id);
    let mut log: Vec<Logged> = own.map(|row| (row.seq, row.event_id.clone())).collect();
    log.sort_unstable();
    log
}

/// Where a log does not count 1, 2, 3 ….
pub(super) fn gap_in(log: &[Logged]) -> Option<String> {
    let (at, (seq, _)) = log.iter().enumerate().find(|(at, (seq, _))| usize::try_from(*seq) != Ok(at + 1))?;
    Some(format!("{seq} stands at place {}", at + 1))
}

/// The first thing in which what somebody was told is not the log.
pub(super) fn fault(told: &[Event], log: &[Logged]) -> Option<String> {
    for (at, event) in told.iter().enumerate() {
        match log.get(at) {
            Some((seq, id)) if *seq == event.seq && *id == event.event_id => {}
            Some((seq, _)) if *seq == event.seq => return Some(format!("{seq} is another event: {}", event.event_id)),
            Some((seq, _)) if event.seq < *seq => return Some(format!("{} came again, {seq} was next", event.seq)),
            Some((seq, _)) => return Some(format!("{} came, but {seq} was next", event.seq)),
            None => return Some(format!("{} is not in the log", event.seq)),
        }
    }
    (told.len() < log.len()).then(|| format!("told {} of {} events", told.len(), log.len()))
}

/// Acknowledged changes that are not in the database.
pub(super) fn lost(acks: &[Ack], apps: &[App], snapshot: &Snapshot) -> Vec<String> {
    let rows: HashMap<&str, _> = snapshot.payments.iter().map(|row| (row.payment_id.as_str(), row)).collect();
    let mut lost = Vec::new();
    for Ack { app, payment_id, status } in acks {
        match rows.get(payment_id.as_str()) {
            None => lost.push(format!("{payment_id} is gone")),
            Some(row) if row.app_id != apps[*app].app_id => lost.push(format!("{payment_id} is another app's")),
            // What was acknowledged as pending may have been settled since.
            Some(row) if status != "PENDING" && row.status != *status => {
                lost.push(format!("{payment_id} was {status} and is {}", row.status));
            }
            Some(_) => {}
        }
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{EventRow, PaymentRow};

    fn log(end: i64) -> Vec<Logged> {
        (1..=end).map(|seq| (seq, format!("evt_{seq}"))).collect()
    }

    fn told(seqs: &[i64]) -> Vec<Event> {
        let event = |seq: &i64| Event { seq: *seq, event_id: format!("evt_{seq}"), payment_id: None };
        seqs.iter().map(event).collect()
    }

    #[test]
    fn every_event_dropped_repeated_or_swapped_is_found() {
        let whole: Vec<i64> = (1..=9).collect();
        assert_eq!(fault(&told(&whole), &log(9)), None);
        for at in 0..whole.len() {
            let (mut dropped, mut repeated) = (whole.clone(), whole.clone());
            dropped.remove(at);
            assert!(fault(&told(&dropped), &log(9)).is_some(), "{dropped:?}");
            repeated.insert(at, whole[at]);
            assert!(fault(&told(&repeated), &log(9)).is_some(), "{repeated:?}");
            let mut renamed = told(&whole);
            renamed[at].event_id.push('x');
            assert!(fault(&renamed, &log(9)).is_some());
        }
        for at in 1..whole.len() {
            let mut swapped = whole.clone();
            swapped.swap(at - 1, at);
            assert!(fault(&told(&swapped), &log(9)).is_some(), "{swapped:?}");
        }
        assert!(fault(&told(&whole), &log(8)).is_some(), "more than the log has");
        assert_eq!(fault(&told(&[1, 2, 4]), &log(4)).as_deref(), Some("4 came, but 3 was next"));
    }

    #[test]
    fn a_logs_gap_is_found() {
        let row =
            |seq: i64| EventRow { app_id: "a".into(), seq, event_id: format!("evt_{seq}"), ..EventRow::default() };
        let snapshot = |seqs: [i64; 3]| Snapshot { events: seqs.map(row).to_vec(), ..Snapshot::default() };
        assert_eq!(gap_in(&log_of(&snapshot([2, 1, 3]), "a")), None);
        assert!(gap_in(&log_of(&snapshot([1, 2, 4]), "a")).is_some());
        assert!(gap_in(&log_of(&snapshot([0, 1, 2]), "a")).is_some());
        assert!(log_of(&snapshot([1, 2, 3]), "b").is_empty());
    }

    #[test]
    fn a_change_that_was_acknowledged_and_is_not_there_is_found() {
        let app = |id: &str| App { app_id: id.into(), api_key: String::new(), webhook_secret: String::new() };
        let payment = |status: &str| {
            let row = PaymentRow {
                payment_id: "p".into(),
                app_id: "a".into(),
                status: status.into(),
                ..PaymentRow::default()
            };
            Snapshot { payments: vec![row], ..Snapshot::default() }
        };
        let ack = |app, status: &str| [Ack { app, payment_id: "p".into(), status: status.into() }];
        let apps = [app("a"), app("b")];
        assert!(lost(&ack(0, "SUCCESS"), &apps, &payment("SUCCESS")).is_empty());
        assert!(lost(&ack(0, "PENDING"), &apps, &payment("SUCCESS")).is_empty());
        assert_eq!(lost(&ack(0, "SUCCESS"), &apps, &payment("PENDING")).len(), 1);
        assert_eq!(lost(&ack(1, "SUCCESS"), &apps, &payment("SUCCESS")).len(), 1);
        assert_eq!(lost(&ack(0, "SUCCESS"), &apps, &Snapshot::default()).len(), 1);
    }
}
