//! `Idempotency-Key` on what is done with webhooks.

use super::{PATIENCE, attempt_due, deliveries, endpoint_at, paid, text};
use crate::support::{Answer, Call, START, TestApp, eventually};
use axum::http::Method;
use serde_json::{Value, json};
use zenwallet_core::delivery::Next;
use zenwallet_testing::receiver::{Persona, Receiver};

both_databases! {
    whatever_is_asked_for_twice_happens_once,
    a_refusal_is_kept_unless_nothing_was_begun,
}

fn post(app: &TestApp, path: &str, key: &str, body: &Value) -> Call {
    app.post(path).key(&app.a).idempotency(key).json(body)
}

#[track_caller]
fn expect_replay(again: &Answer, first: &Answer) {
    assert_eq!((again.status, &again.body), (first.status, &first.body), "{}", again.text());
    assert!(again.is_replayed() && !first.is_replayed());
    assert_eq!(again.header("content-type"), first.header("content-type"));
}

/// Everything that could happen twice.
async fn traces(app: &TestApp) -> (Vec<Value>, Value) {
    let endpoints = app.get("/api/webhooks/endpoints").key(&app.a).send().await.expect(200).json();
    (deliveries(app, &app.a, "").await, endpoints)
}

async fn whatever_is_asked_for_twice_happens_once(app: TestApp) {
    endpoint_at(&app, &app.a, "https://shop.example/").await;
    let mut ids = Vec::new();
    for next in [Some(Next::Failed), Some(Next::Failed), None] {
        app.pass_s(1);
        paid(&app, &app.a, json!({})).await;
        ids.push(text(&deliveries(&app, &app.a, "").await[0]["delivery_id"]));
        attempt_due(&app, |_| next).await;
    }
    let of = |id: &str, verb: &str| format!("/api/webhooks/deliveries/{id}/{verb}");
    for (path, body, status) in [
        ("/api/webhooks/endpoints".to_owned(), json!({"url": "https://shop.example/second"}), 201),
        (of(&ids[0], "retry"), json!({}), 200),
        ("/api/webhooks/replay".to_owned(), json!({"since": START.to_string()}), 200),
        (of(&ids[2], "cancel"), json!({}), 200),
    ] {
        let before = traces(&app).await;
        let first = post(&app, &path, &path, &body).send().await.expect(status);
        let after = traces(&app).await;
        assert_ne!(before, after, "{path} does something");
        app.pass_s(3_600);
        expect_replay(&post(&app, &path, &path, &body).send().await, &first);
        let node = app.second_node().await;
        let elsewhere = Call::new(&node, Method::POST, &path).key(&app.a).idempotency(&path).json(&body).send().await;
        expect_replay(&elsewhere, &first);
        assert_eq!(traces(&app).await, after, "{path} was done once");
        let other = app.post("/api/payments/create").key(&app.a).idempotency(&path);
        let other = other.json(&json!({"amount": 1, "currency": "COINS"})).send().await;
        other.expect_error(422, "idempotency_key_reused");
        // It is this app's key.
        assert!(!app.post(&path).key(&app.b).idempotency(&path).json(&body).send().await.is_replayed());
    }
}

async fn a_refusal_is_kept_unless_nothing_was_begun(app: TestApp) {
    let replay = async |body: Value| post(&app, "/api/webhooks/replay", "k", &body).send().await;
    replay(json!({"since": "yesterday"})).await.expect(400);
    let unknown = json!({"since": START.to_string(), "endpoint_id": "whe_0000000000000000000001"});
    let refused = replay(unknown.clone()).await.expect(404);
    expect_replay(&replay(unknown).await, &refused);
    replay(json!({"since": START.to_string()})).await.expect_error(422, "idempotency_key_reused");
    // Whoever is refused before the work leaves no trace.
    for key in ["", "two words"] {
        post(&app, "/api/webhooks/replay", key, &json!({})).send().await.expect_error(400, "idempotency_key_invalid");
    }
}

mod delivering {
    use super::*;

    both_databases_delivering! {
        a_test_is_sent_once_while_it_runs_and_afterwards,
        a_client_that_leaves_finds_the_answer_when_it_comes_back,
    }

    async fn test(app: &TestApp, receiver: &Receiver) -> Answer {
        post(app, "/api/webhooks/test", "k", &json!({"url": receiver.url()})).send().await
    }

    async fn a_test_is_sent_once_while_it_runs_and_afterwards(app: TestApp) {
        let receiver = Receiver::start(Persona::HangsAfterRequest).await.unwrap();
        let meanwhile = async {
            eventually("the test's arrival", PATIENCE, async || (receiver.hits() == 1).then_some(())).await;
            let running = test(&app, &receiver).await.expect_error(409, "idempotency_key_in_use");
            assert_eq!(running.header("retry-after"), "1");
            let other = post(&app, "/api/webhooks/test", "k", &json!({"url": "https://shop.example/"}));
            other.send().await.expect_error(422, "idempotency_key_reused");
        };
        let (first, ()) = tokio::join!(test(&app, &receiver), meanwhile);
        expect_replay(&test(&app, &receiver).await, &first.expect(200));
        assert_eq!(receiver.hits(), 1);
    }

    async fn a_client_that_leaves_finds_the_answer_when_it_comes_back(app: TestApp) {
        let receiver = Receiver::start(Persona::HangsAfterRequest).await.unwrap();
        tokio::select! {
            _ = test(&app, &receiver) => panic!("nobody answers so soon"),
            () = eventually("the test's arrival", PATIENCE, async || (receiver.hits() == 1).then_some(())) => {}
        }
        let again = eventually("the answer", PATIENCE, async || {
            let again = test(&app, &receiver).await;
            (again.status != 409).then_some(again)
        });
        let again = again.await.expect(200);
        assert!(again.is_replayed());
        assert_eq!((&again.json()["status"], receiver.hits()), (&json!("FAILED"), 1));
    }
}
