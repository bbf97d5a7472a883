//! What every request to `/socket.io` passes: the origin is checked, bodies are bounded, and a socket keeps nothing of its
//! request that it does not need.

use super::pace;
use crate::edge::{AccessCookie, ApiError, read_body};
use crate::gateway::Gateway;
use axum::Router;
use axum::body::Body;
use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use socketioxide::SocketIo;
use socketioxide::service::SocketIoService;
use std::sync::Arc;
use tower::ServiceExt;
use zenwallet_core::Code;

/// What a preflight may be asked for.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const HEADERS: HeaderValue = HeaderValue::from_static("content-type");
/// What the handshake needs; the rest, which may hold credentials, is not kept with the socket.
const KEPT: [header::HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::UPGRADE,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::SEC_WEBSOCKET_EXTENSIONS,
];

/// Whose pages may connect. What is not a page names no origin and comes in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    /// The gateway's own, by its public URL.
    pub(crate) own: String,
    /// Others that the operator allows.
    pub(crate) allowed: Vec<String>,
}

/// What an origin may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// The page is the gateway's own, or it is no page.
    Own,
    /// The operator allows it; the browser must be told so.
    Allowed,
    Forbidden,
}

impl Origins {
    fn standing(&self, headers: &HeaderMap) -> Standing {
        let Some(origin) = headers.get(header::ORIGIN) else { return Standing::Own };
        let Ok(origin) = origin.to_str() else { return Standing::Forbidden };
        if self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
            return Standing::Allowed;
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        let is_here = authority.zip(host).is_some_and(|(named, host)| named.eq_ignore_ascii_case(host));
        if is_here || origin.eq_ignore_ascii_case(&self.own) { Standing::Own } else { Standing::Forbidden }
    }
}

/// The way to the sockets.
pub(super) struct Door {
    service: SocketIoService<Router>,
    io: SocketIo,
    gateway: Arc<Gateway>,
    origins: Origins,
}

impl Door {
    pub(super) fn new(service: SocketIoService<Router>, io: SocketIo, gateway: Arc<Gateway>, origins: Origins) -> Self {
        Self { service, io, gateway, origins }
    }

    pub(super) async fn pass(&self, mut request: Request) -> Response {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let standing = self.origins.standing(request.headers());
        let mut response = if standing == Standing::Forbidden {
            return ApiError::new(Code::OriginForbidden).into_response();
        } else if request.method() == Method::OPTIONS {
            preflight()
        } else {
            // A page of the gateway's own is let in by what its browser keeps; others have nothing there.
            if standing == Standing::Own
                && let Some(cookie) = AccessCookie::of(&request)
            {
                request.extensions_mut().insert(cookie);
            }
            keep_what_is_needed(&mut request);
            match self.connect(request).await {
                Ok(response) => response,
                Err(error) => return error.into_response(),
            }
        };
        if let (Standing::Allowed, Some(origin)) = (standing, origin) {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        response.headers_mut().append(header::VARY, HeaderValue::from_static("origin"));
        response
    }

    async fn connect(&self, request: Request) -> Result<Response, ApiError> {
        let polled = (request.method() == Method::GET).then(|| pace::polled(request.uri().query())).flatten();
        let request = if request.method() == Method::POST {
            let (parts, body) = request.into_parts();
            let body = read_body(&parts, body).await?;
            Request::from_parts(parts, Body::from(body))
        } else {
            request
        };
        let answered = tokio::select! {
            biased;
            answered = self.service.clone().oneshot(request) => answered,
            // A poll may wait for long. An error makes its client connect again; a close would make some give up.
            () = self.gateway.following_ended() => return Err(ApiError::new(Code::ShuttingDown)),
        };
        match answered {
            // Clients heed the status; people read the body, which has the one shape of every error.
            Ok(response) if response.status().is_client_error() => Err(ApiError::new(Code::SocketRequestInvalid)),
            Ok(response) => {
                // One byte is a packet without content: during an upgrade polls are answered so, and take nothing.
                if let Some(id) = polled.filter(|_| response.size_hint().exact() != Some(1)) {
                    pace::note_poll(&self.io, id);
                }
                Ok(response.map(Body::new))
            }
            Err(never) => match never {},
        }
    }
}

fn preflight() -> Response {
    let headers = [(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS), (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS)];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// What a request names is cut out of the buffer that it was read into, 8 KiB that would stay as long as the socket: what
/// is kept is copied.
fn keep_what_is_needed(request: &mut Request) {
    let copy = |value: HeaderValue| HeaderValue::from_bytes(value.as_bytes()).ok();
    let headers = request.headers_mut();
    let kept = KEPT.into_iter().filter_map(|name| Some((headers.remove(&name).and_then(copy)?, name)));
    *headers = kept.map(|(value, name)| (name, value)).collect();
    if let Ok(uri) = request.uri().to_string().parse() {
        *request.uri_mut() = uri;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_stands_where_it_should() {
        let allowed = vec!["https://shop.example".to_owned()];
        let origins = Origins { own: "https://pay.example".to_owned(), allowed };
        for (origin, host, want) in [
            (None, Some("x"), Standing::Own),
            (Some("http://127.0.0.1:8080"), Some("127.0.0.1:8080"), Standing::Own),
            (Some("http://LOCALHOST:8080"), Some("localhost:8080"), Standing::Own),
            (Some("https://pay.example"), Some("10.0.0.7:8080"), Standing::Own),
            (Some("https://Shop.example"), Some("10.0.0.7:8080"), Standing::Allowed),
            (Some("http://shop.example"), Some("10.0.0.7:8080"), Standing::Forbidden),
            (Some("https://shop.example.evil"), Some("pay.example"), Standing::Forbidden),
            (Some("https://evil.example"), Some("pay.example"), Standing::Forbidden),
            (Some("https://pay.example:444"), Some("pay.example"), Standing::Forbidden),
            (Some("null"), Some("null"), Standing::Forbidden),
            (Some(""), Some(""), Standing::Forbidden),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::ORIGIN, origin), (header::HOST, host)] {
                headers.extend(value.map(|value| (name, HeaderValue::from_str(value).unwrap())));
            }
            assert_eq!(origins.standing(&headers), want, "{origin:?} {host:?}");
        }
    }
}
