//! Rollups: how many payments and how much, since ever and by the quarter of an hour. A batch adds what it changes to
//! them in its own transaction, so they are never behind and never wrong.

use std::collections::BTreeMap;
use zenwallet_core::analytics::Tally;
use zenwallet_core::id::AppId;
use zenwallet_core::money::Currency;
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::{QUARTER_MS, Timestamp};

/// What is asked of an app's rollups. What is overdue counts as expired at `now`, stored or not.
#[derive(Clone, Debug)]
pub struct RollupQuery {
    /// Whose.
    pub app_id: AppId,
    /// Only this currency.
    pub currency: Option<Currency>,
    /// So many currencies, those with the most payments, are told apart; the others are counted together.
    pub currencies_max: u32,
    /// Slot n lasts from bound n to the next one; each a whole quarter of an hour, in order.
    pub bounds: Vec<Timestamp>,
    /// The moment that decides about expiry.
    pub now: Timestamp,
}

/// So many payments and so much in one slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RollupSum {
    /// Which slot, from 0; `None` is since ever.
    pub slot: Option<usize>,
    /// Of which currency; `None` is all that are not told apart.
    pub currency: Option<Currency>,
    /// Which end they came to in the slot; `Pending` are those created in it, whatever became of them.
    pub status: Status,
    /// How many, and how much.
    pub tally: Tally,
}

/// How long a row's counting lasts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Span {
    Ever,
    Quarter(i64),
}

impl Span {
    /// The quarter of an hour that a moment lies in.
    pub(crate) fn quarter_of(at: Timestamp) -> Self {
        Self::Quarter(at.as_ms() - at.as_ms().rem_euclid(QUARTER_MS))
    }

    /// The columns `span` and `start_ms`.
    pub(crate) fn columns(self) -> (i16, i64) {
        match self {
            Self::Ever => (0, 0),
            Self::Quarter(start_ms) => (1, start_ms),
        }
    }

    pub(crate) fn from_columns(span: i16, start_ms: i64) -> Option<Self> {
        match span {
            0 => Some(Self::Ever),
            1 => Some(Self::Quarter(start_ms)),
            _ => None,
        }
    }
}

/// What one row counts. In the order of the primary key, in which every node locks the rows of an app.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct RollupKey {
    pub(crate) app_id: AppId,
    pub(crate) span: Span,
    pub(crate) currency: Currency,
    pub(crate) status: Status,
}

/// Rows of the table, or what to add to them.
pub(crate) type Rollup = BTreeMap<RollupKey, Tally>;

/// What these new payments, and these that have ended, add.
pub(crate) fn growth(created: &[&Payment], settled: &[Payment]) -> Rollup {
    let mut growth = Rollup::new();
    let mut count = |payment: &Payment, status, at| {
        let one = Tally { payments: 1, volume: payment.amount.into() };
        for span in [Span::Ever, Span::quarter_of(at)] {
            let key = RollupKey { app_id: payment.app_id, span, currency: payment.currency, status };
            *growth.entry(key).or_default() += one;
        }
    };
    for payment in created {
        count(payment, Status::Pending, payment.created_at);
    }
    for payment in settled {
        count(payment, payment.status, payment.completed_at.unwrap_or(payment.expires_at));
    }
    growth
}

/// Adds up since ever what was counted by the quarter.
pub(crate) fn with_sums(mut quarters: Rollup) -> Rollup {
    let mut sums = Rollup::new();
    for (key, tally) in &quarters {
        *sums.entry(RollupKey { span: Span::Ever, ..*key }).or_default() += *tally;
    }
    quarters.append(&mut sums);
    quarters
}

/// What must be added to the rows so that they are what they should be; nothing if they are.
pub(crate) fn difference(should_be: &Rollup, are: &Rollup) -> Rollup {
    let tally = |rows: &Rollup, key| rows.get(key).copied().unwrap_or_default();
    let keys = should_be.keys().chain(are.keys().filter(|key| !should_be.contains_key(key)));
    let differences = keys.map(|key| (*key, tally(should_be, key) - tally(are, key)));
    differences.filter(|(_, difference)| *difference != Tally::default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use zenwallet_core::money::Volume;

    fn key(span: Span) -> RollupKey {
        let currency = Currency::parse("COINS").unwrap();
        RollupKey { app_id: AppId::from_bytes([1; 16]), span, currency, status: Status::Success }
    }

    fn tally(payments: i64, minor: i128) -> Tally {
        Tally { payments, volume: Volume::from_minor(minor) }
    }

    #[test]
    fn a_quarter_begins_before_its_moments_also_before_1970() {
        for (at, start) in [(0, 0), (899_999, 0), (900_000, 900_000), (-1, -900_000), (-900_000, -900_000)] {
            assert_eq!(Span::quarter_of(Timestamp::from_ms(at)), Span::Quarter(start), "{at}");
        }
    }

    #[test]
    fn a_difference_names_what_is_wrong_missing_and_too_much() {
        let at = |n: i64| key(Span::Quarter(n * QUARTER_MS));
        let should_be = Rollup::from([(at(1), tally(1, 5)), (at(2), tally(2, 10)), (at(3), tally(1, 1))]);
        let are = Rollup::from([(at(1), tally(1, 5)), (at(2), tally(3, 9)), (at(4), tally(1, 7))]);
        let want = Rollup::from([(at(2), tally(-1, 1)), (at(3), tally(1, 1)), (at(4), tally(-1, -7))]);
        assert_eq!(difference(&should_be, &are), want);
        assert_eq!(difference(&are, &are), Rollup::new());
        let sums = with_sums(should_be);
        assert_eq!((sums.len(), sums.get(&key(Span::Ever))), (4, Some(&tally(4, 16))));
    }
}
