//! The end of a payment's time: seen by everybody at once, persisted and announced by the sweep.

use crate::support::{Kind, TestApp, block_on, eventually, id_of, many_payments};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use zenwallet_core::id::PaymentId;
use zenwallet_core::time::{Clock, Timestamp};
use zenwallet_server::worker;
use zenwallet_store::Command;

both_databases! {
    the_sweep_announces_each_end_once,
    whoever_is_told_of_the_end_makes_it_final,
    the_sweep_takes_what_is_due_in_bites,
    downtime_delays_the_announcement_alone,
    the_worker_sweeps_by_itself,
}

async fn the_sweep_announces_each_end_once(app: TestApp) {
    let id = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
    let longer = id_of(&app.pay_me(&app.a, json!({"expires_in": 31})).await);
    let expires_at = |id: &str| app.clock.now().plus_s(if id.is_empty() { 30 } else { 31 });
    assert_eq!(app.gateway.expire_due_payments(10).await.unwrap(), (0, Some(expires_at(""))));
    app.pass_ms(29_999);
    assert_eq!(app.gateway.expire_due_payments(10).await.unwrap().0, 0);
    app.pass_ms(1);
    assert_eq!(app.gateway.expire_due_payments(10).await.unwrap(), (1, Some(app.clock.now().plus_s(1))));
    assert_eq!(app.gateway.expire_due_payments(10).await.unwrap().0, 0);
    assert_eq!(app.read(&app.a, &id).await["status"], "EXPIRED");
    assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", "payment.expired"]);
    assert_eq!(app.events_of(&app.a, &longer).await, ["payment.created"]);
    let event: Value = serde_json::from_str(&app.events(&app.a).await[2].body).unwrap();
    assert_eq!((&event["status"], &event["completed_at"]), (&json!("EXPIRED"), &Value::Null));
}

/// The clocks of several nodes differ a little: an answer that says EXPIRED must stay true for all of them.
async fn whoever_is_told_of_the_end_makes_it_final(app: TestApp) {
    for way in ["read", "list", "export", "page", "complete", "cancel", "pay"] {
        let id = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
        let token = crate::pay_page::token_of(&app, &id).await;
        app.pass_s(30);
        let get = async |path: String| app.get(path).key(&app.a).send().await.expect(200).text();
        let told = match way {
            "read" => get(format!("/api/payments/{id}")).await,
            "list" => get(format!("/api/payments?q={id}")).await,
            "export" => get(format!("/api/payments/export?q={id}")).await,
            "page" => get(format!("/pay/{id}")).await,
            "complete" => app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(409).text(),
            "cancel" => app.cancel(&app.a, &id).await.expect(409).text(),
            _ => {
                app.post(format!("/pay/{id}/pay")).form(format!("token={token}")).send().await.expect(303);
                get(format!("/pay/{id}")).await
            }
        };
        assert!(told.contains("EXPIRED"), "{way}: {told}");
        // Back in time, as on a node whose clock is behind: it remains so, with nothing announced twice.
        app.pass_s(-30);
        assert_eq!(app.read(&app.a, &id).await["status"], "EXPIRED", "{way}");
        app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect_error(409, "payment_expired");
        app.pass_s(30);
        app.gateway.expire_due_payments(10).await.unwrap();
        assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", "payment.expired"], "{way}");
    }
}

async fn the_sweep_takes_what_is_due_in_bites(app: TestApp) {
    many_payments(&app, &app.a, 25).await;
    app.pass_s(1_800);
    let mut bites = Vec::new();
    while let (expired @ 1.., _) = app.gateway.expire_due_payments(10).await.unwrap() {
        bites.push(expired);
    }
    assert_eq!(bites, [10, 10, 5]);
    let by_payment = app.events_by_payment(&app.a).await;
    assert!(by_payment.values().all(|kinds| kinds == &["payment.created", "payment.expired"]));
}

async fn downtime_delays_the_announcement_alone(app: TestApp) {
    let id = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
    app.pass_s(30 * 24 * 3_600);
    assert_eq!(app.gateway.expire_due_payments(10).await.unwrap(), (1, None));
    let seen = app.read(&app.a, &id).await;
    assert_eq!((&seen["status"], &seen["completed_at"]), (&json!("EXPIRED"), &Value::Null));
    assert_eq!(seen["expires_at"], crate::support::START.plus_s(30).to_string());
}

/// On the machine's clock, with payments that live for a moment.
async fn the_worker_sweeps_by_itself(app: TestApp) {
    let (gateway, store) = app.gateway_on(Clock::System, "second").await;
    let ids = many_payments(&app, &app.a, 3).await;
    let due = Clock::System.now().plus_ms(300);
    let soon = soon_due(&app, ids[0], due).await;
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run_expiry(Arc::new(gateway), 500, stop.clone()));
    let announced = eventually("the announcement", Duration::from_secs(10), async || {
        let events = app.events(&app.a).await;
        events.into_iter().find(|event| event.payment_id == soon && event.kind.as_str() == "payment.expired")
    })
    .await;
    let late_ms = announced.created_at.as_ms() - due.as_ms();
    assert!((0..1_000).contains(&late_ms), "{late_ms} ms late");
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), worker).await.unwrap().unwrap();
    store.close().await;
}

/// A copy of a payment that is due at `due`.
async fn soon_due(app: &TestApp, like: PaymentId, due: Timestamp) -> PaymentId {
    let mut payment = app.store.find_payment_of_any_app(like).await.unwrap().unwrap();
    let now = due.plus_ms(-300);
    (payment.id, payment.created_at, payment.expires_at) = (app.ids.next(now), now, due);
    let id = payment.id;
    app.store.commit(Command::CreatePayment { payment: Box::new(payment), claim: None }).await.unwrap();
    id
}

#[test]
fn the_worker_stops_when_it_is_told_to() {
    block_on(async {
        let app = TestApp::start(Kind::Sqlite).await;
        let stop = CancellationToken::new();
        let workers = [
            tokio::spawn(worker::run_expiry(Arc::clone(&app.gateway), 500, stop.clone())),
            tokio::spawn(worker::run_upkeep(Arc::clone(&app.gateway), stop.clone())),
        ];
        stop.cancel();
        for worker in workers {
            tokio::time::timeout(Duration::from_secs(5), worker).await.unwrap().unwrap();
        }
    });
}
