//! What apps used, by the day.

use crate::harness::{Dice, Harness};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use zenwallet_core::id::AppId;
use zenwallet_core::time::{QUARTER_MS, Timestamp};
use zenwallet_core::usage::{DAY_MS, Day};
use zenwallet_store::{Store, Used};

pub(crate) async fn usage_is_a_sum_over_all_that_was_added_and_created(h: &Harness) {
    let (dice, node) = (Dice::new(17), h.another_node().await);
    let apps = [h.app().await, h.app().await];
    let mut model: BTreeMap<(AppId, Day), Used> = BTreeMap::new();
    let mut created: Vec<(AppId, Timestamp)> = Vec::new();
    for _ in 0..25 {
        h.clock.advance_ms(dice.below(DAY_MS as usize) as i64);
        let added = [0, 1].map(|_| {
            let one = |_| {
                let day = Day(Day::of(h.now()).0 - dice.below(3) as i64);
                let (requests, deliveries) = (dice.below(9) as i64, dice.below(3) as i64);
                (*dice.pick(&apps), day, Used { requests, deliveries, payments: 0 })
            };
            (0..dice.below(12)).map(one).collect::<Vec<_>>()
        });
        // Both nodes at once, and the same days more than once in one of them.
        let adding = [&h.store, &node].into_iter().zip(&added);
        join_all(adding.map(|(store, added): (&Store, _)| async move { store.add_usage(added).await.unwrap() })).await;
        for (app_id, day, used) in added.concat() {
            let sum = model.entry((app_id, day)).or_default();
            sum.requests += used.requests;
            sum.deliveries += used.deliveries;
        }
        for _ in 0..dice.below(4) {
            let payment = h.created(*dice.pick(&apps)).await;
            model.entry((payment.app_id, Day::of(payment.created_at))).or_default().payments += 1;
            created.push((payment.app_id, payment.created_at));
        }
        let app_id = *dice.pick(&apps);
        let from = Day(Day::of(h.now()).0 - dice.below(20) as i64);
        let to = Day(from.0 + dice.below(25) as i64);
        let is_meant = |(of, day): &(AppId, Day), used: &Used| {
            *of == app_id && (from..to).contains(day) && *used != Used::default()
        };
        let meant = model.iter().filter(|(key, used)| is_meant(key, used));
        let want: BTreeMap<_, _> = meant.map(|((_, day), used)| (*day, *used)).collect();
        let mut told = h.store.app_usage(app_id, from, to).await.unwrap();
        told.retain(|_, used| *used != Used::default());
        assert_eq!(told, want, "{from} {to}");
        check_count(h, &dice, app_id, &created).await;
    }
    assert_eq!(h.store.app_usage(h.ids.next(h.now()), Day(0), Day(99_999)).await.unwrap(), BTreeMap::new());
    h.store.add_usage(&[]).await.unwrap();
    node.close().await;
}

/// A stretch of whole quarters counts what was created in it.
async fn check_count(h: &Harness, dice: &Dice, app_id: AppId, created: &[(AppId, Timestamp)]) {
    let quarter = |days: usize| {
        let at = h.now().as_ms() - dice.below(days * DAY_MS as usize) as i64;
        Timestamp::from_ms(at - at.rem_euclid(QUARTER_MS))
    };
    let (from, to) = (quarter(20), quarter(3));
    let want = created.iter().filter(|(of, at)| *of == app_id && (from..to).contains(at)).count();
    assert_eq!(h.store.count_created(app_id, from, to).await.unwrap(), want as i64);
    let all = created.iter().filter(|(of, _)| *of == app_id).count() as i64;
    assert_eq!(h.store.count_created(app_id, Timestamp::from_ms(0), h.now().plus_s(3_600)).await.unwrap(), all);
}

pub(crate) async fn a_kept_answer_is_known_by_its_key_and_app(h: &Harness) {
    use zenwallet_store::{Claim, Command, StoredAnswer};
    let (app_id, other) = (h.app().await, h.app().await);
    let answer = std::sync::Arc::new(|_: &_| StoredAnswer { status: 201, body: "{}".into() });
    let claim = Some(Claim { key: "order 7".to_owned(), fingerprint: [7; 32], answer });
    assert!(!h.store.has_claim(app_id, "order 7").await.unwrap());
    h.commit(Command::CreatePayment { payment: Box::new(h.payment(app_id)), claim }).await.unwrap();
    for (app_id, key, is_kept) in
        [(app_id, "order 7", true), (app_id, "order 8", false), (app_id, "ORDER 7", false), (other, "order 7", false)]
    {
        assert_eq!(h.store.has_claim(app_id, key).await.unwrap(), is_kept, "{key}");
    }
}
