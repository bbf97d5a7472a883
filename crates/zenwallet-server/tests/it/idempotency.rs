//! `Idempotency-Key`: a request that may be repeated.

use crate::support::{Answer, Call, TestApp, id_of};
use axum::http::Method;
use serde_json::{Value, json};

both_databases! {
    a_replay_is_the_first_answer_byte_for_byte,
    a_replay_is_a_replay_however_it_is_spelled,
    another_request_under_the_same_key_is_refused,
    a_key_belongs_to_its_app,
    what_was_never_begun_is_not_kept,
    refusals_by_the_payment_s_state_are_kept,
    a_key_is_kept_for_a_day,
    every_post_takes_a_key,
    a_key_has_a_shape,
    a_read_takes_no_key,
    a_key_is_known_to_every_node,
}

fn create(app: &TestApp, key: &str, body: &Value) -> Call {
    app.post("/api/payments/create").key(&app.a).idempotency(key).json(body)
}

fn body() -> Value {
    json!({"amount": "12.50", "currency": "COINS", "metadata": {"a": 1, "b": "x"}})
}

async fn count(app: &TestApp) -> usize {
    let list = app.get("/api/payments?include=total_count").key(&app.a).send().await.expect(200).json();
    usize::try_from(list["total_count"].as_u64().unwrap()).unwrap()
}

/// Expects the first answer again.
#[track_caller]
fn expect_replay(again: &Answer, first: &Answer) {
    assert_eq!((again.status, &again.body), (first.status, &first.body), "{}", again.text());
    assert!(again.is_replayed() && !first.is_replayed());
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_ne!(again.header("request-id"), first.header("request-id"));
}

async fn a_replay_is_the_first_answer_byte_for_byte(app: TestApp) {
    let first = create(&app, "k", &body()).send().await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    app.pass_s(100);
    expect_replay(&create(&app, "k", &body()).send().await, &first);
    // What became of the payment since does not show: it is the first answer.
    app.complete(&app.a, &id_of(&first.json()), json!({"status": "SUCCESS"})).await.expect(200);
    expect_replay(&create(&app, "k", &body()).send().await, &first);
    assert_eq!((count(&app).await, app.events(&app.a).await.len()), (1, 2));
    // Without the key it is another payment.
    app.post("/api/payments/create").key(&app.a).json(&body()).send().await.expect(201);
    assert_eq!(count(&app).await, 2);
}

async fn a_replay_is_a_replay_however_it_is_spelled(app: TestApp) {
    let first = create(&app, "k", &body()).send().await.expect(201);
    let spellings = [
        r#"{"metadata":{"b":"x","a":1},"currency":"COINS","amount":"12.50"}"#,
        "{ \"amount\" : \"12.50\",\n\t\"currency\": \"C\\u004fINS\", \"metadata\": {\"a\":1,\"b\":\"x\"} }",
    ];
    for spelling in spellings {
        let call = app.post("/api/payments/create").key(&app.a).idempotency("k");
        expect_replay(&call.text(spelling).send().await, &first);
    }
    assert_eq!(count(&app).await, 1);
    // No body is an empty object.
    let cancel = || app.post(format!("/api/payments/{}/cancel", id_of(&first.json()))).key(&app.a).idempotency("c");
    let canceled = cancel().send().await.expect(200);
    for nothing in ["{}", "", " { } ", "\n"] {
        expect_replay(&cancel().text(nothing).send().await, &canceled);
    }
}

async fn another_request_under_the_same_key_is_refused(app: TestApp) {
    let first = create(&app, "k", &body()).send().await.expect(201);
    let mut other = body();
    for (name, value) in [
        ("amount", json!("12.51")),
        ("currency", json!("COIN")),
        ("description", json!("")),
        ("metadata", json!({"a": 1, "b": "x", "c": true})),
    ] {
        other[name] = value;
        create(&app, "k", &other).send().await.expect_error(422, "idempotency_key_reused");
    }
    // Another path is another request, too.
    let path = format!("/api/payments/{}/cancel", id_of(&first.json()));
    let cancel = app.post(path).key(&app.a).idempotency("k");
    cancel.send().await.expect_error(422, "idempotency_key_reused");
    assert_eq!(app.read(&app.a, &id_of(&first.json())).await["status"], "PENDING");
    // And the first one goes on being answered.
    expect_replay(&create(&app, "k", &body()).send().await, &first);
    assert_eq!(count(&app).await, 1);
}

async fn a_key_belongs_to_its_app(app: TestApp) {
    let first = create(&app, "k", &body()).send().await.expect(201);
    for tenant in [&app.b, &app.live] {
        let theirs = app.post("/api/payments/create").key(tenant).idempotency("k").json(&body()).send().await;
        let theirs = theirs.expect(201);
        assert!(!theirs.is_replayed());
        assert_ne!(id_of(&theirs.json()), id_of(&first.json()));
    }
    // All keys of one app share it.
    let key = app.gateway.rotate_key(app.a.app_id, 3_600).await.unwrap();
    let call = app.post("/api/payments/create").bearer(key.reveal()).idempotency("k").json(&body());
    expect_replay(&call.send().await, &first);
    // Keys differ by their case.
    assert!(!create(&app, "K", &body()).send().await.expect(201).is_replayed());
}

async fn what_was_never_begun_is_not_kept(app: TestApp) {
    // 400, 413 and 415 leave the key free.
    create(&app, "k", &json!({"amount": 1})).send().await.expect(400);
    create(&app, "k", &json!({"amount": -1, "currency": "COINS"})).send().await.expect(400);
    let post = || app.post("/api/payments/create").idempotency("k");
    post().key(&app.a).text("{").send().await.expect(400);
    post().key(&app.a).text(" ".repeat(70_000)).send().await.expect(413);
    post().key(&app.a).raw("{}").send().await.expect(415);
    // So do 401, 403 and 429.
    post().json(&body()).send().await.expect(401);
    post().bearer("sk_test_x").json(&body()).send().await.expect(401);
    let first = create(&app, "k", &body()).send().await.expect(201);
    assert!(!first.is_replayed());
    expect_replay(&create(&app, "k", &body()).send().await, &first);
    let limited = app.new_tenant(zenwallet_core::app::Environment::Test, Some(1)).await;
    let post = |key: &str| app.post("/api/payments/create").key(&limited).idempotency(key).json(&body());
    for key in ["1", "2"] {
        post(key).send().await.expect(201);
    }
    post("3").send().await.expect_error(429, "rate_limited");
    // The limit comes before the key: even a replay counts.
    post("1").send().await.expect_error(429, "rate_limited");
    app.pass_s(2);
    assert!(!post("3").send().await.expect(201).is_replayed());
}

async fn refusals_by_the_payment_s_state_are_kept(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    app.cancel(&app.a, &id).await.expect(200);
    let complete = |id: &str, key: &str| {
        let call = app.post(format!("/api/payments/{id}/complete")).key(&app.a).idempotency(key);
        call.json(&json!({"status": "SUCCESS"}))
    };
    let conflict = complete(&id, "c").send().await.expect_error(409, "payment_already_final");
    expect_replay(&complete(&id, "c").send().await, &conflict);
    let unknown = "pay_0000000000000000000001";
    let missing = complete(unknown, "m").send().await.expect_error(404, "payment_not_found");
    expect_replay(&complete(unknown, "m").send().await, &missing);
    // Too late is too late, also for whoever asks again.
    let late = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
    app.pass_s(30);
    let expired = complete(&late, "e").send().await.expect_error(409, "payment_expired");
    app.gateway.expire_due_payments(10).await.unwrap();
    expect_replay(&complete(&late, "e").send().await, &expired);
}

async fn a_key_is_kept_for_a_day(app: TestApp) {
    const DAY_MS: i64 = 24 * 3_600 * 1_000;
    let first = create(&app, "k", &body()).send().await.expect(201);
    app.pass_ms(DAY_MS - 1);
    assert_eq!(app.gateway.prune_idempotency_keys(10).await.unwrap(), 0);
    expect_replay(&create(&app, "k", &body()).send().await, &first);
    app.pass_ms(1);
    // Its time is over, pruned or not.
    let mut other = body();
    other["amount"] = json!(7);
    let second = create(&app, "k", &other).send().await.expect(201);
    assert!(!second.is_replayed());
    expect_replay(&create(&app, "k", &other).send().await, &second);
    create(&app, "k", &body()).send().await.expect_error(422, "idempotency_key_reused");
    create(&app, "l", &body()).send().await.expect(201);
    app.pass_ms(DAY_MS + 1);
    assert_eq!(app.gateway.prune_idempotency_keys(1).await.unwrap(), 1);
    assert_eq!(app.gateway.prune_idempotency_keys(10).await.unwrap(), 1);
    assert_eq!(app.gateway.prune_idempotency_keys(10).await.unwrap(), 0);
    assert!(!create(&app, "k", &body()).send().await.expect(201).is_replayed());
    assert_eq!(count(&app).await, 4);
}

async fn every_post_takes_a_key(app: TestApp) {
    for (action, body, event) in [
        ("complete", json!({"status": "SUCCESS", "notes": "n"}), "payment.success"),
        ("complete", json!({"status": "FAILED", "failure_code": "declined"}), "payment.failed"),
        ("cancel", json!({}), "payment.failed"),
    ] {
        let id = app.payment_of(&app.a).await;
        let post = || app.post(format!("/api/payments/{id}/{action}")).key(&app.a).idempotency(&id).json(&body);
        let first = post().send().await.expect(200);
        app.pass_s(3_600);
        expect_replay(&post().send().await, &first);
        assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", event]);
    }
}

async fn a_key_has_a_shape(app: TestApp) {
    let longest = "k".repeat(255);
    for key in ["k", "!", "~", "\"quoted\"", "a;b,c=d", longest.as_str()] {
        create(&app, key, &body()).send().await.expect(201);
    }
    let too_long = "k".repeat(256);
    let refused: [&[u8]; 6] = [b"", b"two words", b"tab\there", "ключ".as_bytes(), b"\xff", too_long.as_bytes()];
    for key in refused {
        let call = app.post("/api/payments/create").key(&app.a).header("idempotency-key", key).json(&body());
        call.send().await.expect_error(400, "idempotency_key_invalid");
    }
    create(&app, "one", &body()).idempotency("two").send().await.expect_error(400, "idempotency_key_invalid");
    assert_eq!(count(&app).await, 6);
}

async fn a_read_takes_no_key(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let read = async || app.get(format!("/api/payments/{id}")).key(&app.a).idempotency("k").send().await.expect(200);
    assert_eq!(read().await.json()["status"], "PENDING");
    app.cancel(&app.a, &id).await.expect(200);
    assert_eq!(read().await.json()["status"], "FAILED");
    assert!(!read().await.is_replayed());
}

async fn a_key_is_known_to_every_node(app: TestApp) {
    let node = app.second_node().await;
    let there =
        |key: &str| Call::new(&node, Method::POST, "/api/payments/create").key(&app.a).idempotency(key).json(&body());
    let first = create(&app, "k", &body()).send().await.expect(201);
    expect_replay(&there("k").send().await, &first);
    let first = there("l").send().await.expect(201);
    expect_replay(&create(&app, "l", &body()).send().await, &first);
    let (here, there) = tokio::join!(create(&app, "m", &body()).send(), there("m").send());
    assert_eq!(here.body, there.body);
    assert!(here.is_replayed() != there.is_replayed());
    assert_eq!(count(&app).await, 3);
}
