//! `POST /api/webhooks/test`, with a worker and real receivers.

use super::{called, delivery, endpoint, received, text};
use crate::support::{Answer, TestApp, codes_of};
use serde_json::{Value, json};
use std::time::Duration;
use zenwallet_testing::receiver::{Persona, Receiver};

both_databases_delivering! {
    a_test_tells_that_it_arrived,
    a_test_tells_what_the_receiver_said,
    a_test_tells_why_nobody_answered,
    a_disabled_endpoint_is_tested_all_the_same,
    what_a_test_cannot_mean_is_refused,
}

async fn test(app: &TestApp, body: Value) -> Answer {
    app.post("/api/webhooks/test").key(&app.a).json(&body).send().await
}

async fn a_test_tells_that_it_arrived(app: TestApp) {
    let receiver = Receiver::start(Persona::Healthy).await.unwrap();
    let tested = test(&app, json!({"url": receiver.url()})).await.expect(200).json();
    assert_eq!(receiver.hits(), 1, "the answer waited for it");
    let heard = called(&receiver, 1).await;
    let body: Value = serde_json::from_slice(&heard.body).unwrap();
    assert_eq!((&body["type"], &body["metadata"]), (&json!("webhook.test"), &json!({"test": true})));
    assert_eq!((&body["event_id"], &body["payment_id"]), (&tested["event_id"], &tested["payment_id"]));
    let want = json!({
        "type": "webhook.test", "cause": "test", "status": "DELIVERED", "attempts": 1, "response_status": 200,
        "error": null, "endpoint_id": null, "url": receiver.url(), "next_attempt_at": null,
    });
    for (member, value) in want.as_object().unwrap() {
        assert_eq!(&tested[member], value, "{member}");
    }
    let attempts = tested["attempts_log"].as_array().unwrap();
    assert_eq!((attempts.len(), &attempts[0]["response"]["body"]), (1, &json!("ok")));
    // It is in the log like every other.
    assert_eq!(delivery(&app, &app.a, &text(&tested["delivery_id"])).await, tested);
    assert_eq!(app.events(&app.a).await.len(), 1);
}

async fn a_test_tells_what_the_receiver_said(app: TestApp) {
    for status in [500, 302, 404, 429] {
        let receiver = Receiver::start(Persona::Answers(status, Some("1"))).await.unwrap();
        let tested = test(&app, json!({"url": receiver.url()})).await.expect(200).json();
        assert_eq!((&tested["status"], &tested["attempts"]), (&json!("FAILED"), &json!(1)), "{status}");
        assert_eq!(tested["attempts_log"][0]["response"]["status"], status);
        assert_eq!(tested["response_status"], status);
        // A test is sent a single time.
        assert_eq!(tested["next_attempt_at"], Value::Null);
    }
}

async fn a_test_tells_why_nobody_answered(app: TestApp) {
    for (persona, why) in [
        (Persona::Refuses, "connect_failed: "),
        (Persona::HangsAfterRequest, "timed_out: "),
        (Persona::ClosesAfterRequest, "connection_lost: "),
        (Persona::GarbageStatusLine, "answer_invalid: "),
        (Persona::TlsUnknown, "tls_failed: "),
    ] {
        let receiver = Receiver::start(persona.clone()).await.unwrap();
        let tested = test(&app, json!({"url": receiver.url()})).await.expect(200).json();
        assert_eq!((&tested["status"], &tested["response_status"]), (&json!("FAILED"), &Value::Null), "{persona:?}");
        assert!(text(&tested["error"]).starts_with(why), "{persona:?}: {tested}");
        let attempt = &tested["attempts_log"][0];
        assert_eq!((&attempt["response"], &attempt["error"]), (&Value::Null, &tested["error"]), "{persona:?}");
        if persona == Persona::HangsAfterRequest {
            let took = Duration::from_millis(attempt["duration_ms"].as_u64().unwrap());
            assert!((2_000..3_000).contains(&took.as_millis()), "{took:?}");
        }
    }
}

async fn a_disabled_endpoint_is_tested_all_the_same(app: TestApp) {
    let (receiver, _) = received(&app, &app.a, Persona::Healthy).await;
    let body = json!({"url": receiver.url(), "is_enabled": false, "headers": {"X-Shop": "42"}});
    let id = text(&endpoint(&app, &app.a, body).await["endpoint_id"]);
    let tested = test(&app, json!({"endpoint_id": id})).await.expect(200).json();
    assert_eq!((&tested["status"], &tested["endpoint_id"]), (&json!("DELIVERED"), &json!(id)));
    assert_eq!(called(&receiver, 1).await.header("x-shop"), Some("42"));
}

async fn what_a_test_cannot_mean_is_refused(app: TestApp) {
    let (receiver, id) = received(&app, &app.a, Persona::Healthy).await;
    let table = [
        (json!({}), "url:parameter_missing"),
        (json!({"url": null}), "url:parameter_type_invalid"),
        (json!({"url": receiver.url(), "endpoint_id": id}), "url:parameter_invalid"),
        (json!({"url": "x"}), "url:url_invalid"),
        (json!({"url": "http://10.1.2.3/"}), "url:url_forbidden"),
        (json!({"url": "http://169.254.169.254/"}), "url:url_forbidden"),
        (json!({"url": 5}), "url:parameter_type_invalid"),
        (json!({"endpoint_id": 5}), "endpoint_id:parameter_type_invalid"),
        (json!({"endpointid": id, "url": receiver.url()}), "endpointid:parameter_unknown"),
    ];
    for (body, want) in table {
        assert_eq!(codes_of(&test(&app, body.clone()).await.expect(400)), [want], "{body}");
    }
    for id in ["", "x", "whe_0000000000000000000001"] {
        test(&app, json!({"endpoint_id": id})).await.expect_error(404, "endpoint_not_found");
    }
    let plain = app.post("/api/webhooks/test").key(&app.live).json(&json!({"url": receiver.url()})).send().await;
    plain.expect_error(400, "url_not_https");
    assert_eq!(receiver.hits(), 0);
}
