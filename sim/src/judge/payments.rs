//! Payments and the log: one end each, announced once, and never too early.

use super::{Ended, EventRow, Judge, PaymentRow, Verdict, Violation, Writing, hold, spelled};
use crate::traffic::{Ask, Call};
use zenwallet_core::payment::Payment;
use zenwallet_store::{Committed, Outcome};

/// The stored statuses, and the kinds of the events that announce them.
const SUCCESS: i64 = 1;
const EXPIRED: i64 = 3;
/// The kinds of events that are not about a payment.
const TEST: i64 = 4;
/// An endpoint's events when it is a payment's own address.
const FINAL_KINDS: [i64; 3] = [1, 2, 3];

impl Judge {
    pub(super) fn payment_changed(
        &mut self,
        writing: &Writing<'_>,
        id: String,
        row: PaymentRow,
        ended: &mut Ended,
    ) -> Verdict {
        match self.payments.get(&id) {
            None => hold!(row.status == 0, "payment {id} was born in status {}", row.status),
            Some(known) => {
                hold!(known.status == 0, "payment {id} ended twice: {known:?}, then {row:?}");
                let PaymentRow { status, completed_at_ms, .. } = row.clone();
                let same = PaymentRow { status, completed_at_ms, ..known.clone() } == row;
                hold!(same, "payment {id} became another: {known:?}, then {row:?}");
                let (now_ms, due) = (writing.now_ms, row.expires_at_ms);
                hold!(row.status != EXPIRED || due <= now_ms, "payment {id} expired at {now_ms}, due at {due}");
                hold!(row.status != SUCCESS || now_ms < due, "payment {id} was paid at {now_ms}, due at {due}");
            }
        }
        self.see(
            ["created", "paid", "declined", "expired"].get(row.status.cast_unsigned() as usize).unwrap_or(&"other"),
        );
        ended.owed.push((id.clone(), row.status));
        self.payments.insert(id, row);
        Ok(())
    }

    pub(super) fn event_appended(&mut self, row: EventRow, ended: &mut Ended) -> Verdict {
        let last = self.log_len(&row.app_id);
        hold!(row.seq == last + 1, "the log of {} ends at {last} and goes on at {}", row.app_id, row.seq);
        hold!(self.event_ids.insert(row.id.clone()), "event id {} was used twice", row.id);
        let mut own_url = None;
        if row.kind < TEST {
            let owed = ended.owed.iter().position(|(id, kind)| *id == row.payment_id && *kind == row.kind);
            let Some(owed) = owed else {
                let sentence =
                    format!("an event of kind {} tells of payment {}, which did not change", row.kind, row.payment_id);
                return Err(Violation(sentence));
            };
            ended.owed.swap_remove(owed);
            own_url = self.payments.get(&row.payment_id).and_then(|payment| payment.webhook_url.clone());
        }
        let to = |target: String| (row.app_id.clone(), row.seq, target);
        match own_url {
            Some(url) if FINAL_KINDS.contains(&row.kind) => ended.targets.push(to(url)),
            Some(_) => {}
            None if row.kind == TEST => ended.targets.push(to("test".to_owned())),
            None => {
                let takes =
                    |e: &super::EndpointRow| e.app_id == row.app_id && e.is_enabled && e.events & (1 << row.kind) != 0;
                ended.targets.extend(self.endpoints.iter().filter(|(_, e)| takes(e)).map(|(id, _)| to(id.clone())));
            }
        }
        self.logs.entry(row.app_id.clone()).or_default().push(row);
        Ok(())
    }

    /// Judges what a caller of the API is told.
    pub(crate) fn told(&mut self, call: &Call, committed: &Committed) -> Verdict {
        if let (Some(key), Some(answer)) = (&call.key, &committed.answer) {
            let answer = String::from_utf8_lossy(&answer.body).into_owned();
            let first = self.keys.entry(key.clone()).or_insert_with(|| answer.clone());
            hold!(*first == answer, "key {key} answered {first}, then {answer}");
            if committed.outcome == Outcome::Replayed {
                self.see("replayed answers");
            }
            if let Some(id) = answer.strip_prefix("pay_") {
                hold!(self.payments.contains_key(id), "payment {id} was acknowledged and is not there");
            }
        }
        match (&call.ask, &committed.outcome) {
            (Ask::Foreign { payment_id, .. }, outcome) => {
                hold!(*outcome == Outcome::NotFound, "an app was told of another's payment {payment_id}: {outcome:?}");
            }
            (Ask::Settle { payment_id, .. }, Outcome::NotFound) => {
                return Err(Violation(format!("payment {payment_id} is gone")));
            }
            (
                _,
                Outcome::Settled { payment, .. } | Outcome::AlreadyFinal(payment) | Outcome::PaymentExpired(payment),
            ) => {
                self.payment_told(payment)?;
            }
            (Ask::Create { .. }, Outcome::Created) => {
                hold!(call.key.is_none() || committed.answer.is_some(), "a key was not kept");
            }
            _ => {}
        }
        Ok(())
    }

    /// What is told of a final payment is what it is and stays.
    fn payment_told(&self, payment: &Payment) -> Verdict {
        let id = spelled(payment.id);
        let Some(known) = self.payments.get(&id) else {
            return Err(Violation(format!("payment {id} was told of and is not there")));
        };
        let told = i64::from(payment.status.code());
        // A pending payment whose time is over by a node's clock is told as expired before it is stored so.
        let early = told == EXPIRED && known.status == 0;
        hold!(told == known.status || early, "payment {id} was told in status {told}: {known:?}");
        Ok(())
    }
}
