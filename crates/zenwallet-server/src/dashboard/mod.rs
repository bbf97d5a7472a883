//! The dashboard: one page that the browser builds, and the files that it loads. All of it is inside the binary.

mod files;

use crate::gateway::Gateway;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use files::{FILES, File, INDEX};
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::signature::hex;

use crate::edge::ApiError;

/// Where the page is shown; which of its views is up to the address, in the browser.
const PAGES: [&str; 11] = [
    "/",
    "/login",
    "/setup",
    "/invitation",
    "/forgot-password",
    "/reset-password",
    "/settings",
    "/test",
    "/test/{*view}",
    "/production",
    "/production/{*view}",
];

pub(crate) fn routes() -> Router<Arc<Gateway>> {
    let pages = PAGES.iter().fold(Router::new(), |router, path| router.route(path, get(page)));
    pages.route("/assets/{name}", get(asset))
}

/// The page, with a nonce that lets the styles of its dialogs through, in the colours that the browser asks for.
async fn page(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    if INDEX.is_empty() {
        let missing =
            "This binary was built without its dashboard. `make build` builds both. The API is at /docs/api/.\n";
        return (StatusCode::NOT_FOUND, missing).into_response();
    }
    let mut random = [0; 16];
    gateway.ids.fill(&mut random);
    let nonce = hex(&random);
    let theme = theme_of(&headers);
    let html = INDEX.replace("__CSP_NONCE__", &nonce).replacen("data-theme=\"system\"", theme, 1);
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    // Made of digits and fixed text.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The colours of a browser that has chosen some.
fn theme_of(headers: &HeaderMap) -> &'static str {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.trim().split_once('='));
    match pairs.find(|(name, _)| *name == "zw_theme") {
        Some((_, "dark")) => "data-theme=\"dark\"",
        Some((_, "light")) => "data-theme=\"light\"",
        _ => "data-theme=\"system\"",
    }
}

/// A file that the page loads. Its name changes with what is in it, so a browser asks once.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Ok(at) = FILES.binary_search_by(|file| file.name.cmp(name.as_str())) else {
        return ApiError::new(Code::RouteUnknown).into_response();
    };
    let file = &FILES[at];
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (encoding, bytes) = file.packed_for(accepted);
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

impl File {
    /// The smallest form that a browser takes.
    fn packed_for(&self, accepted: &str) -> (Option<&'static str>, &'static [u8]) {
        let takes = |coding: &str| {
            accepted.split(',').map(str::trim).any(|given| {
                let (name, rest) = given.split_once(';').unwrap_or((given, ""));
                name.trim().eq_ignore_ascii_case(coding)
                    && !matches!(rest.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
            })
        };
        match (self.brotli, self.gzip) {
            (Some(bytes), _) if takes("br") => (Some("br"), bytes),
            (_, Some(bytes)) if takes("gzip") => (Some("gzip"), bytes),
            _ => (None, self.plain),
        }
    }

    fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml; charset=utf-8",
            Some("woff2") => "font/woff2",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_sent_in_the_smallest_form_that_is_taken() {
        let file = File { name: "a.js", plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") };
        for (accepted, encoding) in [
            ("", None),
            ("identity", None),
            ("gzip", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("br")),
            ("BR;q=0.5", Some("br")),
            ("br;q=0, gzip", Some("gzip")),
            ("brotli", None),
        ] {
            assert_eq!(file.packed_for(accepted).0, encoding, "{accepted}");
        }
        assert_eq!(File { brotli: None, gzip: None, ..file }.packed_for("br, gzip"), (None, &b"plain"[..]));
    }

    #[test]
    fn the_theme_is_one_of_three_whatever_the_cookie_says() {
        for (cookie, theme) in [
            ("zw_theme=dark", "dark"),
            ("a=b; zw_theme=light", "light"),
            ("zw_theme=\"><script>", "system"),
            ("xzw_theme=dark", "system"),
        ] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookie))]);
            assert_eq!(theme_of(&headers), format!("data-theme=\"{theme}\""));
        }
        assert_eq!(theme_of(&HeaderMap::new()), "data-theme=\"system\"");
    }

    #[test]
    fn the_files_are_in_order_and_known_by_kind() {
        assert!(FILES.is_sorted_by(|a, b| a.name < b.name));
        for file in FILES {
            assert_ne!(file.content_type(), "application/octet-stream", "{}", file.name);
        }
    }
}
