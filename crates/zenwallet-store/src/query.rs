//! What a list of payments can be asked for.

use zenwallet_core::id::{AppId, PaymentId, TransactionId};
use zenwallet_core::payment::Status;
use zenwallet_core::time::Timestamp;

/// The effective statuses that are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Statuses(u8);

impl Statuses {
    /// Every one.
    pub const ALL: Self = Self(0b1111);

    /// These; every one when none is named.
    pub fn of(statuses: impl IntoIterator<Item = Status>) -> Self {
        let named = statuses.into_iter().fold(0, |bits, status| bits | 1 << status.code());
        if named == 0 { Self::ALL } else { Self(named) }
    }

    /// Whether this one is wanted.
    pub fn has(self, status: Status) -> bool {
        self.0 & (1 << status.code()) != 0
    }

    /// Which of the payments that are stored as pending are wanted.
    pub(crate) fn of_pending(self) -> Share {
        match (self.has(Status::Pending), self.has(Status::Expired)) {
            (true, true) => Share::All,
            (true, false) => Share::Waiting,
            (false, true) => Share::Overdue,
            (false, false) => Share::None,
        }
    }

    /// The stored statuses that can hold a payment of a wanted effective one, newest-first lists being merged from one
    /// index range each.
    pub(crate) fn stored(self) -> impl Iterator<Item = Status> {
        Status::ALL.into_iter().filter(move |stored| match stored {
            Status::Pending => self.of_pending() != Share::None,
            stored => self.has(*stored),
        })
    }
}

/// A part of the payments that are stored as pending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Share {
    All,
    Waiting,
    Overdue,
    None,
}

/// Which payments of an app. Every filter narrows; an absent one does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentFilter {
    /// Whose.
    pub app_id: AppId,
    /// The effective statuses at `now`.
    pub statuses: Statuses,
    /// Exactly this reference.
    pub reference_id: Option<String>,
    /// What the search box holds.
    pub search: Option<Search>,
    /// Made at or after this moment.
    pub created_after: Option<Timestamp>,
    /// Made before this moment.
    pub created_before: Option<Timestamp>,
    /// The moment that decides about expiry.
    pub now: Timestamp,
}

/// What somebody searches for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Search {
    /// This payment.
    Payment(PaymentId),
    /// The payment of this transaction.
    Transaction(TransactionId),
    /// Payments whose reference starts so.
    ReferencePrefix(String),
}

impl PaymentFilter {
    /// Every payment of an app.
    pub fn all(app_id: AppId, now: Timestamp) -> Self {
        let (statuses, none) = (Statuses::ALL, None);
        Self { app_id, statuses, reference_id: None, search: None, created_after: none, created_before: none, now }
    }

    /// The ids that the moments and a page's cursor leave: at least the first, below the second. Ids carry
    /// their moment, so a range of time is a range of ids and needs no index of its own.
    pub(crate) fn id_range(&self, below: Option<PaymentId>) -> (PaymentId, PaymentId) {
        let lowest = self.created_after.map_or(PaymentId::from_bytes([0; 16]), PaymentId::lower_bound);
        let before = self.created_before.map_or(PaymentId::from_bytes([255; 16]), PaymentId::lower_bound);
        (lowest, below.map_or(before, |id| id.min(before)))
    }
}

/// The first string above every string that starts with `prefix`, in byte order; `None` when there is none.
pub(crate) fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // The successor of U+D7FF is U+E000: between them lie no characters.
        let next = char::from_u32(last as u32 + 1).or((last == '\u{D7FF}').then_some('\u{E000}'));
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_prefix_range_holds_exactly_the_strings_that_start_so(prefix in "\\PC{1,4}", other in "\\PC{0,6}") {
            let end = after_prefix(&prefix);
            let inside = other.as_str() >= prefix.as_str() && end.as_deref().is_none_or(|e| other.as_str() < e);
            prop_assert_eq!(inside, other.starts_with(&prefix));
        }
    }
}
