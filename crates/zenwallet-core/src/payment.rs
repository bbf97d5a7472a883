//! A payment and its state machine: `PENDING → SUCCESS | FAILED | EXPIRED`, the three being final.

use crate::id::{AppId, PaymentId, TransactionId};
use crate::metadata::Metadata;
use crate::money::{Amount, Currency};
use crate::time::Timestamp;

/// Where a payment stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(i16)]
pub enum Status {
    /// Waiting for its payer.
    Pending = 0,
    /// Paid.
    Success = 1,
    /// Declined or canceled.
    Failed = 2,
    /// Its time ran out.
    Expired = 3,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Success, Self::Failed, Self::Expired];

    /// The name in JSON and in the SQL views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Expired => "EXPIRED",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }

    /// The number in the tables.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The status of this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// Whether nothing changes it any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending)
    }
}

/// A request for payment, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// Its id, which carries the moment it was made.
    pub id: PaymentId,
    /// The app that made it.
    pub app_id: AppId,
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
    /// The status as stored. Ask [`Payment::status_at`] for the one that counts.
    pub status: Status,
    /// The app's own name for it.
    pub reference_id: Option<String>,
    /// What the payer reads.
    pub description: Option<String>,
    /// The app's own data.
    pub metadata: Metadata,
    /// Where this payment's webhooks go instead of the app's endpoints.
    pub webhook_url: Option<String>,
    /// Where the payer goes afterwards.
    pub return_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From this moment on it can no longer be paid.
    pub expires_at: Timestamp,
    /// When it was paid, declined or canceled; `None` for an expired one, whose end is `expires_at`.
    pub completed_at: Option<Timestamp>,
    /// The transaction of a successful payment.
    pub transaction_id: Option<TransactionId>,
    /// Why it failed, for machines.
    pub failure_code: Option<String>,
    /// What the completer wrote.
    pub notes: Option<String>,
}

impl Payment {
    /// The effective status: a pending payment is expired from `expires_at` on, stored or not.
    pub fn status_at(&self, now: Timestamp) -> Status {
        if self.status == Status::Pending && now >= self.expires_at { Status::Expired } else { self.status }
    }

    /// This payment as everybody sees it at `now`.
    #[must_use]
    pub fn seen_at(mut self, now: Timestamp) -> Self {
        self.status = self.status_at(now);
        self
    }

    /// This payment after `settlement`.
    #[must_use]
    pub fn settled(mut self, settlement: Settlement) -> Self {
        self.status = settlement.status;
        self.completed_at = settlement.completed_at;
        self.transaction_id = settlement.transaction_id;
        self.failure_code = settlement.failure_code;
        self.notes = settlement.notes;
        self.expires_at = settlement.expires_at;
        self
    }
}

/// `failure_code` of a canceled payment.
pub const CANCELED: &str = "canceled";

/// What somebody wants of a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Pay it. The id names the transaction if this is the call that pays.
    Succeed {
        /// The transaction's id.
        transaction_id: TransactionId,
        /// Words to keep with it.
        notes: Option<String>,
    },
    /// Decline it.
    Fail {
        /// Why, for machines.
        failure_code: Option<String>,
        /// Words to keep with it.
        notes: Option<String>,
    },
    /// Call it off.
    Cancel,
    /// Let its time be over, if it is.
    Expire,
    /// Let its time be over now: `expires_at` moves to this moment. Whether somebody may ask that is the caller's to know.
    ExpireNow,
}

impl Action {
    /// The status that the action leads to.
    pub const fn target(&self) -> Status {
        match self {
            Self::Succeed { .. } => Status::Success,
            Self::Fail { .. } | Self::Cancel => Status::Failed,
            Self::Expire | Self::ExpireNow => Status::Expired,
        }
    }
}

/// The one change that a payment's life holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// The final status.
    pub status: Status,
    /// When, unless it expired.
    pub completed_at: Option<Timestamp>,
    /// The transaction of a success.
    pub transaction_id: Option<TransactionId>,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// The completer's words.
    pub notes: Option<String>,
    /// The end of its time: as it was, unless it was ended early.
    pub expires_at: Timestamp,
}

/// What the state machine says to an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Do it.
    Settle(Settlement),
    /// It is there already: answer with the payment as it is, change nothing, announce nothing.
    Unchanged,
    /// It has ended otherwise.
    AlreadyFinal,
    /// Its time is over.
    Expired,
    /// It is asked to expire before its time.
    NotDue,
}

/// The state machine: the only place that decides what becomes of a payment.
pub fn decide(payment: &Payment, action: &Action, now: Timestamp) -> Decision {
    let stored = payment.status;
    if stored == action.target() {
        return Decision::Unchanged;
    }
    let status = if action.target() == Status::Expired { stored } else { payment.status_at(now) };
    match status {
        Status::Success | Status::Failed => return Decision::AlreadyFinal,
        Status::Expired => return Decision::Expired,
        Status::Pending => {}
    }
    let (completed_at, transaction_id, failure_code, notes) = match action {
        Action::Succeed { transaction_id, notes } => (Some(now), Some(*transaction_id), None, notes.clone()),
        Action::Fail { failure_code, notes } => (Some(now), None, failure_code.clone(), notes.clone()),
        Action::Cancel => (Some(now), None, Some(CANCELED.to_owned()), None),
        Action::Expire if now < payment.expires_at => return Decision::NotDue,
        // A payment lives for a moment at least.
        Action::ExpireNow if now <= payment.created_at => return Decision::NotDue,
        Action::Expire | Action::ExpireNow => (None, None, None, None),
    };
    let expires_at = if matches!(action, Action::ExpireNow) { payment.expires_at.min(now) } else { payment.expires_at };
    let status = action.target();
    Decision::Settle(Settlement { status, completed_at, transaction_id, failure_code, notes, expires_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXPIRES: Timestamp = Timestamp::from_ms(10_000);

    fn payment(status: Status) -> Payment {
        Payment {
            id: PaymentId::from_bytes([1; 16]),
            app_id: AppId::from_bytes([2; 16]),
            amount: Amount::from_minor(100).unwrap(),
            currency: Currency::parse("COINS").unwrap(),
            status,
            reference_id: None,
            description: None,
            metadata: Metadata::default(),
            webhook_url: None,
            return_url: None,
            created_at: Timestamp::from_ms(0),
            expires_at: EXPIRES,
            completed_at: None,
            transaction_id: None,
            failure_code: None,
            notes: None,
        }
    }

    fn actions() -> [Action; 5] {
        [
            Action::Succeed { transaction_id: TransactionId::from_bytes([3; 16]), notes: None },
            Action::Fail { failure_code: Some("declined".into()), notes: Some("n".into()) },
            Action::Cancel,
            Action::Expire,
            Action::ExpireNow,
        ]
    }

    #[test]
    fn every_status_meets_every_action_before_at_and_after_the_end() {
        // Rows: stored status. Columns: succeed, fail, cancel, expire, expire now. S settle, U unchanged, F final, E expired, N not due.
        let table = [
            (Status::Pending, "before", "S S S N S"),
            (Status::Pending, "at", "E E E S S"),
            (Status::Pending, "after", "E E E S S"),
            (Status::Success, "before", "U F F F F"),
            (Status::Success, "at", "U F F F F"),
            (Status::Success, "after", "U F F F F"),
            (Status::Failed, "before", "F U U F F"),
            (Status::Failed, "at", "F U U F F"),
            (Status::Failed, "after", "F U U F F"),
            (Status::Expired, "before", "E E E U U"),
            (Status::Expired, "at", "E E E U U"),
            (Status::Expired, "after", "E E E U U"),
        ];
        for (status, when, want) in table {
            let now = EXPIRES.plus_ms(match when {
                "before" => -1,
                "at" => 0,
                _ => 1,
            });
            let got = actions().map(|action| match decide(&payment(status), &action, now) {
                Decision::Settle(s) => {
                    assert_eq!(s.status, action.target());
                    assert_eq!(s.completed_at, (s.status != Status::Expired).then_some(now));
                    assert_eq!(s.transaction_id.is_some(), s.status == Status::Success);
                    let is_early = action == Action::ExpireNow && now < EXPIRES;
                    assert_eq!(s.expires_at, if is_early { now } else { EXPIRES });
                    "S"
                }
                Decision::Unchanged => "U",
                Decision::AlreadyFinal => "F",
                Decision::Expired => "E",
                Decision::NotDue => "N",
            });
            assert_eq!(got.join(" "), want, "{status:?} {when}");
        }
    }

    #[test]
    fn an_early_end_comes_after_the_beginning() {
        let born = Payment { created_at: Timestamp::from_ms(5), ..payment(Status::Pending) };
        for now in [4, 5] {
            assert_eq!(decide(&born, &Action::ExpireNow, Timestamp::from_ms(now)), Decision::NotDue);
        }
        let Decision::Settle(s) = decide(&born, &Action::ExpireNow, Timestamp::from_ms(6)) else {
            panic!("a pending payment can be ended early");
        };
        let ended = born.settled(s);
        assert_eq!(
            (ended.status, ended.expires_at, ended.completed_at),
            (Status::Expired, Timestamp::from_ms(6), None)
        );
    }

    #[test]
    fn a_canceled_payment_says_so() {
        let Decision::Settle(s) = decide(&payment(Status::Pending), &Action::Cancel, Timestamp::from_ms(1)) else {
            panic!("a pending payment can be canceled");
        };
        assert_eq!(payment(Status::Pending).settled(s).failure_code.as_deref(), Some("canceled"));
    }

    proptest! {
        #[test]
        fn at_most_one_settlement_in_any_history(steps in prop::collection::vec((0..5_usize, 0..20_000_i64), 1..20)) {
            let (mut current, mut settled) = (payment(Status::Pending), 0);
            let mut clock = 0;
            for (which, wait) in steps {
                clock += wait;
                if let Decision::Settle(s) = decide(&current, &actions()[which], Timestamp::from_ms(clock)) {
                    let is_over = clock >= s.expires_at.as_ms();
                    prop_assert_eq!(s.status == Status::Expired, is_over);
                    prop_assert!(s.expires_at <= EXPIRES && s.expires_at > current.created_at);
                    current = current.settled(s);
                    settled += 1;
                }
            }
            prop_assert!(settled <= 1);
            prop_assert_eq!(settled == 1, current.status.is_final());
        }
    }
}
