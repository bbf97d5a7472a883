//! `/healthz`, `/readyz`, `/metrics`, `/api/settings/system`

use crate::support::{Kind, PUBLIC_URL, START, TestApp, options, run};
use serde_json::json;
use std::collections::BTreeSet;
use zenwallet_core::user::Role;
use zenwallet_server::{App, AppOptions};
use zenwallet_store::Store;

both_databases! {
    the_process_says_that_it_lives_and_is_ready,
    the_process_shows_its_numbers,
    admins_read_how_it_is_set_up_and_nobody_else,
}

async fn the_process_says_that_it_lives_and_is_ready(app: TestApp) {
    let health = app.get("/healthz").send().await.expect(200);
    assert_eq!((health.text().as_str(), health.header("content-type")), ("ok\n", "text/plain; charset=utf-8"));
    let ready = app.get("/readyz").send().await.expect(200);
    assert_eq!((ready.text().as_str(), ready.header("cache-control")), ("ready\n", "no-store"));
}

async fn the_process_shows_its_numbers(app: TestApp) {
    zenwallet_server::metrics::start();
    let id = app.payment_of(&app.a).await;
    app.read(&app.a, &id).await;
    app.get("/api/payments/pay_x").key(&app.a).send().await.expect(404);
    app.get(format!("/pay/{id}")).send().await.expect(200);
    // However many paths are asked for, they are few in the numbers.
    for n in 0..50 {
        app.get(format!("/nope/{n}")).send().await.expect(404);
        app.get(format!("/api/payments/{n}")).key(&app.a).send().await.expect(404);
    }
    let answer = app.get("/metrics").send().await.expect(200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text();
    for line in [
        "zenwallet_http_requests_total{route=\"/api/payments/create\",status=\"201\"} 1",
        "zenwallet_http_requests_total{route=\"/api/payments/{payment_id}\",status=\"200\"} 1",
        "zenwallet_http_requests_total{route=\"/api/payments/{payment_id}\",status=\"404\"} 51",
        "zenwallet_http_requests_total{route=\"/pay/{payment_id}\",status=\"200\"} 1",
        "zenwallet_http_requests_total{route=\"other\",status=\"404\"} 50",
        "# TYPE zenwallet_http_request_seconds histogram",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(!text.contains(&id) && !text.contains("nope"));
    let routes: BTreeSet<_> = text.split("route=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(routes.len() <= 6, "{routes:?}");
}

#[test]
fn numbers_can_be_kept_from_the_public() {
    run(Kind::Sqlite, async |app: TestApp| {
        let without = App::new(app.gateway.clone(), AppOptions { metrics: false, ..options() });
        let call = crate::support::Call::new(&without, axum::http::Method::GET, "/metrics");
        call.send().await.expect_error(404, "route_unknown");
    });
}

async fn admins_read_how_it_is_set_up_and_nobody_else(app: TestApp) {
    let (admin, member) = (app.person("admin", Role::Admin).await, app.person("member", Role::Member).await);
    let path = "/api/settings/system";
    app.pass_s(60);
    let answer = app.get(path).person(&admin).send().await.expect(200);
    let mut found = answer.json();
    assert!(found["database"]["size_bytes"].as_i64().unwrap() > 10_000, "{found}");
    found["database"]["size_bytes"] = json!(1);
    let kind = match app.store {
        Store::Sqlite(_) => "sqlite",
        Store::Postgres(_) => "postgres",
    };
    let want = json!({
        "object": "system",
        "version": env!("CARGO_PKG_VERSION"),
        "started_at": START.to_string(),
        "database": {"kind": kind, "size_bytes": 1},
        "public_url": PUBLIC_URL,
        "retention": {
            "deliveries_days": 30, "events_days": 90, "idempotency_keys_hours": 24, "alerts_days": 30, "inbox_messages": 100,
        },
        "webhooks": {
            "allowed_ranges": {"test": ["127.0.0.0/8", "::1/128"], "production": []},
            "timeout_ms": 2_000,
            "retry_delays_s": [5, 30, 300],
            "disable_after_s": 432_000,
        },
        "email": {"is_configured": false, "from": null},
        "metrics": true,
    });
    assert_eq!(found, want);
    app.get(path).person(&member).send().await.expect_error(403, "admin_required");
    app.get(path).key(&app.a).send().await.expect_error(403, "not_for_keys");
    app.get(path).send().await.expect_error(401, "session_missing");
    app.get(format!("{path}?x=1")).person(&admin).send().await.expect_error(400, "parameter_unknown");
}
