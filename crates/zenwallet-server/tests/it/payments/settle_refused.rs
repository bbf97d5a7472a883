//! `POST …/complete` and `…/cancel` with what they do not accept.

use crate::support::{TestApp, codes_of};
use serde_json::{Value, json};

both_databases! {
    one_broken_rule_is_named,
    every_broken_rule_is_named_at_once,
    a_cancel_takes_no_members,
    bodies_are_judged_as_on_create,
    an_unknown_payment_is_told_before_its_body_is_read,
}

async fn one_broken_rule_is_named(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let failed = |name: &str, value: Value| json!({"status": "FAILED", name: value});
    let table = [
        (json!({}), "status", "parameter_missing"),
        (json!({"status": null}), "status", "parameter_missing"),
        (json!({"status": "success"}), "status", "parameter_invalid"),
        (json!({"status": "PENDING"}), "status", "parameter_invalid"),
        (json!({"status": "EXPIRED"}), "status", "parameter_invalid"),
        (json!({"status": ""}), "status", "parameter_invalid"),
        (json!({"status": true}), "status", "parameter_type_invalid"),
        (json!({"status": ["SUCCESS"]}), "status", "parameter_type_invalid"),
        (json!({"status": "S".repeat(33)}), "status", "parameter_too_long"),
        (json!({"status": "SUCCESS", "failure_code": "declined"}), "failure_code", "parameter_invalid"),
        (failed("failure_code", json!("Declined")), "failure_code", "parameter_invalid"),
        (failed("failure_code", json!("")), "failure_code", "parameter_invalid"),
        (failed("failure_code", json!("not funny")), "failure_code", "parameter_invalid"),
        (failed("failure_code", json!("x".repeat(65))), "failure_code", "parameter_invalid"),
        (failed("failure_code", json!("x".repeat(256))), "failure_code", "parameter_too_long"),
        (failed("failure_code", json!(5)), "failure_code", "parameter_type_invalid"),
        (failed("notes", json!("n".repeat(1_001))), "notes", "parameter_too_long"),
        (failed("notes", json!("\0")), "notes", "string_invalid"),
        (failed("notes", json!({})), "notes", "parameter_type_invalid"),
        (failed("note", json!("x")), "note", "parameter_unknown"),
        (failed("transaction_id", json!("txn_1")), "transaction_id", "parameter_unknown"),
        (failed("amount", json!(1)), "amount", "parameter_unknown"),
    ];
    for (body, param, code) in table {
        let answer = app.complete(&app.a, &id, body.clone()).await.expect(400);
        assert_eq!(codes_of(&answer), [format!("{param}:{code}")], "{body}");
        assert_eq!(answer.error()["param"], param);
    }
    assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created"]);
}

async fn every_broken_rule_is_named_at_once(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let body = json!({"status": "PAID", "notes": 5, "failure_code": "A B", "reason": "x"});
    let answer = app.complete(&app.a, &id, body).await.expect(400);
    let want = [
        "status:parameter_invalid",
        "notes:parameter_type_invalid",
        "failure_code:parameter_invalid",
        "reason:parameter_unknown",
    ];
    assert_eq!(codes_of(&answer), want);
}

async fn a_cancel_takes_no_members(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    for name in ["status", "notes", "failure_code", "reason"] {
        let call = app.post(format!("/api/payments/{id}/cancel")).key(&app.a).json(&json!({name: "x"}));
        let answer = call.send().await.expect_error(400, "parameter_unknown");
        assert_eq!(answer.error()["param"], name);
    }
    assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
}

async fn bodies_are_judged_as_on_create(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    for action in ["complete", "cancel"] {
        let post = || app.post(format!("/api/payments/{id}/{action}")).key(&app.a);
        post().text("[]").send().await.expect_error(400, "body_not_object");
        post().text("{").send().await.expect_error(400, "json_invalid");
        post().text("{\"x\":1,\"x\":2}").send().await.expect_error(400, "parameter_duplicated");
        post().text(" ".repeat(70_000)).send().await.expect_error(413, "body_too_large");
        post().raw("{}").send().await.expect_error(415, "content_type_unsupported");
        post().form("status=SUCCESS").send().await.expect_error(415, "content_type_unsupported");
    }
    assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
}

async fn an_unknown_payment_is_told_before_its_body_is_read(app: TestApp) {
    for action in ["complete", "cancel"] {
        for id in ["pay_x", "x", "txn_0000000000000000000001"] {
            let post = || app.post(format!("/api/payments/{id}/{action}")).key(&app.a);
            post().send().await.expect_error(404, "payment_not_found");
            post().text("[").send().await.expect_error(404, "payment_not_found");
        }
        let unknown = app.post(format!("/api/payments/pay_0000000000000000000001/{action}")).key(&app.a);
        let body = if action == "complete" { json!({"status": "SUCCESS"}) } else { json!({}) };
        unknown.json(&body).send().await.expect_error(404, "payment_not_found");
    }
}
