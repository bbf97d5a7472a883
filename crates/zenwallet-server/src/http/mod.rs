//! The HTTP API, a file per resource.

mod analytics;
mod apps;
mod audit;
mod auth;
mod deliveries;
mod docs;
mod endpoints;
mod events;
mod export;
mod failures;
mod inbox;
mod links;
mod once;
pub mod openapi;
mod payments;
mod qr;
mod scope;
mod search;
mod settings;
mod stream;
mod system;
mod usage;
mod users;
mod webhooks;

pub(crate) use export::csv;

use crate::edge::ApiError;
use crate::gateway::Gateway;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Serialize;
use std::sync::Arc;

type Answered = Result<Response, ApiError>;

/// Every route but the payer's page's; `with_metrics` adds `/metrics`.
pub(crate) fn routes(with_metrics: bool) -> Router<Arc<Gateway>> {
    let (api, document) = openapi::routes();
    let router =
        api.route("/healthz", get(system::healthz)).route("/readyz", get(system::readyz)).merge(docs::routes(document));
    let router = router.route("/inbox/{inbox_id}", post(inbox::post_message));
    let router = if with_metrics { router.route("/metrics", get(system::metrics)) } else { router };
    router.layer(Extension(settings::ServesMetrics(with_metrics)))
}

/// An answer of JSON.
fn json(status: u16, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer that shows this.
fn show(status: u16, shown: &impl Serialize) -> Response {
    // What is shown is made of strings and numbers, which always serialise.
    json(status, serde_json::to_string(shown).unwrap_or_default())
}
