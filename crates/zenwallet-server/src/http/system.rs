//! `/healthz`, `/readyz`, `/metrics`: what the operator's tools ask.

use crate::edge::ApiError;
use crate::gateway::Gateway;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// A payment could be created now: the database answers a read and a commit.
pub(super) async fn readyz(State(gateway): State<Arc<Gateway>>) -> Result<&'static str, ApiError> {
    gateway.check_ready().await?;
    Ok("ready\n")
}

/// The process in numbers, in Prometheus' text format.
pub(super) async fn metrics() -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], crate::metrics::render()).into_response()
}
