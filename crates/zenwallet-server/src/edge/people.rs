//! What handlers ask about people: where a request comes from, and which user sends it.

use super::error::ApiError;
use super::exchange::Exchange;
use crate::gateway::{Gateway, Granted, Login, Visitor};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use std::sync::Arc;
use url::Url;
use zenwallet_core::Code;
use zenwallet_core::limits::{SESSION_MAX_S, USER_AGENT_MAX_CHARS};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// How long a browser is known that has logged in, in seconds (400 days, the most that browsers allow).
const DEVICE_S: i64 = 400 * 24 * 3_600;

/// What a browser keeps for the gateway.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cookie {
    /// The access token.
    Access,
    /// The refresh token; sent to where it is renewed alone.
    Refresh,
    /// The browser's own name.
    Device,
}

impl Cookie {
    /// Its name. Over https the prefix keeps neighbours under the same domain from setting it.
    const fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Access, true) => "__Host-zenwallet_access",
            (Self::Access, false) => "zenwallet_access",
            (Self::Refresh, true) => "__Secure-zenwallet_refresh",
            (Self::Refresh, false) => "zenwallet_refresh",
            (Self::Device, true) => "__Host-zenwallet_device",
            (Self::Device, false) => "zenwallet_device",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Access | Self::Device => "/",
            Self::Refresh => "/api/auth",
        }
    }

    /// Its value in a request.
    pub(crate) fn read(self, headers: &HeaderMap, is_https: bool) -> Option<&str> {
        let name = self.name(is_https);
        let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = pairs.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Lets the browser keep it for so long; for no time at all is to forget it.
    fn set(self, headers: &mut HeaderMap, is_https: bool, value: &str, lasts_s: i64) {
        let (name, path) = (self.name(is_https), self.path());
        let secure = if is_https { "; Secure" } else { "" };
        let line = format!("{name}={value}; Path={path}; Max-Age={lasts_s}; HttpOnly; SameSite=Strict{secure}");
        if let Ok(mut line) = HeaderValue::from_str(&line) {
            line.set_sensitive(true);
            headers.append(header::SET_COOKIE, line);
        }
    }
}

/// Gives the tokens of a session to the browser to keep.
pub(crate) fn keep_tokens(response: &mut Response, granted: &Granted, exchange: &Exchange) {
    let (headers, is_https) = (response.headers_mut(), exchange.is_https());
    let lasts_s = (granted.session.expires_at.as_ms() - granted.session.last_used_at.as_ms()) / 1_000;
    let access_s = zenwallet_core::limits::ACCESS_TOKEN_S;
    Cookie::Access.set(headers, is_https, &granted.access_token, access_s);
    Cookie::Refresh.set(headers, is_https, granted.refresh_token.reveal(), lasts_s.min(SESSION_MAX_S));
    if let Some(device) = &granted.device {
        Cookie::Device.set(headers, is_https, device, DEVICE_S);
    }
}

/// Lets the browser forget the session, and what it kept of the pages.
pub(crate) fn forget_tokens(response: &mut Response, exchange: &Exchange) {
    let (headers, is_https) = (response.headers_mut(), exchange.is_https());
    Cookie::Access.set(headers, is_https, "", 0);
    Cookie::Refresh.set(headers, is_https, "", 0);
    headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
}

/// Somebody who is not logged in, or whose login does not matter; not sent by a page of another site.
pub(crate) struct Guest {
    pub(crate) visitor: Visitor,
    /// The refresh token that the browser keeps.
    pub(crate) refresh_cookie: Option<String>,
}

impl FromRequestParts<Arc<Gateway>> for Guest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, ApiError> {
        refuse_cross_site(parts, gateway)?;
        let (visitor, is_https) = seen(parts);
        let refresh_cookie = Cookie::Refresh.read(&parts.headers, is_https).map(str::to_owned);
        Ok(Self { visitor, refresh_cookie })
    }
}

/// The user who is logged in, let in by his session and its rate limit.
pub(crate) struct UserCaller(pub(crate) Login);

impl FromRequestParts<Arc<Gateway>> for UserCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, ApiError> {
        let login = recognise(parts, gateway).await?;
        // Whoever still lacks the second factor that he must have sets one up here.
        if !parts.uri.path().starts_with("/api/auth/") {
            gateway.require_totp(&login.user)?;
        }
        let verdict = gateway.admit_user(&login);
        admit(parts, verdict)?;
        Ok(Self(login))
    }
}

/// Notes what the bucket said, and refuses where it is empty.
pub(super) fn admit(
    parts: &Parts,
    (policy, verdict): (zenwallet_core::rate::Policy, zenwallet_core::rate::Verdict),
) -> Result<(), ApiError> {
    if let Some(exchange) = parts.extensions.get::<Exchange>() {
        exchange.note_verdict((policy, verdict));
    }
    if verdict.allowed { Ok(()) } else { Err(ApiError::new(Code::RateLimited).with_retry_after(verdict.retry_after_s)) }
}

/// The user of a request: by a token in `Authorization`, else by the one that the browser keeps.
pub(super) async fn recognise(parts: &Parts, gateway: &Gateway) -> Result<Login, ApiError> {
    let (visitor, is_https) = seen(parts);
    if let Some(token) = bearer(&parts.headers) {
        if token.starts_with("sk_") {
            return Err(ApiError::new(Code::NotForKeys));
        }
        return Ok(gateway.recognise_user(token, visitor).await?);
    }
    let missing = || ApiError::new(Code::SessionMissing);
    let token = Cookie::Access.read(&parts.headers, is_https).ok_or_else(missing)?;
    refuse_cross_site(parts, gateway)?;
    Ok(gateway.recognise_user(token, visitor).await?)
}

/// Whether a request has nothing but what a browser keeps to say who sends it.
pub(super) fn has_access_cookie(parts: &Parts) -> bool {
    let is_https = parts.extensions.get::<Exchange>().is_some_and(Exchange::is_https);
    Cookie::Access.read(&parts.headers, is_https).is_some()
}

/// The access token that a browser keeps, taken out of its request.
#[derive(Clone)]
pub(crate) struct AccessCookie(pub(crate) Arc<str>);

impl AccessCookie {
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let is_https = request.extensions().get::<Exchange>().is_some_and(Exchange::is_https);
        Cookie::Access.read(request.headers(), is_https).map(|token| Self(token.into()))
    }
}

/// The token of `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// Whether a user keeps his tokens in cookies: he called with none in `Authorization`. Another scheme there is none: a
/// script in the page, which reads no cookie, would be shown the tokens for it.
pub(crate) fn uses_cookies(headers: &HeaderMap) -> bool {
    bearer(headers).is_none()
}

fn seen(parts: &Parts) -> (Visitor, bool) {
    let exchange = parts.extensions.get::<Exchange>();
    let is_https = exchange.is_some_and(Exchange::is_https);
    let agent = parts.headers.get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
    let visitor = Visitor {
        address: exchange.and_then(Exchange::address),
        user_agent: agent.unwrap_or_default().chars().take(USER_AGENT_MAX_CHARS).collect(),
        device: Cookie::Device.read(&parts.headers, is_https).map(str::to_owned),
        request_id: exchange.map(Exchange::request_id),
    };
    (visitor, is_https)
}

/// Refuses what a page of another site sends with the cookies of this one. Browsers say where a request comes from; what
/// says nothing is no browser, and has no cookies but its own.
fn refuse_cross_site(parts: &Parts, gateway: &Gateway) -> Result<(), ApiError> {
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    let text = |name: &HeaderName| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_own = match (text(&SEC_FETCH_SITE), text(&header::ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => is_own_origin(origin, text(&header::HOST), gateway.public_url()),
        (None, None) => true,
    };
    if is_safe || is_own { Ok(()) } else { Err(ApiError::new(Code::CrossSiteRequest)) }
}

fn is_own_origin(origin: &str, host: Option<&str>, public_url: &str) -> bool {
    let public = Url::parse(public_url).map(|url| url.origin().ascii_serialization());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    public.is_ok_and(|public| public == origin) || (authority.is_some() && authority == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_the_gateways_own_by_its_address_or_its_public_url() {
        let public = "https://pay.example.com/base";
        for (origin, host, is_own) in [
            ("https://pay.example.com", Some("10.0.0.1:8080"), true),
            ("http://127.0.0.1:8080", Some("127.0.0.1:8080"), true),
            ("http://127.0.0.1:8081", Some("127.0.0.1:8080"), false),
            ("https://evil.example", Some("pay.example.com"), false),
            ("https://pay.example.com.evil.example", Some("pay.example.com"), false),
            ("null", Some("null"), false),
            ("null", None, false),
            ("", Some(""), false),
        ] {
            assert_eq!(is_own_origin(origin, host, public), is_own, "{origin} {host:?}");
        }
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; xzenwallet_access=2; zenwallet_access=three"));
        headers.append(header::COOKIE, HeaderValue::from_static("zenwallet_refresh=four"));
        assert_eq!(Cookie::Access.read(&headers, false), Some("three"));
        assert_eq!(Cookie::Refresh.read(&headers, false), Some("four"));
        assert_eq!(Cookie::Access.read(&headers, true), None);
        assert_eq!(Cookie::Device.read(&headers, false), None);
    }
}
