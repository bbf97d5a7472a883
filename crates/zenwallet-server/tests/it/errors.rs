//! The one shape of every refusal, whatever was asked; `Call::send` holds each answer of every case to it, and
//! here are those that no resource gives.

use crate::support::{Kind, TestApp, run};
use axum::body::Body;
use axum::http::Method;
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use std::collections::BTreeSet;
use std::convert::Infallible;

#[test]
fn an_unknown_path_is_told_so() {
    run(Kind::Sqlite, async |app: TestApp| {
        let long = format!("/{}", "a/".repeat(4_000));
        let paths = [
            "/api",
            "/api/",
            "/api/payments/",
            "/api/payment",
            "/API/payments",
            "//api/payments",
            "/api//payments",
            "/api/payments/create/x",
            "/api/payments/export/x",
            "/api/payments/pay_x/nope",
            "/api/payments/../payments",
            "/api/%70ayments/x/y",
            "/api/webhooks",
            "/api/webhooks/endpoints/",
            "/api/webhooks/endpoints/whe_x/y",
            "/api/webhooks/queue/x",
            "/api/apps/app_x/webhook-secret",
            "/api/apps/app_x/webhook-secret/rotate/x",
            "/.env",
            "/metrics/",
            "/healthz/x",
            "/docs/errors/x",
            "/docs/nope",
            "/docs/api/nope.js",
            "/docs/api/..%2f..%2fetc/passwd",
            "/pay/assets/nope.css",
            "/%ff",
            "/%00",
            &long,
        ];
        for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS] {
            for path in paths {
                let answer = app.call(method.clone(), path).key(&app.a).send().await;
                if method != Method::GET && path.starts_with("/docs/api/") {
                    answer.expect_error(405, "method_not_allowed");
                } else {
                    assert_eq!((answer.status, answer.code().as_str()), (404, "route_unknown"), "{method} {path}");
                }
            }
        }
    });
}

#[test]
fn a_wrong_method_is_told_which_are_right() {
    run(Kind::Sqlite, async |app: TestApp| {
        let id = app.payment_of(&app.a).await;
        let table = [
            ("/api/payments/create".to_owned(), "POST"),
            ("/api/payments".to_owned(), "GET,HEAD"),
            ("/api/payments/export".to_owned(), "GET,HEAD"),
            (format!("/api/payments/{id}"), "GET,HEAD"),
            (format!("/api/payments/{id}/complete"), "POST"),
            (format!("/api/payments/{id}/cancel"), "POST"),
            (format!("/api/payments/{id}/qr.png"), "GET,HEAD"),
            (format!("/api/payments/{id}/qr.svg"), "GET,HEAD"),
            ("/api/webhooks/endpoints".to_owned(), "POST,GET,HEAD"),
            ("/api/webhooks/endpoints/whe_x".to_owned(), "GET,HEAD,PATCH,DELETE"),
            ("/api/webhooks/deliveries".to_owned(), "GET,HEAD"),
            ("/api/webhooks/deliveries/dlv_x".to_owned(), "GET,HEAD"),
            ("/api/webhooks/deliveries/dlv_x/retry".to_owned(), "POST"),
            ("/api/webhooks/deliveries/dlv_x/cancel".to_owned(), "POST"),
            ("/api/webhooks/queue".to_owned(), "GET,HEAD"),
            ("/api/webhooks/test".to_owned(), "POST"),
            ("/api/webhooks/replay".to_owned(), "POST"),
            ("/api/apps/app_x/webhook-secret/rotate".to_owned(), "POST"),
            ("/api/openapi.json".to_owned(), "GET,HEAD"),
            ("/docs/errors".to_owned(), "GET,HEAD"),
            ("/healthz".to_owned(), "GET,HEAD"),
            ("/readyz".to_owned(), "GET,HEAD"),
            ("/metrics".to_owned(), "GET,HEAD"),
            (format!("/pay/{id}"), "GET,HEAD"),
            (format!("/pay/{id}/pay"), "POST"),
            (format!("/pay/{id}/cancel"), "POST"),
            (format!("/pay/{id}/simulate"), "POST"),
            (format!("/pay/{id}/status"), "GET,HEAD"),
        ];
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"];
        for (path, allowed) in table {
            for method in methods {
                if allowed.split(',').any(|right| right == method) {
                    continue;
                }
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let answer = app.call(method.clone(), &path).key(&app.a).send().await;
                assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"), "{method} {path}");
                assert_eq!(answer.header("allow"), allowed, "{method} {path}");
            }
        }
        assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
    });
}

#[test]
fn a_head_is_a_get_without_its_body() {
    run(Kind::Sqlite, async |app: TestApp| {
        let id = app.payment_of(&app.a).await;
        let paths = [
            "/api/payments".to_owned(),
            format!("/api/payments/{id}"),
            "/api/payments?limit=0".to_owned(),
            "/api/payments/x".to_owned(),
            "/nope".to_owned(),
            "/healthz".to_owned(),
            "/docs/errors".to_owned(),
            format!("/pay/{id}"),
            format!("/api/payments/{id}/qr.png"),
        ];
        for path in paths {
            let (get, head) = (app.get(&path).key(&app.a).send().await, app.call(Method::HEAD, &path).key(&app.a));
            let head = head.send().await;
            assert_eq!(head.status, get.status, "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        }
        // Nobody learns anything by HEAD that GET would not tell.
        app.call(Method::HEAD, format!("/api/payments/{id}")).send().await.expect(401);
        app.call(Method::HEAD, format!("/api/payments/{id}")).key(&app.b).send().await.expect(404);
    });
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    run(Kind::Sqlite, async |app: TestApp| {
        let id = app.payment_of(&app.a).await;
        let never = || Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        let post = |path: String| app.post(path).key(&app.a).header("content-type", "application/json");
        post("/api/payments/create".to_owned()).body(never()).send().await.expect_error(408, "request_timeout");
        for action in ["complete", "cancel"] {
            let path = format!("/api/payments/{id}/{action}");
            post(path).body(never()).send().await.expect_error(408, "request_timeout");
        }
        let things = crate::webhooks::Things::of(&app, &app.a).await;
        for path in [
            "/api/webhooks/endpoints",
            "/api/webhooks/deliveries/{delivery_id}/retry",
            "/api/webhooks/deliveries/{delivery_id}/cancel",
            "/api/webhooks/test",
            "/api/webhooks/replay",
            "/api/apps/{app_id}/webhook-secret/rotate",
        ] {
            post(things.name_in(path)).body(never()).send().await.expect_error(408, "request_timeout");
        }
        let patch = app.patch(things.name_in("/api/webhooks/endpoints/{endpoint_id}")).key(&app.a);
        patch.header("content-type", "application/json").body(never()).send().await.expect(408);
        app.post(format!("/pay/{id}/pay")).body(never()).send().await.expect(408);
        assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
    });
}

#[test]
fn a_body_that_breaks_off_is_not_taken_for_a_whole_one() {
    run(Kind::Sqlite, async |app: TestApp| {
        let pieces = [Ok(Bytes::from_static(b"{\"amount\":1,\"currency\":\"XP\"}")), Err(std::io::Error::other("cut"))];
        let call = app.post("/api/payments/create").key(&app.a).header("content-type", "application/json");
        call.body(Body::from_stream(stream::iter(pieces))).send().await.expect_error(400, "json_invalid");
        let list = app.get("/api/payments").key(&app.a).send().await.expect(200).json();
        assert_eq!(list["data"], json!([]));
    });
}

#[test]
fn every_answer_has_an_id_of_its_own() {
    run(Kind::Sqlite, async |app: TestApp| {
        let mut ids = BTreeSet::new();
        for n in 0..300 {
            let answer = match n % 3 {
                0 => app.get("/healthz").send().await,
                1 => app.get("/nope").send().await,
                // One that the caller made up is not taken over.
                _ => app.get("/api/payments").key(&app.a).header("request-id", "req_0").send().await,
            };
            assert!(ids.insert(answer.header("request-id").to_owned()));
        }
    });
}
