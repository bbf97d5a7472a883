//! What handlers ask of a request: the caller, the body, the idempotency key, ids of the path.

use super::error::ApiError;
use super::exchange::Exchange;
use crate::gateway::{Caller, Gateway, Idempotency};
use crate::wire::body;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, RawQuery, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::Code;
use zenwallet_core::id::{AppKind, DeliveryKind, EndpointKind, EventKind, Id, Kind, PaymentKind};
use zenwallet_core::limits::{BODY_MAX_BYTES, IDEMPOTENCY_KEY_MAX_BYTES};

/// The app that calls, let in by its key and its rate limit.
pub(crate) struct AppCaller(pub(crate) Caller);

impl FromRequestParts<Arc<Gateway>> for AppCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, ApiError> {
        let authorization = parts.headers.get(header::AUTHORIZATION).ok_or(ApiError::new(Code::ApiKeyMissing))?;
        let authorization = authorization.to_str().map_err(|_| ApiError::new(Code::ApiKeyInvalid))?;
        let (scheme, key) = authorization.split_once(' ').ok_or(ApiError::new(Code::ApiKeyInvalid))?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ApiError::new(Code::ApiKeyMissing));
        }
        let caller = gateway.recognise_caller(key.trim_start()).await?;
        if let Some((policy, verdict)) = caller.admit(gateway.now()) {
            if let Some(exchange) = parts.extensions.get::<Exchange>() {
                exchange.note_verdict((policy, verdict));
            }
            if !verdict.allowed {
                return Err(ApiError::new(Code::RateLimited).with_retry_after(verdict.retry_after_s));
            }
        }
        Ok(Self(caller))
    }
}

/// A JSON body's bytes, with the request's idempotency key.
pub(crate) struct JsonRequest {
    pub(crate) body: Bytes,
    pub(crate) idempotency: Option<Idempotency>,
}

impl JsonRequest {
    /// Refuses a body that says anything.
    pub(crate) fn expect_nothing(&self) -> Result<(), ApiError> {
        let fields = body::Fields::parse(&self.body)?;
        Ok(fields.finish(Some(()))?)
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let key = idempotency_key(&parts.headers)?;
        let body = read_body(&parts, body).await?;
        if !body.is_empty() && !is_json(&parts.headers) {
            return Err(ApiError::new(Code::ContentTypeUnsupported));
        }
        let idempotency = key.map(|key| {
            let fingerprint = body::fingerprint(parts.method.as_str(), parts.uri.path(), &body);
            Idempotency { key, fingerprint }
        });
        Ok(Self { body, idempotency })
    }
}

/// A body of at most 64 KB, whole within the deadline.
pub(crate) async fn read_body(parts: &Parts, body: Body) -> Result<Bytes, ApiError> {
    let deadline = parts.extensions.get::<Exchange>().map_or(Duration::ZERO, Exchange::body_timeout);
    let collected = tokio::time::timeout(deadline, Limited::new(body, BODY_MAX_BYTES).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::new(Code::BodyTooLarge)),
        Ok(Err(_)) => Err(ApiError::with_message(Code::JsonInvalid, "the body ended before it was whole")),
        Err(_) => Err(ApiError::new(Code::RequestTimeout)),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let visible = key.as_bytes().iter().all(|byte| (0x21..=0x7e).contains(byte));
    let fits = (1..=IDEMPOTENCY_KEY_MAX_BYTES).contains(&key.len());
    match key.to_str() {
        Ok(key) if visible && fits && keys.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(ApiError::new(Code::IdempotencyKeyInvalid)),
    }
}

/// What a path can name, with the code of one that does not exist.
pub(crate) trait Named: Kind {
    const UNKNOWN: Code;
}

impl Named for PaymentKind {
    const UNKNOWN: Code = Code::PaymentNotFound;
}

impl Named for EndpointKind {
    const UNKNOWN: Code = Code::EndpointNotFound;
}

impl Named for DeliveryKind {
    const UNKNOWN: Code = Code::DeliveryNotFound;
}

impl Named for EventKind {
    const UNKNOWN: Code = Code::EventNotFound;
}

impl Named for AppKind {
    const UNKNOWN: Code = Code::AppNotFound;
}

/// The id of this text. A malformed one is one that does not exist.
pub(crate) fn known_id<K: Named>(text: &str) -> Result<Id<K>, ApiError> {
    Id::parse(text).ok_or(ApiError::new(K::UNKNOWN))
}

/// The id in the path.
pub(crate) struct PathId<K: Kind>(pub(crate) Id<K>);

impl<S: Send + Sync, K: Named> FromRequestParts<S> for PathId<K> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| ApiError::new(K::UNKNOWN))?;
        known_id(&text).map(Self)
    }
}

/// The query string as it came.
pub(crate) struct Query(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let RawQuery(query) = RawQuery::from_request_parts(parts, state).await.unwrap_or(RawQuery(None));
        Ok(Self(query))
    }
}
