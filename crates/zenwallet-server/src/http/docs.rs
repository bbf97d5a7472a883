//! `/api/openapi.json`, its rendering at `/docs/api`, and every error code at `/docs/errors`. Nothing is loaded
//! from elsewhere.

use crate::edge::ApiError;
use crate::gateway::Gateway;
use crate::wire::error::class;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use std::fmt::Write;
use std::sync::Arc;
use utoipa::openapi::OpenApi as Document;
use utoipa_swagger_ui::{Config, SwaggerUi};
use zenwallet_core::Code;

/// The viewer styles itself inline and shows its icons as data URLs; it may call this server alone.
const VIEWER_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const PAGE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'");

pub(super) fn routes(document: Document) -> Router<Arc<Gateway>> {
    // A document of plain data always serialises.
    let json = document.to_pretty_json().unwrap_or_default();
    let viewer = SwaggerUi::new("/docs/api").config(Config::from("/api/openapi.json").validator_url("none"));
    Router::new()
        .merge(Router::from(viewer).layer(middleware::from_fn(allow_viewer)))
        .route(
            "/api/openapi.json",
            get(async move || ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], json)),
        )
        .route("/docs/errors", get(errors))
        .route("/docs", get(async || Redirect::to("/docs/api/")))
}

async fn allow_viewer(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return ApiError::new(Code::RouteUnknown).into_response();
    }
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, VIEWER_POLICY);
    response
}

/// Every code with its status and what to do.
async fn errors() -> Response {
    let mut page = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Errors · ZenWallet</title><h1>Errors</h1><p>Every answer that is not a success carries \
         <code>error.code</code>, one of these, and <code>error.request_id</code>, which the log knows too.</p><dl>",
    );
    for code in Code::ALL {
        let (status, kind) = class(*code);
        let (name, meaning) = (code.as_str(), code.meaning().replace('&', "&amp;").replace('<', "&lt;"));
        // Writing to a String cannot fail.
        let _ = write!(page, "<dt id={name}><code>{name}</code> · {status} {kind}</dt><dd>{meaning}</dd>");
    }
    page.push_str("</dl></html>");
    ([(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)], Html(page)).into_response()
}
