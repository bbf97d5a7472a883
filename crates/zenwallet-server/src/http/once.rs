//! What a request with an idempotency key does once, however often it is sent.

use super::{Answered, json};
use crate::edge::{ApiError, Exchange};
use crate::gateway::{Gateway, Idempotency};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use tracing::Instrument;
use utoipa::IntoParams;
use zenwallet_core::Code;
use zenwallet_core::id::AppId;
use zenwallet_store::{Reserved, StoredAnswer};

/// The header, for the reference.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "requests are read by `JsonRequest`")]
pub(crate) struct IdempotencyKey {
    /// A name for this request: a repeat under it gets the first answer
    #[param(rename = "Idempotency-Key", pattern = "^[!-~]{1,255}$")]
    key: Option<String>,
}

/// An answer that shows this, and can be kept.
pub(super) fn answer(status: u16, shown: &impl Serialize) -> StoredAnswer {
    // What is shown is made of strings and numbers, which always serialise.
    StoredAnswer { status, body: serde_json::to_string(shown).unwrap_or_default().into() }
}

/// Gives the first answer again.
pub(super) fn replay(StoredAnswer { status, body }: StoredAnswer) -> Response {
    const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
    let mut response = json(status, body);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Does the work unless its idempotency key has been answered. The key is reserved first and keeps the answer afterwards: a
/// crash in between leaves the work done and the key reserved for a minute.
pub(super) async fn once(
    gateway: &Arc<Gateway>,
    app_id: AppId,
    idempotency: Option<Idempotency>,
    exchange: &Exchange,
    work: impl Future<Output = Result<StoredAnswer, ApiError>> + Send + 'static,
) -> Answered {
    let Some(Idempotency { key, fingerprint }) = idempotency else {
        let StoredAnswer { status, body } = work.await?;
        return Ok(json(status, body));
    };
    let reservation = match gateway.reserve_key(app_id, &key, fingerprint).await? {
        Reserved::New(reservation) => reservation,
        Reserved::Answered(answer) => return Ok(replay(answer)),
        Reserved::Running => return Err(ApiError::new(Code::IdempotencyKeyInUse)),
        Reserved::Other => return Err(ApiError::new(Code::IdempotencyKeyReused)),
    };
    let (gateway, request_id) = (Arc::clone(gateway), exchange.request_id());
    let working = async move {
        let answered = work.await;
        let kept = match &answered {
            Ok(answer) => Some(answer.clone()),
            Err(error) if is_kept(error.status()) => {
                Some(StoredAnswer { status: error.status(), body: error.body(request_id).into() })
            }
            Err(_) => None,
        };
        gateway.end_reservation(reservation, kept).await;
        answered
    };
    // It goes on when its client has left: whoever asks again is to find the answer.
    let done = tokio::spawn(working.in_current_span()).await;
    let StoredAnswer { status, body } = done.map_err(|_| ApiError::new(Code::InternalError))??;
    Ok(json(status, body))
}

/// Whether a refusal is remembered: not where nothing was done that another try could not do.
fn is_kept(status: u16) -> bool {
    !matches!(status, 400 | 401 | 403 | 429 | 500..)
}
