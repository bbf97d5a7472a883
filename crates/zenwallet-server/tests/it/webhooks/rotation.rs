//! `POST /api/apps/{app_id}/webhook-secret/rotate`.

use super::signed::check_signatures;
use super::{called, paid, received, until_all_are_over};
use crate::support::{Answer, Tenant, TestApp, codes_of, eventually};
use serde_json::{Value, json};
use std::cell::Cell;
use zenwallet_testing::receiver::Persona;

both_databases! {
    an_overlap_has_bounds,
    four_secrets_sign_at_the_most,
}

mod delivering {
    both_databases_delivering! { a_rotated_secret_overlaps_with_its_successor }
    use super::a_rotated_secret_overlaps_with_its_successor;
}

async fn rotate(app: &TestApp, tenant: &Tenant, body: Value) -> Answer {
    app.post(format!("/api/apps/{}/webhook-secret/rotate", tenant.app_id)).key(tenant).json(&body).send().await
}

async fn an_overlap_has_bounds(app: TestApp) {
    for (body, want) in [
        (json!({"overlap": -1}), "overlap:parameter_out_of_range"),
        (json!({"overlap": 604_801}), "overlap:parameter_out_of_range"),
        (json!({"overlap": "60"}), "overlap:parameter_type_invalid"),
        (json!({"overlap": 1.5}), "overlap:parameter_type_invalid"),
        (json!({"overlap_s": 60}), "overlap_s:parameter_unknown"),
    ] {
        assert_eq!(codes_of(&rotate(&app, &app.a, body.clone()).await.expect(400)), [want], "{body}");
    }
    for (body, ends_in_s) in [(json!({}), 86_400), (json!({"overlap": 0}), 0), (json!({"overlap": 604_800}), 604_800)] {
        let answer = rotate(&app, &app.a, body).await.expect(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        let rotated = answer.json();
        assert_eq!(rotated["app_id"], app.a.app_id.to_string());
        assert_eq!(rotated["former_secrets_end_at"], app.clock.now().plus_s(ends_in_s).to_string());
        assert!(rotated["webhook_secret"].as_str().unwrap().starts_with("whsec_"));
        assert_eq!(rotated.as_object().unwrap().len(), 3);
    }
}

async fn four_secrets_sign_at_the_most(app: TestApp) {
    for _ in 0..3 {
        rotate(&app, &app.a, json!({"overlap": 100})).await.expect(200);
    }
    rotate(&app, &app.a, json!({"overlap": 100})).await.expect_error(409, "webhook_secret_limit");
    rotate(&app, &app.a, json!({"overlap": 0})).await.expect(200);
    rotate(&app, &app.b, json!({})).await.expect(200);
    app.pass_s(100);
    rotate(&app, &app.a, json!({"overlap": 100})).await.expect(200);
}

async fn a_rotated_secret_overlaps_with_its_successor(app: TestApp) {
    let (receiver, _) = received(&app, &app.a, Persona::Healthy).await;
    paid(&app, &app.a, json!({})).await;
    check_signatures(&called(&receiver, 1).await, &[&app.a.webhook_secret]);
    let rotated = rotate(&app, &app.a, json!({"overlap": 100})).await.expect(200).json();
    let second = rotated["webhook_secret"].as_str().unwrap();
    paid(&app, &app.a, json!({})).await;
    check_signatures(&called(&receiver, 2).await, &[second, &app.a.webhook_secret]);
    // What is not written down yet would be sent again when its lease has passed.
    until_all_are_over(&app, &app.a).await;
    // Keys are believed for a moment: the former one ends soon after its time.
    app.pass_s(100);
    let calls = Cell::new(2);
    let alone = async || {
        calls.set(calls.get() + 1);
        paid(&app, &app.a, json!({})).await;
        let heard = called(&receiver, calls.get()).await;
        (!heard.header("webhook-signature").unwrap().contains(' ')).then_some(heard)
    };
    check_signatures(&eventually("a single signature", super::PATIENCE, alone).await, &[second]);
    // Without an overlap the change is sudden.
    let third = rotate(&app, &app.a, json!({"overlap": 0})).await.expect(200).json();
    paid(&app, &app.a, json!({})).await;
    let heard = called(&receiver, calls.get() + 1).await;
    check_signatures(&heard, &[third["webhook_secret"].as_str().unwrap()]);
}
