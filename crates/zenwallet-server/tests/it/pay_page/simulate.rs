//! The simulate panel: every end of a test payment at will, and none of a real one.

use super::{page, shown_status, token_of};
use crate::support::{Answer, Tenant, TestApp};
use serde_json::json;

both_databases! {
    a_test_payment_comes_to_any_end,
    an_end_ahead_of_time_is_an_end,
    a_real_payment_is_never_simulated,
    what_is_not_offered_does_nothing,
    a_second_press_finds_the_first,
}

async fn simulate(app: &TestApp, id: &str, form: &str) -> Answer {
    let token = token_of(app, id).await;
    press(app, id, &token, form).await
}

async fn press(app: &TestApp, id: &str, token: &str, form: &str) -> Answer {
    app.post(format!("/pay/{id}/simulate")).form(format!("token={token}&{form}")).send().await
}

async fn a_test_payment_comes_to_any_end(app: TestApp) {
    for (form, status, code) in [
        ("outcome=success&failure_code=declined", "SUCCESS", json!(null)),
        ("outcome=failed&failure_code=insufficient_funds", "FAILED", json!("insufficient_funds")),
        ("outcome=failed&failure_code=declined", "FAILED", json!("declined")),
        ("outcome=expired&failure_code=declined", "EXPIRED", json!(null)),
    ] {
        let id = app.payment_of(&app.a).await;
        app.pass_ms(1_500);
        assert_eq!(simulate(&app, &id, form).await.expect(303).header("location"), format!("/pay/{id}"));
        assert_eq!(shown_status(&page(&app, &id).await), status);
        let now = app.read(&app.a, &id).await;
        assert_eq!((&now["status"], &now["failure_code"]), (&json!(status), &code));
        assert_eq!(now["transaction_id"].is_string(), status == "SUCCESS");
        let event = format!("payment.{}", status.to_lowercase());
        assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", &event]);
    }
}

async fn an_end_ahead_of_time_is_an_end(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    app.pass_ms(2_250);
    let end = app.clock.now().to_string();
    simulate(&app, &id, "outcome=expired").await.expect(303);
    app.pass_s(60);
    let now = app.read(&app.a, &id).await;
    assert_eq!((&now["expires_at"], &now["completed_at"]), (&json!(end), &json!(null)));
    // Its old end comes and changes nothing.
    app.pass_s(3_600);
    assert_eq!(app.gateway.expire_due_payments(10).await.unwrap().0, 0);
    assert_eq!(app.read(&app.a, &id).await, now);
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", "payment.expired"]);
    let complete = app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await;
    complete.expect_error(409, "payment_expired");
}

async fn a_real_payment_is_never_simulated(app: TestApp) {
    let id = app.payment_of(&app.live).await;
    assert!(!page(&app, &id).await.text().contains("simulate"));
    for form in ["outcome=success", "outcome=failed&failure_code=declined", "outcome=expired"] {
        let refused = simulate(&app, &id, form).await.expect(403);
        assert_eq!(shown_status(&refused), "PENDING");
        assert!(refused.text().contains("not a test payment"), "{form}");
    }
    assert_eq!(app.events_of(&app.live, &id).await, ["payment.created"]);
}

async fn what_is_not_offered_does_nothing(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let offered = page(&app, &id).await.text();
    assert!(offered.contains("data-testid=\"simulate-panel\"") && offered.contains("Simulated, no real money moves"));
    let long = format!("outcome=failed&failure_code={}", "x".repeat(5_000));
    for form in [
        "",
        "outcome=",
        "outcome=SUCCESS",
        "outcome=refunded",
        "outcome=failed",
        "outcome=failed&failure_code=",
        "outcome=failed&failure_code=canceled",
        "outcome=failed&failure_code=<script>",
        &long,
    ] {
        let refused = simulate(&app, &id, form).await.expect(400);
        assert!(refused.text().contains("data-testid=\"notice\"") && shown_status(&refused) == "PENDING", "{form}");
    }
    // Without the token nothing counts at all.
    app.post(format!("/pay/{id}/simulate")).form("outcome=success").send().await.expect(403);
    app.post("/pay/pay_x/simulate").form("outcome=success").send().await.expect(404);
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created"]);
}

async fn a_second_press_finds_the_first(app: TestApp) {
    let twice = async |tenant: &Tenant, first: &str, second: &str, status: u16| {
        let id = app.payment_of(tenant).await;
        app.pass_ms(10);
        let token = token_of(&app, &id).await;
        press(&app, &id, &token, first).await.expect(303);
        let ended = app.read(tenant, &id).await;
        app.pass_ms(10);
        press(&app, &id, &token, second).await.expect(status);
        assert_eq!(app.read(tenant, &id).await, ended, "{first}, then {second}");
        assert_eq!(app.events_of(tenant, &id).await.len(), 2);
    };
    let failed = "outcome=failed&failure_code=declined";
    twice(&app.a, "outcome=success", "outcome=success", 303).await;
    twice(&app.a, "outcome=expired", "outcome=expired", 303).await;
    twice(&app.a, failed, failed, 303).await;
    twice(&app.a, "outcome=success", failed, 409).await;
    twice(&app.a, "outcome=success", "outcome=expired", 409).await;
    twice(&app.a, failed, "outcome=success", 409).await;
    twice(&app.a, "outcome=expired", "outcome=success", 303).await;
}
