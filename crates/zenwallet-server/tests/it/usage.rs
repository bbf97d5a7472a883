//! `/api/apps/{app_id}/usage` and monthly limits: months and days are those of UTC.

use crate::support::{Answer, Call, Tenant, TestApp, at_once, codes_of, eventually, id_of};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use zenwallet_core::app::App;
use zenwallet_core::time::Timestamp;
use zenwallet_server::App as Node;

both_databases! {
    what_an_app_used_is_told_by_the_day,
    every_node_adds_what_it_counted,
    what_a_rate_limit_refused_is_not_counted,
    a_months_limit_ends_with_the_month_in_utc,
    of_many_at_once_as_many_are_created_as_may_be,
    the_limit_holds_while_the_number_is_read_anew,
    what_created_nothing_leaves_room,
    a_repeated_request_is_answered_whatever_the_month_has_come_to,
    a_limit_can_be_raised_and_lowered,
    two_nodes_create_too_much_for_a_second_at_most,
    nobody_else_is_limited_or_told,
    what_cannot_be_told_is_refused,
}

mod delivering {
    both_databases_delivering! { attempts_to_deliver_are_counted }
    use super::attempts_to_deliver_are_counted;
}

/// How long a node may believe what it knows of an app.
const PROMPT: Duration = Duration::from_millis(900);
const LIMITED: &str = "monthly_limit_reached";

/// Lets an app create so many payments a month.
async fn limit(app: &TestApp, tenant: &Tenant, most: Option<u32>) {
    let change = move |app: &mut App| {
        app.monthly_payments_max = most;
        Vec::new()
    };
    assert!(app.store.change_app(tenant.app_id, change).await.unwrap().is_some());
}

fn create_on(node: &Node, tenant: &Tenant) -> Call {
    Call::new(node, Method::POST, "/api/payments/create").key(tenant).json(&json!({"amount": 1, "currency": "XP"}))
}

fn create(app: &TestApp, tenant: &Tenant) -> Call {
    create_on(&app.app, tenant)
}

async fn ask(app: &TestApp, tenant: &Tenant, query: &str) -> Value {
    let path = format!("/api/apps/{}/usage{query}", tenant.app_id);
    app.get(path).key(tenant).send().await.expect(200).json()
}

/// How many payments of the month there are, and how many there may be.
async fn month(app: &TestApp, tenant: &Tenant) -> (i64, Value) {
    let usage = ask(app, tenant, "").await;
    (usage["monthly_payments_used"].as_i64().unwrap(), usage["monthly_payments_max"].clone())
}

fn set_clock(app: &TestApp, at: &str) {
    app.pass_ms(Timestamp::parse_rfc3339(at).unwrap().as_ms() - app.clock.now().as_ms());
}

/// Requests, payments and deliveries of the days that have any.
fn used(usage: &Value) -> BTreeMap<String, [i64; 3]> {
    let numbers = |used: &Value| ["requests", "payments", "deliveries"].map(|name| used[name].as_i64().unwrap());
    let days = usage["days"].as_array().unwrap().iter();
    let days = days.map(|day| (day["date"].as_str().unwrap().to_owned(), numbers(day)));
    let all: BTreeMap<_, _> = days.collect();
    let sums = [0, 1, 2].map(|at| all.values().map(|used| used[at]).sum::<i64>());
    assert_eq!(numbers(&usage["totals"]), sums);
    all.into_iter().filter(|(_, used)| *used != [0, 0, 0]).collect()
}

async fn what_an_app_used_is_told_by_the_day(app: TestApp) {
    let mut want: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    let moments = [
        ("2026-01-26T10:35:00Z", 3),
        ("2026-01-26T23:59:59.999Z", 1),
        ("2026-01-27T00:00:00Z", 2),
        ("2026-01-31T23:59:59.999Z", 4),
        ("2026-02-01T00:00:00Z", 1),
        ("2026-02-01T00:15:00Z", 2),
    ];
    for (at, times) in moments {
        set_clock(&app, at);
        for _ in 0..times {
            app.payment_of(&app.a).await;
        }
        let counted = want.entry(at[..10].to_owned()).or_default();
        // The question is a request, too.
        *counted = [counted[0] + times + 1, counted[1] + times, 0];
        assert_eq!(used(&ask(&app, &app.a, "?from=2026-01-01&to=2026-02-28").await), want, "at {at}");
        app.gateway.note_usage().await.unwrap();
        want.get_mut(&at[..10]).unwrap()[0] += 1;
        assert_eq!(used(&ask(&app, &app.a, "?from=2026-01-01&to=2026-02-28").await), want, "written down at {at}");
    }
    app.gateway.note_usage().await.unwrap();
    app.gateway.note_usage().await.unwrap();
    let usage = ask(&app, &app.a, "").await;
    let mut shown = usage.clone();
    shown.as_object_mut().unwrap().retain(|name, _| name != "days" && name != "totals");
    let expected = json!({"object": "app_usage", "app_id": app.a.app_id.to_string(), "month": "2026-02",
        "monthly_payments_max": null, "monthly_payments_used": 3, "resets_at": "2026-03-01T00:00:00Z"});
    assert_eq!(shown, expected);
    let dates: Vec<_> = usage["days"].as_array().unwrap().iter().map(|day| day["date"].clone()).collect();
    assert_eq!((dates.len(), &dates[0], &dates[27]), (28, &json!("2026-02-01"), &json!("2026-02-28")));
    want.get_mut("2026-02-01").unwrap()[0] += 1;
    let in_february = want.split_off("2026-02-01");
    assert_eq!(used(&usage), in_february);
    assert_eq!(used(&ask(&app, &app.a, "?to=2026-01-31").await), want);
    assert_eq!(used(&ask(&app, &app.a, "?from=2026-01-27&to=2026-01-27").await).len(), 1);
    assert_eq!(ask(&app, &app.a, "?from=2026-01-31").await["days"].as_array().unwrap().len(), 29);
}

async fn every_node_adds_what_it_counted(app: TestApp) {
    let (node, gateway) = app.node("second").await;
    for _ in 0..5 {
        create(&app, &app.a).send().await.expect(201);
        create_on(&node, &app.a).send().await.expect(201);
        create_on(&node, &app.b).send().await.expect(201);
    }
    // What the other node has not written down yet is not told; payments always are.
    assert_eq!(used(&ask(&app, &app.a, "").await)["2026-01-26"], [6, 10, 0]);
    gateway.note_usage().await.unwrap();
    assert_eq!(used(&ask(&app, &app.a, "").await)["2026-01-26"], [12, 10, 0]);
    for gateway in [&app.gateway, &gateway, &app.gateway] {
        gateway.note_usage().await.unwrap();
    }
    assert_eq!(used(&ask(&app, &app.a, "").await)["2026-01-26"], [13, 10, 0]);
    assert_eq!(used(&ask(&app, &app.b, "").await)["2026-01-26"], [6, 5, 0]);
}

async fn what_a_rate_limit_refused_is_not_counted(app: TestApp) {
    let tenant = app.new_tenant(zenwallet_core::app::Environment::Test, Some(2)).await;
    for want in [201, 201, 201, 201, 429, 429] {
        create(&app, &tenant).send().await.expect(want);
    }
    // What was let in and then refused for another reason is counted.
    app.pass_s(5);
    app.get("/api/payments/pay_nothing").key(&tenant).send().await.expect(404);
    app.get("/api/payments").bearer(&format!("sk_test_{}", "x".repeat(43))).send().await.expect(401);
    assert_eq!(used(&ask(&app, &tenant, "").await)["2026-01-26"], [6, 4, 0]);
}

async fn attempts_to_deliver_are_counted(app: TestApp) {
    // Nobody listens there: each attempt fails at once, and counts.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let body = json!({"webhook_url": format!("http://127.0.0.1:{port}/")});
    for _ in 0..3 {
        let id = id_of(&app.pay_me(&app.a, body.clone()).await);
        app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(200);
    }
    let deliveries = async || used(&ask(&app, &app.a, "").await)["2026-01-26"][2];
    eventually("three attempts", Duration::from_secs(10), async || (deliveries().await == 3).then_some(())).await;
    app.gateway.note_usage().await.unwrap();
    assert_eq!(deliveries().await, 3);
}

async fn a_months_limit_ends_with_the_month_in_utc(app: TestApp) {
    limit(&app, &app.a, Some(3)).await;
    for number in 1..=3 {
        create(&app, &app.a).send().await.expect(201);
        assert_eq!(month(&app, &app.a).await, (number, json!(3)));
    }
    let refused = create(&app, &app.a).send().await.expect_error(429, LIMITED);
    assert_eq!(refused.json()["error"]["type"], "rate_limit_error");
    for (at, left_s) in
        [("2026-01-26T10:35:01Z", 480_299), ("2026-01-27T00:00:00Z", 432_000), ("2026-01-31T23:59:59.999Z", 1)]
    {
        set_clock(&app, at);
        let refused = create(&app, &app.a).send().await.expect_error(429, LIMITED);
        assert_eq!(refused.header("retry-after"), left_s.to_string());
    }
    set_clock(&app, "2026-02-01T00:00:00Z");
    for _ in 0..3 {
        create(&app, &app.a).send().await.expect(201);
    }
    create(&app, &app.a).send().await.expect_error(429, LIMITED);
    assert_eq!(month(&app, &app.a).await, (3, json!(3)));
    // A clock that goes back to the month before finds it full.
    app.clock.jump_ms(-1);
    create(&app, &app.a).send().await.expect_error(429, LIMITED);
}

/// Creates so many at once; how many there are of each status.
async fn create_many(node: &Node, tenant: &Tenant, count: usize) -> BTreeMap<u16, usize> {
    let calls: Vec<_> = (0..count).map(|_| create_on(node, tenant).send()).collect();
    let mut statuses = BTreeMap::new();
    for answer in at_once(calls).await {
        *statuses.entry(answer.status).or_default() += 1;
    }
    statuses
}

async fn of_many_at_once_as_many_are_created_as_may_be(app: TestApp) {
    limit(&app, &app.a, Some(30)).await;
    assert_eq!(create_many(&app.app, &app.a, 100).await, BTreeMap::from([(201, 30), (429, 70)]));
    assert_eq!(month(&app, &app.a).await.0, 30);
    // Who pays, what ends and what fails leaves no room in the month.
    let list = app.get("/api/payments?limit=1").key(&app.a).send().await.expect(200).json();
    app.cancel(&app.a, &id_of(&list["data"][0])).await.expect(200);
    app.pass_s(3_600);
    create(&app, &app.a).send().await.expect_error(429, LIMITED);
}

async fn the_limit_holds_while_the_number_is_read_anew(app: TestApp) {
    limit(&app, &app.a, Some(120)).await;
    let mut created = 0;
    for _ in 0..8 {
        let clock = app.clock.clone();
        let moving = tokio::spawn(async move {
            for _ in 0..20 {
                clock.advance_ms(700);
                tokio::task::yield_now().await;
            }
        });
        created += create_many(&app.app, &app.a, 20).await.get(&201).copied().unwrap_or(0);
        moving.await.unwrap();
        // Quarters of an hour go by, and what was counted in them is not read again.
        app.pass_s(1_000);
    }
    assert_eq!((created, month(&app, &app.a).await.0), (120, 120));
}

async fn what_created_nothing_leaves_room(app: TestApp) {
    limit(&app, &app.a, Some(5)).await;
    let calls: Vec<_> = (0..40).map(|_| create(&app, &app.a).idempotency("the-same").send()).collect();
    let answers = at_once(calls).await;
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)), "{:?}", answers[0].status);
    assert_eq!(month(&app, &app.a).await.0, 1);
    let bad = json!({"amount": -1, "currency": "XP"});
    for _ in 0..9 {
        app.post("/api/payments/create").key(&app.a).json(&bad).send().await.expect(400);
    }
    assert_eq!(create_many(&app.app, &app.a, 9).await, BTreeMap::from([(201, 4), (429, 5)]));
}

async fn a_repeated_request_is_answered_whatever_the_month_has_come_to(app: TestApp) {
    limit(&app, &app.a, Some(2)).await;
    let first = create(&app, &app.a).idempotency("one").send().await.expect(201);
    create(&app, &app.a).idempotency("two").send().await.expect(201);
    for s in [0, 2, 3_600] {
        app.pass_s(s);
        create(&app, &app.a).idempotency("three").send().await.expect_error(429, LIMITED);
        let again = create(&app, &app.a).idempotency("one").send().await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), again.text()), ("true", first.text()));
        let other = json!({"amount": 2, "currency": "XP"});
        let other = app.post("/api/payments/create").key(&app.a).json(&other).idempotency("one").send().await;
        other.expect_error(422, "idempotency_key_reused");
    }
    // A refusal is not kept: the same key counts for the request that gets room.
    limit(&app, &app.a, Some(3)).await;
    let raised = async || Some(create(&app, &app.a).idempotency("three").send().await).filter(|a| a.status == 201);
    let third: Answer = eventually("room for a third", PROMPT, raised).await;
    let again = create(&app, &app.a).idempotency("three").send().await.expect(201);
    assert_eq!(again.text(), third.text());
    assert_eq!(month(&app, &app.a).await, (3, json!(3)));
}

async fn a_limit_can_be_raised_and_lowered(app: TestApp) {
    for _ in 0..4 {
        create(&app, &app.a).send().await.expect(201);
    }
    let try_one = async |status: u16| Some(create(&app, &app.a).send().await).filter(|a| a.status == status);
    // What was created before there was a limit counts. An app is believed for a moment.
    for (most, room) in [(Some(2), 0), (Some(500), 1), (Some(1), 0), (None, 1)] {
        limit(&app, &app.a, most).await;
        let want = if room == 0 { 429 } else { 201 };
        let answer = eventually(&format!("{want} with {most:?}"), PROMPT, async || try_one(want).await).await;
        assert_eq!(answer.status == 429, room == 0);
    }
}

async fn two_nodes_create_too_much_for_a_second_at_most(app: TestApp) {
    limit(&app, &app.a, Some(10)).await;
    let (node, _) = app.node("second").await;
    assert_eq!(create_many(&app.app, &app.a, 6).await, BTreeMap::from([(201, 6)]));
    // The other node begins by reading, and so do both a second later.
    assert_eq!(create_many(&node, &app.a, 6).await, BTreeMap::from([(201, 4), (429, 2)]));
    assert_eq!(create_many(&app.app, &app.a, 6).await, BTreeMap::from([(201, 4), (429, 2)]), "it has not heard");
    assert_eq!(month(&app, &app.a).await.0, 14);
    limit(&app, &app.a, Some(16)).await;
    for node in [&app.app, &node] {
        let path = format!("/api/apps/{}/usage", app.a.app_id);
        let most = async || {
            let usage = Call::new(node, Method::GET, &path).key(&app.a).send().await.expect(200).json();
            (usage["monthly_payments_max"] == 16).then_some(())
        };
        eventually("the new limit", PROMPT, most).await;
    }
    app.pass_s(1);
    assert_eq!(create_many(&node, &app.a, 3).await, BTreeMap::from([(201, 2), (429, 1)]));
    assert_eq!(create_many(&app.app, &app.a, 3).await, BTreeMap::from([(429, 3)]));
}

async fn nobody_else_is_limited_or_told(app: TestApp) {
    limit(&app, &app.a, Some(1)).await;
    assert_eq!(create_many(&app.app, &app.a, 3).await, BTreeMap::from([(201, 1), (429, 2)]));
    assert_eq!(create_many(&app.app, &app.b, 3).await, BTreeMap::from([(201, 3)]));
    let path = |id: &str| format!("/api/apps/{id}/usage");
    let unknown: zenwallet_core::id::AppId = app.ids.next(app.clock.now());
    for id in
        [app.a.app_id.to_string(), unknown.to_string(), "app_1".to_owned(), app.b.app_id.to_string()[4..].to_owned()]
    {
        app.get(path(&id)).key(&app.b).send().await.expect_error(404, "app_not_found");
    }
    assert_eq!(used(&ask(&app, &app.b, "").await)["2026-01-26"], [8, 3, 0]);
    assert_eq!(used(&ask(&app, &app.a, "").await)["2026-01-26"], [4, 1, 0]);
}

async fn what_cannot_be_told_is_refused(app: TestApp) {
    let refused = async |query: &str| {
        let path = format!("/api/apps/{}/usage?{query}", app.a.app_id);
        codes_of(&app.get(path).key(&app.a).send().await.expect(400))
    };
    for (query, code) in [
        ("from=2026-01", "parameter_invalid"),
        ("to=2026-02-30", "parameter_invalid"),
        ("from=2026-01-01T00:00:00Z", "parameter_invalid"),
        ("from=2026-01-02&to=2026-01-01", "parameter_out_of_range"),
        ("from=2025-01-01&to=2026-01-02", "parameter_out_of_range"),
        ("from=1970-01-01", "parameter_out_of_range"),
        ("until=2026-01-01", "parameter_unknown"),
        ("from=2026-01-01&from=2026-01-01", "parameter_duplicated"),
    ] {
        assert!(format!("{:?}", refused(query).await).contains(code), "{query}: {:?}", refused(query).await);
    }
    let longest = ask(&app, &app.a, "?from=2025-01-01&to=2026-01-01").await;
    assert_eq!(longest["days"].as_array().unwrap().len(), 366);
    ask(&app, &app.a, "?to=9999-12-31").await;
}
