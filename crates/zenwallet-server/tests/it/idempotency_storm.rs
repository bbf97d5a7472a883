//! R7: two hundred identical requests at once, for two hundred keys: one payment per key, and one answer.

use crate::support::{Answer, Call, Database, TestApp, at_once};
use axum::http::Method;
use serde_json::json;
use std::collections::BTreeSet;

both_databases! { two_hundred_keys_two_hundred_times_each_are_two_hundred_payments }

const KEYS: usize = 200;
const CALLERS: usize = 200;
/// Keys that storm at the same time.
const TOGETHER: usize = 4;

async fn two_hundred_keys_two_hundred_times_each_are_two_hundred_payments(app: TestApp) {
    let other_node = match &app.database {
        Database::Sqlite { .. } => app.app.clone(),
        Database::Postgres(_) => app.second_node().await,
    };
    let nodes = [app.app.clone(), other_node];
    let mut bodies = BTreeSet::new();
    for round in 0..KEYS / TOGETHER {
        let calls = (0..CALLERS * TOGETHER).map(|n| {
            let key = format!("storm-{}", round * TOGETHER + n % TOGETHER);
            let body = json!({"amount": 500, "currency": "COINS", "reference_id": key});
            let call = Call::new(&nodes[n / TOGETHER % 2], Method::POST, "/api/payments/create");
            call.key(&app.a).idempotency(&key).json(&body).send()
        });
        let answers = at_once(calls).await;
        for at in 0..TOGETHER {
            let of_key: Vec<_> = answers.iter().skip(at).step_by(TOGETHER).collect();
            bodies.insert(judge(&of_key));
        }
    }
    assert_eq!(bodies.len(), KEYS, "no two keys share a payment");
    let list = app.get("/api/payments?include=total_count").key(&app.a).send().await.expect(200).json();
    assert_eq!(list["total_count"], KEYS);
    assert_eq!(app.events(&app.a).await.len(), KEYS);
}

/// Holds the answers to one key against each other; gives what they all say.
fn judge(answers: &[&Answer]) -> bytes::Bytes {
    assert_eq!(answers.len(), CALLERS);
    let first: Vec<_> = answers.iter().filter(|answer| !answer.is_replayed()).collect();
    assert_eq!(first.len(), 1, "one request did it");
    for answer in answers {
        assert_eq!((answer.status, &answer.body), (201, &first[0].body), "{}", answer.text());
    }
    first[0].body.clone()
}
