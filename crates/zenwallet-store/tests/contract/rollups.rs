//! Rollups: after whatever happened they are what counting the payments gives.

use crate::harness::{Dice, Harness, LIFETIME_MS, create, settle};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use zenwallet_core::analytics::Tally;
use zenwallet_core::id::AppId;
use zenwallet_core::limits::AMOUNT_MAX_MINOR;
use zenwallet_core::money::{Amount, Currency, Volume};
use zenwallet_core::payment::{Action, Payment, Status};
use zenwallet_core::time::{QUARTER_MS, Timestamp};
use zenwallet_store::{Command, Outcome, RollupQuery, RollupSum, Store};

/// App, span, start, currency and status, as the tables spell them.
type Place = (String, i64, i64, String, i64);
/// How many, and the sum of their amounts.
type Counted = BTreeMap<Place, (i64, i128)>;

async fn numbers(h: &Harness, sql: &str) -> Vec<BTreeMap<String, String>> {
    let rows = h.sql(sql).await.into_iter();
    rows.map(|row| row.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()).collect()
}

fn number(row: &BTreeMap<String, String>, name: &str) -> i64 {
    row[name].parse().unwrap()
}

/// Every payment counted by hand, from the table itself.
async fn counted(h: &Harness) -> Counted {
    let mut counted = Counted::new();
    for row in numbers(h, "SELECT * FROM payment").await {
        let status = number(&row, "status");
        let end = row.get("completed_at_ms").unwrap_or(&row["expires_at_ms"]).parse().unwrap();
        for (status, at) in
            [(0, number(&row, "created_at_ms")), (status, end)].into_iter().take(1 + status.min(1) as usize)
        {
            for (span, start) in [(0, 0), (1, at.div_euclid(QUARTER_MS) * QUARTER_MS)] {
                let place = (row["app_id"].clone(), span, start, row["currency"].clone(), status);
                let (payments, minor) = counted.entry(place).or_default();
                *payments += 1;
                *minor += i128::from(number(&row, "amount_minor"));
            }
        }
    }
    counted
}

/// The table of rollups.
async fn kept(h: &Harness) -> Counted {
    let rows = numbers(h, "SELECT * FROM rollup").await.into_iter();
    rows.map(|row| {
        let place = (
            row["app_id"].clone(),
            number(&row, "span"),
            number(&row, "start_ms"),
            row["currency"].clone(),
            number(&row, "status"),
        );
        let high = i128::from(number(&row, "volume_high")) * 1_000_000_000_000_000;
        (place, (number(&row, "payments"), high + i128::from(number(&row, "volume_low"))))
    })
    .collect()
}

async fn check(h: &Harness) {
    let (kept, counted) = (kept(h).await, counted(h).await);
    assert_eq!(kept, counted);
}

fn currency(name: &str) -> Currency {
    Currency::parse(name).unwrap()
}

fn random_payment(h: &Harness, dice: &Dice, app_id: AppId) -> Payment {
    let minor = match dice.below(3) {
        0 => AMOUNT_MAX_MINOR - dice.below(2) as i64,
        1 => 1 + dice.below(1_000) as i64,
        _ => 1 + dice.below(AMOUNT_MAX_MINOR as usize) as i64,
    };
    let expires_at = h.now().plus_ms(30_000 + dice.below(3 * LIFETIME_MS as usize) as i64);
    Payment {
        amount: Amount::from_minor(minor).unwrap(),
        currency: currency(["XP", "COINS", "GEMS"][dice.below(3)]),
        expires_at,
        ..h.payment(app_id)
    }
}

fn random_action(h: &Harness, dice: &Dice) -> Action {
    match dice.below(4) {
        0 | 1 => h.succeed(),
        2 => Action::Fail { failure_code: None, notes: None },
        _ => Action::Cancel,
    }
}

/// One round of commands of every kind at one moment, on two nodes; some of them spoil their batch.
async fn play(h: &Harness, node: &Store, dice: &Dice, apps: &[AppId], known: &mut Vec<Payment>) {
    let stores = [&h.store, node];
    let (mut commands, mut new) = (Vec::new(), Vec::new());
    for _ in 0..1 + dice.below(40) {
        match dice.below(20) {
            0 => commands.push(Command::ExpireDue { limit: 1 + dice.below(10) as u32 }),
            // It is there already: the database refuses the whole batch that it comes in.
            1 if !known.is_empty() => commands.push(create(dice.pick(known))),
            2..10 if !known.is_empty() => commands.push(settle(dice.pick(known), random_action(h, dice))),
            _ => {
                let payment = random_payment(h, dice, *dice.pick(apps));
                commands.push(create(&payment));
                new.push(payment);
            }
        }
    }
    dice.shuffle(&mut commands);
    let done =
        join_all(commands.into_iter().enumerate().map(|(index, command)| stores[index % 2].commit(command))).await;
    assert!(done.iter().filter(|done| done.is_ok()).count() >= new.len());
    known.extend(new);
}

pub(crate) async fn after_any_history_rollups_are_what_the_payments_say(h: &Harness) {
    let (dice, node) = (Dice::new(23), h.another_node().await);
    let (apps, mut known) = ([h.app().await, h.app().await], Vec::new());
    for _ in 0..40 {
        play(h, &node, &dice, &apps, &mut known).await;
        check(h).await;
        check_sums(h, &dice, &apps).await;
        h.clock.advance_ms(dice.below(2 * QUARTER_MS as usize) as i64);
    }
    for app_id in apps {
        assert_eq!((h.store.check_rollup(app_id).await.unwrap(), node.rebuild_rollup(app_id).await.unwrap()), (0, 0));
    }
    node.close().await;
    let volumes = kept(h).await.into_values().filter(|(_, minor)| *minor > AMOUNT_MAX_MINOR.into());
    assert!(volumes.count() > 10 && known.len() > 200);
}

/// What is summed is a count over the payments, by the status that counts now.
async fn check_sums(h: &Harness, dice: &Dice, apps: &[AppId]) {
    let now = h.now();
    let first = now.as_ms() - now.as_ms().rem_euclid(QUARTER_MS) - 8 * QUARTER_MS;
    let bounds: Vec<_> = [0, 1, 4, 5, 12].iter().map(|n| Timestamp::from_ms(first + n * QUARTER_MS)).collect();
    for app_id in apps {
        let wanted = dice.once_in(2).then(|| currency("COINS"));
        let query = RollupQuery { app_id: *app_id, currency: wanted, currencies_max: 10, bounds: bounds.clone(), now };
        let mut want: BTreeMap<(Option<usize>, Currency, Status), (i64, i128)> = BTreeMap::new();
        for row in numbers(h, &format!("SELECT * FROM payment WHERE app_id = '{}'", h.spelled(*app_id))).await {
            let name = currency(&row["currency"]);
            if wanted.is_some_and(|wanted| wanted != name) {
                continue;
            }
            let (stored, due) = (number(&row, "status"), number(&row, "expires_at_ms"));
            let status = if stored == 0 && due <= now.as_ms() { 3 } else { stored };
            let end = row.get("completed_at_ms").map_or(due, |at| at.parse().unwrap());
            let moments = [(0, number(&row, "created_at_ms")), (status, end)];
            for (status, at) in moments.into_iter().take(1 + status.min(1) as usize) {
                let slot = bounds.windows(2).position(|slot| (slot[0].as_ms()..slot[1].as_ms()).contains(&at));
                for slot in [None].into_iter().chain(slot.map(Some)) {
                    let key = (slot, name, Status::from_code(status as i16).unwrap());
                    let (payments, minor) = want.entry(key).or_default();
                    *payments += 1;
                    *minor += i128::from(number(&row, "amount_minor"));
                }
            }
        }
        let got = h.store.sum_rollup(&query).await.unwrap();
        let count = got.len();
        let got: BTreeMap<_, _> = got
            .into_iter()
            .map(|sum| ((sum.slot, sum.currency.unwrap(), sum.status), (sum.tally.payments, sum.tally.volume.minor())))
            .collect();
        assert_eq!((count, &got), (want.len(), &want));
    }
}

pub(crate) async fn a_volume_is_exact_beyond_every_integer(h: &Harness) {
    let app_id = h.app().await;
    let amount = Amount::from_minor(AMOUNT_MAX_MINOR).unwrap();
    let payments: Vec<_> = (0..10_000).map(|_| Payment { amount, ..h.payment(app_id) }).collect();
    for created in join_all(payments.iter().map(|payment| h.commit(create(payment)))).await {
        assert_eq!(created.unwrap().outcome, Outcome::Created);
    }
    let bounds = vec![h.now().plus_ms(-300_000), h.now().plus_ms(600_000)];
    // Overdue payments are summed one by one.
    h.clock.advance_ms(LIFETIME_MS);
    let query = RollupQuery { app_id, currency: None, currencies_max: 1, bounds, now: h.now() };
    let volume = Volume::from_minor(10_000 * i128::from(AMOUNT_MAX_MINOR));
    assert!(volume.minor() > i64::MAX.into());
    let currency = Some(payments[0].currency);
    let sum = |slot, status| RollupSum { slot, currency, status, tally: Tally { payments: 10_000, volume } };
    let mut got = h.store.sum_rollup(&query).await.unwrap();
    got.sort_by_key(|sum| (sum.slot, sum.status));
    assert_eq!(got, [sum(None, Status::Pending), sum(None, Status::Expired), sum(Some(0), Status::Pending)]);
    let shown = h.sql("SELECT volume FROM payment_rollups WHERE span = 'ever'").await;
    assert_eq!(shown[0]["volume"], Some("99999999999999900.00".to_owned()));
    check(h).await;
}

pub(crate) async fn only_the_busiest_currencies_are_told_apart(h: &Harness) {
    let app_id = h.app().await;
    for (name, count) in [("AA", 1), ("BB", 3), ("CC", 2), ("DD", 2)] {
        for _ in 0..count {
            let payment = Payment { currency: currency(name), ..h.payment(app_id) };
            h.commit(create(&payment)).await.unwrap();
        }
    }
    let now = h.now();
    for (max, want) in [(0, vec![(None, 8)]), (2, vec![(None, 3), (Some("BB"), 3), (Some("CC"), 2)])] {
        let query = RollupQuery { app_id, currency: None, currencies_max: max, bounds: Vec::new(), now };
        let mut got = h.store.sum_rollup(&query).await.unwrap();
        got.sort_by_key(|sum| sum.currency);
        let got: Vec<_> = got.into_iter().map(|sum| (sum.currency, sum.tally.payments)).collect();
        let want: Vec<_> = want.into_iter().map(|(name, count)| (name.map(currency), count)).collect();
        assert_eq!(got, want);
    }
}

pub(crate) async fn a_rebuild_mends_what_is_wrong_and_nothing_else(h: &Harness) {
    let (app_id, other, dice) = (h.app().await, h.app().await, Dice::new(5));
    let mut known = Vec::new();
    for _ in 0..5 {
        play(h, &h.store, &dice, &[app_id, other], &mut known).await;
        h.clock.advance_ms(QUARTER_MS);
    }
    let spelled = h.spelled(app_id);
    let damages = [
        format!("UPDATE rollup SET payments = payments + 7 WHERE app_id = '{spelled}' AND span = 0 AND status = 0"),
        format!("UPDATE rollup SET volume_high = volume_high + 1 WHERE app_id = '{spelled}' AND span = 1"),
        format!("DELETE FROM rollup WHERE app_id = '{spelled}' AND status > 0"),
        format!("DELETE FROM rollup WHERE app_id = '{spelled}'"),
        format!(
            "INSERT INTO rollup (app_id, span, start_ms, currency, status, payments, volume_high, volume_low) \
             VALUES ('{spelled}', 1, 900000, 'NOBODY', 1, 3, 9223372036854775, 5)"
        ),
    ];
    for damage in damages {
        h.sql(&damage).await;
        let wrong = h.store.check_rollup(app_id).await.unwrap();
        assert!(wrong > 0, "{damage}");
        assert_eq!(h.store.check_rollup(other).await.unwrap(), 0);
        assert_eq!(h.store.rebuild_rollup(other).await.unwrap(), 0);
        assert_eq!(h.store.rebuild_rollup(app_id).await.unwrap(), wrong);
        assert_eq!(h.store.check_rollup(app_id).await.unwrap(), 0);
        check(h).await;
    }
}

/// Payments go on, on another node, and two nodes rebuild at once.
pub(crate) async fn a_rebuild_loses_nothing_that_happens_meanwhile(h: &Harness) {
    let (app_id, dice, node) = (h.app().await, Dice::new(7), h.another_node().await);
    let mut known = Vec::new();
    for round in 0..8 {
        let damage = if round % 2 == 0 { "DELETE FROM rollup" } else { "UPDATE rollup SET payments = payments + 1" };
        h.sql(damage).await;
        let rebuilding = async {
            tokio::try_join!(h.store.rebuild_rollup(app_id), node.rebuild_rollup(app_id)).unwrap();
        };
        let paying = async {
            for _ in 0..5 {
                play(h, &node, &dice, &[app_id], &mut known).await;
            }
        };
        tokio::join!(rebuilding, paying);
        check(h).await;
        h.clock.advance_ms(QUARTER_MS / 3);
    }
    node.close().await;
}

pub(crate) async fn the_migration_counts_the_payments_that_are_there(h: &Harness) {
    let (apps, dice) = ([h.app().await, h.app().await], Dice::new(3));
    let mut known = Vec::new();
    for _ in 0..10 {
        play(h, &h.store, &dice, &apps, &mut known).await;
        h.clock.advance_ms(QUARTER_MS / 2);
    }
    let before_1970 = Payment { created_at: Timestamp::from_ms(-1), ..random_payment(h, &dice, apps[0]) };
    h.commit(create(&before_1970)).await.unwrap();
    let kept = kept(h).await;
    let undo = ["DROP VIEW payment_rollups", "DROP TABLE rollup", "DELETE FROM schema_migration WHERE version = 4"];
    for sql in undo.into_iter().chain(h.either(None, Some("DROP FUNCTION zw_overdue"))) {
        h.sql(sql).await;
    }
    assert_eq!(h.store.migrate().await.unwrap(), [4]);
    assert_eq!(self::kept(h).await, kept);
    check(h).await;
}
