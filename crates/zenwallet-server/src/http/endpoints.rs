//! `/api/webhooks/endpoints`: where an app's webhooks go.

use super::once::{IdempotencyKey, answer, once};
use super::{Answered, show};
use crate::edge::{ApiError, AppCaller, Exchange, JsonRequest, PathId, Query};
use crate::gateway::Gateway;
use crate::wire::endpoint::{
    CreateEndpoint, DeletedEndpoint, EndpointChange, EndpointList, EndpointObject, UpdateEndpoint,
};
use crate::wire::error::ErrorBody;
use crate::wire::query::Params;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::audit::Action;
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::EndpointKind;

/// Create a webhook endpoint
///
/// Every event of the types it names is sent there from now on, signed with the app's webhook secret. A payment with a
/// `webhook_url` of its own goes there alone.
#[utoipa::path(post, path = "/api/webhooks/endpoints", tag = "Webhooks", request_body = CreateEndpoint,
    params(IdempotencyKey),
    responses(
        (status = 201, body = EndpointObject, description = "The endpoint"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 409, body = ErrorBody, description = "The app has 20 endpoints already")))]
pub(crate) async fn create_endpoint(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    let receivers = gateway.receivers(&caller.app, &request.body).await?;
    let wanted = EndpointChange::parse_new(&request.body, caller.app.environment, receivers)?;
    let (app_id, visitor, here) = (caller.app.id, exchange.visitor(), Arc::clone(&gateway));
    let work = async move {
        let endpoint = here.create_endpoint(&caller.app, wanted).await?;
        here.note_act(&caller, &visitor, Action::EndpointCreated, endpoint.id).await?;
        Ok(answer(201, &EndpointObject::new(&endpoint, here.header_names(&endpoint))))
    };
    once(&gateway, app_id, request.idempotency, &exchange, work).await
}

/// List webhook endpoints
///
/// All of them, oldest first.
#[utoipa::path(get, path = "/api/webhooks/endpoints", tag = "Webhooks",
    responses(
        (status = 200, body = EndpointList, description = "Every endpoint of the app"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn list_endpoints(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let endpoints = gateway.list_endpoints(caller.app.id).await?;
    let shown = endpoints.iter().map(|endpoint| EndpointObject::new(endpoint, gateway.header_names(endpoint)));
    Ok(show(200, &EndpointList::new(shown.collect())))
}

/// Read a webhook endpoint
#[utoipa::path(get, path = "/api/webhooks/endpoints/{endpoint_id}", tag = "Webhooks",
    params(("endpoint_id" = String, Path, description = "The endpoint")),
    responses(
        (status = 200, body = EndpointObject, description = "The endpoint"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No endpoint of this app has this id")))]
pub(crate) async fn get_endpoint(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<EndpointKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let found = gateway.find_endpoint(caller.app.id, id).await?;
    Ok(endpoint_answer(&gateway, &found.ok_or(ApiError::new(Code::EndpointNotFound))?))
}

/// Change a webhook endpoint
///
/// What is not named stays; null clears `description` and `headers`.
#[utoipa::path(patch, path = "/api/webhooks/endpoints/{endpoint_id}", tag = "Webhooks", request_body = UpdateEndpoint,
    params(("endpoint_id" = String, Path, description = "The endpoint")),
    responses(
        (status = 200, body = EndpointObject, description = "The endpoint as it is now"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 404, body = ErrorBody, description = "No endpoint of this app has this id")))]
pub(crate) async fn update_endpoint(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    exchange: Exchange,
    PathId(id): PathId<EndpointKind>,
    request: JsonRequest,
) -> Answered {
    let receivers = gateway.receivers(&caller.app, &request.body).await?;
    let wanted = EndpointChange::parse(&request.body, caller.app.environment, receivers)?;
    let endpoint = gateway.update_endpoint(caller.app.id, id, wanted).await?;
    gateway.note_act(&caller, &exchange.visitor(), Action::EndpointChanged, id).await?;
    Ok(endpoint_answer(&gateway, &endpoint))
}

/// Delete a webhook endpoint
///
/// What waits for it is called off; what was sent there stays in the log.
#[utoipa::path(delete, path = "/api/webhooks/endpoints/{endpoint_id}", tag = "Webhooks",
    params(("endpoint_id" = String, Path, description = "The endpoint")),
    responses(
        (status = 200, body = DeletedEndpoint, description = "It is gone"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No endpoint of this app has this id")))]
pub(crate) async fn delete_endpoint(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    exchange: Exchange,
    PathId(id): PathId<EndpointKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    gateway.delete_endpoint(caller.app.id, id).await?;
    gateway.note_act(&caller, &exchange.visitor(), Action::EndpointDeleted, id).await?;
    Ok(show(200, &DeletedEndpoint::new(id)))
}

fn endpoint_answer(gateway: &Gateway, endpoint: &Endpoint) -> Response {
    show(200, &EndpointObject::new(endpoint, gateway.header_names(endpoint)))
}
