//! What the page's buttons do, and who may press them.

use super::{page, shown_status, token_of};
use crate::support::{Answer, TestApp, at_once, id_of};
use serde_json::json;

both_databases! {
    a_payer_pays_or_cancels,
    a_post_without_the_page_s_token_does_nothing,
    a_double_click_is_one_click,
    too_late_is_too_late,
    what_has_ended_otherwise_is_shown,
    hundreds_of_payers_are_one_transition,
    a_form_has_its_limits,
}

async fn press(app: &TestApp, id: &str, button: &str, token: &str) -> Answer {
    app.post(format!("/pay/{id}/{button}")).form(format!("token={token}")).send().await
}

async fn a_payer_pays_or_cancels(app: TestApp) {
    for tenant in [&app.a, &app.live] {
        for (button, status, code) in [("pay", "SUCCESS", json!(null)), ("cancel", "FAILED", json!("canceled"))] {
            let id = app.payment_of(tenant).await;
            let token = token_of(&app, &id).await;
            app.pass_ms(10);
            let done = press(&app, &id, button, &token).await.expect(303);
            assert_eq!(done.header("location"), format!("/pay/{id}"));
            assert_eq!(shown_status(&page(&app, &id).await), status);
            let now = app.read(tenant, &id).await;
            assert_eq!((&now["status"], &now["failure_code"]), (&json!(status), &code));
            assert_eq!(now["completed_at"], app.clock.now().to_string());
            let event = format!("payment.{}", status.to_lowercase());
            assert_eq!(app.events_of(tenant, &id).await, ["payment.created", &event]);
        }
    }
}

async fn a_post_without_the_page_s_token_does_nothing(app: TestApp) {
    let (id, other) = (app.payment_of(&app.a).await, app.payment_of(&app.a).await);
    let (token, foreign) = (token_of(&app, &id).await, token_of(&app, &other).await);
    assert_ne!(token, foreign);
    let long = "t".repeat(60_000);
    let forms = [
        String::new(),
        "token=".to_owned(),
        "token=wrong".to_owned(),
        format!("token={foreign}"),
        format!("token={}", &token[1..]),
        format!("token={token}x"),
        format!("Token={token}"),
        format!("token=wrong&token={token}"),
        format!("{{\"token\":\"{token}\"}}"),
        "token=%ff%00".to_owned(),
        long,
    ];
    for form in forms {
        for button in ["pay", "cancel"] {
            let refused = app.post(format!("/pay/{id}/{button}")).form(form.clone()).send().await.expect(403);
            assert_eq!(shown_status(&refused), "PENDING");
            // It comes with a way on: the page as it is now, and its right token.
            assert!(refused.text().contains("data-testid=\"notice\"") && refused.text().contains(&token));
        }
    }
    // Neither does a token in the address count, nor a key of the app.
    for button in ["pay", "cancel"] {
        app.post(format!("/pay/{id}/{button}?token={token}")).send().await.expect(403);
        app.post(format!("/pay/{id}/{button}")).key(&app.a).json(&json!({})).send().await.expect(403);
    }
    assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created"]);
    press(&app, &id, "pay", &token).await.expect(303);
}

async fn a_double_click_is_one_click(app: TestApp) {
    for (button, event) in [("pay", "payment.success"), ("cancel", "payment.failed")] {
        let id = app.payment_of(&app.a).await;
        let token = token_of(&app, &id).await;
        press(&app, &id, button, &token).await.expect(303);
        let first = app.read(&app.a, &id).await;
        app.pass_s(5);
        press(&app, &id, button, &token).await.expect(303);
        assert_eq!(app.read(&app.a, &id).await, first);
        assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", event]);
    }
}

async fn too_late_is_too_late(app: TestApp) {
    for button in ["pay", "cancel"] {
        for swept in [false, true] {
            let id = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
            let token = token_of(&app, &id).await;
            app.pass_s(30);
            if swept {
                app.gateway.expire_due_payments(10).await.unwrap();
            }
            let late = press(&app, &id, button, &token).await.expect(303);
            assert_eq!(late.header("location"), format!("/pay/{id}"));
            assert_eq!(shown_status(&page(&app, &id).await), "EXPIRED");
            assert_eq!(app.read(&app.a, &id).await["status"], "EXPIRED");
        }
    }
}

async fn what_has_ended_otherwise_is_shown(app: TestApp) {
    for (end, button, status) in [("SUCCESS", "cancel", "SUCCESS"), ("FAILED", "pay", "FAILED")] {
        let id = app.payment_of(&app.a).await;
        let token = token_of(&app, &id).await;
        app.complete(&app.a, &id, json!({"status": end})).await.expect(200);
        let late = press(&app, &id, button, &token).await.expect(409);
        assert_eq!(shown_status(&late), status);
        assert!(late.text().contains("data-testid=\"notice\""));
        assert_eq!(app.events_of(&app.a, &id).await.len(), 2);
    }
}

async fn hundreds_of_payers_are_one_transition(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let token = token_of(&app, &id).await;
    let calls = (0..200).map(|n| {
        let button = if n % 2 == 0 { "pay" } else { "cancel" };
        let call = app.post(format!("/pay/{id}/{button}")).form(format!("token={token}"));
        async move { (button, call.send().await) }
    });
    let answers = at_once(calls).await;
    let end = app.read(&app.a, &id).await["status"].as_str().unwrap().to_owned();
    let winner = if end == "SUCCESS" { "pay" } else { "cancel" };
    for (button, answer) in answers {
        assert_eq!(answer.status, if button == winner { 303 } else { 409 });
    }
    assert_eq!(app.events_of(&app.a, &id).await.len(), 2);
}

async fn a_form_has_its_limits(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let token = token_of(&app, &id).await;
    let padded = format!("token={token}&x={}", "x".repeat(70_000));
    app.post(format!("/pay/{id}/pay")).form(padded).send().await.expect(413);
    assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
    // What else a browser sends along does no harm.
    app.post(format!("/pay/{id}/pay")).form(format!("x=1&token={token}&y=")).send().await.expect(303);
}
