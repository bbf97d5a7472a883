//! The rate limit of each key.

use crate::support::{Answer, Call, Kind, Tenant, TestApp, at_once, run};
use axum::http::Method;
use serde_json::json;
use zenwallet_core::app::Environment;
use zenwallet_server::App;

both_databases! {
    every_answer_says_where_its_key_stands,
    over_the_limit_is_429_until_time_has_passed,
    keys_have_their_own_buckets,
    environments_have_their_own_defaults,
    zero_is_no_limit,
    many_at_once_pass_no_more_than_the_burst,
    a_refused_request_has_no_effect,
}

#[test]
fn nodes_keep_one_limit() {
    run(Kind::Postgres, nodes_keep_one_limit_among_them);
}

#[test]
fn what_one_node_let_in_another_refuses() {
    run(Kind::Postgres, a_burst_on_one_node_is_missing_on_the_other);
}

async fn ask(app: &TestApp, tenant: &Tenant) -> Answer {
    app.get("/api/payments").key(tenant).send().await
}

fn numbers(answer: &Answer) -> [u32; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name).parse().unwrap())
}

async fn every_answer_says_where_its_key_stands(app: TestApp) {
    let tenant = app.new_tenant(Environment::Test, Some(5)).await;
    let post = |path: &str| app.post(path).key(&tenant);
    let answers = [
        ask(&app, &tenant).await.expect(200),
        post("/api/payments/create").json(&json!({"amount": 1, "currency": "XP"})).send().await.expect(201),
        post("/api/payments/create").send().await.expect(400),
        app.get("/api/payments/x").key(&tenant).send().await.expect(404),
        post("/api/payments/create").raw("{}").send().await.expect(415),
        post("/api/payments/create").text(" ".repeat(70_000)).send().await.expect(413),
        app.get("/api/payments/export").key(&tenant).send().await.expect(200),
    ];
    for (answer, left) in answers.iter().zip((0..10).rev()) {
        assert_eq!(answer.header("ratelimit-policy"), "\"key\";q=10;w=2");
        let [limit, remaining, reset] = numbers(answer);
        assert_eq!((limit, remaining), (10, left));
        // A fifth of a second refills one.
        assert_eq!(reset, (10 - left).div_ceil(5));
        assert_eq!(answer.header("ratelimit"), format!("\"key\";r={left};t={reset}"));
        assert_eq!(answer.header("retry-after"), "");
    }
}

async fn over_the_limit_is_429_until_time_has_passed(app: TestApp) {
    let tenant = app.new_tenant(Environment::Test, Some(2)).await;
    for _ in 0..4 {
        ask(&app, &tenant).await.expect(200);
    }
    for _ in 0..3 {
        let refused = ask(&app, &tenant).await.expect_error(429, "rate_limited");
        assert_eq!((refused.header("retry-after"), numbers(&refused)), ("1", [4, 0, 2]));
        assert_eq!(refused.header("ratelimit-policy"), "\"key\";q=4;w=2");
    }
    app.pass_ms(499);
    ask(&app, &tenant).await.expect_error(429, "rate_limited");
    app.pass_ms(1);
    ask(&app, &tenant).await.expect(200);
    ask(&app, &tenant).await.expect_error(429, "rate_limited");
    app.pass_s(3_600);
    for left in (0..4).rev() {
        assert_eq!(numbers(&ask(&app, &tenant).await.expect(200))[1], left);
    }
    ask(&app, &tenant).await.expect_error(429, "rate_limited");
}

async fn keys_have_their_own_buckets(app: TestApp) {
    let (one, other) =
        (app.new_tenant(Environment::Test, Some(1)).await, app.new_tenant(Environment::Test, Some(1)).await);
    let second = app.gateway.rotate_key(one.app_id, 3_600).await.unwrap();
    for _ in 0..2 {
        ask(&app, &one).await.expect(200);
    }
    ask(&app, &one).await.expect_error(429, "rate_limited");
    ask(&app, &other).await.expect(200);
    app.get("/api/payments").bearer(second.reveal()).send().await.expect(200);
    ask(&app, &one).await.expect_error(429, "rate_limited");
    // What is no key takes from nobody's bucket.
    app.get("/api/payments").bearer(&one.key[..50]).send().await.expect(401);
    app.get("/healthz").key(&other).send().await.expect(200);
    assert_eq!(numbers(&ask(&app, &other).await.expect(200))[1], 0);
}

async fn environments_have_their_own_defaults(app: TestApp) {
    for (environment, burst) in [(Environment::Test, 2_000), (Environment::Production, 400)] {
        let tenant = app.new_tenant(environment, None).await;
        let answer = ask(&app, &tenant).await.expect(200);
        assert_eq!(numbers(&answer), [burst, burst - 1, 1]);
        assert_eq!(answer.header("ratelimit-policy"), format!("\"key\";q={burst};w=2"));
    }
}

async fn zero_is_no_limit(app: TestApp) {
    for _ in 0..50 {
        let answer = ask(&app, &app.a).await.expect(200);
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("ratelimit")), "{:?}", answer.headers);
    }
}

async fn many_at_once_pass_no_more_than_the_burst(app: TestApp) {
    let tenant = app.new_tenant(Environment::Test, Some(10)).await;
    let answers = at_once((0..200).map(|_| app.get("/api/payments").key(&tenant).send())).await;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(passed, 20);
    let mut left: Vec<_> = answers.iter().filter(|a| a.status == 200).map(|answer| numbers(answer)[1]).collect();
    left.sort_unstable();
    assert_eq!(left, (0..20).collect::<Vec<_>>(), "no two were told the same");
}

async fn a_refused_request_has_no_effect(app: TestApp) {
    let tenant = app.new_tenant(Environment::Test, Some(1)).await;
    let id = app.payment_of(&tenant).await;
    ask(&app, &tenant).await.expect(200);
    app.cancel(&tenant, &id).await.expect_error(429, "rate_limited");
    app.complete(&tenant, &id, json!({"status": "SUCCESS"})).await.expect_error(429, "rate_limited");
    app.pass_s(2);
    assert_eq!(app.read(&tenant, &id).await["status"], "PENDING");
    assert_eq!(app.events_of(&tenant, &id).await, ["payment.created"]);
}

/// Rounds of 100 ms in which every node is asked for more than all of them may let in.
async fn nodes_keep_one_limit_among_them(app: TestApp) {
    const SECONDS: u32 = 12;
    let nodes = [app.node("one").await, app.node("two").await, app.node("three").await];
    for count in [2, 3] {
        let tenant = app.new_tenant(Environment::Test, Some(20)).await;
        let mut admitted = 0_u32;
        for round in 0..SECONDS * 10 {
            for (number, (node, gateway)) in nodes[..count].iter().enumerate() {
                // The first node gets three times as many as the others.
                for _ in 0..if number == 0 { 9 } else { 3 } {
                    let answer = Call::new(node, Method::GET, "/api/payments").key(&tenant).send().await;
                    admitted += u32::from(answer.status == 200);
                }
                gateway.share_key_use().await.unwrap();
            }
            assert!(admitted <= 40 * u32::try_from(count).unwrap() + 2 * (round + 1), "{admitted} in round {round}");
            app.pass_ms(100);
        }
        let allowed = 40 + SECONDS * 20;
        let part = f64::from(admitted) / f64::from(allowed);
        assert!((0.95..=1.1).contains(&part), "{count} nodes: {admitted} of {allowed}");
        app.pass_s(60);
        // Long after, all that is known of it can go.
        app.gateway.prune_key_use().await.unwrap();
    }
}

async fn a_burst_on_one_node_is_missing_on_the_other(app: TestApp) {
    let [(here, one), (there, two)] = [app.node("one").await, app.node("two").await];
    let tenant = app.new_tenant(Environment::Test, Some(2)).await;
    let at = async |node: &App| Call::new(node, Method::GET, "/api/payments").key(&tenant).send().await;
    for _ in 0..4 {
        at(&here).await.expect(200);
    }
    one.share_key_use().await.unwrap();
    assert_eq!(numbers(&at(&there).await.expect(200)), [4, 3, 1], "it has not heard yet");
    two.share_key_use().await.unwrap();
    let refused = at(&there).await.expect_error(429, "rate_limited");
    // Five were let in, one more than the bucket holds: half a second of debt, and half a second for the next.
    assert_eq!((refused.header("retry-after"), numbers(&refused)), ("1", [4, 0, 3]));
    one.share_key_use().await.unwrap();
    app.pass_ms(999);
    for node in [&here, &there] {
        at(node).await.expect_error(429, "rate_limited");
    }
    app.pass_ms(1);
    assert_eq!(numbers(&at(&here).await.expect(200)), [4, 0, 2]);
    one.share_key_use().await.unwrap();
    two.share_key_use().await.unwrap();
    at(&there).await.expect_error(429, "rate_limited");
    // A node that starts finds the bucket as the others know it.
    let (late, three) = app.node("three").await;
    at(&late).await.expect(200);
    three.share_key_use().await.unwrap();
    at(&late).await.expect_error(429, "rate_limited");
}
