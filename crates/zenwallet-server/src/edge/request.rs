//! What handlers ask of a request: the caller, the body, the idempotency key, ids of the path.

use super::error::ApiError;
use super::exchange::Exchange;
use super::people::{self, UserCaller};
use crate::gateway::{Caller, Gateway, Idempotency};
use crate::wire::body;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, RawQuery, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::id::{
    AppId, AppKind, DeliveryKind, EndpointKind, EventKind, Id, InboxKind, KeyKind, Kind, LinkKind, PaymentKind,
    SessionKind, UserKind,
};
use zenwallet_core::limits::{BODY_MAX_BYTES, IDEMPOTENCY_KEY_MAX_BYTES};
use zenwallet_core::{Code, Rejection};

/// The app that calls, let in by its key and its rate limit.
pub(crate) struct AppCaller(pub(crate) Caller);

impl FromRequestParts<Arc<Gateway>> for AppCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, ApiError> {
        let caller = match key_of(parts)? {
            Some(key) => gateway.recognise_caller(key, address(parts)).await?,
            None => {
                let login = people::recognise(parts, gateway).await?;
                let app_id = chosen_app(parts.uri.query())?;
                parts.extensions.insert(Chosen(&[APP_ID]));
                gateway.recognise_user_of(login, app_id).await?
            }
        };
        if let Some(verdict) = caller.admit(gateway.now()) {
            people::admit(parts, verdict)?;
        }
        Ok(Self(caller))
    }
}

/// The key that an app sends; `None` where a user sends a token that is no key, or what his browser keeps.
pub(super) fn key_of(parts: &Parts) -> Result<Option<&str>, ApiError> {
    let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
        return if people::has_access_cookie(parts) { Ok(None) } else { Err(ApiError::new(Code::ApiKeyMissing)) };
    };
    let authorization = authorization.to_str().map_err(|_| ApiError::new(Code::ApiKeyInvalid))?;
    let (scheme, token) = authorization.split_once(' ').ok_or(ApiError::new(Code::ApiKeyInvalid))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::new(Code::ApiKeyMissing));
    }
    // A token has three parts; no key has a dot.
    Ok((!token.contains('.')).then(|| token.trim_start()))
}

/// From where a request comes.
fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Exchange>().and_then(Exchange::address)
}

/// Marks a request whose query says for which of his apps a user sends it: by these parameters.
#[derive(Clone, Copy)]
pub(super) struct Chosen(pub(super) &'static [&'static str]);

pub(super) const APP_ID: &str = "app_id";

fn chosen_app(query: Option<&str>) -> Result<AppId, ApiError> {
    known_id(&chosen(query, APP_ID)?.ok_or(ApiError::new(Code::AppIdMissing))?)
}

/// What the query says by this parameter.
pub(super) fn chosen(query: Option<&str>, name: &'static str) -> Result<Option<String>, ApiError> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut chosen = pairs.filter(|(named, _)| named == name).map(|(_, value)| value.into_owned());
    match (chosen.next(), chosen.next()) {
        (chosen, None) => Ok(chosen),
        _ => Err(Rejection::new(Code::ParameterDuplicated, name, format!("the query names {name} twice")).into()),
    }
}

/// The app that the path names, for whoever may look at it: its own keys, and users who see it.
pub(crate) struct AppReader(pub(crate) Caller);

impl FromRequestParts<Arc<Gateway>> for AppReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, ApiError> {
        let key = key_of(parts).map_err(|_| ApiError::new(Code::SessionMissing))?;
        if key.is_none() {
            let UserCaller(login) = UserCaller::from_request_parts(parts, gateway).await?;
            let PathId(id) = PathId::<AppKind>::from_request_parts(parts, gateway).await?;
            return Ok(Self(gateway.recognise_user_of(login, id).await?));
        }
        let AppCaller(caller) = AppCaller::from_request_parts(parts, gateway).await?;
        let PathId(id) = PathId::<AppKind>::from_request_parts(parts, gateway).await?;
        if caller.app.id == id { Ok(Self(caller)) } else { Err(ApiError::new(Code::AppNotFound)) }
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

pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
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

impl Named for KeyKind {
    const UNKNOWN: Code = Code::KeyNotFound;
}

impl Named for UserKind {
    const UNKNOWN: Code = Code::UserNotFound;
}

impl Named for SessionKind {
    const UNKNOWN: Code = Code::SessionNotFound;
}

impl Named for LinkKind {
    const UNKNOWN: Code = Code::InvitationNotFound;
}

impl Named for InboxKind {
    const UNKNOWN: Code = Code::InboxNotFound;
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

/// The two ids in the path, in their order.
pub(crate) struct PathIds<A: Kind, B: Kind>(pub(crate) Id<A>, pub(crate) Id<B>);

impl<S: Send + Sync, A: Named, B: Named> FromRequestParts<S> for PathIds<A, B> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((first, second)) = path.map_err(|_| ApiError::new(A::UNKNOWN))?;
        Ok(Self(known_id(&first)?, known_id(&second)?))
    }
}

/// The query string as it came.
pub(crate) struct Query(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let RawQuery(query) = RawQuery::from_request_parts(parts, state).await.unwrap_or(RawQuery(None));
        let Some(Chosen(names)) = parts.extensions.get::<Chosen>() else { return Ok(Self(query)) };
        // They have been read by then: to whom the request goes is no business of its parameters.
        let query = query.unwrap_or_default();
        let rest = query.split('&').filter(|pair| !pair.split('=').next().is_some_and(|name| names.contains(&name)));
        Ok(Self(Some(rest.collect::<Vec<_>>().join("&"))))
    }
}
