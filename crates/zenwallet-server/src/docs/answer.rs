//! Answers that browsers keep and ask about again.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use zenwallet_core::signature::hex;

/// What pages may load and do: styles, the one script and pictures of this server, and the search.
pub(super) const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// A body that is the same for everybody, with the mark by which browsers know it.
pub(super) struct Prepared {
    kind: &'static str,
    body: Bytes,
    etag: String,
}

impl Prepared {
    pub(super) fn new(kind: &'static str, text: String) -> Self {
        let etag = format!("\"{}\"", hex(&Sha256::digest(text.as_bytes())[..12]));
        Self { kind, body: text.into(), etag }
    }

    pub(super) fn html(text: String) -> Self {
        Self::new("text/html; charset=utf-8", text)
    }

    /// The body, or word that the one the browser has is still right.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response {
        let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut known = known.flat_map(|list| list.split(',')).map(str::trim);
        let is_known = known.any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.etag);
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => (StatusCode::OK, Body::from(self.body.clone())).into_response(),
        };
        let headers = response.headers_mut();
        if !is_known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        }
        // Made of hexadecimal digits.
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
        response
    }
}

/// A page made for one request.
pub(super) fn page(status: StatusCode, html: String) -> Response {
    let mut response = (status, axum::response::Html(html)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// A file under an address that names its content.
pub(super) fn file(kind: &'static str, content: &'static [u8]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, Body::from(content)).into_response()
}

/// Whether a request asks for this kind of answer by its name.
pub(super) fn accepts(request: &HeaderMap, kind: &str) -> bool {
    let accepted = request.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|list| list.split(',')).filter_map(|one| one.split(';').next());
    kinds.any(|one| one.trim().eq_ignore_ascii_case(kind))
}
