//! What is kept of deliveries, for how long, and what nobody is shown.

use super::{attempt_due, deliveries, delivery, endpoint, paid, text};
use crate::support::{TestApp, id_of};
use serde_json::json;
use zenwallet_core::delivery::Next;

both_databases! {
    what_is_over_is_forgotten_after_its_time,
    nothing_is_forgotten_because_the_clock_is_set_ahead,
    secrets_are_shown_where_they_are_made_and_nowhere_else,
}

const DAY_S: i64 = 86_400;

async fn what_is_over_is_forgotten_after_its_time(app: TestApp) {
    endpoint(&app, &app.a, json!({"url": "https://shop.example/"})).await;
    for _ in 0..3 {
        paid(&app, &app.a, json!({})).await;
        app.pass_ms(1);
    }
    let made: Vec<_> = deliveries(&app, &app.a, "").await.iter().map(|item| text(&item["delivery_id"])).collect();
    let waits = made[1].clone();
    attempt_due(&app, |leased| (leased.id.to_string() != waits).then_some(Next::Delivered)).await;
    app.pass_s(10 * DAY_S);
    paid(&app, &app.a, json!({})).await;
    app.pass_s(20 * DAY_S - 60);
    assert_eq!(app.gateway.prune_deliveries(10).await.unwrap(), 0);
    assert_eq!(delivery(&app, &app.a, &made[0]).await["attempts_log"].as_array().unwrap().len(), 1);
    app.pass_s(120);
    assert_eq!(app.gateway.prune_deliveries(1).await.unwrap(), 1);
    assert_eq!(app.gateway.prune_deliveries(10).await.unwrap(), 1);
    assert_eq!(app.gateway.prune_deliveries(10).await.unwrap(), 0);
    for gone in [&made[0], &made[2]] {
        let answer = app.get(format!("/api/webhooks/deliveries/{gone}")).key(&app.a).send().await;
        answer.expect_error(404, "delivery_not_found");
    }
    // What waits is not over, however old; and the events stay.
    assert_eq!(delivery(&app, &app.a, &waits).await["status"], "PENDING");
    assert_eq!(deliveries(&app, &app.a, "").await.len(), 2);
    assert_eq!(app.events(&app.a).await.len(), 8);
}

async fn nothing_is_forgotten_because_the_clock_is_set_ahead(app: TestApp) {
    endpoint(&app, &app.a, json!({"url": "https://shop.example/"})).await;
    paid(&app, &app.a, json!({})).await;
    attempt_due(&app, |_| Some(Next::Delivered)).await;
    app.clock.jump_ms(400 * DAY_S * 1_000);
    assert_eq!(app.gateway.prune_deliveries(10).await.unwrap(), 0);
    assert_eq!(app.gateway.prune_idempotency_keys(10).await.unwrap(), 0);
    app.pass_s(DAY_S);
    assert_eq!(app.gateway.prune_deliveries(10).await.unwrap(), 1, "a day later the clock is believed");
}

async fn secrets_are_shown_where_they_are_made_and_nowhere_else(app: TestApp) {
    let body = json!({"url": "https://shop.example/", "headers": {"Authorization": "Bearer s3cret-4711"}});
    let made = app.post("/api/webhooks/endpoints").key(&app.a).json(&body).send().await.expect(201);
    let id = text(&made.json()["endpoint_id"]);
    let rotate = format!("/api/apps/{}/webhook-secret/rotate", app.a.app_id);
    let rotated = app.post(rotate).key(&app.a).send().await.expect(200).json();
    let payment = id_of(&app.pay_me(&app.a, json!({})).await);
    app.complete(&app.a, &payment, json!({"status": "SUCCESS"})).await.expect(200);
    attempt_due(&app, |_| Some(Next::Failed)).await;
    let delivery_id = text(&deliveries(&app, &app.a, "").await[0]["delivery_id"]);
    let endpoint = format!("/api/webhooks/endpoints/{id}");
    let mut answers = vec![made];
    let taken = json!({"url": "x", "headers": {"Authorization": "Bearer s3cret-4711", "Host": "s3cret-4711"}});
    answers.push(app.post("/api/webhooks/endpoints").key(&app.a).json(&taken).send().await.expect(400));
    answers.push(app.patch(&endpoint).key(&app.a).json(&json!({"description": "x"})).send().await.expect(200));
    for path in [
        "/api/webhooks/endpoints".to_owned(),
        endpoint.clone(),
        "/api/webhooks/deliveries".to_owned(),
        "/api/webhooks/queue".to_owned(),
        format!("/api/webhooks/deliveries/{delivery_id}"),
        format!("/api/payments/{payment}"),
        format!("/pay/{payment}"),
    ] {
        answers.push(app.get(path).key(&app.a).send().await.expect(200));
    }
    let retry = format!("/api/webhooks/deliveries/{delivery_id}/retry");
    answers.push(app.post(retry).key(&app.a).send().await.expect(200));
    answers.push(app.delete(&endpoint).key(&app.a).send().await.expect(200));
    let secrets = ["s3cret-4711", &app.a.webhook_secret, rotated["webhook_secret"].as_str().unwrap(), "whsec_"];
    for answer in answers {
        assert!(secrets.iter().all(|secret| !answer.text().contains(secret)), "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}
