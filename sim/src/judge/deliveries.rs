//! Deliveries: one for each target, leased to one node at a time, attempted in order and on schedule.

use super::{DeliveryRow, Ended, EndpointRow, Judge, Lease, Verdict, Violation, Writing, hold, spelled};
use crate::node::{SCHEDULE_MS, TIMEOUT_MS};
use crate::receivers::Answer;
use zenwallet_core::delivery::{AttemptResult, RETRY_AFTER_MAX_MS};
use zenwallet_store::{AttemptRecord, Command, LeasedDelivery};

const PENDING: i64 = 0;
const DELIVERED: i64 = 1;
const FAILED: i64 = 2;
const CANCELED: i64 = 3;
const EVENT: i64 = 0;
const TEST: i64 = 3;

impl Judge {
    pub(super) fn delivery_changed(
        &mut self,
        writing: &Writing<'_>,
        id: String,
        row: DeliveryRow,
        ended: &mut Ended,
    ) -> Verdict {
        match self.deliveries.get(&id) {
            None => {
                self.delivery_born(&id, &row, ended)?;
                self.see(if row.leased_by.is_some() { "born leased" } else { "born due" });
            }
            Some(known) => {
                hold!(known.status == PENDING, "delivery {id} was over and changed: {known:?}, then {row:?}");
                if row.attempts != known.attempts {
                    self.result_counted(writing, &id, known, &row)?;
                } else if row.status != PENDING {
                    let called_off = row.status == CANCELED && row.token > known.token;
                    hold!(called_off, "delivery {id} ended without an attempt: {known:?}, then {row:?}");
                    let by_hand = writing.commands.is_empty();
                    hold!(by_hand || !self.is_wanted(&row), "delivery {id} was called off for no reason: {row:?}");
                } else if row.leased_by.is_some() {
                    lease_granted(writing, &id, known, &row)?;
                    hold!(self.is_wanted(&row), "delivery {id} was claimed for an endpoint that is disabled: {row:?}");
                } else {
                    due_moved(writing, &id, known, &row)?;
                }
                if row.attempts != known.attempts && row.status != PENDING {
                    ended.concluded.extend(row.endpoint_id.clone());
                }
                let lapsed = known.leased_by.is_some() && row.leased_by.is_some();
                let what = match (row.status, row.attempts != known.attempts) {
                    (PENDING, true) => "retries",
                    (DELIVERED, _) => "delivered",
                    (FAILED, _) => "failed",
                    (CANCELED, _) => "called off",
                    _ if lapsed => "lapsed leases",
                    _ if writing.releases => "leases given back",
                    _ if row.leased_by.is_some() => "claimed",
                    _ => "hurried",
                };
                self.see(what);
            }
        }
        if let Some(node) = &row.leased_by {
            let lease = Lease { node: node.clone(), answer: None, is_used: false };
            let doubled = self.leases.insert((id.clone(), row.token), lease).is_some();
            hold!(!doubled, "lease {} of delivery {id} was granted twice", row.token);
        }
        self.deliveries.insert(id, row);
        Ok(())
    }

    /// An endpoint is known to fail, or to work again, from results that count alone.
    pub(super) fn health_changed(&self, writing: &Writing<'_>, id: &str, row: &EndpointRow, ended: &Ended) -> Verdict {
        let known = self.endpoints.get(id).map(|known| known.failing_since_ms);
        let is_new = known.is_some_and(|known| known != row.failing_since_ms) && !writing.commands.is_empty();
        let counts = ended.concluded.iter().any(|concluded| concluded == id);
        hold!(!is_new || counts, "endpoint {id} learnt of its health from a result that does not count: {row:?}");
        Ok(())
    }

    /// Whether its endpoint still wants it. Tests and a payment's own address are always wanted.
    fn is_wanted(&self, row: &DeliveryRow) -> bool {
        let endpoint = row.endpoint_id.as_ref().filter(|_| row.cause != TEST);
        endpoint.is_none_or(|id| self.endpoints.get(id).is_some_and(|endpoint| endpoint.is_enabled))
    }

    fn delivery_born(&self, id: &str, row: &DeliveryRow, ended: &mut Ended) -> Verdict {
        hold!(row.status == PENDING && row.attempts == 0, "delivery {id} was born as {row:?}");
        if row.cause != EVENT && row.cause != TEST {
            let place = usize::try_from(row.event_seq - 1).ok();
            let event = self.logs.get(&row.app_id).zip(place).and_then(|(log, at)| log.get(at));
            hold!(event.is_some_and(|event| event.id == row.event_id), "delivery {id} is of no event: {row:?}");
            return Ok(());
        }
        let to = if row.cause == TEST { "test" } else { row.endpoint_id.as_deref().unwrap_or(&row.url) };
        let is_its =
            |(app, seq, target): &(String, i64, String)| *app == row.app_id && *seq == row.event_seq && target == to;
        let Some(place) = ended.targets.iter().position(is_its) else {
            return Err(Violation(format!("delivery {id} has no target of its event, or is its second: {row:?}")));
        };
        ended.targets.swap_remove(place);
        Ok(())
    }

    /// A result counts under the lease that is the one, as what the receiver said, and leads to what the schedule says.
    fn result_counted(&self, writing: &Writing<'_>, id: &str, known: &DeliveryRow, row: &DeliveryRow) -> Verdict {
        hold!(
            row.attempts == known.attempts + 1,
            "delivery {id} counts {} attempts after {}",
            row.attempts,
            known.attempts
        );
        let is_its = |record: &&AttemptRecord| {
            spelled(record.delivery_id) == id
                && i64::from(record.attempt.number) == row.attempts
                && record.token == known.token
        };
        let records = writing.commands.iter().filter_map(|command| match command {
            Command::RecordAttempt(record) => Some(&**record),
            _ => None,
        });
        let Some(record) = records.into_iter().find(is_its) else {
            return Err(Violation(format!(
                "a result under a lost lease counted for delivery {id}: {known:?}, then {row:?}"
            )));
        };
        let lease = self.leases.get(&(id.to_owned(), known.token));
        let Some(lease) = lease.filter(|lease| Some(lease.node.as_str()) == writing.node) else {
            return Err(Violation(format!("a result counted for delivery {id} that its node did not lease: {row:?}")));
        };
        let Some(answer) = lease.answer else {
            return Err(Violation(format!("an attempt of delivery {id} was written down before it was made: {row:?}")));
        };
        let expected = what_follows(row, answer, record.ended_at.as_ms());
        let got = (row.status, row.visible_at_ms);
        hold!(got == expected, "delivery {id} came to {got:?} after {answer:?}, and the schedule says {expected:?}");
        hold!(row.leased_by.is_none() && row.token > known.token, "delivery {id} kept its lease: {row:?}");
        Ok(())
    }

    pub(super) fn attempt_logged(&mut self, delivery_id: &str, number: i64) -> Verdict {
        let last = self.attempts.entry(delivery_id.to_owned()).or_default();
        hold!(number == *last + 1, "attempt {number} of delivery {delivery_id} follows attempt {last}");
        *last = number;
        let counted = self.deliveries.get(delivery_id).map(|row| row.attempts);
        hold!(counted == Some(number), "attempt {number} of delivery {delivery_id} is logged, and {counted:?} counted");
        Ok(())
    }

    /// A node begins an attempt: it holds the lease, alone, and has used it for nothing yet.
    pub(crate) fn attempt_begins(&mut self, node: &str, now_ms: i64, leased: &LeasedDelivery) -> Verdict {
        let id = spelled(leased.id);
        let until_ms = leased.leased_until.as_ms();
        hold!(now_ms + TIMEOUT_MS <= until_ms, "an attempt of {id} begins at {now_ms}, its lease ends at {until_ms}");
        let event = self.logs.get(&spelled(leased.app_id)).and_then(|log| {
            let event_id = spelled(leased.event_id);
            log.iter().find(|event| event.id == event_id)
        });
        hold!(
            event.is_some_and(|event| *event.body == *leased.content),
            "a webhook tells what the log does not: {leased:?}"
        );
        match self.leases.get_mut(&(id.clone(), leased.token)) {
            Some(lease) if lease.node == node && !lease.is_used => lease.is_used = true,
            Some(lease) => {
                let sentence = format!(
                    "{node} attempts {id} under lease {}, which {} holds or has used",
                    leased.token, lease.node
                );
                return Err(Violation(sentence));
            }
            None => {
                return Err(Violation(format!(
                    "{node} attempts {id} under lease {}, which there is not",
                    leased.token
                )));
            }
        }
        let known = self.deliveries.get(&id);
        hold!(
            known.is_some_and(|row| row.attempts >= i64::from(leased.attempts)),
            "{id} has fewer attempts than {node} knows"
        );
        Ok(())
    }

    /// What a receiver says to the attempt under a lease.
    pub(crate) fn answered(&mut self, leased: &LeasedDelivery, answer: Answer) {
        if let Some(lease) = self.leases.get_mut(&(spelled(leased.id), leased.token)) {
            lease.answer = Some(answer);
        }
    }
}

/// Never before its time by the node's own clock, to the node that asks, and never without a new token.
fn lease_granted(writing: &Writing<'_>, id: &str, known: &DeliveryRow, row: &DeliveryRow) -> Verdict {
    let due = known.visible_at_ms.unwrap_or(i64::MAX);
    hold!(due <= writing.now_ms, "delivery {id} was claimed at {}, due at {due}", writing.now_ms);
    hold!(row.token > known.token, "delivery {id} was leased again under token {}", row.token);
    hold!(row.leased_by.as_deref() == writing.node, "delivery {id} was leased to {:?}", row.leased_by);
    hold!(row.visible_at_ms > Some(writing.now_ms), "the lease of delivery {id} has ended when it begins");
    Ok(())
}

/// A node gives back its own leases alone; a hand hurries only what nobody holds.
fn due_moved(writing: &Writing<'_>, id: &str, known: &DeliveryRow, row: &DeliveryRow) -> Verdict {
    let sooner = row.visible_at_ms <= known.visible_at_ms && row.token == known.token;
    let own = writing.releases && known.leased_by.as_deref() == writing.node;
    let free = !writing.releases && known.leased_by.is_none();
    hold!(sooner && (own || free), "delivery {id} lost its lease or its time: {known:?}, then {row:?}");
    Ok(())
}

/// Status and due time after attempt number `row.attempts`, told from the answer alone.
fn what_follows(row: &DeliveryRow, answer: Answer, ended_at_ms: i64) -> (i64, Option<i64>) {
    let asked_ms = match answer.result {
        AttemptResult::Answered { status: 200..=299, .. } => return (DELIVERED, None),
        AttemptResult::Answered { status: 410, .. } => return (FAILED, None),
        AttemptResult::Answered { status: 429 | 503, retry_after_ms } => retry_after_ms.unwrap_or(0),
        AttemptResult::Answered { .. } | AttemptResult::NoAnswer => 0,
    };
    let waits = usize::try_from(row.attempts - 1).ok().and_then(|at| SCHEDULE_MS.get(at));
    match waits.filter(|_| row.cause != TEST) {
        Some(wait_ms) => (PENDING, Some(ended_at_ms + (*wait_ms).max(asked_ms.min(RETRY_AFTER_MAX_MS)))),
        None => (FAILED, None),
    }
}
