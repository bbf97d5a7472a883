//! The rows: every route, who may use it and what its owner is answered.

use crate::docs::{description, operations};
use crate::support::{Kind, TestApp, run, sources_in};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Who may use a route.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access {
    /// Anybody, who is always answered this.
    Public { status: u16 },
    /// Anybody, who is always refused so.
    Refused { status: u16, code: &'static str },
    /// Any app, which sees its own alone; answered this.
    App { status: u16 },
    /// The app whose thing it is that the path or the body names, which is answered this; others are told that there
    /// is no such thing.
    Owned { unknown: &'static str },
}

impl Access {
    pub(super) fn owner_status(self) -> u16 {
        match self {
            Self::Public { status } | Self::App { status } | Self::Refused { status, .. } => status,
            Self::Owned { .. } => 200,
        }
    }
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) body: Option<Value>,
    /// Whether the owner's call changes something of what it names, or of what the owner has.
    pub(super) acts: bool,
}

pub(super) fn table() -> Vec<Row> {
    let get = |path, access| Row { method: Method::GET, path, access, body: None, acts: false };
    let post = |path, access, body, acts| Row { method: Method::POST, path, access, body, acts };
    let (app, payment) = (Access::App { status: 200 }, Access::Owned { unknown: "payment_not_found" });
    let public = |status| Access::Public { status };
    let new = json!({"amount": 1, "currency": "XP"});
    let success = json!({"status": "SUCCESS"});
    let mut rows = webhook_rows();
    rows.extend([
        post("/api/payments/create", Access::App { status: 201 }, Some(new), true),
        get("/api/payments", app),
        get("/api/payments/export", app),
        get("/api/payments/{payment_id}", payment),
        post("/api/payments/{payment_id}/complete", payment, Some(success), true),
        post("/api/payments/{payment_id}/cancel", payment, None, true),
        get("/api/payments/{payment_id}/qr.png", payment),
        get("/api/payments/{payment_id}/qr.svg", payment),
        get("/api/analytics/overview", app),
        get("/api/analytics/volume", app),
        get("/api/analytics/status", app),
        // The payer has nothing but the page's address; its forms need the page's token.
        get("/pay/{payment_id}", public(200)),
        post("/pay/{payment_id}/pay", public(403), None, false),
        post("/pay/{payment_id}/cancel", public(403), None, false),
        get("/pay/assets/page.css", public(200)),
        get("/api/events", app),
        get("/api/events/stream", app),
        get("/api/events/{event_id}", Access::Owned { unknown: "event_not_found" }),
        // A socket says who it is in its first message; the request alone is nobody's.
        get("/socket.io/", Access::Refused { status: 400, code: "socket_request_invalid" }),
        get("/api/openapi.json", public(200)),
        get("/docs/errors", public(200)),
        get("/docs/api/", public(200)),
        get("/docs/api", public(303)),
        get("/docs", public(303)),
        get("/", public(303)),
        get("/healthz", public(200)),
        get("/readyz", public(200)),
        get("/metrics", public(200)),
    ]);
    rows
}

fn webhook_rows() -> Vec<Row> {
    let row = |method, path, access, body, acts| Row { method, path, access, body, acts };
    let (app, made) = (Access::App { status: 200 }, Access::App { status: 201 });
    let endpoint = Access::Owned { unknown: "endpoint_not_found" };
    let delivery = Access::Owned { unknown: "delivery_not_found" };
    let secret = Access::Owned { unknown: "app_not_found" };
    let at = |url: &str| Some(json!({"url": url}));
    let named = Some(json!({"endpoint_id": "{endpoint_id}"}));
    let since = json!({"since": "2026-01-26T10:00:00Z"});
    let since_there = json!({"since": "2026-01-26T10:00:00Z", "endpoint_id": "{endpoint_id}"});
    vec![
        row(Method::POST, "/api/webhooks/endpoints", made, at("https://hooks.example/new"), true),
        row(Method::GET, "/api/webhooks/endpoints", app, None, false),
        row(Method::GET, "/api/webhooks/endpoints/{endpoint_id}", endpoint, None, false),
        row(Method::PATCH, "/api/webhooks/endpoints/{endpoint_id}", endpoint, at("https://hooks.example/other"), true),
        row(Method::DELETE, "/api/webhooks/endpoints/{endpoint_id}", endpoint, None, true),
        row(Method::GET, "/api/webhooks/deliveries", app, None, false),
        row(Method::GET, "/api/webhooks/deliveries/{delivery_id}", delivery, None, false),
        // It is due already.
        row(Method::POST, "/api/webhooks/deliveries/{delivery_id}/retry", delivery, None, false),
        row(Method::POST, "/api/webhooks/deliveries/{delivery_id}/cancel", delivery, None, true),
        row(Method::GET, "/api/webhooks/queue", app, None, false),
        row(Method::POST, "/api/webhooks/test", endpoint, named, true),
        row(Method::POST, "/api/webhooks/replay", app, Some(since), false),
        row(Method::POST, "/api/webhooks/replay", endpoint, Some(since_there), false),
        row(Method::POST, "/api/apps/{app_id}/webhook-secret/rotate", secret, None, true),
    ]
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    run(Kind::Sqlite, async |app: TestApp| {
        let described: BTreeSet<_> =
            operations(&description(&app).await).into_iter().map(|(path, method, _)| (method, path)).collect();
        let rows: BTreeSet<_> = table().iter().map(|row| (row.method.to_string(), row.path.to_owned())).collect();
        let missing: Vec<_> = described.difference(&rows).collect();
        assert!(missing.is_empty(), "add rows for {missing:?}");
        let promised = |path: &str| path.starts_with("/api/") && path != "/api/openapi.json";
        let stale: Vec<_> = rows.difference(&described).filter(|(_, path)| promised(path)).collect();
        assert!(stale.is_empty(), "no route: {stale:?}");
        // What the description does not promise is found in the source.
        let rows: BTreeSet<_> = rows.into_iter().map(|(_, path)| path).collect();
        let written = routes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        assert!(written.len() >= 10, "{written:?}");
        let missing: Vec<_> = written.difference(&rows).collect();
        assert!(missing.is_empty(), "add rows for {missing:?}");
    });
}

/// The paths that the source gives to a router.
fn routes_in(directory: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for source in sources_in(directory) {
        for call in [".route(", ".nest(", ".route_service(", "SwaggerUi::new("] {
            let named = source.split(call).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            found.extend(named.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
    found
}
