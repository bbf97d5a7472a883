//! The name of a route in logs and metrics: few and fixed, whatever paths are asked for.

/// The pattern that a path belongs to.
pub(crate) fn name(path: &str) -> &'static str {
    let segments: Vec<&str> = path.split('/').skip(1).take(7).collect();
    match segments.as_slice() {
        ["api", "payments"] => "/api/payments",
        ["api", "payments", "create"] => "/api/payments/create",
        ["api", "payments", "export"] => "/api/payments/export",
        ["api", "payments", _] => "/api/payments/{payment_id}",
        ["api", "payments", _, "complete"] => "/api/payments/{payment_id}/complete",
        ["api", "payments", _, "cancel"] => "/api/payments/{payment_id}/cancel",
        ["api", "payments", _, "timeline"] => "/api/payments/{payment_id}/timeline",
        ["api", "payments", _, "qr.png"] => "/api/payments/{payment_id}/qr.png",
        ["api", "payments", _, "qr.svg"] => "/api/payments/{payment_id}/qr.svg",
        ["api", "webhooks", "endpoints"] => "/api/webhooks/endpoints",
        ["api", "webhooks", "endpoints", _] => "/api/webhooks/endpoints/{endpoint_id}",
        ["api", "webhooks", "deliveries"] => "/api/webhooks/deliveries",
        ["api", "webhooks", "deliveries", _] => "/api/webhooks/deliveries/{delivery_id}",
        ["api", "webhooks", "deliveries", _, "retry"] => "/api/webhooks/deliveries/{delivery_id}/retry",
        ["api", "webhooks", "deliveries", _, "cancel"] => "/api/webhooks/deliveries/{delivery_id}/cancel",
        ["api", "webhooks", "queue"] => "/api/webhooks/queue",
        ["api", "webhooks", "listen"] => "/api/webhooks/listen",
        ["api", "webhooks", "test"] => "/api/webhooks/test",
        ["api", "webhooks", "replay"] => "/api/webhooks/replay",
        ["api", "events"] => "/api/events",
        ["api", "events", "stream"] => "/api/events/stream",
        ["api", "events", _] => "/api/events/{event_id}",
        ["socket.io", ..] => "/socket.io",
        ["api", "apps", _, "webhook-secret", "rotate"] => "/api/apps/{app_id}/webhook-secret/rotate",
        ["api", "analytics", "overview"] => "/api/analytics/overview",
        ["api", "analytics", "volume"] => "/api/analytics/volume",
        ["api", "analytics", "status"] => "/api/analytics/status",
        ["api", "openapi.json"] => "/api/openapi.json",
        ["inbox", _] => "/inbox/{inbox_id}",
        ["pay", "assets", ..] => "/pay/assets",
        ["pay", _] => "/pay/{payment_id}",
        ["pay", _, "pay"] => "/pay/{payment_id}/pay",
        ["pay", _, "cancel"] => "/pay/{payment_id}/cancel",
        ["pay", _, "simulate"] => "/pay/{payment_id}/simulate",
        ["pay", _, "status"] => "/pay/{payment_id}/status",
        ["docs", ..] => "/docs",
        ["healthz"] => "/healthz",
        ["readyz"] => "/readyz",
        ["metrics"] => "/metrics",
        ["assets", _] => "/assets/{name}",
        ["" | "login" | "setup" | "invitation" | "forgot-password" | "reset-password" | "settings"]
        | ["test" | "production", ..] => "dashboard",
        rest => name_of_people(rest),
    }
}

/// The same of what users do.
fn name_of_people(segments: &[&str]) -> &'static str {
    match segments {
        ["api", "apps"] => "/api/apps",
        ["api", "apps", _] => "/api/apps/{app_id}",
        ["api", "apps", _, "keys"] => "/api/apps/{app_id}/keys",
        ["api", "apps", _, "keys", _] => "/api/apps/{app_id}/keys/{key_id}",
        ["api", "apps", _, "keys", _, "rotate"] => "/api/apps/{app_id}/keys/{key_id}/rotate",
        ["api", "apps", _, "usage"] => "/api/apps/{app_id}/usage",
        ["api", "apps", _, "inbox"] => "/api/apps/{app_id}/inbox",
        ["api", "apps", _, "inbox", "messages"] => "/api/apps/{app_id}/inbox/messages",
        ["api", "settings", "system"] => "/api/settings/system",
        ["api", "settings", "notifications"] => "/api/settings/notifications",
        ["api", "settings", "notifications", "test"] => "/api/settings/notifications/test",
        ["api", "auth", "setup"] => "/api/auth/setup",
        ["api", "auth", "login"] => "/api/auth/login",
        ["api", "auth", "refresh"] => "/api/auth/refresh",
        ["api", "auth", "confirm"] => "/api/auth/confirm",
        ["api", "auth", "logout"] => "/api/auth/logout",
        ["api", "auth", "logout-all"] => "/api/auth/logout-all",
        ["api", "auth", "sessions"] => "/api/auth/sessions",
        ["api", "auth", "sessions", _] => "/api/auth/sessions/{session_id}",
        ["api", "auth", "me"] => "/api/auth/me",
        ["api", "auth", "password"] => "/api/auth/password",
        ["api", "auth", "password", "forgot"] => "/api/auth/password/forgot",
        ["api", "auth", "password", "reset"] => "/api/auth/password/reset",
        ["api", "auth", "invitations", "accept"] => "/api/auth/invitations/accept",
        ["api", "auth", "totp", "start"] => "/api/auth/totp/start",
        ["api", "auth", "totp", "confirm"] => "/api/auth/totp/confirm",
        ["api", "auth", "totp", "disable"] => "/api/auth/totp/disable",
        ["api", "auth", "recovery-codes"] => "/api/auth/recovery-codes",
        ["api", "users"] => "/api/users",
        ["api", "users", "invitations"] => "/api/users/invitations",
        ["api", "users", "invitations", _] => "/api/users/invitations/{invitation_id}",
        ["api", "users", _] => "/api/users/{user_id}",
        ["api", "users", _, "totp", "reset"] => "/api/users/{user_id}/totp/reset",
        ["api", "users", _, "password", "reset"] => "/api/users/{user_id}/password/reset",
        ["api", "users", _, "logout"] => "/api/users/{user_id}/logout",
        ["api", "search"] => "/api/search",
        ["api", "audit"] => "/api/audit",
        ["api", "audit", "export"] => "/api/audit/export",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_promised_path_has_its_own_name() {
        for path in crate::http::openapi::document().paths.paths.keys() {
            assert_eq!(super::name(path), path, "add it to route::name");
        }
        assert_eq!(super::name("/api/nope"), "other");
    }
}
