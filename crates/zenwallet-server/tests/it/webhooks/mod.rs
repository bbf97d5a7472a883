//! `/api/webhooks`, and what the worker does with what is asked there.

mod deliveries;
mod disabling;
mod endpoints;
mod endpoints_refused;
mod fan_out;
mod hostile;
mod inbox;
mod levers;
mod log;
mod once;
mod rotation;
mod schedule;
mod signed;
mod steering;
mod things;
mod timeline;

pub(crate) use things::{Things, finished_delivery};

use crate::support::{Tenant, TestApp, eventually, id_of};
use serde_json::{Value, json};
use std::time::Duration;
use zenwallet_core::delivery::{Attempt, Next};
use zenwallet_store::{AttemptRecord, ClaimRequest, Command, LeasedDelivery, Outcome};
use zenwallet_testing::receiver::{Heard, Persona, Receiver};

/// Longest wait for a worker, which looks for what is due once a second at least.
const PATIENCE: Duration = Duration::from_secs(15);

/// A new endpoint, as create answered it.
async fn endpoint(app: &TestApp, tenant: &Tenant, body: Value) -> Value {
    app.post("/api/webhooks/endpoints").key(tenant).json(&body).send().await.expect(201).json()
}

/// The id of a new endpoint at this address.
async fn endpoint_at(app: &TestApp, tenant: &Tenant, url: &str) -> String {
    text(&endpoint(app, tenant, json!({"url": url})).await["endpoint_id"])
}

async fn read_endpoint(app: &TestApp, tenant: &Tenant, id: &str) -> Value {
    app.get(format!("/api/webhooks/endpoints/{id}")).key(tenant).send().await.expect(200).json()
}

/// A page of deliveries.
async fn list(app: &TestApp, tenant: &Tenant, query: &str) -> Value {
    app.get(format!("/api/webhooks/deliveries?{query}")).key(tenant).send().await.expect(200).json()
}

/// At most 100 deliveries, newest first.
async fn deliveries(app: &TestApp, tenant: &Tenant, query: &str) -> Vec<Value> {
    list(app, tenant, &format!("limit=100&{query}")).await["data"].as_array().unwrap().clone()
}

/// A delivery with its attempts.
async fn delivery(app: &TestApp, tenant: &Tenant, id: &str) -> Value {
    app.get(format!("/api/webhooks/deliveries/{id}")).key(tenant).send().await.expect(200).json()
}

async fn retry(app: &TestApp, tenant: &Tenant, id: &str) -> Value {
    app.post(format!("/api/webhooks/deliveries/{id}/retry")).key(tenant).send().await.expect(200).json()
}

/// The id of a new payment that was paid.
async fn paid(app: &TestApp, tenant: &Tenant, more: Value) -> String {
    let id = id_of(&app.pay_me(tenant, more).await);
    app.complete(tenant, &id, json!({"status": "SUCCESS"})).await.expect(200);
    id
}

/// Attempts everything that is due, without a network: what becomes of each, or `None` for one that stays under way.
async fn attempt_due(app: &TestApp, mut outcome: impl FnMut(&LeasedDelivery) -> Option<Next>) {
    let request = ClaimRequest { busy: Vec::new(), free_per_lane: 1_000, limit: 1_000 };
    let Outcome::Claimed(claimed) = app.store.commit(Command::ClaimDeliveries(request)).await.unwrap().outcome else {
        panic!("a claim is answered with what it got")
    };
    for leased in claimed.deliveries {
        let Some(next) = outcome(&leased) else { continue };
        let command = Command::RecordAttempt(std::sync::Arc::new(record(app, &leased, next)));
        assert_eq!(app.store.commit(command).await.unwrap().outcome, Outcome::Recorded { applied: true });
    }
}

fn record(app: &TestApp, leased: &LeasedDelivery, next: Next) -> AttemptRecord {
    let now = app.clock.now();
    let attempt = Attempt {
        number: leased.attempts + 1,
        started_at: now,
        duration_ms: 5,
        request_headers: "{}".to_owned(),
        request_body_sha256: String::new(),
        response_status: Some(if next == Next::Delivered { 200 } else { 500 }),
        response_headers: Some("{}".to_owned()),
        response_body: Some(String::new()),
        error: None,
    };
    AttemptRecord {
        app_id: leased.app_id,
        delivery_id: leased.id,
        endpoint_id: leased.endpoint_id,
        cause: leased.cause,
        token: leased.token,
        attempt,
        next,
        ended_at: now,
    }
}

/// A receiver, and the id of an endpoint of this tenant that leads there.
async fn received(app: &TestApp, tenant: &Tenant, persona: Persona) -> (Receiver, String) {
    let receiver = Receiver::start(persona).await.unwrap();
    let id = endpoint_at(app, tenant, &receiver.url()).await;
    (receiver, id)
}

/// Waits until a receiver has been called so often; the last call.
async fn called(receiver: &Receiver, times: usize) -> Heard {
    eventually(&format!("call {times}"), PATIENCE, async || receiver.requests().into_iter().nth(times - 1)).await
}

/// Waits until a delivery is what is asked for.
async fn until(app: &TestApp, tenant: &Tenant, id: &str, what: impl Fn(&Value) -> bool) -> Value {
    let look = async || Some(delivery(app, tenant, id).await).filter(|found| what(found));
    eventually(&format!("the state of {id}"), PATIENCE, look).await
}

/// Waits until nothing of an app's waits any more.
async fn until_all_are_over(app: &TestApp, tenant: &Tenant) {
    let is_over = async || {
        let queue = app.get("/api/webhooks/queue?limit=1").key(tenant).send().await.expect(200).json();
        (queue["total_count"] == 0).then_some(())
    };
    eventually("an empty queue", PATIENCE, is_over).await;
}

/// Waits until a delivery has this status.
async fn until_status(app: &TestApp, tenant: &Tenant, id: &str, status: &str) -> Value {
    until(app, tenant, id, |delivery| delivery["status"] == status).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// These members of every item.
fn column(items: &[Value], name: &str) -> Vec<String> {
    items.iter().map(|item| text(&item[name])).collect()
}
