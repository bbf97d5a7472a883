//! `/api/payments/{payment_id}/qr.png` and `.svg`: the QR code of a payment's page.

use crate::edge::{ApiError, AppCaller, PathId, Query};
use crate::gateway::Gateway;
use crate::wire::error::ErrorBody;
use crate::wire::query::Params;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::id::{PaymentId, PaymentKind};

/// Pixels of a module when none are asked for.
const SCALE_DEFAULT: u32 = 8;
/// Most pixels of a module: a code of about 1200 pixels.
const SCALE_MAX: u32 = 32;

/// QR code of the payer's page as PNG
#[utoipa::path(get, path = "/api/payments/{payment_id}/qr.png", tag = "Payments",
    params(("payment_id" = String, Path, description = "The payment"),
        ("scale" = Option<u32>, Query, minimum = 1, maximum = 32, description = "Pixels a module, 8 when absent")),
    responses(
        (status = 200, content_type = "image/png", description = "The code", body = Vec<u8>),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable"),
        (status = 404, body = ErrorBody, description = "No payment of this app has this id")))]
pub(crate) async fn get_qr_png(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<PaymentKind>,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let scale = check(&gateway, &caller, id, query).await?;
    Ok(image("image/png", gateway.view.qr.png(id, scale)))
}

/// QR code of the payer's page as SVG
#[utoipa::path(get, path = "/api/payments/{payment_id}/qr.svg", tag = "Payments",
    params(("payment_id" = String, Path, description = "The payment"),
        ("scale" = Option<u32>, Query, minimum = 1, maximum = 32, description = "Pixels a module, 8 when absent")),
    responses(
        (status = 200, content_type = "image/svg+xml", description = "The code", body = String),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable"),
        (status = 404, body = ErrorBody, description = "No payment of this app has this id")))]
pub(crate) async fn get_qr_svg(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<PaymentKind>,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let scale = check(&gateway, &caller, id, query).await?;
    Ok(image("image/svg+xml", gateway.view.qr.svg(id, scale)))
}

/// The scale, once the payment is known to be the caller's.
async fn check(
    gateway: &Gateway,
    caller: &crate::gateway::Caller,
    id: PaymentId,
    query: Option<String>,
) -> Result<u32, ApiError> {
    let mut params = Params::parse(query.as_deref());
    let scale = params.integer("scale", 1..=SCALE_MAX, SCALE_DEFAULT);
    let scale = params.finish(scale)?;
    let found = gateway.find_payment(caller.app.id, id).await?;
    found.map(|_| scale).ok_or(ApiError::new(Code::PaymentNotFound))
}

/// The code of a payment never changes.
fn image(kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    response
}
