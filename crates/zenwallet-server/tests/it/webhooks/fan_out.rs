//! Which deliveries an event makes. No worker runs: they stay where they are born.

use super::{column, deliveries, endpoint, endpoint_at, paid, read_endpoint, text};
use crate::support::{TestApp, id_of};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use zenwallet_core::app::Environment;
use zenwallet_server::gateway::NewApp;

both_databases! {
    an_event_goes_to_the_endpoints_that_named_it,
    every_end_of_a_payment_is_told,
    the_default_endpoint_is_told_too,
    a_payments_own_address_takes_the_place_of_the_endpoints,
    a_disabled_endpoint_gets_nothing,
    a_change_counts_from_the_next_event_on,
    an_app_is_told_of_its_own_alone,
    a_safe_repetition_tells_nobody,
}

async fn an_event_goes_to_the_endpoints_that_named_it(app: TestApp) {
    let mut ids = Vec::new();
    for events in [
        json!(["payment.created"]),
        json!(["payment.success"]),
        json!(["payment.success", "payment.created"]),
        json!(["payment.failed", "payment.expired", "webhook.test", "webhook.disabled"]),
    ] {
        let body = json!({"url": format!("https://{}.example/", ids.len()), "events": events});
        ids.push(text(&endpoint(&app, &app.a, body).await["endpoint_id"]));
    }
    let payment = id_of(&app.pay_me(&app.a, json!({})).await);
    app.pass_ms(1);
    app.complete(&app.a, &payment, json!({"status": "SUCCESS"})).await.expect(200);
    let made: BTreeSet<_> = deliveries(&app, &app.a, "").await.iter().map(target).collect();
    let want = [(0, "payment.created"), (2, "payment.created"), (1, "payment.success"), (2, "payment.success")];
    assert_eq!(made, want.iter().map(|(at, kind)| (ids[*at].clone(), (*kind).to_owned())).collect());
}

fn target(delivery: &Value) -> (String, String) {
    (text(&delivery["endpoint_id"]), text(&delivery["type"]))
}

async fn every_end_of_a_payment_is_told(app: TestApp) {
    let id = endpoint_at(&app, &app.a, "https://shop.example/hooks").await;
    let success = paid(&app, &app.a, json!({})).await;
    let failed = app.payment_of(&app.a).await;
    app.complete(&app.a, &failed, json!({"status": "FAILED"})).await.expect(200);
    let canceled = app.payment_of(&app.a).await;
    app.cancel(&app.a, &canceled).await.expect(200);
    let expired = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
    app.pass_s(30);
    app.gateway.expire_due_payments(10).await.unwrap();
    let events = app.events(&app.a).await;
    for (payment, kind) in [
        (success, "payment.success"),
        (failed, "payment.failed"),
        (canceled, "payment.failed"),
        (expired, "payment.expired"),
    ] {
        let made = deliveries(&app, &app.a, &format!("payment_id={payment}")).await;
        assert_eq!(made.len(), 1, "{kind}: {made:?}");
        let event = events.iter().find(|event| event.payment_id.to_string() == payment && event.kind.as_str() == kind);
        let event = event.unwrap();
        let want = json!({
            "delivery_id": made[0]["delivery_id"],
            "event_id": event.id.to_string(),
            "event_seq": event.seq,
            "type": kind,
            "payment_id": payment,
            "endpoint_id": id,
            "url": "https://shop.example/hooks",
            "cause": "event",
            "status": "PENDING",
            "attempts": 0,
            "next_attempt_at": event.created_at.to_string(),
            "response_status": null,
            "error": null,
            "created_at": event.created_at.to_string(),
            "finished_at": null,
        });
        assert_eq!(made[0], want);
    }
}

async fn the_default_endpoint_is_told_too(app: TestApp) {
    let new = NewApp {
        name: "Shop".to_owned(),
        environment: Environment::Test,
        webhook_url: Some("https://default.example/".to_owned()),
        rate_limit_per_s: Some(0),
    };
    let made = app.gateway.create_app(new).await.unwrap();
    let (key, webhook_secret) = (made.api_key.reveal().to_owned(), made.webhook_secret);
    let shop = crate::support::Tenant { app_id: made.app.id, key, webhook_secret };
    endpoint_at(&app, &shop, "https://second.example/").await;
    paid(&app, &shop, json!({})).await;
    let urls: BTreeSet<_> = column(&deliveries(&app, &shop, "").await, "url").into_iter().collect();
    assert_eq!(urls, ["https://default.example/", "https://second.example/"].map(str::to_owned).into());
}

async fn a_payments_own_address_takes_the_place_of_the_endpoints(app: TestApp) {
    let all = json!({"url": "https://shop.example/", "events": ["payment.created", "payment.success"]});
    endpoint(&app, &app.a, all).await;
    let payment = paid(&app, &app.a, json!({"webhook_url": "https://own.example/one"})).await;
    let made = deliveries(&app, &app.a, "").await;
    assert_eq!(column(&made, "url"), ["https://own.example/one"]);
    assert_eq!((&made[0]["payment_id"], &made[0]["endpoint_id"]), (&json!(payment), &Value::Null));
    assert_eq!(made[0]["type"], "payment.success");
    // A payment without one goes where it always went.
    paid(&app, &app.a, json!({})).await;
    assert_eq!(deliveries(&app, &app.a, "").await.len(), 3);
}

async fn a_disabled_endpoint_gets_nothing(app: TestApp) {
    let id = endpoint_at(&app, &app.a, "https://shop.example/").await;
    let enable = async |is_enabled: bool| {
        let path = format!("/api/webhooks/endpoints/{id}");
        app.patch(path).key(&app.a).json(&json!({"is_enabled": is_enabled})).send().await.expect(200);
    };
    enable(false).await;
    assert_eq!(read_endpoint(&app, &app.a, &id).await["disabled_reason"], Value::Null);
    paid(&app, &app.a, json!({})).await;
    assert!(deliveries(&app, &app.a, "").await.is_empty());
    enable(true).await;
    let told = paid(&app, &app.a, json!({})).await;
    assert_eq!(column(&deliveries(&app, &app.a, "").await, "payment_id"), [told]);
}

async fn a_change_counts_from_the_next_event_on(app: TestApp) {
    let id = endpoint_at(&app, &app.a, "https://one.example/").await;
    let path = format!("/api/webhooks/endpoints/{id}");
    let first = paid(&app, &app.a, json!({})).await;
    app.pass_ms(1);
    let change = json!({"url": "https://two.example/", "events": ["payment.created"]});
    app.patch(&path).key(&app.a).json(&change).send().await.expect(200);
    let second = paid(&app, &app.a, json!({})).await;
    let made = deliveries(&app, &app.a, "").await;
    assert_eq!(column(&made, "url"), ["https://two.example/", "https://one.example/"]);
    assert_eq!(column(&made, "payment_id"), [second, first]);
    app.delete(&path).key(&app.a).send().await.expect(200);
    paid(&app, &app.a, json!({})).await;
    assert_eq!(deliveries(&app, &app.a, "").await.len(), 2);
}

async fn an_app_is_told_of_its_own_alone(app: TestApp) {
    endpoint_at(&app, &app.a, "https://shop.example/").await;
    paid(&app, &app.b, json!({})).await;
    for tenant in [&app.a, &app.b] {
        assert!(deliveries(&app, tenant, "").await.is_empty());
    }
    paid(&app, &app.a, json!({})).await;
    assert_eq!(deliveries(&app, &app.a, "").await.len(), 1);
    assert!(deliveries(&app, &app.b, "").await.is_empty());
}

async fn a_safe_repetition_tells_nobody(app: TestApp) {
    endpoint_at(&app, &app.a, "https://shop.example/").await;
    let id = paid(&app, &app.a, json!({})).await;
    for _ in 0..3 {
        app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(200);
        app.complete(&app.a, &id, json!({"status": "FAILED"})).await.expect(409);
    }
    assert_eq!(deliveries(&app, &app.a, "").await.len(), 1);
}
