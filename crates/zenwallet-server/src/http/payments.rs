//! `/api/payments`

use super::once::replay;
use super::{Answered, json, show};
use crate::edge::{ApiError, AppCaller, AppsCaller, Exchange, JsonRequest, PathId, Query};
use crate::gateway::{Caller, Gateway};
use crate::wire::error::ErrorBody;
use crate::wire::list::{self, ListRequest, PaymentList};
use crate::wire::payment::{CompletePayment, CreatePayment, PaymentObject};
use crate::wire::query::Params;
use crate::wire::timeline::Timeline;
use axum::body::Bytes;
use axum::extract::State;
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::audit::Action;
use zenwallet_core::id::{PaymentId, PaymentKind};
use zenwallet_core::limits::TOTAL_COUNT_MAX;
use zenwallet_store::{Committed, Outcome, StoredAnswer};

/// Create a payment
///
/// Answers with the page where it is paid and a QR code of that page. Send an `Idempotency-Key`: with it a
/// request can be repeated safely.
#[utoipa::path(post, path = "/api/payments/create", tag = "Payments", request_body = CreatePayment,
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
            description = "1 to 255 visible ASCII characters, kept 24 h")),
    responses(
        (status = 201, body = PaymentObject, description = "The payment, waiting to be paid"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 409, body = ErrorBody, description = "A request with this `Idempotency-Key` is still running")))]
pub(crate) async fn create_payment(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    request: JsonRequest,
) -> Answered {
    let receivers = gateway.receivers(&caller.app, &request.body).await?;
    let wanted = CreatePayment::parse(&request.body, caller.app.environment, receivers)?;
    let payment = gateway.draft_payment(&caller.app, wanted);
    let body = Bytes::from(gateway.view.payment(&payment, true));
    let answer: crate::gateway::Answer = Arc::new(move |_| StoredAnswer { status: 201, body: body.clone() });
    let committed = gateway.create_payment(&caller.app, payment, request.idempotency, &answer).await?;
    respond(committed, &answer)
}

/// Read a payment
#[utoipa::path(get, path = "/api/payments/{payment_id}", tag = "Payments",
    params(("payment_id" = String, Path, description = "The payment"),
        ("include" = Option<String>, Query, pattern = "^qr_code$", description = "`qr_code` adds the QR code as a data URL")),
    responses(
        (status = 200, body = PaymentObject, description = "The payment as it is now"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No payment of this app has this id")))]
pub(crate) async fn get_payment(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<PaymentKind>,
    Query(query): Query,
) -> Answered {
    let mut params = Params::parse(query.as_deref());
    let with_qr = params.include("qr_code");
    let with_qr = params.finish(with_qr)?;
    let found = gateway.find_payment(caller.app.id, id).await?;
    let payment = found.ok_or(ApiError::new(Code::PaymentNotFound))?;
    let mut shown = gateway.view.payment(&payment, with_qr);
    if caller.login.is_some() {
        gateway.view.name_app(&mut shown, &payment);
    }
    Ok(json(200, shown))
}

/// Read a payment's timeline
///
/// What befell it and its webhooks, oldest first, in sentences: made of what the gateway has written down anyway. Who acted is
/// null where that is written down nowhere.
#[utoipa::path(get, path = "/api/payments/{payment_id}/timeline", tag = "Payments",
    params(("payment_id" = String, Path, description = "The payment")),
    responses(
        (status = 200, body = Timeline, description = "The first 200 entries"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No payment of this app has this id")))]
pub(crate) async fn get_timeline(
    State(gateway): State<Arc<Gateway>>,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<PaymentKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let found = gateway.payment_timeline(caller.app.id, id).await?;
    Ok(show(200, &found.ok_or(ApiError::new(Code::PaymentNotFound))?))
}

/// List payments
///
/// Newest first, also over several apps. A page's `next_cursor` is the next page's `cursor`.
#[utoipa::path(get, path = "/api/payments", tag = "Payments",
    params(("status" = Option<String>, Query, pattern = "^(PENDING|SUCCESS|FAILED|EXPIRED)(,(PENDING|SUCCESS|FAILED|EXPIRED))*$",
            description = "The effective status, or several of them with commas between"),
        ("reference_id" = Option<String>, Query, description = "Exactly this reference"),
        ("q" = Option<String>, Query, description = "A payment id, a transaction id, or the start of a reference"),
        ("created_after" = Option<String>, Query, format = DateTime, description = "Created at or after this moment, RFC 3339"),
        ("created_before" = Option<String>, Query, format = DateTime, description = "Created before this moment, RFC 3339"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Payments a page, 50 when absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filters"),
        ("include" = Option<String>, Query, pattern = "^total_count$", description = "`total_count` adds the count, exact up to 10000")),
    responses(
        (status = 200, body = PaymentList, description = "A page of payments"),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable")))]
pub(crate) async fn list_payments(
    State(gateway): State<Arc<Gateway>>,
    AppsCaller(scope): AppsCaller,
    Query(query): Query,
) -> Answered {
    let request = ListRequest::parse(query.as_deref(), &scope, gateway.now())?;
    let page = gateway.merge_payments(&request.filters, request.paging.below, request.paging.limit + 1).await?;
    let total = match request.wants_count {
        true => Some(gateway.total_payments(&request.filters, TOTAL_COUNT_MAX).await?),
        false => None,
    };
    Ok(json(200, list::render(&gateway.view, &request, page, total)))
}

/// Complete a payment
///
/// Repeating a completion is safe: the same end again answers 200 and changes nothing.
#[utoipa::path(post, path = "/api/payments/{payment_id}/complete", tag = "Payments", request_body = CompletePayment,
    params(("payment_id" = String, Path, description = "The payment"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
            description = "1 to 255 visible ASCII characters, kept 24 h")),
    responses(
        (status = 200, body = PaymentObject, description = "The payment, ended as asked"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 404, body = ErrorBody, description = "No payment of this app has this id"),
        (status = 409, body = ErrorBody, description = "It has ended otherwise, or its time is over; `payment` shows it")))]
pub(crate) async fn complete_payment(
    State(gateway): State<Arc<Gateway>>,
    exchange: Exchange,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<PaymentKind>,
    request: JsonRequest,
) -> Answered {
    let wanted = CompletePayment::parse(&request.body)?;
    let answer = settlement_answer(&gateway, &exchange);
    let committed = gateway.complete_payment(caller.app.id, id, wanted, request.idempotency, &answer).await?;
    note_settlement(&gateway, &caller, &exchange, (Action::PaymentCompleted, id), &committed).await?;
    respond(committed, &answer)
}

/// Cancel a payment
///
/// It ends as `FAILED` with the failure code `canceled`.
#[utoipa::path(post, path = "/api/payments/{payment_id}/cancel", tag = "Payments",
    params(("payment_id" = String, Path, description = "The payment"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$",
            description = "1 to 255 visible ASCII characters, kept 24 h")),
    responses(
        (status = 200, body = PaymentObject, description = "The payment, ended"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 404, body = ErrorBody, description = "No payment of this app has this id"),
        (status = 409, body = ErrorBody, description = "It has ended otherwise, or its time is over; `payment` shows it")))]
pub(crate) async fn cancel_payment(
    State(gateway): State<Arc<Gateway>>,
    exchange: Exchange,
    AppCaller(caller): AppCaller,
    PathId(id): PathId<PaymentKind>,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    let answer = settlement_answer(&gateway, &exchange);
    let committed = gateway.cancel_payment(caller.app.id, id, request.idempotency, &answer).await?;
    note_settlement(&gateway, &caller, &exchange, (Action::PaymentCanceled, id), &committed).await?;
    respond(committed, &answer)
}

/// Writes down what a user did to a payment; what an app does stands in its log.
async fn note_settlement(
    gateway: &Gateway,
    caller: &Caller,
    exchange: &Exchange,
    (action, id): (Action, PaymentId),
    committed: &Committed,
) -> Result<(), ApiError> {
    if caller.login.is_some() && matches!(committed.outcome, Outcome::Settled { .. }) {
        gateway.note_act(caller, &exchange.visitor(), action, id).await?;
    }
    Ok(())
}

/// Renders what became of a payment that somebody wanted to end.
fn settlement_answer(gateway: &Arc<Gateway>, exchange: &Exchange) -> crate::gateway::Answer {
    let (gateway, request_id) = (Arc::clone(gateway), exchange.request_id());
    Arc::new(move |outcome| {
        let refused = |code, payment| ApiError::new(code).with_payment(gateway.view.payment(payment, false));
        let error = match outcome {
            Outcome::Settled { payment, .. } => {
                return StoredAnswer { status: 200, body: gateway.view.payment(payment, false).into() };
            }
            Outcome::AlreadyFinal(payment) => refused(Code::PaymentAlreadyFinal, payment),
            Outcome::PaymentExpired(payment) => refused(Code::PaymentExpired, payment),
            Outcome::NotFound => ApiError::new(Code::PaymentNotFound),
            _ => ApiError::new(Code::InternalError),
        };
        StoredAnswer { status: error.status(), body: error.body(request_id).into() }
    })
}

/// The answer to a committed command: its own, or the one its idempotency key got first.
fn respond(committed: Committed, answer: &crate::gateway::Answer) -> Answered {
    let Committed { outcome, answer: kept } = committed;
    match outcome {
        Outcome::KeyReused => return Err(ApiError::new(Code::IdempotencyKeyReused)),
        Outcome::KeyInUse => return Err(ApiError::new(Code::IdempotencyKeyInUse)),
        _ => {}
    }
    let answer = kept.unwrap_or_else(|| answer(&outcome));
    Ok(if outcome == Outcome::Replayed { replay(answer) } else { json(answer.status, answer.body) })
}
