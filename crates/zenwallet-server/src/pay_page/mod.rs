//! The payer's page, `/pay/{payment_id}`: rendered here, works without JavaScript. State changes by POST with
//! the page's own token only, so a link preview never pays.

mod forms;
mod view;

use crate::edge::{ApiError, PathId};
use crate::gateway::Gateway;
use crate::wire::payment::PayerStatus;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Arc;
use url::Url;
use view::{Notice, PageView, Theme};
use zenwallet_core::Code;
use zenwallet_core::app::{App, Environment};
use zenwallet_core::id::PaymentKind;
use zenwallet_core::payment::Payment;
use zenwallet_core::signature::hex;
use zenwallet_store::StoreError;

/// What the pages may load and do; who may frame them follows.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
     img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors";
/// Pixels of a QR module on the page, before the style sheet scales it.
const QR_SCALE: u32 = 5;

/// The page and what belongs to it. Pages of the origins `frame_ancestors` may frame it.
pub(crate) fn routes(frame_ancestors: &[String]) -> Router<Arc<Gateway>> {
    let framers = if frame_ancestors.is_empty() { "'none'".to_owned() } else { frame_ancestors.join(" ") };
    // An origin is ASCII; were one not, nobody would frame.
    let policy = HeaderValue::try_from(format!("{PAGE_POLICY} {framers}"))
        .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    Router::new()
        .route("/pay/{payment_id}", get(show))
        .route("/pay/{payment_id}/status", get(tell_status))
        .route("/pay/{payment_id}/pay", post(forms::pay))
        .route("/pay/{payment_id}/cancel", post(forms::cancel))
        .route("/pay/{payment_id}/simulate", post(forms::simulate))
        .route("/pay/assets/page.css", get(stylesheet))
        .route("/pay/assets/page.js", get(script))
        .layer(map_response(move |mut response: Response| {
            response.headers_mut().entry(header::CONTENT_SECURITY_POLICY).or_insert(policy.clone());
            std::future::ready(response)
        }))
}

type Page = Result<Response, PageError>;
/// The payment that the path names; a malformed id is one that does not exist.
type NamedPayment = Result<PathId<PaymentKind>, ApiError>;

async fn show(State(gateway): State<Arc<Gateway>>, path: NamedPayment, headers: HeaderMap) -> Page {
    let PathId(id) = path.map_err(|_| PageError::NotFound)?;
    let (payment, app) = gateway.find_payment_for_payer(id).await?.ok_or(PageError::NotFound)?;
    Ok(page(StatusCode::OK, render(&gateway, &payment, &app, theme_of(&headers), None)))
}

/// Where the payment stands, for a page that hears of nothing.
async fn tell_status(
    State(gateway): State<Arc<Gateway>>,
    PathId(id): PathId<PaymentKind>,
) -> Result<Json<PayerStatus>, ApiError> {
    let found = gateway.find_payment_for_payer(id).await?;
    let (payment, _) = found.ok_or(ApiError::new(Code::PaymentNotFound))?;
    Ok(Json(PayerStatus::new(&payment, gateway.now())))
}

/// The theme that the payer chose, by the cookie that the dashboard keeps it in.
fn theme_of(headers: &HeaderMap) -> Option<Theme> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == "zw_theme").and_then(|(_, value)| Theme::parse(value))
}

fn render(gateway: &Gateway, payment: &Payment, app: &App, theme: Option<Theme>, notice: Option<Notice>) -> String {
    let waits = !payment.status.is_final();
    let qr_svg = if waits { gateway.view.qr.svg(payment.id, QR_SCALE) } else { String::new() };
    let return_url = if waits { None } else { return_link(gateway, payment, app) };
    view::render_payment(&PageView {
        app_name: &app.name,
        is_test: app.environment == Environment::Test,
        theme,
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
    asset("text/css; charset=utf-8", &view::STYLESHEET.content)
}

async fn script() -> Response {
    asset("text/javascript; charset=utf-8", &view::SCRIPT.content)
}

fn asset(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, Body::from(content)).into_response()
}

fn page(status: StatusCode, html: String) -> Response {
    let robots = header::HeaderName::from_static("x-robots-tag");
    (status, [(robots, HeaderValue::from_static("noindex, nofollow"))], Html(html)).into_response()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theme_is_one_of_two_or_the_system_s() {
        for (cookies, want) in [
            (&["zw_theme=dark"][..], Some(Theme::Dark)),
            (&["a=b; zw_theme=light; c=d"], Some(Theme::Light)),
            (&["a=b", "zw_theme=dark"], Some(Theme::Dark)),
            (&["zw_theme=system"], None),
            (&["zw_theme=\"><script>"], None),
            (&["xzw_theme=dark", "zw_theme"], None),
            (&[], None),
        ] {
            let cookies = cookies.iter().map(|cookie| (header::COOKIE, HeaderValue::from_static(cookie)));
            assert_eq!(theme_of(&cookies.collect()), want);
        }
    }
}
