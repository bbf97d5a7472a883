//! The payer's page, `/pay/{payment_id}`: rendered here, works without JavaScript. State changes by POST with
//! the page's own token only, so a link preview never pays.

mod view;

use crate::edge::{ApiError, PathId, read_body};
use crate::gateway::Gateway;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use std::sync::Arc;
use url::Url;
use view::{Notice, PageView};
use zenwallet_core::Code;
use zenwallet_core::app::{App, Environment};
use zenwallet_core::id::{PaymentId, PaymentKind};
use zenwallet_core::payment::Payment;
use zenwallet_core::signature::hex;
use zenwallet_store::{Outcome, StoreError};

const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);
/// Pixels of a QR module on the page, before the style sheet scales it.
const QR_SCALE: u32 = 5;

/// The page and what belongs to it.
pub(crate) fn routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/pay/{payment_id}", get(show))
        .route("/pay/{payment_id}/pay", post(pay))
        .route("/pay/{payment_id}/cancel", post(cancel))
        .route("/pay/assets/page.css", get(stylesheet))
}

type Page = Result<Response, PageError>;
/// The payment that the path names; a malformed id is one that does not exist.
type NamedPayment = Result<PathId<PaymentKind>, ApiError>;

async fn show(State(gateway): State<Arc<Gateway>>, path: NamedPayment) -> Page {
    let PathId(id) = path.map_err(|_| PageError::NotFound)?;
    let (payment, app) = gateway.find_payment_for_payer(id).await?.ok_or(PageError::NotFound)?;
    Ok(page(StatusCode::OK, render(&gateway, &payment, &app, None)))
}

async fn pay(State(gateway): State<Arc<Gateway>>, path: NamedPayment, request: Request) -> Page {
    let id = match admit(&gateway, path, request).await? {
        Admission::Admitted(id) => id,
        Admission::Outdated(page) => return Ok(*page),
    };
    conclude(&gateway, id, gateway.pay_as_payer(id).await?).await
}

async fn cancel(State(gateway): State<Arc<Gateway>>, path: NamedPayment, request: Request) -> Page {
    let id = match admit(&gateway, path, request).await? {
        Admission::Admitted(id) => id,
        Admission::Outdated(page) => return Ok(*page),
    };
    conclude(&gateway, id, gateway.cancel_as_payer(id).await?).await
}

enum Admission {
    Admitted(PaymentId),
    Outdated(Box<Response>),
}

/// Lets a POST in that brings the page's token.
async fn admit(gateway: &Gateway, path: NamedPayment, request: Request) -> Result<Admission, PageError> {
    let PathId(id) = path.map_err(|_| PageError::NotFound)?;
    let (parts, body) = request.into_parts();
    let body = read_body(&parts, body).await?;
    let token = url::form_urlencoded::parse(&body).find(|(name, _)| name == "token");
    if token.is_some_and(|(_, token)| gateway.is_page_token(id, &token)) {
        return Ok(Admission::Admitted(id));
    }
    let (payment, app) = gateway.find_payment_for_payer(id).await?.ok_or(PageError::NotFound)?;
    let outdated = render(gateway, &payment, &app, Some(Notice::Outdated));
    Ok(Admission::Outdated(Box::new(page(StatusCode::FORBIDDEN, outdated))))
}

/// After a POST the page is read anew, so that a reload does not post again.
async fn conclude(gateway: &Gateway, id: PaymentId, outcome: Outcome) -> Page {
    match outcome {
        Outcome::Settled { .. } | Outcome::PaymentExpired(_) => Ok(Redirect::to(&format!("/pay/{id}")).into_response()),
        Outcome::AlreadyFinal(_) => {
            let (payment, app) = gateway.find_payment_for_payer(id).await?.ok_or(PageError::NotFound)?;
            Ok(page(StatusCode::CONFLICT, render(gateway, &payment, &app, Some(Notice::AlreadyFinal))))
        }
        _ => Err(PageError::NotFound),
    }
}

fn render(gateway: &Gateway, payment: &Payment, app: &App, notice: Option<Notice>) -> String {
    let waits = !payment.status.is_final();
    let qr_svg = if waits { gateway.view.qr.svg(payment.id, QR_SCALE) } else { String::new() };
    let return_url = if waits { None } else { return_link(gateway, payment, app) };
    view::render_payment(&PageView {
        app_name: &app.name,
        is_test: app.environment == Environment::Test,
        payment,
        now: gateway.now(),
        token: &gateway.page_token(payment.id),
        qr_svg: &qr_svg,
        payment_url: &gateway.view.page_url(payment),
        return_url: return_url.as_deref(),
        notice,
    })
}

/// The app's own address with what happened, signed with the app's webhook secret:
/// `signature` = hex HMAC-SHA256 of `payment_id=…&status=…`.
fn return_link(gateway: &Gateway, payment: &Payment, app: &App) -> Option<String> {
    let mut url = Url::parse(payment.return_url.as_deref()?).ok()?;
    let told = format!("payment_id={}&status={}", payment.id, payment.status.as_str());
    let signature = gateway
        .sign_for(app, told.as_bytes())
        .inspect_err(|error| tracing::error!(%error, app_id = %app.id, "a return link could not be signed"))
        .ok()?;
    url.query_pairs_mut()
        .append_pair("payment_id", &payment.id.to_string())
        .append_pair("status", payment.status.as_str())
        .append_pair("signature", &hex(&signature));
    Some(url.into())
}

async fn stylesheet() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, Body::from(view::STYLESHEET)).into_response()
}

fn page(status: StatusCode, html: String) -> Response {
    let robots = header::HeaderName::from_static("x-robots-tag");
    let headers =
        [(header::CONTENT_SECURITY_POLICY, PAGE_POLICY), (robots, HeaderValue::from_static("noindex, nofollow"))];
    (status, headers, Html(html)).into_response()
}

/// Why there is no page. The payer reads a sentence, not JSON.
enum PageError {
    NotFound,
    Store(StoreError),
    Request(ApiError),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self::Request(error)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => page(StatusCode::NOT_FOUND, view::render_not_found()),
            Self::Request(error) => error.into_response(),
            Self::Store(error) => {
                tracing::warn!(%error, code = Code::ServiceUnavailable.as_str(), "the payer's page could not be shown");
                let mut response = page(StatusCode::SERVICE_UNAVAILABLE, view::render_unavailable());
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
        }
    }
}
