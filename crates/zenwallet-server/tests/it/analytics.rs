//! `/api/analytics/…`: what is told is what counting the payments gives.

use crate::support::{START, Tenant, TestApp, at_once, codes_of, id_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zenwallet_core::id::IdSource;
use zenwallet_core::time::{QUARTER_MS, Timestamp};

both_databases! {
    an_overview_is_a_count_over_every_payment,
    what_is_overdue_has_expired_in_every_answer,
    a_volume_is_told_to_the_last_digit,
    the_buckets_of_a_zone_hold_what_happened_in_them,
    days_change_with_the_clocks_of_new_york,
    a_stretch_of_time_is_counted_in_whole_quarters,
    the_busiest_currency_is_the_one_that_is_meant,
    nobody_else_is_counted,
    what_cannot_be_counted_is_refused,
}

async fn ask(app: &TestApp, tenant: &Tenant, path: &str) -> Value {
    app.get(format!("/api/analytics/{path}")).key(tenant).send().await.expect(200).json()
}

/// Every payment of a tenant as the list shows it.
async fn listed(app: &TestApp, tenant: &Tenant) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(format!("/api/payments?limit=100{cursor}")).key(tenant).send().await.expect(200).json();
        all.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

/// Hundredths of a number that JSON holds exactly as a double, as these here are.
fn minor(number: &Value) -> i64 {
    (number.as_f64().unwrap() * 100.0).round() as i64
}

fn moment(value: &Value) -> Timestamp {
    Timestamp::parse_rfc3339(value.as_str().unwrap()).unwrap()
}

/// Number and hundredths of the payments of this status whose moment `is_meant`; `created` are all.
fn count(payments: &[Value], kind: &str, is_meant: impl Fn(Timestamp) -> bool) -> (i64, i64) {
    let at = |payment: &Value| match kind {
        "created" => moment(&payment["created_at"]),
        "expired" => moment(&payment["expires_at"]),
        _ => moment(&payment["completed_at"]),
    };
    let of = |payment: &&Value| kind == "created" || payment["status"] == kind.to_uppercase();
    let found = payments.iter().filter(of).filter(|payment| is_meant(at(payment)));
    found.fold((0, 0), |(number, sum), payment| (number + 1, sum + minor(&payment["amount"])))
}

const KINDS: [&str; 4] = ["created", "success", "failed", "expired"];

#[track_caller]
fn check_rate(shown: &Value, success: i64, ended: i64) {
    // What reads JSON here may miss a double's last bit.
    let close = |rate: f64| (rate - success as f64 / ended as f64).abs() < 1e-12;
    let is_right = shown["success_rate"].as_f64().map_or(ended == 0, close);
    assert!(is_right, "{shown}");
}

#[track_caller]
fn check_window(window: &Value, payments: &[Value], from: i64, to: i64) {
    assert_eq!((moment(&window["from"]).as_ms(), moment(&window["to"]).as_ms()), (from, to));
    let counted = KINDS.map(|kind| count(payments, kind, |at| (from..to).contains(&at.as_ms())).0);
    assert_eq!(KINDS.map(|kind| window[kind].as_i64().unwrap()), counted, "{window}");
    check_rate(window, counted[1], counted[1] + counted[2] + counted[3]);
}

fn check_overview(overview: &Value, payments: &[Value], now: i64) {
    let all = KINDS.map(|kind| count(payments, kind, |_| true).0);
    let pending = payments.iter().filter(|payment| payment["status"] == "PENDING").count() as i64;
    let shown = ["total", "success", "failed", "expired", "pending"].map(|name| overview[name].as_i64().unwrap());
    assert_eq!(shown, [all[0], all[1], all[2], all[3], pending]);
    assert_eq!(moment(&overview["as_of"]).as_ms(), now);
    check_rate(overview, all[1], all[1] + all[2] + all[3]);
    let (end, day) = (now - now.rem_euclid(QUARTER_MS) + QUARTER_MS, 96 * QUARTER_MS);
    check_window(&overview["last_24h"], payments, end - day, end);
    check_window(&overview["previous_24h"], payments, end - 2 * day, end - day);
    let points = overview["sparkline"].as_array().unwrap();
    assert_eq!(points.len(), 24);
    for (point, n) in points.iter().zip(0..) {
        let from = end - day + n * 4 * QUARTER_MS;
        check_window(point, payments, from, from + 4 * QUARTER_MS);
    }
    let mut by_currency: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for payment in payments {
        by_currency.entry(payment["currency"].as_str().unwrap().to_owned()).or_default().push(payment.clone());
    }
    let shown = overview["currencies"].as_array().unwrap();
    assert_eq!((shown.len(), &overview["currencies_capped"]), (by_currency.len(), &json!(false)));
    assert!(shown.is_sorted_by_key(|shown| -shown["total"]["payments"].as_i64().unwrap()));
    for shown in shown {
        let payments = &by_currency[shown["currency"].as_str().unwrap()];
        let tally = |tally: &Value| (tally["payments"].as_i64().unwrap(), minor(&tally["volume"]));
        for kind in KINDS {
            let ever = if kind == "created" { "total" } else { kind };
            assert_eq!(tally(&shown[ever]), count(payments, kind, |_| true), "{kind} {shown}");
            for (window, from) in [("last_24h", end - day), ("previous_24h", end - 2 * day)] {
                let want = count(payments, kind, |at| (from..from + day).contains(&at.as_ms()));
                assert_eq!(tally(&shown[window][kind]), want, "{window} {kind}");
            }
        }
    }
}

async fn an_overview_is_a_count_over_every_payment(app: TestApp) {
    let dice = IdSource::seeded(9);
    let below = |end: usize| {
        let mut bytes = [0; 8];
        dice.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % end as u64) as usize
    };
    let mut open = Vec::new();
    for round in 0..60 {
        for _ in 0..1 + below(6) {
            let amount = format!("{}.{:02}", below(1_000_000), 1 + below(99));
            let (currency, expires_in) = (["XP", "COINS", "GEMS"][below(3)], 30 + below(90_000));
            let more = json!({"amount": amount, "currency": currency, "expires_in": expires_in});
            open.push(id_of(&app.pay_me(&app.a, more).await));
        }
        for _ in 0..below(4) {
            let id = open.swap_remove(below(open.len()));
            match below(3) {
                0 => app.cancel(&app.a, &id).await,
                1 => app.complete(&app.a, &id, json!({"status": "FAILED"})).await,
                _ => app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await,
            };
            open.push(id);
        }
        if below(3) == 0 {
            app.gateway.expire_due_payments(below(4) as u32).await.unwrap();
        }
        if round % 6 == 5 {
            // Counted before the list is read: that ends what is overdue.
            let overview = ask(&app, &app.a, "overview").await;
            let xp = ask(&app, &app.a, "overview?currency=XP").await;
            let mut payments = listed(&app, &app.a).await;
            check_overview(&overview, &payments, app.clock.now().as_ms());
            payments.retain(|payment| payment["currency"] == "XP");
            check_overview(&xp, &payments, app.clock.now().as_ms());
            assert_eq!((&overview["currency"], &xp["currency"]), (&json!(null), &json!("XP")));
        }
        app.pass_ms(below(6 * QUARTER_MS as usize) as i64);
    }
}

async fn what_is_overdue_has_expired_in_every_answer(app: TestApp) {
    app.pay_me(&app.a, json!({"expires_in": 600})).await;
    app.pass_ms(600_000 - 1);
    assert_eq!(ask(&app, &app.a, "overview").await["pending"], 1);
    app.pass_ms(1);
    for swept in [false, true] {
        if swept {
            assert_eq!(app.gateway.expire_due_payments(10).await.unwrap().0, 1);
        }
        let overview = ask(&app, &app.a, "overview").await;
        let shown = ["total", "pending", "expired", "success_rate"].map(|name| &overview[name]);
        assert_eq!(shown, [&json!(1), &json!(0), &json!(1), &json!(0.0)]);
        assert_eq!(overview["last_24h"]["expired"], 1);
        let status = ask(&app, &app.a, "status").await;
        assert_eq!((&status["expired"], &status["pending"]), (&json!(1), &json!(0)));
        let volume = ask(&app, &app.a, "volume").await;
        let last = volume["data"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["expired"]["payments"], &last["success"]["payments"]), (&json!(1), &json!(0)));
    }
}

async fn a_volume_is_told_to_the_last_digit(app: TestApp) {
    let body = json!({"amount": "9999999999999.99", "currency": "XP"});
    for made in at_once((0..100).map(|_| app.post("/api/payments/create").key(&app.a).json(&body).send())).await {
        made.expect(201);
    }
    for path in ["overview", "volume"] {
        let answer = app.get(format!("/api/analytics/{path}")).key(&app.a).send().await.expect(200);
        // 100 times the largest amount: neither a double nor 53 bits hold it.
        assert!(answer.text().contains("\"volume\":999999999999999}"), "{}", answer.text());
    }
    app.pay_me(&app.a, json!({"amount": 0.07, "currency": "XP"})).await;
    let answer = app.get("/api/analytics/overview").key(&app.a).send().await.expect(200);
    assert!(answer.text().contains("{\"payments\":101,\"volume\":999999999999999.07}"), "{}", answer.text());
}

/// The buckets that are not empty: start, payments created, hundredths.
fn filled(volume: &Value) -> Vec<(String, i64, i64)> {
    let buckets = volume["data"].as_array().unwrap().iter();
    let shown = buckets.map(|bucket| {
        let created = &bucket["created"];
        let (payments, volume) = (created["payments"].as_i64().unwrap(), minor(&created["volume"]));
        (bucket["start"].as_str().unwrap().to_owned(), payments, volume)
    });
    shown.filter(|(_, payments, _)| *payments > 0).collect()
}

async fn the_buckets_of_a_zone_hold_what_happened_in_them(app: TestApp) {
    // 10:35, 10:50, 11:05 … 14:20 in UTC, 1, 2, 3 … 16.
    for n in 1..=16 {
        app.pay_me(&app.a, json!({"amount": n, "expires_in": 2_000_000})).await;
        app.pass_ms(QUARTER_MS);
    }
    let table = [
        (
            "UTC",
            "hour",
            vec![("10:00", 2, 300), ("11:00", 4, 1_800), ("12:00", 4, 3_400), ("13:00", 4, 5_000), ("14:00", 2, 3_100)],
        ),
        (
            "Asia/Kolkata",
            "hour",
            vec![("10:30", 4, 1_000), ("11:30", 4, 2_600), ("12:30", 4, 4_200), ("13:30", 4, 5_800)],
        ),
        (
            "Asia/Kathmandu",
            "hour",
            vec![("10:15", 3, 600), ("11:15", 4, 2_200), ("12:15", 4, 3_800), ("13:15", 4, 5_400), ("14:15", 1, 1_600)],
        ),
        ("America/New_York", "day", vec![("05:00", 16, 13_600)]),
    ];
    for (zone, bucket, want) in table {
        let query = format!("volume?bucket={bucket}&time_zone={zone}&from={START}&to={}", START.plus_s(4 * 3_600));
        let volume = ask(&app, &app.a, &query).await;
        let want: Vec<_> = want.into_iter().map(|(at, n, sum)| (format!("2026-01-26T{at}:00Z"), n, sum)).collect();
        assert_eq!(filled(&volume), want, "{zone}");
        assert_eq!((&volume["time_zone"], &volume["bucket"]), (&json!(zone), &json!(bucket)));
        let buckets = volume["data"].as_array().unwrap();
        assert!(buckets.windows(2).all(|pair| pair[0]["end"] == pair[1]["start"]));
    }
    // Empty buckets are there, and a day of a zone to the east begins on the day before.
    let days = ask(&app, &app.a, "volume?bucket=day&time_zone=Asia/Kathmandu&from=2026-01-20T00:00:00Z").await;
    assert_eq!((days["data"].as_array().unwrap().len(), filled(&days).len()), (7, 1));
    assert_eq!(filled(&days)[0], ("2026-01-25T18:15:00Z".to_owned(), 16, 13_600));
}

async fn days_change_with_the_clocks_of_new_york(app: TestApp) {
    // 2026-03-08T04:30:00Z; that day is 5:00 to 4:00 there.
    app.clock.advance_ms(1_772_944_200_000 - START.as_ms());
    for n in 1..=50 {
        app.pay_me(&app.a, json!({"amount": n})).await;
        app.pass_s(1_800);
    }
    let volume = ask(&app, &app.a, "volume?bucket=day&time_zone=America/New_York&from=2026-03-08T04:59:59Z").await;
    let sum = |range: std::ops::RangeInclusive<i64>| range.sum::<i64>() * 100;
    let want = [
        ("2026-03-07T05:00:00Z", 1, 100),
        ("2026-03-08T05:00:00Z", 46, sum(2..=47)),
        ("2026-03-09T04:00:00Z", 3, sum(48..=50)),
    ];
    assert_eq!(filled(&volume), want.map(|(at, payments, sum)| (at.to_owned(), payments, sum)));
    let hours =
        ask(&app, &app.a, "volume?time_zone=America/New_York&from=2026-03-08T05:00:00Z&to=2026-03-09T04:00:00Z").await;
    assert_eq!(hours["data"].as_array().unwrap().len(), 23);
    assert!(filled(&hours).iter().all(|(_, payments, _)| *payments == 2));
}

async fn a_stretch_of_time_is_counted_in_whole_quarters(app: TestApp) {
    let mut made = Vec::new();
    for expires_in in [1_800, 1_800, 86_400, 86_400] {
        made.push(id_of(&app.pay_me(&app.a, json!({"expires_in": expires_in})).await));
        app.pass_ms(QUARTER_MS);
    }
    app.complete(&app.a, &made[2], json!({"status": "SUCCESS"})).await.expect(200);
    app.cancel(&app.a, &made[3]).await.expect(200);
    // 10:40 is in the quarter of the first, 11:00:00.001 in that of the third.
    let status = ask(&app, &app.a, "status?from=2026-01-26T10:40:00Z&to=2026-01-26T11:00:00.001Z").await;
    let shown = ["from", "to", "created", "expired", "pending", "success_rate"].map(|name| status[name].clone());
    let want = json!(["2026-01-26T10:30:00Z", "2026-01-26T11:15:00Z", 3, 1, null, 0.0]);
    assert_eq!(json!(shown), want);
    let since = ask(&app, &app.a, "status?from=2026-01-26T11:30:00Z").await;
    let shown = ["created", "success", "failed", "expired", "success_rate"].map(|name| since[name].clone());
    assert_eq!(json!(shown), json!([0, 1, 1, 0, 0.5]));
    let ever = ask(&app, &app.a, "status").await;
    let shown = ["from", "to", "created", "success", "failed", "expired", "pending"].map(|name| ever[name].clone());
    assert_eq!(json!(shown), json!([null, null, 4, 1, 1, 2, 0]));
}

async fn the_busiest_currency_is_the_one_that_is_meant(app: TestApp) {
    assert_eq!(ask(&app, &app.a, "volume").await["currency"], json!(null));
    for (currency, amount) in [("GOLD", 1_000), ("XP", 1), ("XP", 2)] {
        app.pay_me(&app.a, json!({"currency": currency, "amount": amount})).await;
    }
    for (query, currency, payments, minor) in [("", "XP", 2, 300), ("?currency=GOLD", "GOLD", 1, 100_000)] {
        let volume = ask(&app, &app.a, &format!("volume{query}")).await;
        assert_eq!(volume["currency"], currency);
        assert_eq!(filled(&volume), [("2026-01-26T10:00:00Z".to_owned(), payments, minor)]);
    }
    let unknown = ask(&app, &app.a, "volume?currency=NOPE").await;
    assert_eq!((&unknown["currency"], filled(&unknown).len()), (&json!("NOPE"), 0));
    // More currencies than an overview tells apart are counted all the same.
    for n in 0..100 {
        app.pay_me(&app.a, json!({"currency": format!("C{n}")})).await;
    }
    let overview = ask(&app, &app.a, "overview").await;
    let shown = overview["currencies"].as_array().unwrap();
    assert_eq!((shown.len(), &overview["currencies_capped"]), (100, &json!(true)));
    assert_eq!((&overview["total"], &overview["last_24h"]["created"]), (&json!(103), &json!(103)));
    assert_eq!(shown[0]["currency"], "XP");
}

async fn nobody_else_is_counted(app: TestApp) {
    let expired = app.payment_of(&app.a).await;
    app.payment_of(&app.b).await;
    app.pass_s(1_800);
    assert_eq!(ask(&app, &app.live, "overview").await["total"], 0);
    let overview = ask(&app, &app.b, "overview").await;
    assert_eq!((&overview["total"], &overview["expired"]), (&json!(1), &json!(1)), "{expired}");
    assert_eq!(ask(&app, &app.live, "status").await["expired"], 0);
}

async fn what_cannot_be_counted_is_refused(app: TestApp) {
    let table = [
        ("overview?currency=coins", "currency", "currency_invalid"),
        ("overview?from=2026-01-26T10:35:00Z", "from", "parameter_unknown"),
        ("overview?currency=XP&currency=XP", "currency", "parameter_duplicated"),
        ("volume?bucket=week", "bucket", "parameter_invalid"),
        ("volume?time_zone=Mars/Olympus", "time_zone", "parameter_invalid"),
        ("volume?time_zone=%2B05:30", "time_zone", "parameter_invalid"),
        ("volume?from=yesterday", "from", "parameter_invalid"),
        ("volume?from=1999-12-31T23:59:59Z", "from", "parameter_out_of_range"),
        ("volume?to=2100-01-01T00:00:00.001Z", "to", "parameter_out_of_range"),
        ("volume?from=2026-01-26T10:35:00Z&to=2026-01-26T10:35:00Z", "from", "parameter_out_of_range"),
        ("volume?from=2025-12-01T00:00:00Z&to=2026-01-11T16:00:00.001Z", "from", "parameter_out_of_range"),
        ("volume?timezone=UTC", "timezone", "parameter_unknown"),
        ("status?to=2026-01-26T10:35:00Z", "from", "parameter_missing"),
        ("status?from=2026-01-27T10:35:00Z", "from", "parameter_out_of_range"),
        ("status?from=2020-01-27T10:35:00Z", "from", "parameter_out_of_range"),
        ("status?currency=XP", "currency", "parameter_unknown"),
    ];
    for (path, param, code) in table {
        let answer = app.get(format!("/api/analytics/{path}")).key(&app.a).send().await.expect_error(400, code);
        assert_eq!(answer.error()["param"], param, "{path}");
    }
    let most = ask(&app, &app.a, "volume?from=2025-12-01T00:00:00Z&to=2026-01-11T16:00:00Z").await;
    assert_eq!(most["data"].as_array().unwrap().len(), 1_000);
    let many = app.get("/api/analytics/volume?bucket=x&time_zone=y&from=z&currency=1&a=b").key(&app.a).send().await;
    assert_eq!(codes_of(&many).len(), 5, "{}", many.text());
}
