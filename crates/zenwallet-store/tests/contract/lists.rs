//! Lists, counts and searches, each compared with the same question to a `Vec`.

use crate::harness::{Dice, Harness, create, settle};
use futures_util::future::join_all;
use std::cmp::Reverse;
use zenwallet_core::id::{AppId, PaymentId, TransactionId};
use zenwallet_core::payment::{Action, Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{Command, PaymentFilter, Search, Statuses};

/// References that sort and match differently by bytes, by letters and as patterns.
const REFERENCES: [&str; 16] = [
    "ORDER-1",
    "ORDER-10",
    "ORDER-2",
    "ORDER",
    "order-1",
    "O",
    "OR%",
    "OR_",
    "OR\\",
    "ÖRDER-1",
    "日本-1",
    "日本",
    "\u{D7FF}x",
    "\u{E000}",
    "🪙",
    "🪙\u{10FFFF}",
];

/// Payments of every status, several in one millisecond, some due and not yet swept.
async fn payments(h: &Harness, dice: &Dice, apps: &[AppId]) -> Vec<Payment> {
    let mut made = Vec::new();
    for _ in 0..60 {
        h.clock.advance_ms(dice.below(3) as i64 * 1_000);
        for _ in 0..5 {
            let expires_at = h.now().plus_s(30 + dice.below(400) as i64);
            let reference_id = (!dice.once_in(3)).then(|| (*dice.pick(&REFERENCES)).to_owned());
            made.push(Payment { expires_at, reference_id, ..h.payment(*dice.pick(apps)) });
        }
    }
    for created in join_all(made.iter().map(|payment| h.commit(create(payment)))).await {
        created.unwrap();
    }
    for payment in &made {
        let action = match dice.below(6) {
            0 => h.succeed(),
            1 => Action::Cancel,
            _ => continue,
        };
        h.commit(settle(payment, action)).await.unwrap();
    }
    h.commit(Command::ExpireDue { limit: 40 }).await.unwrap();
    h.clock.advance_ms(60_000);
    join_all(made.iter().map(|payment| h.found(payment.id))).await
}

fn random_filter(h: &Harness, dice: &Dice, apps: &[AppId], all: &[Payment]) -> PaymentFilter {
    let mut filter = PaymentFilter::all(*dice.pick(apps), h.now());
    if !dice.once_in(3) {
        filter.statuses = Statuses::of(Status::ALL.into_iter().filter(|_| dice.once_in(2)));
    }
    if dice.once_in(4) {
        filter.reference_id = Some((*dice.pick(&REFERENCES)).to_owned());
    }
    let moment = || Timestamp::from_ms(dice.pick(all).created_at.as_ms() + dice.below(3) as i64 - 1);
    if dice.once_in(3) {
        filter.created_after = Some(moment());
    }
    if dice.once_in(3) {
        filter.created_before = Some(moment());
    }
    filter.search = match dice.below(8) {
        0 => Some(Search::Payment(dice.pick(all).id)),
        1 => Some(Search::Transaction(random_transaction(dice, all))),
        2..4 => {
            let reference = *dice.pick(&REFERENCES);
            let chars = dice.below(reference.chars().count() + 1);
            Some(Search::ReferencePrefix(reference.chars().take(chars).collect()))
        }
        _ => None,
    };
    filter
}

fn random_transaction(dice: &Dice, all: &[Payment]) -> TransactionId {
    let known: Vec<_> = all.iter().filter_map(|payment| payment.transaction_id).collect();
    if dice.once_in(5) { TransactionId::from_bytes([9; 16]) } else { *dice.pick(&known) }
}

fn matches(filter: &PaymentFilter, payment: &Payment) -> bool {
    let found = match &filter.search {
        None => true,
        Some(Search::Payment(id)) => payment.id == *id,
        Some(Search::Transaction(id)) => payment.transaction_id == Some(*id),
        Some(Search::ReferencePrefix(prefix)) => {
            payment.reference_id.as_ref().is_some_and(|reference| reference.starts_with(prefix))
        }
    };
    found
        && payment.app_id == filter.app_id
        && filter.statuses.has(payment.status_at(filter.now))
        && filter.reference_id.as_ref().is_none_or(|wanted| payment.reference_id.as_ref() == Some(wanted))
        && filter.created_after.is_none_or(|at| payment.created_at >= at)
        && filter.created_before.is_none_or(|at| payment.created_at < at)
}

async fn read_in_pages(h: &Harness, filter: &PaymentFilter, limit: u32) -> Vec<Payment> {
    let (mut all, mut below): (Vec<Payment>, Option<PaymentId>) = (Vec::new(), None);
    loop {
        let page = h.store.list_payments(filter, below, limit).await.unwrap();
        assert!(page.len() <= limit as usize);
        let last = page.len() < limit as usize;
        below = page.last().map(|payment| payment.id).or(below);
        all.extend(page);
        // A full page may have been the last one.
        if last {
            return all;
        }
        assert!(all.len() < 10_000, "a list without an end");
    }
}

pub(crate) async fn every_list_equals_a_filtered_vec(h: &Harness) {
    let dice = Dice::new(3);
    let apps = [h.app().await, h.app().await];
    let all = payments(h, &dice, &apps).await;
    let unswept = all.iter().filter(|p| p.status == Status::Pending && p.status_at(h.now()) == Status::Expired).count();
    assert!(unswept > 10 && Status::ALL.iter().all(|status| all.iter().any(|p| p.status == *status)));
    let mut found = 0;
    for _ in 0..400 {
        let filter = random_filter(h, &dice, &apps, &all);
        let mut want: Vec<_> = all.iter().filter(|payment| matches(&filter, payment)).cloned().collect();
        want.sort_by_key(|payment| Reverse(payment.id));
        found += want.len();
        let limit = *dice.pick(&[1, 2, 7, 50, 100]);
        // The first page alone, or all of them one after the other.
        let first = h.store.list_payments(&filter, None, limit).await.unwrap();
        assert_eq!(first[..], want[..want.len().min(limit as usize)], "{filter:?}");
        if limit > 2 || want.len() < 20 {
            assert_eq!(read_in_pages(h, &filter, limit).await, want, "{filter:?} by {limit}");
        }
        let cap = *dice.pick(&[1, 5, 10_000]);
        let count = h.store.count_payments(&filter, cap).await.unwrap();
        assert_eq!(count as usize, want.len().min(cap as usize), "{filter:?} up to {cap}");
    }
    assert!(found > 1_000, "the filters match too little: {found}");
}

pub(crate) async fn an_event_log_is_read_in_pages(h: &Harness) {
    let (app_id, other) = (h.app().await, h.app().await);
    for number in 0..25 {
        h.created(if number % 5 == 0 { other } else { app_id }).await;
    }
    let log = h.log(app_id).await;
    assert_eq!(log.len(), 20);
    for after in [-5, 0, 3, 19, 20, 1_000] {
        for limit in [1, 7, 100] {
            let page = h.store.list_events(app_id, after, limit).await.unwrap();
            let want: Vec<_> = log.iter().filter(|e| e.seq > after).take(limit as usize).cloned().collect();
            assert_eq!(page, want, "after {after}, at most {limit}");
        }
    }
    assert_eq!(h.store.list_events(AppId::from_bytes([7; 16]), 0, 10).await.unwrap(), []);
}
