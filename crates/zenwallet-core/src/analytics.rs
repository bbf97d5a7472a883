//! Payments counted: how many, how much, and what became of them.

use crate::money::Volume;
use crate::payment::Status;
use std::ops::{Add, AddAssign, Sub};

/// So many payments, and so much.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// How many.
    pub payments: i64,
    /// The sum of their amounts.
    pub volume: Volume,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { payments: self.payments + other.payments, volume: self.volume + other.volume }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Tally {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { payments: self.payments - other.payments, volume: self.volume - other.volume }
    }
}

/// What began and what ended in a stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Payments created then, whatever became of them.
    pub created: Tally,
    /// Payments paid then.
    pub success: Tally,
    /// Payments declined or canceled then.
    pub failed: Tally,
    /// Payments whose time ran out then.
    pub expired: Tally,
}

impl Counts {
    /// Adds what came to this end; `Pending` is what was created.
    pub fn add(&mut self, status: Status, tally: Tally) {
        *match status {
            Status::Pending => &mut self.created,
            Status::Success => &mut self.success,
            Status::Failed => &mut self.failed,
            Status::Expired => &mut self.expired,
        } += tally;
    }

    /// What has ended.
    pub fn ended(&self) -> Tally {
        self.success + self.failed + self.expired
    }

    /// What still waits for its payer, if everything since ever was counted.
    pub fn pending(&self) -> Tally {
        self.created - self.ended()
    }

    /// Of those that have ended, the share that was paid; `None` when none has.
    pub fn success_rate(&self) -> Option<f64> {
        let ended = self.ended().payments;
        (ended > 0).then(|| self.success.payments as f64 / ended as f64)
    }
}
