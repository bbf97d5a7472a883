//! Retry, cancel and replay. No worker runs: what is attempted is told to the store by hand.

use super::{attempt_due, column, deliveries, delivery, endpoint_at, paid, retry, text};
use crate::support::{Answer, START, Tenant, TestApp, codes_of};
use serde_json::{Value, json};
use zenwallet_core::delivery::Next;

both_databases! {
    a_waiting_delivery_is_called_off,
    a_finished_delivery_cannot_be_called_off,
    a_waiting_delivery_is_hurried,
    a_finished_delivery_is_sent_once_more,
    a_replay_sends_what_failed_and_only_once,
    a_replay_reaches_back_to_its_moment_and_to_its_endpoint,
    what_a_replay_cannot_mean_is_refused,
    a_body_that_says_something_is_refused,
}

async fn cancel(app: &TestApp, tenant: &Tenant, id: &str) -> Answer {
    app.post(format!("/api/webhooks/deliveries/{id}/cancel")).key(tenant).send().await
}

/// The id of a new pending delivery.
async fn waiting(app: &TestApp) -> String {
    if deliveries(app, &app.a, "").await.is_empty() {
        endpoint_at(app, &app.a, "https://shop.example/").await;
    }
    // The newest is told by its moment: none of before shares it.
    app.pass_ms(1);
    paid(app, &app.a, json!({})).await;
    let id = text(&deliveries(app, &app.a, "").await[0]["delivery_id"]);
    app.pass_ms(1);
    id
}

async fn a_waiting_delivery_is_called_off(app: TestApp) {
    let id = waiting(&app).await;
    app.pass_s(1);
    let canceled = cancel(&app, &app.a, &id).await.expect(200).json();
    assert_eq!((&canceled["status"], &canceled["next_attempt_at"]), (&json!("CANCELED"), &Value::Null));
    assert_eq!(canceled["finished_at"], app.clock.now().to_string());
    assert!(text(&canceled["error"]).starts_with("canceled: "), "{canceled}");
    // Once more is the same.
    app.pass_s(1);
    assert_eq!(cancel(&app, &app.a, &id).await.expect(200).json(), canceled);
    attempt_due(&app, |leased| panic!("{} is attempted", leased.id)).await;
    // Also in an attempt, which then no longer counts.
    let id = waiting(&app).await;
    attempt_due(&app, |_| None).await;
    assert_eq!(cancel(&app, &app.a, &id).await.expect(200).json()["status"], "CANCELED");
}

async fn a_finished_delivery_cannot_be_called_off(app: TestApp) {
    for (next, status) in [(Next::Delivered, "DELIVERED"), (Next::Failed, "FAILED")] {
        let id = waiting(&app).await;
        attempt_due(&app, |_| Some(next)).await;
        cancel(&app, &app.a, &id).await.expect_error(409, "delivery_finished");
        assert_eq!(delivery(&app, &app.a, &id).await["status"], status);
    }
}

async fn a_waiting_delivery_is_hurried(app: TestApp) {
    let id = waiting(&app).await;
    let later = app.clock.now().plus_s(300);
    attempt_due(&app, |_| Some(Next::RetryAt(later))).await;
    assert_eq!(delivery(&app, &app.a, &id).await["next_attempt_at"], later.to_string());
    app.pass_s(1);
    let hurried = retry(&app, &app.a, &id).await;
    assert_eq!((&hurried["delivery_id"], &hurried["attempts"]), (&json!(id), &json!(1)));
    assert_eq!(hurried["next_attempt_at"], app.clock.now().to_string());
    assert_eq!((&hurried["cause"], &hurried["status"]), (&json!("event"), &json!("PENDING")));
    attempt_due(&app, |_| Some(Next::Delivered)).await;
    assert_eq!(delivery(&app, &app.a, &id).await["attempts"], 2);
    // One that is in an attempt is let be.
    let id = waiting(&app).await;
    attempt_due(&app, |_| None).await;
    let before = delivery(&app, &app.a, &id).await;
    assert_eq!(retry(&app, &app.a, &id).await["next_attempt_at"], before["next_attempt_at"]);
}

async fn a_finished_delivery_is_sent_once_more(app: TestApp) {
    for end in ["DELIVERED", "FAILED", "CANCELED"] {
        let id = waiting(&app).await;
        match end {
            "CANCELED" => drop(cancel(&app, &app.a, &id).await.expect(200)),
            "FAILED" => attempt_due(&app, |_| Some(Next::Failed)).await,
            _ => attempt_due(&app, |_| Some(Next::Delivered)).await,
        }
        let first = delivery(&app, &app.a, &id).await;
        app.pass_ms(1);
        let second = retry(&app, &app.a, &id).await;
        assert_ne!(second["delivery_id"], first["delivery_id"]);
        for same in ["event_id", "event_seq", "type", "payment_id", "endpoint_id", "url"] {
            assert_eq!(second[same], first[same], "{same}");
        }
        let fresh = json!({
            "cause": "retry", "status": "PENDING", "attempts": 0, "response_status": null, "error": null,
            "finished_at": null, "next_attempt_at": app.clock.now().to_string(),
        });
        for (member, value) in fresh.as_object().unwrap() {
            assert_eq!(&second[member], value, "{end}: {member}");
        }
        assert_eq!(delivery(&app, &app.a, &id).await, first, "the first stays what it was");
        attempt_due(&app, |_| Some(Next::Delivered)).await;
        let again = delivery(&app, &app.a, &text(&second["delivery_id"])).await;
        assert_eq!((&again["status"], &again["attempts"]), (&json!("DELIVERED"), &json!(1)));
    }
}

async fn replay(app: &TestApp, body: Value) -> Value {
    app.post("/api/webhooks/replay").key(&app.a).json(&body).send().await.expect(200).json()
}

/// Five deliveries a second apart: the first arrived, the second was called off, the others failed.
async fn five(app: &TestApp) -> Vec<String> {
    let mut made = Vec::new();
    for n in 0..5 {
        let id = waiting(app).await;
        if n == 1 {
            cancel(app, &app.a, &id).await.expect(200);
        }
        attempt_due(app, |_| Some(if n == 0 { Next::Delivered } else { Next::Failed })).await;
        made.push(id);
        app.pass_ms(999);
    }
    made
}

async fn a_replay_sends_what_failed_and_only_once(app: TestApp) {
    let made = five(&app).await;
    let since = START.to_string();
    let answer =
        |count: u32, dry_run: bool| json!({"object": "replay", "count": count, "has_more": false, "dry_run": dry_run});
    for _ in 0..2 {
        assert_eq!(replay(&app, json!({"since": since, "dry_run": true})).await, answer(3, true));
    }
    assert_eq!(deliveries(&app, &app.a, "").await.len(), 5, "nothing was sent");
    // One was asked for by hand meanwhile.
    retry(&app, &app.a, &made[3]).await;
    assert_eq!(replay(&app, json!({"since": since, "dry_run": true})).await, answer(2, true));
    assert_eq!(replay(&app, json!({"since": since, "dry_run": false})).await, answer(2, false));
    assert_eq!(replay(&app, json!({"since": since})).await, answer(0, false));
    let again: Vec<_> = deliveries(&app, &app.a, "status=PENDING").await;
    let mut causes = column(&again, "cause");
    causes.sort();
    assert_eq!(causes, ["replay", "replay", "retry"]);
    let events = |items: &[Value]| -> std::collections::BTreeSet<_> { column(items, "event_id").into_iter().collect() };
    assert_eq!(events(&again), events(&deliveries(&app, &app.a, "status=FAILED").await));
    // What fails again can be replayed again.
    app.pass_ms(1);
    attempt_due(&app, |leased| Some(if leased.cause.as_str() == "replay" { Next::Failed } else { Next::Delivered }))
        .await;
    app.pass_ms(1);
    assert_eq!(replay(&app, json!({"since": since})).await, answer(2, false));
}

async fn a_replay_reaches_back_to_its_moment_and_to_its_endpoint(app: TestApp) {
    let made = five(&app).await;
    let endpoint_id = text(&delivery(&app, &app.a, &made[0]).await["endpoint_id"]);
    let other = endpoint_at(&app, &app.a, "https://other.example/").await;
    let count = async |body: Value| replay(&app, body).await["count"].as_u64().unwrap();
    let dry = |since: i64| json!({"since": START.plus_s(since).to_string(), "dry_run": true});
    for (since, want) in [(0, 3), (2, 3), (3, 2), (4, 1), (5, 0)] {
        assert_eq!(count(dry(since)).await, want, "{since}");
    }
    let of = |id: &str| json!({"since": START.to_string(), "dry_run": true, "endpoint_id": id});
    assert_eq!((count(of(&endpoint_id)).await, count(of(&other)).await), (3, 0));
    let nobody = app.post("/api/webhooks/replay").key(&app.b).json(&dry(0)).send().await.expect(200).json();
    assert_eq!(nobody["count"], 0);
}

async fn what_a_replay_cannot_mean_is_refused(app: TestApp) {
    let future = app.clock.now().plus_ms(1).to_string();
    let table = [
        (json!({}), "since:parameter_missing"),
        (json!({"since": null}), "since:parameter_missing"),
        (json!({"since": 1_769_423_700}), "since:parameter_type_invalid"),
        (json!({"since": "yesterday"}), "since:parameter_invalid"),
        (json!({"since": future}), "since:parameter_invalid"),
        (json!({"since": START.to_string(), "dry_run": "yes"}), "dry_run:parameter_type_invalid"),
        (json!({"since": START.to_string(), "dryrun": true}), "dryrun:parameter_unknown"),
        (json!({"since": START.to_string(), "endpoint_id": 5}), "endpoint_id:parameter_type_invalid"),
    ];
    let post = async |body: &Value| app.post("/api/webhooks/replay").key(&app.a).json(body).send().await;
    for (body, want) in table {
        assert_eq!(codes_of(&post(&body).await.expect(400)), [want], "{body}");
    }
    let foreign = endpoint_at(&app, &app.b, "https://b.example/").await;
    for id in ["whe_0000000000000000000001", "x", &foreign] {
        let body = json!({"since": START.to_string(), "endpoint_id": id});
        post(&body).await.expect_error(404, "endpoint_not_found");
    }
    assert_eq!(replay(&app, json!({"since": app.clock.now().to_string()})).await["count"], 0);
}

async fn a_body_that_says_something_is_refused(app: TestApp) {
    let id = waiting(&app).await;
    for action in ["retry", "cancel"] {
        let call = || app.post(format!("/api/webhooks/deliveries/{id}/{action}")).key(&app.a);
        call().json(&json!({"x": 1})).send().await.expect_error(400, "parameter_unknown");
        call().text("[]").send().await.expect_error(400, "body_not_object");
        call().json(&json!({})).send().await.expect(200);
    }
}
