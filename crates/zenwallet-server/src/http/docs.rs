//! `/api/openapi.json`, and what sends requests by it at `/docs/api`. Nothing is loaded from elsewhere.

use crate::edge::ApiError;
use crate::gateway::Gateway;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use utoipa::openapi::OpenApi as Document;
use utoipa_swagger_ui::{Config, SwaggerUi};
use zenwallet_core::Code;

/// The viewer styles itself inline and shows its icons as data URLs; it may call this server alone.
const VIEWER_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn routes(document: Document) -> Router<Arc<Gateway>> {
    // A document of plain data always serialises.
    let json = document.to_pretty_json().unwrap_or_default();
    let viewer = SwaggerUi::new("/docs/api").config(Config::from("/api/openapi.json").validator_url("none"));
    Router::new().merge(Router::from(viewer).layer(middleware::from_fn(allow_viewer))).route(
        "/api/openapi.json",
        get(async move || ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], json)),
    )
}

async fn allow_viewer(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return ApiError::new(Code::RouteUnknown).into_response();
    }
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, VIEWER_POLICY);
    response
}
