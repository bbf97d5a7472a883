//! A database that goes away, waits, or has no room: what is said meanwhile, and that nothing acknowledged is lost.

mod disk;
mod postgres;

use crate::support::{Answer, TestApp, eventually, id_of};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a recovery may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A create under an idempotency key.
async fn create(app: &TestApp, key: &str) -> Answer {
    let body = json!({"amount": 500, "currency": "COINS", "reference_id": key});
    app.post("/api/payments/create").key(&app.a).idempotency(key).json(&body).send().await
}

/// The refusal that says: not now, the same again later.
fn is_unavailable(answer: &Answer) -> bool {
    // That it has a Retry-After is checked for every 503.
    (answer.status, answer.code().as_str()) == (503, "service_unavailable")
}

/// Waits until the gateway works again, without having been started anew.
async fn recovered(app: &TestApp) {
    eventually("a commit", PATIENCE, async || (create(app, "recovery").await.status == 201).then_some(())).await;
    eventually("readiness", PATIENCE, async || (app.get("/readyz").send().await.status == 200).then_some(())).await;
}

/// Repeats every request until it is answered, and holds the answers against those of before the fault and
/// against what is kept: every acknowledged payment is there as it was acknowledged, and none twice.
async fn nothing_is_lost(app: &TestApp, keys: &[String], acknowledged: &BTreeMap<String, Answer>) {
    let mut ids = Vec::new();
    for key in keys {
        let again = create(app, key).await.expect(201);
        if let Some(first) = acknowledged.get(key) {
            assert_eq!(again.body, first.body, "{key} was answered otherwise before");
            assert!(again.is_replayed(), "{key}");
        }
        ids.push(id_of(&again.json()));
    }
    let by_payment = app.events_by_payment(&app.a).await;
    for (key, id) in keys.iter().zip(&ids) {
        assert_eq!(app.read(&app.a, id).await["reference_id"], *key);
        assert_eq!(by_payment[id], ["payment.created"]);
        let list = app.get(format!("/api/payments?reference_id={key}")).key(&app.a).send().await.expect(200).json();
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "{key} was done twice");
    }
}
