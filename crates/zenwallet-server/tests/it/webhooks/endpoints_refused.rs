//! What an endpoint cannot be.

use super::endpoint;
use crate::support::{TestApp, codes_of};
use serde_json::{Value, json};

both_databases! {
    one_broken_rule_is_named,
    every_fault_is_named_at_once,
    a_body_that_is_none_is_refused,
}

/// Members beside a good address, and how they are refused.
fn table() -> Vec<(Value, &'static str)> {
    let many: serde_json::Map<_, _> = (0..11).map(|n| (format!("X-{n}"), json!("v"))).collect();
    vec![
        (json!({"url": 5}), "url:parameter_type_invalid"),
        (json!({"url": "shop.example.com"}), "url:url_invalid"),
        (json!({"url": "ftp://shop.example.com/"}), "url:url_invalid"),
        (json!({"url": "https://user@shop.example.com/"}), "url:url_invalid"),
        (json!({"url": "https://shop.example.com/#x"}), "url:url_invalid"),
        (json!({"url": format!("https://shop.example.com/{}", "x".repeat(2_048))}), "url:parameter_too_long"),
        (json!({"url": "https://10.1.2.3/"}), "url:url_forbidden"),
        (json!({"url": "https://169.254.169.254/latest"}), "url:url_forbidden"),
        (json!({"url": "https://shop.example.com:22/"}), "url:url_forbidden"),
        (json!({"events": "payment.success"}), "events:parameter_type_invalid"),
        (json!({"events": [5]}), "events:parameter_type_invalid"),
        (json!({"events": {}}), "events:parameter_type_invalid"),
        (json!({"events": []}), "events:parameter_invalid"),
        (json!({"events": ["payment.sucess"]}), "events:parameter_invalid"),
        (json!({"events": ["Payment.success"]}), "events:parameter_invalid"),
        (json!({"events": ["payment.success", "payment.success"]}), "events:parameter_invalid"),
        (json!({"headers": []}), "headers:parameter_type_invalid"),
        (json!({"headers": {"X-A": 1}}), "headers:parameter_type_invalid"),
        (json!({"headers": {"X-A": null}}), "headers:parameter_type_invalid"),
        (json!({"headers": {"X-A": ["1"]}}), "headers:parameter_type_invalid"),
        (json!({"headers": many}), "headers:parameter_out_of_range"),
        (json!({"headers": {"": "v"}}), "headers.:parameter_invalid"),
        (json!({"headers": {"X A": "v"}}), "headers.X A:parameter_invalid"),
        (json!({"headers": {"Host": "v"}}), "headers.Host:parameter_invalid"),
        (json!({"headers": {"content-type": "v"}}), "headers.content-type:parameter_invalid"),
        (json!({"headers": {"Webhook-Signature": "v"}}), "headers.Webhook-Signature:parameter_invalid"),
        (json!({"headers": {"X-ZenWallet-Signature": "v"}}), "headers.X-ZenWallet-Signature:parameter_invalid"),
        (json!({"headers": {"X-A": "a\r\nX-B: b"}}), "headers.X-A:parameter_invalid"),
        (json!({"headers": {"X-A": "é"}}), "headers.X-A:parameter_invalid"),
        (json!({"headers": {"X-A": "v".repeat(1_001)}}), "headers.X-A:parameter_invalid"),
        (json!({"headers": {"X-A": "1", "x-a": "2"}}), "headers.x-a:parameter_duplicated"),
        (json!({"description": 5}), "description:parameter_type_invalid"),
        (json!({"description": "d".repeat(1_001)}), "description:parameter_too_long"),
        (json!({"description": "\u{0}"}), "description:string_invalid"),
        (json!({"is_enabled": "true"}), "is_enabled:parameter_type_invalid"),
        (json!({"is_enabled": 1}), "is_enabled:parameter_type_invalid"),
        (json!({"event": ["payment.success"]}), "event:parameter_unknown"),
        (json!({"is_default": true}), "is_default:parameter_unknown"),
        (json!({"endpoint_id": "whe_0000000000000000000001"}), "endpoint_id:parameter_unknown"),
    ]
}

async fn one_broken_rule_is_named(app: TestApp) {
    let id = endpoint(&app, &app.a, json!({"url": "https://shop.example.com/"})).await["endpoint_id"].clone();
    let path = format!("/api/webhooks/endpoints/{}", id.as_str().unwrap());
    let before = app.get(&path).key(&app.a).send().await.expect(200).json();
    for (members, want) in table() {
        let mut body = json!({"url": "https://shop.example.com/"});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let created = app.post("/api/webhooks/endpoints").key(&app.a).json(&body).send().await.expect(400);
        assert_eq!(codes_of(&created), [want], "{members}");
        // The values of headers are secrets, also where they are refused.
        assert!(!created.text().contains("X-B: b") && created.body.len() < 4_096, "{}", created.text());
        let changed = app.patch(&path).key(&app.a).json(&members).send().await.expect(400);
        assert_eq!(codes_of(&changed), [want], "{members}");
    }
    let long = json!({"headers": {"n".repeat(50_000): "v"}});
    let answer = app.patch(&path).key(&app.a).json(&long).send().await.expect(400);
    assert!(answer.body.len() < 1_024, "what is too long is not repeated whole");
    let missing = app.post("/api/webhooks/endpoints").key(&app.a).json(&json!({"url": null})).send().await;
    assert_eq!(codes_of(&missing.expect(400)), ["url:parameter_missing"]);
    let plain = json!({"url": "http://shop.example.com/"});
    let answer = app.post("/api/webhooks/endpoints").key(&app.live).json(&plain).send().await;
    assert_eq!(codes_of(&answer.expect(400)), ["url:url_not_https"]);
    assert_eq!(app.get(&path).key(&app.a).send().await.expect(200).json(), before);
    let hint = json!({"url": "https://shop.example.com/", "event": []});
    let answer = app.post("/api/webhooks/endpoints").key(&app.a).json(&hint).send().await;
    assert!(answer.text().contains("did you mean events?"), "{}", answer.text());
}

async fn every_fault_is_named_at_once(app: TestApp) {
    let body = json!({"events": [], "headers": 1, "description": 1, "is_enabled": 1, "x": 1});
    let answer = app.post("/api/webhooks/endpoints").key(&app.a).json(&body).send().await.expect(400);
    let want = [
        "events:parameter_invalid",
        "headers:parameter_type_invalid",
        "description:parameter_type_invalid",
        "is_enabled:parameter_type_invalid",
        "url:parameter_missing",
        "x:parameter_unknown",
    ];
    assert_eq!(codes_of(&answer), want);
}

async fn a_body_that_is_none_is_refused(app: TestApp) {
    let post = || app.post("/api/webhooks/endpoints").key(&app.a);
    post().text("[]").send().await.expect_error(400, "body_not_object");
    post().text("{").send().await.expect_error(400, "json_invalid");
    post().raw("{}").send().await.expect_error(415, "content_type_unsupported");
    post().text(" ".repeat(70_000)).send().await.expect_error(413, "body_too_large");
    post().text(r#"{"url":"https://a.example/","url":"https://b.example/"}"#).send().await.expect(400);
    post().text(r#"{"url":"https://a.example/","headers":{"X":"\ud800"}}"#).send().await.expect(400);
    post().text(r#"{"url":"https://a.example/","headers":{"X":"1","X":"2"}}"#).send().await.expect(400);
    post().idempotency("two words").json(&json!({})).send().await.expect_error(400, "idempotency_key_invalid");
}
