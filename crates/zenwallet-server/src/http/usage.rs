//! `/api/apps/{app_id}/usage`: what an app used.

use super::{Answered, show};
use crate::edge::{AppReader, Query};
use crate::gateway::Gateway;
use crate::wire::error::ErrorBody;
use crate::wire::usage::{AppUsage, UsageRequest};
use axum::extract::State;
use std::sync::Arc;

/// Read an app's usage
///
/// Requests, payments and attempts to deliver webhooks by the day in UTC, and how much of its monthly limit the app has
/// used. Requests and deliveries of other nodes show within 15 seconds.
#[utoipa::path(get, path = "/api/apps/{app_id}/usage", tag = "Apps",
    params(("app_id" = String, Path, description = "The app"),
        ("from" = Option<String>, Query, format = Date, description = "The first day; the first one of the month of `to` when absent"),
        ("to" = Option<String>, Query, format = Date, description = "The last day, at most 366 with it; the last one of the present month when absent")),
    responses(
        (status = 200, body = AppUsage, description = "What it used"),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable"),
        (status = 404, body = ErrorBody, description = "No app that the caller may see has this id")))]
pub(crate) async fn get_app_usage(
    State(gateway): State<Arc<Gateway>>,
    AppReader(caller): AppReader,
    Query(query): Query,
) -> Answered {
    let request = UsageRequest::parse(query.as_deref(), gateway.now())?;
    Ok(show(200, &gateway.app_usage(&caller.app, request).await?))
}
