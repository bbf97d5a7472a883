//! `/api/webhooks/deliveries` and `/api/webhooks/queue`: what was sent, what waits, and every attempt.

use super::once::{IdempotencyKey, answer, once};
use super::{Answered, json, show};
use crate::edge::{ApiError, AppCaller, AppsCaller, Exchange, JsonRequest, PathId, Query};
use crate::gateway::Gateway;
use crate::wire::delivery::{DeliveriesRequest, DeliveryDetail, DeliveryList, DeliveryObject};
use crate::wire::error::ErrorBody;
use crate::wire::event::{DeliveryStatus, EventName};
use crate::wire::query::Params;
use axum::extract::State;
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::id::DeliveryKind;
use zenwallet_core::limits::TOTAL_COUNT_MAX;

/// List webhook deliveries
///
/// Newest first, also over several apps. A page's `next_cursor` is the next page's `cursor`.
#[utoipa::path(get, path = "/api/webhooks/deliveries", tag = "Webhooks",
    params(("status" = Option<DeliveryStatus>, Query, description = "Where they stand"),
        ("endpoint_id" = Option<String>, Query, pattern = "^whe_[0-9A-Za-z]{22}$", description = "To this endpoint"),
        ("payment_id" = Option<String>, Query, pattern = "^pay_[0-9A-Za-z]{22}$", description = "Of this payment"),
        ("type" = Option<EventName>, Query, description = "Of events of this type"),
        ("created_after" = Option<String>, Query, format = DateTime, description = "Made at or after this moment, RFC 3339"),
        ("created_before" = Option<String>, Query, format = DateTime, description = "Made before this moment, RFC 3339"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Deliveries a page, 50 when absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filters"),
        ("include" = Option<String>, Query, pattern = "^total_count$", description = "`total_count` adds the count, exact up to 10000")),
    responses(
        (status = 200, body = DeliveryList, description = "A page of deliveries"),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable")))]
pub(crate) async fn list_deliveries(
    State(gateway): State<Arc<Gateway>>,
    AppsCaller(scope): AppsCaller,
    Query(query): Query,
) -> Answered {
    page_answer(&gateway, DeliveriesRequest::parse(query.as_deref(), &scope)?).await
}

/// List what waits to be delivered
///
/// The pending deliveries, newest first, with their number.
#[utoipa::path(get, path = "/api/webhooks/queue", tag = "Webhooks",
    params(("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Deliveries a page, 50 when absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses(
        (status = 200, body = DeliveryList, description = "A page of pending deliveries"),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable")))]
pub(crate) async fn list_queue(
    State(gateway): State<Arc<Gateway>>,
    AppsCaller(scope): AppsCaller,
    Query(query): Query,
) -> Answered {
    page_answer(&gateway, DeliveriesRequest::parse_queue(query.as_deref(), &scope)?).await
}

async fn page_answer(gateway: &Gateway, request: DeliveriesRequest) -> Answered {
    let page = gateway.merge_deliveries(&request.filters, request.paging.below, request.paging.limit + 1).await?;
    let total = match request.wants_count {
        true => Some(gateway.total_deliveries(&request.filters, TOTAL_COUNT_MAX).await?),
        false => None,
    };
    Ok(json(200, request.render(page, total)))
}

/// Read a webhook delivery
///
/// With every attempt: what was sent and what came back.
#[utoipa::path(get, path = "/api/webhooks/deliveries/{delivery_id}", tag = "Webhooks",
    params(("delivery_id" = String, Path, description = "The delivery")),
    responses(
        (status = 200, body = DeliveryDetail, description = "The delivery and its attempts"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No delivery of this app has this id")))]
pub(crate) async fn get_delivery(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<DeliveryKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let found = gateway.find_delivery(caller.app.id, id).await?;
    let found = found.ok_or(ApiError::new(Code::DeliveryNotFound))?;
    Ok(show(200, &DeliveryDetail::named(&found, caller.login.is_some())))
}

/// Retry a webhook delivery
///
/// One that waits is tried now; one that is over, in whatever way, is sent once more as a new delivery. Answers with
/// the one that is on its way.
#[utoipa::path(post, path = "/api/webhooks/deliveries/{delivery_id}/retry", tag = "Webhooks",
    params(("delivery_id" = String, Path, description = "The delivery"), IdempotencyKey),
    responses(
        (status = 200, body = DeliveryObject, description = "The delivery on its way"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 404, body = ErrorBody, description = "No delivery of this app has this id")))]
pub(crate) async fn retry_delivery(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<DeliveryKind>,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    let (app_id, here) = (caller.app.id, Arc::clone(&gateway));
    let work = async move { Ok(answer(200, &DeliveryObject::new(&here.retry_delivery(app_id, id).await?))) };
    once(&gateway, app_id, request.idempotency, &exchange, work).await
}

/// Cancel a webhook delivery
///
/// It is not tried again. An attempt that is under way may still arrive.
#[utoipa::path(post, path = "/api/webhooks/deliveries/{delivery_id}/cancel", tag = "Webhooks",
    params(("delivery_id" = String, Path, description = "The delivery"), IdempotencyKey),
    responses(
        (status = 200, body = DeliveryObject, description = "The delivery, called off"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 404, body = ErrorBody, description = "No delivery of this app has this id"),
        (status = 409, body = ErrorBody, description = "It is over already")))]
pub(crate) async fn cancel_delivery(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<DeliveryKind>,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    let (app_id, here) = (caller.app.id, Arc::clone(&gateway));
    let work = async move { Ok(answer(200, &DeliveryObject::new(&here.cancel_delivery(app_id, id).await?))) };
    once(&gateway, app_id, request.idempotency, &exchange, work).await
}
