//! Everything that answers HTTP: the API, its documents and the payer's page behind one edge.

use crate::edge::{ApiError, Exchange, RequestOrigin, render_error, route};
use crate::gateway::Gateway;
use crate::realtime::{self, Origins};
use crate::{dashboard, docs, http, metrics, pay_page};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response, header};
use futures_util::FutureExt;
use std::fmt::Write;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower::Service;
use url::Url;
use zenwallet_core::Code;
use zenwallet_core::egress::Cidr;
use zenwallet_core::id::RequestKind;
use zenwallet_core::rate::{Policy, Verdict};

/// Everything that answers HTTP.
#[derive(Clone, Debug)]
pub struct App {
    gateway: Arc<Gateway>,
    router: Router,
    body_timeout: Duration,
    trusted_proxies: Arc<[Cidr]>,
    is_https: bool,
}

/// The address at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// What of it is served, and how.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// Whether `/metrics` is there.
    pub metrics: bool,
    /// A body must arrive whole within this time.
    pub body_timeout: Duration,
    /// What payment URLs start with; pages of its origin may open sockets.
    pub public_url: String,
    /// Other origins whose pages may.
    pub allowed_origins: Vec<String>,
    /// Origins whose pages may frame payers' pages.
    pub frame_ancestors: Vec<String>,
    /// Proxies whose word about the client's address counts.
    pub trusted_proxies: Vec<Cidr>,
}

impl App {
    /// The application over a gateway.
    pub fn new(gateway: Arc<Gateway>, options: AppOptions) -> Self {
        let AppOptions { metrics, body_timeout, public_url, allowed_origins, frame_ancestors, trusted_proxies } =
            options;
        let is_https = public_url.starts_with("https://");
        let own = Url::parse(&public_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let sockets = realtime::routes(&gateway, Origins { own, allowed: allowed_origins });
        let router = http::routes(metrics).merge(pay_page::routes(&frame_ancestors)).merge(dashboard::routes());
        let router = router.merge(docs::routes(http::openapi::document, &public_url));
        let router = router
            .fallback(async || ApiError::new(Code::RouteUnknown))
            .method_not_allowed_fallback(async || ApiError::new(Code::MethodNotAllowed))
            .with_state(Arc::clone(&gateway))
            .merge(sockets);
        Self { gateway, router, body_timeout, trusted_proxies: trusted_proxies.into(), is_https }
    }

    /// Ends streams and polls, which would never end by themselves; who followed comes back to another node.
    pub(crate) fn end_live(&self) {
        self.gateway.end_following();
    }

    /// Answers a request: gives it an id, survives a panic, renders errors, counts.
    pub async fn handle(&self, mut request: Request<Body>) -> Response<Body> {
        let started = Instant::now();
        let origin = RequestOrigin { address: self.client_of(&request), is_https: self.is_https };
        let request_id = self.gateway.ids.next::<RequestKind>(self.gateway.now());
        let exchange = Exchange::new(request_id, self.body_timeout, origin);
        let (route, method) = (route::name(request.uri().path()), request.method().clone());
        request.extensions_mut().insert(exchange.clone());
        let answer = AssertUnwindSafe(self.router.clone().call(request)).catch_unwind().await;
        let mut response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => {
                tracing::error!(request_id = %exchange.request_id(), route, "a handler panicked");
                axum::response::IntoResponse::into_response(ApiError::new(Code::InternalError))
            }
        };
        render_error(&mut response, exchange.request_id());
        add_headers(&mut response, &exchange);
        if self.is_https {
            let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
        let (status, took) = (response.status().as_u16(), started.elapsed());
        metrics::count_answer(route, status, took);
        let (request_id, took_us) = (exchange.request_id(), took.as_micros());
        if status >= 500 {
            tracing::warn!(%request_id, %method, route, status, took_us, "answered");
        } else {
            tracing::debug!(%request_id, %method, route, status, took_us, "answered");
        }
        response
    }

    /// Where a request comes from: the other end of its connection, unless that is a proxy that is trusted to say. Of a
    /// chain of them the last address counts that no trusted one has.
    fn client_of(&self, request: &Request<Body>) -> Option<IpAddr> {
        let is_trusted = |address: IpAddr| self.trusted_proxies.iter().any(|range| range.contains(address));
        let Peer(peer) = *request.extensions().get::<Peer>()?;
        if self.trusted_proxies.is_empty() || !is_trusted(peer) {
            return Some(peer);
        }
        let told = request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let told: Vec<&str> = told.flat_map(|list| list.split(',')).collect();
        let mut client = peer;
        for text in told.into_iter().rev() {
            let Ok(address) = text.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
            if !is_trusted(client) {
                break;
            }
        }
        Some(client)
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The headers of every answer.
fn add_headers(response: &mut Response<Body>, exchange: &Exchange) {
    let headers = response.headers_mut();
    let mut text = String::with_capacity(64);
    let _ = write!(text, "{}", exchange.request_id());
    insert(headers, REQUEST_ID, &text);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ));
    if let Some((policy, verdict)) = exchange.verdict() {
        add_rate_headers(headers, policy, verdict, &mut text);
    }
}

/// `RateLimit-Policy` and `RateLimit` (IETF draft 11), and the older three that many clients read.
fn add_rate_headers(headers: &mut axum::http::HeaderMap, policy: &Policy, verdict: &Verdict, text: &mut String) {
    const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
    const STATE: HeaderName = HeaderName::from_static("ratelimit");
    const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
    const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
    const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
    text.clear();
    let _ = write!(text, "\"key\";q={};w={}", policy.burst, policy.burst.div_ceil(policy.per_s.max(1)));
    insert(headers, POLICY, text);
    text.clear();
    let _ = write!(text, "\"key\";r={};t={}", verdict.remaining, verdict.reset_s);
    insert(headers, STATE, text);
    headers.insert(LIMIT, HeaderValue::from(policy.burst));
    headers.insert(REMAINING, HeaderValue::from(verdict.remaining));
    headers.insert(RESET, HeaderValue::from(verdict.reset_s));
}

fn insert(headers: &mut axum::http::HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
