//! `/api/analytics/…`: what payments come to, at a glance and over time.

use super::{Answered, show};
use crate::edge::{AppsCaller, Query};
use crate::gateway::Gateway;
use crate::wire::analytics::{
    AnalyticsOverview, AnalyticsStatus, AnalyticsVolume, BucketName, VolumeRequest, parse_overview, parse_status,
};
use crate::wire::error::ErrorBody;
use axum::extract::State;
use std::sync::Arc;

/// Read the overview
///
/// How many payments there are by status, what the last 24 hours brought, what the 24 before, and each currency's
/// volume: of one app all of one moment, of several all added up. Users read how many of the apps are active besides. The
/// cost does not depend on the number of payments. `success_rate` is `success` of `success + failed + expired`.
#[utoipa::path(get, path = "/api/analytics/overview", tag = "Analytics",
    params(("currency" = Option<String>, Query, pattern = "^[A-Z][A-Z0-9]{1,9}$", description = "This currency alone")),
    responses(
        (status = 200, body = AnalyticsOverview, description = "The overview"),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable")))]
pub(crate) async fn get_overview(
    State(gateway): State<Arc<Gateway>>,
    AppsCaller(scope): AppsCaller,
    Query(query): Query,
) -> Answered {
    let currency = parse_overview(query.as_deref())?;
    Ok(show(200, &gateway.read_overview(&scope, currency).await?))
}

/// Read volume over time
///
/// One currency's payments, in hours or days of a time zone: every bucket from the one that holds `from` to the one that
/// reaches `to`, at most 1000.
#[utoipa::path(get, path = "/api/analytics/volume", tag = "Analytics",
    params(("bucket" = Option<BucketName>, Query, description = "`hour` when absent"),
        ("time_zone" = Option<String>, Query, description = "IANA name of the zone whose hours or days are meant; `UTC` when absent"),
        ("from" = Option<String>, Query, format = DateTime, description = "RFC 3339; 24 hours or 30 days ending with the one of `to` when absent"),
        ("to" = Option<String>, Query, format = DateTime, description = "RFC 3339; now when absent"),
        ("currency" = Option<String>, Query, pattern = "^[A-Z][A-Z0-9]{1,9}$", description = "The one with the most payments when absent")),
    responses(
        (status = 200, body = AnalyticsVolume, description = "The buckets, in order"),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable")))]
pub(crate) async fn get_volume(
    State(gateway): State<Arc<Gateway>>,
    AppsCaller(scope): AppsCaller,
    Query(query): Query,
) -> Answered {
    let request = VolumeRequest::parse(query.as_deref(), gateway.now())?;
    Ok(show(200, &gateway.read_volume(&scope, request).await?))
}

/// Read the breakdown by status
///
/// Payments created in a stretch of time, and those that came to each end in it. It is widened to whole quarters of an
/// hour; without `from` and `to` it is since ever, by the status that counts now.
#[utoipa::path(get, path = "/api/analytics/status", tag = "Analytics",
    params(("from" = Option<String>, Query, format = DateTime, description = "RFC 3339; at most 1000 days before `to`"),
        ("to" = Option<String>, Query, format = DateTime, description = "RFC 3339; now when absent")),
    responses(
        (status = 200, body = AnalyticsStatus, description = "The counts"),
        (status = 400, body = ErrorBody, description = "A parameter is unknown or not acceptable")))]
pub(crate) async fn get_status(
    State(gateway): State<Arc<Gateway>>,
    AppsCaller(scope): AppsCaller,
    Query(query): Query,
) -> Answered {
    let range = parse_status(query.as_deref(), gateway.now())?;
    Ok(show(200, &gateway.read_status(&scope, range).await?))
}
