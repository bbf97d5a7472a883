//! `/api/webhooks/endpoints`: made, read, changed, deleted.

use super::{endpoint, read_endpoint, text};
use crate::support::{START, TestApp};
use serde_json::{Value, json};
use zenwallet_core::app::Environment;
use zenwallet_server::gateway::NewApp;

both_databases! {
    a_new_endpoint_has_what_was_asked_for,
    an_endpoint_that_names_its_address_alone_has_the_rest_by_default,
    a_change_changes_what_it_names,
    null_clears_what_can_be_nothing,
    a_deleted_endpoint_is_gone,
    the_list_has_every_endpoint_oldest_first,
    the_twenty_first_endpoint_is_refused,
    the_address_an_app_was_made_with_is_its_default_endpoint,
    loopback_is_open_to_test_apps_alone,
}

const URL: &str = "https://shop.example.com/hooks?a=1";

async fn a_new_endpoint_has_what_was_asked_for(app: TestApp) {
    let wanted = json!({
        "url": URL,
        "events": ["webhook.disabled", "payment.created"],
        "headers": {"X-Shop": "1", "Authorization": "Bearer s3cret"},
        "description": "Order system \"é\"",
        "is_enabled": false,
    });
    let made = endpoint(&app, &app.a, wanted).await;
    let want = json!({
        "endpoint_id": made["endpoint_id"],
        "url": URL,
        "events": ["payment.created", "webhook.disabled"],
        "headers": {"X-Shop": "(hidden)", "Authorization": "(hidden)"},
        "description": "Order system \"é\"",
        "is_default": false,
        "is_enabled": false,
        "disabled_reason": null,
        "failing_since": null,
        "created_at": START.to_string(),
    });
    assert_eq!(made, want);
    assert_eq!(read_endpoint(&app, &app.a, &text(&made["endpoint_id"])).await, want);
}

async fn an_endpoint_that_names_its_address_alone_has_the_rest_by_default(app: TestApp) {
    for body in [
        json!({"url": URL}),
        json!({"url": URL, "events": null, "headers": null, "description": null, "is_enabled": null}),
        json!({"url": URL, "headers": {}}),
    ] {
        let made = endpoint(&app, &app.live, body).await;
        assert_eq!(made["events"], json!(["payment.success", "payment.failed", "payment.expired"]));
        assert_eq!((&made["headers"], &made["description"]), (&json!({}), &Value::Null));
        assert_eq!((&made["is_enabled"], &made["is_default"]), (&json!(true), &json!(false)));
    }
}

async fn a_change_changes_what_it_names(app: TestApp) {
    let made = endpoint(&app, &app.a, json!({"url": URL, "headers": {"X-A": "1"}, "description": "one"})).await;
    let id = text(&made["endpoint_id"]);
    let path = format!("/api/webhooks/endpoints/{id}");
    let mut want = made;
    for (change, member, value) in [
        (json!({}), "url", json!(URL)),
        (json!({"url": "https://other.example/"}), "url", json!("https://other.example/")),
        (json!({"events": ["payment.failed"]}), "events", json!(["payment.failed"])),
        (json!({"headers": {"X-B": "2", "X-C": ""}}), "headers", json!({"X-B": "(hidden)", "X-C": "(hidden)"})),
        (json!({"description": "two"}), "description", json!("two")),
        (json!({"is_enabled": false}), "is_enabled", json!(false)),
        (json!({"is_enabled": true}), "is_enabled", json!(true)),
    ] {
        want[member] = value;
        let changed = app.patch(&path).key(&app.a).json(&change).send().await.expect(200).json();
        assert_eq!(changed, want, "{change}");
        assert_eq!(read_endpoint(&app, &app.a, &id).await, want, "{change}");
    }
}

async fn null_clears_what_can_be_nothing(app: TestApp) {
    let body = json!({"url": URL, "headers": {"X-A": "1"}, "description": "one"});
    let id = text(&endpoint(&app, &app.a, body).await["endpoint_id"]);
    let path = format!("/api/webhooks/endpoints/{id}");
    let changed = app.patch(&path).key(&app.a).json(&json!({"headers": null})).send().await.expect(200).json();
    assert_eq!((&changed["headers"], &changed["description"]), (&json!({}), &json!("one")));
    let changed = app.patch(&path).key(&app.a).json(&json!({"description": null})).send().await.expect(200).json();
    assert_eq!(changed["description"], Value::Null);
    for name in ["url", "events", "is_enabled"] {
        let answer = app.patch(&path).key(&app.a).json(&json!({name: null})).send().await;
        let answer = answer.expect_error(400, "parameter_type_invalid");
        assert_eq!(answer.error()["param"], name);
    }
}

async fn a_deleted_endpoint_is_gone(app: TestApp) {
    let (id, other) = (
        text(&endpoint(&app, &app.a, json!({"url": URL})).await["endpoint_id"]),
        text(&endpoint(&app, &app.a, json!({"url": URL})).await["endpoint_id"]),
    );
    let path = format!("/api/webhooks/endpoints/{id}");
    let gone = app.delete(&path).key(&app.a).send().await.expect(200).json();
    assert_eq!(gone, json!({"id": id, "deleted": true}));
    app.delete(&path).key(&app.a).send().await.expect_error(404, "endpoint_not_found");
    app.get(&path).key(&app.a).send().await.expect_error(404, "endpoint_not_found");
    app.patch(&path).key(&app.a).json(&json!({})).send().await.expect_error(404, "endpoint_not_found");
    read_endpoint(&app, &app.a, &other).await;
}

async fn the_list_has_every_endpoint_oldest_first(app: TestApp) {
    let empty = json!({"object": "list", "data": [], "has_more": false, "next_cursor": null});
    let list = async || app.get("/api/webhooks/endpoints").key(&app.a).send().await.expect(200).json();
    assert_eq!(list().await, empty);
    let mut made = Vec::new();
    for n in 0..3 {
        made.push(endpoint(&app, &app.a, json!({"url": format!("https://shop.example.com/{n}")})).await);
        endpoint(&app, &app.b, json!({"url": URL})).await;
        app.pass_ms(1);
    }
    assert_eq!(list().await["data"], json!(made));
    app.get("/api/webhooks/endpoints?limit=1").key(&app.a).send().await.expect_error(400, "parameter_unknown");
}

async fn the_twenty_first_endpoint_is_refused(app: TestApp) {
    for _ in 0..20 {
        endpoint(&app, &app.a, json!({"url": URL})).await;
    }
    let more = || app.post("/api/webhooks/endpoints").key(&app.a).json(&json!({"url": URL}));
    more().send().await.expect_error(409, "endpoint_limit");
    // Another app's are its own.
    endpoint(&app, &app.b, json!({"url": URL})).await;
    let all = app.get("/api/webhooks/endpoints").key(&app.a).send().await.expect(200).json();
    let first = text(&all["data"][0]["endpoint_id"]);
    app.delete(format!("/api/webhooks/endpoints/{first}")).key(&app.a).send().await.expect(200);
    more().send().await.expect(201);
}

async fn the_address_an_app_was_made_with_is_its_default_endpoint(app: TestApp) {
    let new = NewApp {
        name: "Shop".to_owned(),
        environment: Environment::Production,
        webhook_url: Some(URL.to_owned()),
        rate_limit_per_s: Some(0),
    };
    let made = app.gateway.create_app(new).await.unwrap();
    let list = app.get("/api/webhooks/endpoints").bearer(made.api_key.reveal()).send().await.expect(200).json();
    let endpoint = &list["data"][0];
    assert_eq!((&endpoint["url"], &endpoint["is_default"]), (&json!(URL), &json!(true)));
    // It is changed and deleted like every other.
    let path = format!("/api/webhooks/endpoints/{}", text(&endpoint["endpoint_id"]));
    let change = json!({"url": "https://other.example/"});
    let changed = app.patch(&path).bearer(made.api_key.reveal()).json(&change).send().await.expect(200).json();
    assert_eq!((&changed["url"], &changed["is_default"]), (&change["url"], &json!(true)));
    app.delete(&path).bearer(made.api_key.reveal()).send().await.expect(200);
}

async fn loopback_is_open_to_test_apps_alone(app: TestApp) {
    endpoint(&app, &app.a, json!({"url": "http://127.0.0.1:8081/hooks"})).await;
    endpoint(&app, &app.a, json!({"url": "http://localhost:8081/hooks"})).await;
    let body = json!({"url": "https://127.0.0.1:8081/hooks"});
    let answer = app.post("/api/webhooks/endpoints").key(&app.live).json(&body).send().await;
    answer.expect_error(400, "url_forbidden");
}
