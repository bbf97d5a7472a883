//! The levers of webhooks: tests, replays, new secrets.

use super::once::{IdempotencyKey, answer, once};
use super::{Answered, show};
use crate::edge::{ApiError, AppCaller, AppReader, Exchange, JsonRequest, known_id};
use crate::gateway::{Gateway, TestTarget};
use crate::wire::delivery::DeliveryDetail;
use crate::wire::error::ErrorBody;
use crate::wire::levers::{ReplayObject, ReplayWebhooks, RotateSecret, RotatedSecret, TestWebhook};
use axum::extract::State;
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::app::Environment;
use zenwallet_core::audit::Action;
use zenwallet_core::id::{AppId, EndpointId};
use zenwallet_store::DeliveryFilter;

/// Send a test webhook
///
/// Sends a signed event of the type `webhook.test` at once, a single time, and answers with what came of it. A
/// receiver that refuses it or cannot be reached is told of in the answer, which is 200 all the same.
#[utoipa::path(post, path = "/api/webhooks/test", tag = "Webhooks", request_body = TestWebhook,
    params(IdempotencyKey),
    responses(
        (status = 200, body = DeliveryDetail, description = "The delivery, over: `status` says whether it arrived"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 404, body = ErrorBody, description = "No endpoint of this app has this id")))]
pub(crate) async fn test_webhook(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    let receivers = gateway.receivers(&caller.app, &request.body).await?;
    let target = match TestWebhook::parse(&request.body, caller.app.environment, receivers)? {
        TestWebhook { url: Some(url), .. } => TestTarget::Url(url),
        TestWebhook { endpoint_id, url: None } => TestTarget::Endpoint(known_id(&endpoint_id.unwrap_or_default())?),
    };
    let (app_id, here) = (caller.app.id, Arc::clone(&gateway));
    let work = async move { Ok(answer(200, &DeliveryDetail::new(&here.test_webhook(app_id, target).await?))) };
    once(&gateway, app_id, request.idempotency, &exchange, work).await
}

/// Replay failed webhooks
///
/// Sends again what has failed for good since a moment and was not asked for again meanwhile.
#[utoipa::path(post, path = "/api/webhooks/replay", tag = "Webhooks", request_body = ReplayWebhooks,
    params(IdempotencyKey),
    responses(
        (status = 200, body = ReplayObject, description = "How many are on their way"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 404, body = ErrorBody, description = "No endpoint of this app has this id")))]
pub(crate) async fn replay_webhooks(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    let ReplayWebhooks { since, endpoint_id, dry_run } = ReplayWebhooks::parse(&request.body, gateway.now())?;
    let (app_id, here) = (caller.app.id, Arc::clone(&gateway));
    let work = async move {
        let endpoint_id = match endpoint_id {
            Some(text) => Some(existing_endpoint(&here, app_id, &text).await?),
            None => None,
        };
        let filter = DeliveryFilter { endpoint_id, created_after: Some(since), ..DeliveryFilter::all(app_id) };
        let replay = here.replay_failed(&filter, dry_run).await?;
        let (object, count, has_more) = ("replay", replay.count, replay.has_more);
        Ok(answer(200, &ReplayObject { object, count, has_more, dry_run }))
    };
    once(&gateway, app_id, request.idempotency, &exchange, work).await
}

/// The id of an endpoint that is there: a replay to one that is not would be a silent nothing.
async fn existing_endpoint(gateway: &Gateway, app_id: AppId, text: &str) -> Result<EndpointId, ApiError> {
    let found = gateway.find_endpoint(app_id, known_id(text)?).await?;
    Ok(found.ok_or(ApiError::new(Code::EndpointNotFound))?.id)
}

/// Rotate the webhook secret
///
/// Answers with the new secret, which is shown this once. Until the overlap is over every webhook carries a signature
/// of both. In production a user needs a proof of who he is from the last ten minutes.
#[utoipa::path(post, path = "/api/apps/{app_id}/webhook-secret/rotate", tag = "Webhooks", request_body = RotateSecret,
    params(("app_id" = String, Path, description = "The app whose key calls")),
    responses(
        (status = 200, body = RotatedSecret, description = "The new secret"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id"),
        (status = 409, body = ErrorBody, description = "Four secrets sign at the same time already")))]
pub(crate) async fn rotate_webhook_secret(
    State(gateway): State<Arc<Gateway>>,
    AppReader(caller): AppReader,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    let RotateSecret { overlap_s } = RotateSecret::parse(&request.body)?;
    let id = caller.app.id;
    if let Some(login) = caller.login.as_ref().filter(|_| caller.app.environment == Environment::Production) {
        login.require_confirmed(gateway.now())?;
    }
    let (webhook_secret, ends_at) = gateway.rotate_webhook_secret(id, overlap_s).await?;
    gateway.note_act(&caller, &exchange.visitor(), Action::WebhookSecretRotated, id).await?;
    let (app_id, former_secrets_end_at) = (id.to_string(), ends_at.to_string());
    Ok(show(200, &RotatedSecret { app_id, webhook_secret, former_secrets_end_at }))
}
