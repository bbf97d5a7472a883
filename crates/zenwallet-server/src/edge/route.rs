//! The name of a route in logs and metrics: few and fixed, whatever paths are asked for.

/// The pattern that a path belongs to.
pub(crate) fn name(path: &str) -> &'static str {
    let segments: Vec<&str> = path.split('/').skip(1).take(6).collect();
    match segments.as_slice() {
        ["api", "payments"] => "/api/payments",
        ["api", "payments", "create"] => "/api/payments/create",
        ["api", "payments", "export"] => "/api/payments/export",
        ["api", "payments", _] => "/api/payments/{payment_id}",
        ["api", "payments", _, "complete"] => "/api/payments/{payment_id}/complete",
        ["api", "payments", _, "cancel"] => "/api/payments/{payment_id}/cancel",
        ["api", "payments", _, "qr.png"] => "/api/payments/{payment_id}/qr.png",
        ["api", "payments", _, "qr.svg"] => "/api/payments/{payment_id}/qr.svg",
        ["api", "webhooks", "endpoints"] => "/api/webhooks/endpoints",
        ["api", "webhooks", "endpoints", _] => "/api/webhooks/endpoints/{endpoint_id}",
        ["api", "webhooks", "deliveries"] => "/api/webhooks/deliveries",
        ["api", "webhooks", "deliveries", _] => "/api/webhooks/deliveries/{delivery_id}",
        ["api", "webhooks", "deliveries", _, "retry"] => "/api/webhooks/deliveries/{delivery_id}/retry",
        ["api", "webhooks", "deliveries", _, "cancel"] => "/api/webhooks/deliveries/{delivery_id}/cancel",
        ["api", "webhooks", "queue"] => "/api/webhooks/queue",
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
        ["pay", "assets", ..] => "/pay/assets",
        ["pay", _] => "/pay/{payment_id}",
        ["pay", _, "pay"] => "/pay/{payment_id}/pay",
        ["pay", _, "cancel"] => "/pay/{payment_id}/cancel",
        ["docs", ..] => "/docs",
        ["healthz"] => "/healthz",
        ["readyz"] => "/readyz",
        ["metrics"] => "/metrics",
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
