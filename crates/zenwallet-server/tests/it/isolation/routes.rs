//! The rows: every route, who may use it and what its owner is answered.

use crate::docs::{description, operations};
use crate::support::person::PASSWORD;
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
    /// The app that the path names, by its keys, and users who see it.
    Reader { status: u16 },
    /// Users who see the app that the path names.
    OwnApp { status: u16 },
    /// Any user, who is answered this.
    User { status: u16 },
    /// Admins.
    Admin { status: u16 },
}

impl Access {
    pub(super) fn owner_status(self) -> u16 {
        match self {
            Self::Public { status } | Self::App { status } | Self::Refused { status, .. } => status,
            Self::Reader { status } | Self::OwnApp { status } | Self::User { status } | Self::Admin { status } => {
                status
            }
            Self::Owned { .. } => 200,
        }
    }

    /// Whether it is about people rather than about what an app has.
    pub(super) fn is_of_people(self) -> bool {
        matches!(self, Self::OwnApp { .. } | Self::User { .. } | Self::Admin { .. } | Self::Refused { .. })
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

impl Row {
    /// The path without what is asked.
    fn route(&self) -> &'static str {
        self.path.split('?').next().unwrap_or_default()
    }
}

pub(super) fn table() -> Vec<Row> {
    let get = |path, access| Row { method: Method::GET, path, access, body: None, acts: false };
    let post = |path, access, body, acts| Row { method: Method::POST, path, access, body, acts };
    let (app, payment) = (Access::App { status: 200 }, Access::Owned { unknown: "payment_not_found" });
    let public = |status| Access::Public { status };
    let new = json!({"amount": 1, "currency": "XP"});
    let success = json!({"status": "SUCCESS"});
    let mut rows = webhook_rows();
    rows.extend(people_rows());
    rows.extend(guest_rows());
    rows.extend([
        post("/api/payments/create", Access::App { status: 201 }, Some(new), true),
        get("/api/payments", app),
        get("/api/payments/export", app),
        get("/api/payments/{payment_id}", payment),
        post("/api/payments/{payment_id}/complete", payment, Some(success), true),
        post("/api/payments/{payment_id}/cancel", payment, None, true),
        get("/api/payments/{payment_id}/timeline", payment),
        get("/api/payments/{payment_id}/qr.png", payment),
        get("/api/payments/{payment_id}/qr.svg", payment),
        get("/api/analytics/overview", app),
        get("/api/analytics/volume", app),
        get("/api/analytics/status", app),
        // The payer has nothing but the page's address; its forms need the page's token.
        get("/pay/{payment_id}", public(200)),
        post("/pay/{payment_id}/pay", public(403), None, false),
        post("/pay/{payment_id}/cancel", public(403), None, false),
        post("/pay/{payment_id}/simulate", public(403), None, false),
        get("/pay/{payment_id}/status", public(200)),
        get("/pay/assets/page.css", public(200)),
        get("/pay/assets/page.js", public(200)),
        get("/api/events", app),
        get("/api/events/stream", app),
        get("/api/webhooks/listen", app),
        get("/api/events/{event_id}", Access::Owned { unknown: "event_not_found" }),
        // A socket says who it is in its first message; the request alone is nobody's.
        get("/socket.io/", Access::Refused { status: 400, code: "socket_request_invalid" }),
        get("/api/openapi.json", public(200)),
        get("/docs/errors", public(200)),
        get("/docs/api/", public(200)),
        get("/docs/api", public(303)),
        get("/docs", public(200)),
        get("/docs/", public(308)),
        get("/docs/live", public(200)),
        get("/docs/live.md", public(200)),
        get("/docs/reference", public(200)),
        get("/docs/search", public(200)),
        get("/docs/search.json?q=key", public(200)),
        get("/docs/llms.txt", public(200)),
        get("/docs/llms-full.txt", public(200)),
        get("/docs/assets/docs.css", public(200)),
        get("/docs/assets/docs.js", public(200)),
        get("/docs/assets/icon.svg", public(200)),
        get("/docs/images/{name}", Access::Refused { status: 404, code: "route_unknown" }),
        get("/docs/{*path}", Access::Refused { status: 404, code: "route_unknown" }),
        get("/", public(200)),
        get("/assets/{name}", Access::Refused { status: 404, code: "route_unknown" }),
        get("/login", public(200)),
        get("/setup", public(200)),
        get("/invitation", public(200)),
        get("/forgot-password", public(200)),
        get("/reset-password", public(200)),
        get("/settings", public(200)),
        get("/test", public(200)),
        get("/test/payments", public(200)),
        get("/production", public(200)),
        get("/production/payments", public(200)),
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
    let at = |url: &str| Some(json!({"url": url}));
    let named = Some(json!({"endpoint_id": "{endpoint_id}"}));
    let since = json!({"since": "2026-01-26T10:00:00Z"});
    let since_there = json!({"since": "2026-01-26T10:00:00Z", "endpoint_id": "{endpoint_id}"});
    vec![
        row(Method::POST, "/api/webhooks/endpoints", made, at("https://hooks.example/new"), true),
        row(Method::GET, "/api/webhooks/endpoints", app, None, false),
        row(Method::GET, "/api/webhooks/endpoints/{endpoint_id}", endpoint, None, false),
        row(
            Method::PATCH,
            "/api/webhooks/endpoints/{endpoint_id}",
            endpoint,
            at("https://hooks.example/{payment_id}"),
            true,
        ),
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
        row(Method::GET, "/api/apps/{app_id}/inbox", Access::Reader { status: 200 }, None, false),
        row(Method::GET, "/api/apps/{app_id}/inbox/messages", Access::Reader { status: 200 }, None, false),
        row(Method::DELETE, "/api/apps/{app_id}/inbox/messages", Access::Reader { status: 200 }, None, false),
        // Whoever knows an inbox's address may post there; this is none.
        row(Method::POST, "/inbox/{inbox_id}", Access::Refused { status: 404, code: "inbox_not_found" }, None, false),
        row(Method::POST, "/api/apps/{app_id}/webhook-secret/rotate", Access::Reader { status: 200 }, None, true),
    ]
}

/// What users do. A refused one leaves no entry in the audit log.
fn people_rows() -> Vec<Row> {
    let row = |method, path, access, body| Row { method, path, access, body, acts: false };
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    let (user, admin) = (|status| Access::User { status }, |status| Access::Admin { status });
    let (own, reader) = (|status| Access::OwnApp { status }, || Access::Reader { status: 200 });
    let proof = || Some(json!({"password": PASSWORD}));
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"});
    let named = |name: &str| Some(json!({"name": name}));
    vec![
        row(get.clone(), "/api/apps", user(200), None),
        row(post.clone(), "/api/apps", user(201), Some(json!({"name": "New", "environment": "test"}))),
        row(get.clone(), "/api/apps/{app_id}", reader(), None),
        row(patch.clone(), "/api/apps/{app_id}", own(200), named("Other")),
        row(delete.clone(), "/api/apps/{app_id}", own(200), None),
        row(get.clone(), "/api/apps/{app_id}/keys", reader(), None),
        row(post.clone(), "/api/apps/{app_id}/keys", own(201), named("Second")),
        row(patch.clone(), "/api/apps/{app_id}/keys/{key_id}", own(200), named("First")),
        row(delete.clone(), "/api/apps/{app_id}/keys/{key_id}", own(200), None),
        row(post.clone(), "/api/apps/{app_id}/keys/{key_id}/rotate", own(201), None),
        row(get.clone(), "/api/apps/{app_id}/usage", reader(), None),
        row(get.clone(), "/api/auth/me", user(200), None),
        row(patch.clone(), "/api/auth/me", user(200), named("Grace")),
        row(get.clone(), "/api/auth/sessions", user(200), None),
        row(delete.clone(), "/api/auth/sessions/{session_id}", user(200), None),
        row(post.clone(), "/api/auth/logout", user(200), None),
        row(post.clone(), "/api/auth/logout-all", user(200), None),
        row(post.clone(), "/api/auth/confirm", user(200), proof()),
        row(post.clone(), "/api/auth/password", user(200), Some(change)),
        row(post.clone(), "/api/auth/totp/start", user(200), None),
        row(post.clone(), "/api/auth/totp/confirm", user(409), Some(json!({"totp_code": "123456"}))),
        row(post.clone(), "/api/auth/totp/disable", user(409), None),
        row(post.clone(), "/api/auth/recovery-codes", user(409), None),
        row(get.clone(), "/api/settings/notifications", user(200), None),
        row(patch.clone(), "/api/settings/notifications", user(200), Some(json!({"email": {"sign_in": false}}))),
        row(post.clone(), "/api/settings/notifications/test", user(409), None),
        row(get.clone(), "/api/settings/system", admin(200), None),
        row(get.clone(), "/api/audit", user(200), None),
        row(get.clone(), "/api/search?q={key_id}", user(200), None),
        row(get.clone(), "/api/audit/export", admin(200), None),
        row(get.clone(), "/api/users", admin(200), None),
        row(get.clone(), "/api/users/{user_id}", admin(200), None),
        row(patch, "/api/users/{user_id}", admin(200), Some(json!({"is_active": false}))),
        row(post.clone(), "/api/users/{user_id}/totp/reset", admin(200), None),
        row(post.clone(), "/api/users/{user_id}/password/reset", admin(200), None),
        row(post.clone(), "/api/users/{user_id}/logout", admin(200), None),
        row(post, "/api/users/invitations", admin(201), Some(json!({"email": "new@example.com"}))),
        row(get, "/api/users/invitations", admin(200), None),
        row(delete, "/api/users/invitations/{invitation_id}", admin(200), None),
    ]
}

/// What anybody may try, and is refused whoever he is unless he has what the body must hold.
fn guest_rows() -> Vec<Row> {
    let post = |path, status, code, body| Row {
        method: Method::POST,
        path,
        access: Access::Refused { status, code },
        body: Some(body),
        acts: false,
    };
    let account = json!({"token": "x", "email": "a@example.com", "name": "A", "password": PASSWORD});
    let accept = json!({"token": "x", "name": "A", "password": PASSWORD});
    vec![
        Row {
            method: Method::GET,
            path: "/api/auth/setup",
            access: Access::Public { status: 200 },
            body: None,
            acts: false,
        },
        post("/api/auth/setup", 403, "setup_closed", account),
        post("/api/auth/login", 401, "login_failed", json!({"email": "{key_id}@example.com", "password": "guess"})),
        post("/api/auth/refresh", 401, "refresh_token_invalid", json!({"refresh_token": "zwr_x"})),
        post("/api/auth/password/forgot", 409, "email_not_configured", json!({"email": "a@example.com"})),
        post("/api/auth/password/reset", 400, "link_invalid", json!({"token": "x", "new_password": PASSWORD})),
        post("/api/auth/invitations/accept", 400, "link_invalid", accept),
    ]
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    run(Kind::Sqlite, async |app: TestApp| {
        let described: BTreeSet<_> =
            operations(&description(&app).await).into_iter().map(|(path, method, _)| (method, path)).collect();
        let rows: BTreeSet<_> = table().iter().map(|row| (row.method.to_string(), row.route().to_owned())).collect();
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
