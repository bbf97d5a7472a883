//! Endpoints that the gateway disables: those that are gone, and those that fail for too long.

use super::{called, column, deliveries, paid, read_endpoint, received, text, until_status};
use crate::support::{START, TestApp, eventually};
use serde_json::{Value, json};
use zenwallet_testing::receiver::Persona;

both_databases_delivering! {
    a_receiver_that_is_gone_is_not_called_again,
    an_endpoint_that_fails_for_too_long_is_disabled,
    a_success_begins_the_wait_anew,
}

/// Waits until an endpoint is disabled, as it is then.
async fn disabled(app: &TestApp, id: &str) -> Value {
    let look = async || Some(read_endpoint(app, &app.a, id).await).filter(|found| found["is_enabled"] == false);
    eventually("a disabled endpoint", super::PATIENCE, look).await
}

/// The id of the newest delivery to an endpoint.
async fn newest(app: &TestApp, endpoint_id: &str) -> String {
    text(&deliveries(app, &app.a, &format!("endpoint_id={endpoint_id}")).await[0]["delivery_id"])
}

async fn a_receiver_that_is_gone_is_not_called_again(app: TestApp) {
    let (gone, id) = received(&app, &app.a, Persona::Answers(410, None)).await;
    let (watching, watcher) = received(&app, &app.a, Persona::Healthy).await;
    let path = format!("/api/webhooks/endpoints/{watcher}");
    app.patch(path).key(&app.a).json(&json!({"events": ["webhook.disabled"]})).send().await.expect(200);
    paid(&app, &app.a, json!({})).await;
    let found = disabled(&app, &id).await;
    assert!(text(&found["disabled_reason"]).starts_with("gone: "), "{found}");
    let failed = until_status(&app, &app.a, &newest(&app, &id).await, "FAILED").await;
    assert_eq!((&failed["attempts"], &failed["response_status"]), (&json!(1), &json!(410)));
    // It is announced in the log and to whoever asked for that, and says which endpoint and why.
    let kinds: Vec<_> = app.events(&app.a).await.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["payment.created", "payment.success", "webhook.disabled"]);
    let body: Value = serde_json::from_slice(&called(&watching, 1).await.body).unwrap();
    assert_eq!((&body["type"], &body["payment_id"]), (&json!("webhook.disabled"), &failed["payment_id"]));
    let want = json!({"endpoint_id": id, "reason": found["disabled_reason"], "url": gone.url()});
    assert_eq!(body["metadata"], want);
    // Nothing goes there now; enabled again, everything does.
    paid(&app, &app.a, json!({})).await;
    assert_eq!(deliveries(&app, &app.a, &format!("endpoint_id={id}")).await.len(), 1);
    let enable = json!({"is_enabled": true});
    let path = format!("/api/webhooks/endpoints/{id}");
    let enabled = app.patch(path).key(&app.a).json(&enable).send().await.expect(200).json();
    assert_eq!((&enabled["disabled_reason"], &enabled["failing_since"]), (&Value::Null, &Value::Null));
    paid(&app, &app.a, json!({})).await;
    called(&gone, 2).await;
}

/// A payment whose delivery to this endpoint fails for good.
async fn fail_for_good(app: &TestApp, endpoint_id: &str) {
    paid(app, &app.a, json!({})).await;
    let id = newest(app, endpoint_id).await;
    for (number, wait_s) in [(1, 5), (2, 30), (3, 300)] {
        super::until(app, &app.a, &id, |delivery| delivery["attempts"] == number).await;
        app.pass_s(wait_s);
    }
    until_status(app, &app.a, &id, "FAILED").await;
}

async fn an_endpoint_that_fails_for_too_long_is_disabled(app: TestApp) {
    let (_failing, id) = received(&app, &app.a, Persona::Answers(500, None)).await;
    fail_for_good(&app, &id).await;
    let found = read_endpoint(&app, &app.a, &id).await;
    assert_eq!((&found["is_enabled"], &found["failing_since"]), (&json!(true), &json!(START.plus_s(335).to_string())));
    // A moment before the five days it is still called; then it is not.
    app.pass_s(5 * 86_400 - 335 - 1);
    fail_for_good(&app, &id).await;
    assert_eq!(read_endpoint(&app, &app.a, &id).await["is_enabled"], true);
    fail_for_good(&app, &id).await;
    let found = disabled(&app, &id).await;
    assert!(text(&found["disabled_reason"]).starts_with("failing: "), "{found}");
    assert_eq!(app.events(&app.a).await.last().unwrap().kind.as_str(), "webhook.disabled");
    paid(&app, &app.a, json!({})).await;
    let made = deliveries(&app, &app.a, "").await;
    assert_eq!(column(&made, "status"), ["FAILED", "FAILED", "FAILED"]);
}

async fn a_success_begins_the_wait_anew(app: TestApp) {
    let (receiver, id) = received(&app, &app.a, Persona::Answers(500, None)).await;
    fail_for_good(&app, &id).await;
    assert!(read_endpoint(&app, &app.a, &id).await["failing_since"].is_string());
    drop(receiver);
    let healthy = zenwallet_testing::receiver::Receiver::start(Persona::Healthy).await.unwrap();
    let path = format!("/api/webhooks/endpoints/{id}");
    app.patch(path).key(&app.a).json(&json!({"url": healthy.url()})).send().await.expect(200);
    assert!(read_endpoint(&app, &app.a, &id).await["failing_since"].is_string());
    paid(&app, &app.a, json!({})).await;
    until_status(&app, &app.a, &newest(&app, &id).await, "DELIVERED").await;
    assert_eq!(read_endpoint(&app, &app.a, &id).await["failing_since"], Value::Null);
}
