//! `POST …/complete` and `…/cancel`: the state machine as callers meet it.

use crate::support::{Answer, START, TestApp, at_once, id_of};
use serde_json::{Value, json};
use std::collections::BTreeSet;

both_databases! {
    every_state_meets_every_wish,
    a_success_has_its_members,
    a_failure_has_its_members,
    a_safe_retry_changes_nothing,
    the_end_comes_exactly_at_expires_at,
    a_hundred_completes_are_one_transition,
    whose_payment_it_is_matters,
}

/// What a caller can want, by name.
async fn want(app: &TestApp, id: &str, wish: &str) -> Answer {
    match wish {
        "CANCEL" => app.cancel(&app.a, id).await,
        status => app.complete(&app.a, id, json!({"status": status})).await,
    }
}

/// A payment that is in this state.
async fn payment_in(app: &TestApp, state: &str) -> String {
    let id = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
    match state {
        "PENDING" => {}
        "EXPIRED" => app.pass_s(30),
        "SWEPT" => {
            app.pass_s(30);
            app.gateway.expire_due_payments(10).await.unwrap();
        }
        wish => drop(want(app, &id, wish).await.expect(200)),
    }
    id
}

async fn every_state_meets_every_wish(app: TestApp) {
    // State before, what is wanted, the answer's status and code, the state after.
    let table = [
        ("PENDING", "SUCCESS", 200, "", "SUCCESS"),
        ("PENDING", "FAILED", 200, "", "FAILED"),
        ("PENDING", "CANCEL", 200, "", "FAILED"),
        ("SUCCESS", "SUCCESS", 200, "", "SUCCESS"),
        ("SUCCESS", "FAILED", 409, "payment_already_final", "SUCCESS"),
        ("SUCCESS", "CANCEL", 409, "payment_already_final", "SUCCESS"),
        ("FAILED", "SUCCESS", 409, "payment_already_final", "FAILED"),
        ("FAILED", "FAILED", 200, "", "FAILED"),
        ("FAILED", "CANCEL", 200, "", "FAILED"),
        ("CANCEL", "SUCCESS", 409, "payment_already_final", "FAILED"),
        ("CANCEL", "FAILED", 200, "", "FAILED"),
        ("CANCEL", "CANCEL", 200, "", "FAILED"),
        ("EXPIRED", "SUCCESS", 409, "payment_expired", "EXPIRED"),
        ("EXPIRED", "FAILED", 409, "payment_expired", "EXPIRED"),
        ("EXPIRED", "CANCEL", 409, "payment_expired", "EXPIRED"),
        ("SWEPT", "SUCCESS", 409, "payment_expired", "EXPIRED"),
        ("SWEPT", "FAILED", 409, "payment_expired", "EXPIRED"),
        ("SWEPT", "CANCEL", 409, "payment_expired", "EXPIRED"),
    ];
    for (before, wish, status, code, after) in table {
        let row = format!("{before} {wish}");
        let id = payment_in(&app, before).await;
        let (found, events) = (app.read(&app.a, &id).await, app.events_of(&app.a, &id).await);
        let answer = want(&app, &id, wish).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{row}");
        let now = app.read(&app.a, &id).await;
        assert_eq!(now["status"], after, "{row}");
        let carried = if status == 409 { answer.error()["payment"].clone() } else { answer.json() };
        assert_eq!(carried, now, "{row}: the answer carries the payment as it is");
        if before != "PENDING" {
            assert_eq!(found, now, "{row}: nothing changed");
            assert_eq!(app.events_of(&app.a, &id).await, events, "{row}: nothing was announced");
        } else {
            let announced = format!("payment.{}", after.to_lowercase());
            assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", &announced], "{row}");
        }
    }
}

async fn a_success_has_its_members(app: TestApp) {
    let created = app.pay_me(&app.a, json!({"reference_id": "R", "metadata": {"k": 1}})).await;
    app.pass_ms(1_500);
    let body = json!({"status": "SUCCESS", "notes": "paid at the \"desk\""});
    let paid = app.complete(&app.a, &id_of(&created), body).await.expect(200).json();
    let mut want = created.clone();
    want.as_object_mut().unwrap().remove("qr_code");
    want["status"] = json!("SUCCESS");
    want["completed_at"] = json!(START.plus_ms(1_500).to_string());
    want["transaction_id"] = paid["transaction_id"].clone();
    want["failure_code"] = Value::Null;
    want["notes"] = json!("paid at the \"desk\"");
    assert_eq!(paid, want);
    let transaction = paid["transaction_id"].as_str().unwrap();
    assert!(transaction.starts_with("txn_") && transaction.len() == 26, "{transaction}");
    let event: Value = serde_json::from_str(&app.events(&app.a).await[1].body).unwrap();
    assert_eq!((&event["type"], &event["transaction_id"]), (&json!("payment.success"), &paid["transaction_id"]));
}

async fn a_failure_has_its_members(app: TestApp) {
    let table = [
        (json!({"status": "FAILED"}), Value::Null, Value::Null),
        (json!({"status": "FAILED", "failure_code": "insufficient_funds"}), json!("insufficient_funds"), Value::Null),
        (
            json!({"status": "FAILED", "failure_code": "x".repeat(64), "notes": "n".repeat(1_000)}),
            json!("x".repeat(64)),
            json!("n".repeat(1_000)),
        ),
        (json!({"status": "FAILED", "failure_code": null, "notes": null}), Value::Null, Value::Null),
    ];
    for (body, code, notes) in table {
        let id = app.payment_of(&app.a).await;
        let failed = app.complete(&app.a, &id, body).await.expect(200).json();
        assert_eq!((&failed["status"], &failed["failure_code"], &failed["notes"]), (&json!("FAILED"), &code, &notes));
        assert_eq!((&failed["transaction_id"], &failed["completed_at"]), (&Value::Null, &json!(START.to_string())));
        assert_eq!(app.read(&app.a, &id).await, failed);
    }
    let id = app.payment_of(&app.a).await;
    let canceled = app.cancel(&app.a, &id).await.expect(200).json();
    assert_eq!((&canceled["status"], &canceled["failure_code"]), (&json!("FAILED"), &json!("canceled")));
    // An empty object is as good as no body.
    let id = app.payment_of(&app.a).await;
    app.post(format!("/api/payments/{id}/cancel")).key(&app.a).json(&json!({})).send().await.expect(200);
}

async fn a_safe_retry_changes_nothing(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let first = app.complete(&app.a, &id, json!({"status": "SUCCESS", "notes": "first"})).await.expect(200);
    app.pass_s(10_000);
    let again = app.complete(&app.a, &id, json!({"status": "SUCCESS", "notes": "second"})).await.expect(200);
    assert_eq!(again.body, first.body);
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", "payment.success"]);
    let id = app.payment_of(&app.a).await;
    let first = app.cancel(&app.a, &id).await.expect(200);
    app.pass_s(10_000);
    let failed = json!({"status": "FAILED", "failure_code": "other"});
    assert_eq!(app.complete(&app.a, &id, failed).await.expect(200).body, first.body);
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", "payment.failed"]);
}

async fn the_end_comes_exactly_at_expires_at(app: TestApp) {
    let ids: Vec<_> = [app.payment_of(&app.a).await, app.payment_of(&app.a).await].into();
    app.pass_ms(1_800_000 - 1);
    assert_eq!(app.read(&app.a, &ids[1]).await["status"], "PENDING");
    let paid = app.complete(&app.a, &ids[0], json!({"status": "SUCCESS"})).await.expect(200).json();
    assert_eq!(paid["status"], "SUCCESS");
    app.pass_ms(1);
    assert_eq!(app.read(&app.a, &ids[0]).await, paid, "a success does not expire");
    let late = app.complete(&app.a, &ids[1], json!({"status": "SUCCESS"})).await;
    let carried = late.expect_error(409, "payment_expired").error()["payment"].clone();
    assert_eq!((&carried["status"], &carried["completed_at"]), (&json!("EXPIRED"), &Value::Null));
    assert_eq!(carried["expires_at"], app.clock.now().to_string());
    assert_eq!(carried["transaction_id"], Value::Null);
    app.gateway.expire_due_payments(10).await.unwrap();
    assert_eq!(app.events_of(&app.a, &ids[1]).await, ["payment.created", "payment.expired"]);
}

async fn a_hundred_completes_are_one_transition(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let path = format!("/api/payments/{id}/complete");
    let body = json!({"status": "SUCCESS"});
    let answers = at_once((0..100).map(|_| app.post(&path).key(&app.a).json(&body).send())).await;
    let bodies: BTreeSet<_> = answers.iter().map(|answer| answer.clone().expect(200).body).collect();
    assert_eq!(bodies.len(), 1, "every caller sees the one transaction");
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", "payment.success"]);
    // A hundred who want different things: one wins, the others learn of it.
    let id = app.payment_of(&app.a).await;
    let path = format!("/api/payments/{id}/complete");
    let bodies = [json!({"status": "SUCCESS"}), json!({"status": "FAILED"})];
    let answers = at_once((0..100).map(|n| app.post(&path).key(&app.a).json(&bodies[n % 2]).send())).await;
    let end = app.read(&app.a, &id).await;
    for answer in answers {
        match answer.status {
            200 => assert_eq!(answer.json(), end),
            409 => assert_eq!(answer.error()["payment"], end),
            status => panic!("{status} {}", answer.text()),
        }
    }
    assert_eq!(app.events_of(&app.a, &id).await.len(), 2);
}

async fn whose_payment_it_is_matters(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    for foreign in [&app.b, &app.live] {
        for body in [json!({"status": "SUCCESS"}), json!({"status": "FAILED"})] {
            app.complete(foreign, &id, body).await.expect_error(404, "payment_not_found");
        }
        app.cancel(foreign, &id).await.expect_error(404, "payment_not_found");
    }
    assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created"]);
    app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(200);
    // What it has become is nobody else's business either.
    let body = json!({"status": "FAILED"});
    let answer = app.complete(&app.b, &id, body).await.expect_error(404, "payment_not_found");
    assert_eq!(answer.error().get("payment"), None);
}
