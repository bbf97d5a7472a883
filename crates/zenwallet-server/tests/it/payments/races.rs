//! R8: everybody who may end a payment tries at the same moment; one does, and all others learn who. On PostgreSQL
//! the callers come to two nodes.

use crate::support::{Answer, Call, Database, TestApp, at_once, id_of};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use zenwallet_server::App;

both_databases! { two_thousand_payments_end_once_each }

/// Payments that are raced for at a time, and how often: 2 000 in all.
const WAVE: usize = 100;
const WAVES: usize = 20;

async fn two_thousand_payments_end_once_each(app: TestApp) {
    let other_node = match &app.database {
        Database::Sqlite { .. } => app.app.clone(),
        Database::Postgres(_) => app.second_node().await,
    };
    let app = Arc::new(app);
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for wave in 0..WAVES {
        let ids = at_once((0..WAVE).map(|_| {
            let app = Arc::clone(&app);
            async move { id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await) }
        }))
        .await;
        let answers = race([&app.app, &other_node], &app, &ids, wave).await;
        for (id, answers) in ids.iter().zip(&answers) {
            let end = judge(&app, id, answers).await;
            *ends.entry(end).or_default() += 1;
        }
    }
    // Nothing is left that could still change.
    while app.gateway.expire_due_payments(500).await.unwrap().0 > 0 {}
    let by_payment = app.events_by_payment(&app.a).await;
    assert_eq!(by_payment.len(), WAVE * WAVES);
    for (id, kinds) in by_payment {
        assert_eq!(kinds.len(), 2, "{id}: {kinds:?}");
    }
    // Every way of ending did win somewhere, or this was no race.
    assert_eq!(ends.keys().collect::<Vec<_>>(), ["EXPIRED", "FAILED", "SUCCESS"], "{ends:?}");
    assert!(ends.values().all(|count| *count >= 10), "{ends:?}");
}

/// Four callers for each payment, while the clock passes the end of them all and the sweep runs. In some waves
/// time wins, in some the callers do.
async fn race(nodes: [&App; 2], app: &Arc<TestApp>, ids: &[String], wave: usize) -> Vec<Vec<Answer>> {
    let time = tokio::spawn({
        let app = Arc::clone(app);
        async move {
            // As many commits as it takes the callers to be under way.
            for _ in 0..wave % 5 {
                app.gateway.expire_due_payments(500).await.unwrap();
            }
            app.pass_s(30);
            for _ in 0..5 {
                app.gateway.expire_due_payments(40).await.unwrap();
            }
        }
    });
    let mut calls: Vec<(usize, Call)> = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        let post = |action: &str| {
            let path = format!("/api/payments/{id}/{action}");
            Call::new(nodes[(at + action.len()) % 2], Method::POST, &path).key(&app.a)
        };
        let mut wishes = vec![
            post("complete").json(&json!({"status": "SUCCESS"})),
            post("complete").json(&json!({"status": "FAILED", "failure_code": "declined"})),
            post("cancel"),
            post("complete").idempotency(&format!("{wave}-{at}")).json(&json!({"status": "SUCCESS"})),
        ];
        wishes.rotate_left((at + wave) % 4);
        calls.extend(wishes.into_iter().map(|call| (at, call)));
    }
    let answers = at_once(calls.into_iter().map(|(at, call)| async move { (at, call.send().await) })).await;
    time.await.unwrap();
    let mut by_payment = vec![Vec::new(); ids.len()];
    for (at, answer) in answers {
        by_payment[at].push(answer);
    }
    by_payment
}

/// Holds every answer about a payment against its end; says which.
async fn judge(app: &TestApp, id: &str, answers: &[Answer]) -> String {
    let end = app.read(&app.a, id).await;
    assert_ne!(end["status"], "PENDING");
    for answer in answers {
        let told = match (answer.status, answer.code().as_str()) {
            (200, _) => answer.json(),
            (409, "payment_already_final" | "payment_expired") => answer.error()["payment"].clone(),
            _ => panic!("{} {}", answer.status, answer.text()),
        };
        assert_eq!(told, end, "{id}: {}", answer.text());
    }
    if end["status"] == "EXPIRED" {
        assert!(answers.iter().all(|answer| answer.code() == "payment_expired"), "{id}");
        assert_eq!(end["transaction_id"], Value::Null);
    } else {
        let agreed = answers.iter().filter(|answer| answer.status == 200).count();
        assert!(agreed == 2, "{id}: the two who wanted this end, and nobody else, were told so: {agreed}");
    }
    end["status"].as_str().unwrap().to_owned()
}
