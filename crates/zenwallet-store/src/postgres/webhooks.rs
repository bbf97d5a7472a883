//! A batch's deliveries and attempts, and what its writer remembers of endpoints.

use super::ReadError;
use super::row::{self, Columns};
use super::session::{Rows, Session, unless, uuids};
use super::statement::Param;
use super::webhook_sql::{
    CLAIM_DELIVERIES, DISABLE_ENDPOINTS, INSERT_DELIVERIES, LOAD_ENABLED, LOAD_TARGETS, NEXT_DUE, record_statement,
};
use crate::command::Command;
use crate::delivery::{ClaimRequest, Claimed, Leasing};
use crate::error::{Result, StoreError};
use crate::plan::{Loaded, Plan};
use crate::targets::{KnownTargets, REMEMBERED_MAX, Target, Targets};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;
use zenwallet_core::app::Environment;
use zenwallet_core::endpoint::EventSet;
use zenwallet_core::id::{AppId, EndpointId, Id};
use zenwallet_core::time::Timestamp;

/// Fills in where the batch's events go: from memory, and from the database what is not remembered. The commit fails
/// if what is remembered is out of date.
pub(super) async fn load_targets(
    session: &Session,
    known: &mut KnownTargets,
    loaded: &mut Loaded,
    commands: &[&Command],
) -> std::result::Result<(), ReadError> {
    let apps = loaded.apps_with_events(commands);
    let unknown: BTreeSet<AppId> = apps.iter().copied().filter(|app| !known.contains_key(app)).collect();
    if !unknown.is_empty() {
        if known.len() + unknown.len() > REMEMBERED_MAX {
            known.clear();
        }
        let wanted: BTreeSet<AppId> = apps.iter().copied().filter(|app| !known.contains_key(app)).collect();
        let ids = uuids(wanted.into_iter());
        let rows = session.prepared.query(&session.link.client, LOAD_TARGETS, &[(&ids, Type::UUID_ARRAY)]).await?;
        known.extend(targets(&rows)?.into_iter().map(|(app_id, targets)| (app_id, Arc::new(targets))));
    }
    loaded.targets.extend(apps.iter().filter_map(|app| known.get(app).map(|targets| (*app, Arc::clone(targets)))));
    Ok(())
}

/// `app_id, targets_version, environment, id, url, events, headers_sealed`, by app.
fn targets(rows: &[Row]) -> Result<Vec<(AppId, Targets)>> {
    let mut all: Vec<(AppId, Targets)> = Vec::new();
    for row in rows {
        let mut columns = Columns::new(row, "endpoint");
        let (app_id, version): (AppId, i64) = (columns.id()?, columns.take()?);
        let environment = columns.checked("environment", |text: &str| Environment::parse(text))?;
        if all.last().is_none_or(|(last, _)| *last != app_id) {
            all.push((app_id, Targets { version, environment, endpoints: Vec::new() }));
        }
        let (id, url): (Option<EndpointId>, Option<&str>) = (columns.optional_id()?, columns.take()?);
        if let (Some(id), Some(url), Some((_, targets))) = (id, url, all.last_mut()) {
            let events = columns.checked("events", EventSet::from_bits)?;
            targets.endpoints.push(Target::new(app_id, Some(id), url, events, columns.take()?));
        }
    }
    Ok(all)
}

/// Reads which of the endpoints to be disabled are enabled.
pub(super) async fn load_enabled(session: &Session, commands: &[&Command]) -> Rows {
    let wanted = commands.iter().filter_map(|command| match command {
        Command::DisableEndpoint { app_id, endpoint_id, .. } => Some((app_id.uuid(), endpoint_id.uuid())),
        _ => None,
    });
    let (apps, ids): (Vec<Uuid>, Vec<Uuid>) = wanted.unzip();
    let params: [Param<'_>; 2] = [(&apps, Type::UUID_ARRAY), (&ids, Type::UUID_ARRAY)];
    unless(ids.is_empty(), session.prepared.query(&session.link.client, LOAD_ENABLED, &params)).await
}

/// `app_id, id, url`.
pub(super) fn enabled(row: &Row) -> Result<((AppId, EndpointId), String)> {
    let mut columns = Columns::new(row, "endpoint");
    Ok(((columns.id()?, columns.id()?), columns.take()?))
}

pub(super) async fn insert_deliveries(session: &Session, plan: &Plan<'_>, leasing: &Leasing, now: Timestamp) -> Rows {
    let rows = &plan.deliveries;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let back = plan.steps_back();
    let event = |index: usize| &plan.events[index];
    let id = uuids(rows.iter().map(|d| d.id));
    let app_id = uuids(rows.iter().map(|d| event(d.event).app_id));
    let back: Vec<i64> = rows.iter().map(|d| back[d.event]).collect();
    let event_id = uuids(rows.iter().map(|d| event(d.event).id));
    let kind: Vec<_> = rows.iter().map(|d| event(d.event).kind.code()).collect();
    let payment_id = uuids(rows.iter().map(|d| event(d.event).payment_id));
    let endpoint_id: Vec<_> = rows.iter().map(|d| d.target.endpoint_id.map(Id::uuid)).collect();
    let url: Vec<&str> = rows.iter().map(|d| &*d.target.url).collect();
    let lane: Vec<_> = rows.iter().map(|d| d.target.lane.number()).collect();
    let cause: Vec<_> = rows.iter().map(|d| d.cause.code()).collect();
    let leased: Vec<_> = rows.iter().map(|d| d.place.is_some()).collect();
    let (now_ms, until_ms, node) = (now.as_ms(), now.plus_ms(leasing.lease_ms).as_ms(), &*leasing.node);
    let params: [Param<'_>; 14] = [
        (&id, Type::UUID_ARRAY),
        (&app_id, Type::UUID_ARRAY),
        (&back, Type::INT8_ARRAY),
        (&event_id, Type::UUID_ARRAY),
        (&kind, Type::INT2_ARRAY),
        (&payment_id, Type::UUID_ARRAY),
        (&endpoint_id, Type::UUID_ARRAY),
        (&url, Type::TEXT_ARRAY),
        (&lane, Type::INT8_ARRAY),
        (&cause, Type::INT2_ARRAY),
        (&leased, Type::BOOL_ARRAY),
        (&now_ms, Type::INT8),
        (&until_ms, Type::INT8),
        (&node, Type::TEXT),
    ];
    session.prepared.query(&session.link.client, INSERT_DELIVERIES, &params).await
}

pub(super) async fn record_attempts(session: &Session, plan: &Plan<'_>) -> Rows {
    let rows = &plan.attempts;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let app_id = uuids(rows.iter().map(|r| r.app_id));
    let delivery_id = uuids(rows.iter().map(|r| r.delivery_id));
    let token: Vec<_> = rows.iter().map(|r| r.token).collect();
    let number: Vec<_> = rows.iter().map(|r| r.attempt.number.cast_signed()).collect();
    let started: Vec<_> = rows.iter().map(|r| r.attempt.started_at.as_ms()).collect();
    let duration: Vec<_> = rows.iter().map(|r| r.attempt.duration_ms.cast_signed()).collect();
    let request_headers: Vec<_> = rows.iter().map(|r| r.attempt.request_headers.as_str()).collect();
    let sha256: Vec<_> = rows.iter().map(|r| r.attempt.request_body_sha256.as_str()).collect();
    let response_status: Vec<_> = rows.iter().map(|r| r.attempt.response_status.map(u16::cast_signed)).collect();
    let response_headers: Vec<_> = rows.iter().map(|r| r.attempt.response_headers.as_deref()).collect();
    let response_body: Vec<_> = rows.iter().map(|r| r.attempt.response_body.as_deref()).collect();
    let error: Vec<_> = rows.iter().map(|r| r.attempt.error.as_deref()).collect();
    let status: Vec<_> = rows.iter().map(|r| r.outcome().0.code()).collect();
    let visible_at: Vec<_> = rows.iter().map(|r| r.outcome().1.map(Timestamp::as_ms)).collect();
    let ended_at: Vec<_> = rows.iter().map(|r| r.ended_at.as_ms()).collect();
    let endpoint_id: Vec<_> = rows.iter().map(|r| r.judged_endpoint().map(Id::uuid)).collect();
    let params: [Param<'_>; 16] = [
        (&app_id, Type::UUID_ARRAY),
        (&delivery_id, Type::UUID_ARRAY),
        (&token, Type::INT8_ARRAY),
        (&number, Type::INT4_ARRAY),
        (&started, Type::INT8_ARRAY),
        (&duration, Type::INT4_ARRAY),
        (&request_headers, Type::TEXT_ARRAY),
        (&sha256, Type::TEXT_ARRAY),
        (&response_status, Type::INT2_ARRAY),
        (&response_headers, Type::TEXT_ARRAY),
        (&response_body, Type::TEXT_ARRAY),
        (&error, Type::TEXT_ARRAY),
        (&status, Type::INT2_ARRAY),
        (&visible_at, Type::INT8_ARRAY),
        (&ended_at, Type::INT8_ARRAY),
        (&endpoint_id, Type::UUID_ARRAY),
    ];
    session.prepared.query(&session.link.client, record_statement(), &params).await
}

/// Which of `count` attempts the statement wrote down, in their order.
pub(super) fn recorded(rows: &[Row], count: usize) -> std::result::Result<Vec<bool>, tokio_postgres::Error> {
    let mut applied = vec![false; count];
    for row in rows {
        let place: i64 = row.try_get(0)?;
        if let Some(slot) = usize::try_from(place - 1).ok().and_then(|index| applied.get_mut(index)) {
            *slot = true;
        }
    }
    Ok(applied)
}

pub(super) async fn disable_endpoints(session: &Session, plan: &Plan<'_>) -> Rows {
    let rows = &plan.disabled;
    let app_id = uuids(rows.iter().map(|d| d.app_id));
    let id = uuids(rows.iter().map(|d| d.id));
    let reason: Vec<&str> = rows.iter().map(|d| d.reason).collect();
    let params: [Param<'_>; 3] = [(&app_id, Type::UUID_ARRAY), (&id, Type::UUID_ARRAY), (&reason, Type::TEXT_ARRAY)];
    unless(rows.is_empty(), session.prepared.query(&session.link.client, DISABLE_ENDPOINTS, &params)).await
}

/// What a claim leased, and when the next one is due.
pub(super) type ClaimRows = (Vec<Row>, Vec<Row>);

/// Every claim of the batch, one after the other: there is hardly ever more than one.
pub(super) async fn claim_deliveries(
    session: &Session,
    plan: &Plan<'_>,
    leasing: &Leasing,
    now: Timestamp,
) -> std::result::Result<Vec<ClaimRows>, tokio_postgres::Error> {
    let mut all = Vec::with_capacity(plan.claims.len());
    for claim in &plan.claims {
        all.push(claim_once(session, claim, leasing, now).await?);
    }
    Ok(all)
}

async fn claim_once(
    session: &Session,
    claim: &ClaimRequest,
    leasing: &Leasing,
    now: Timestamp,
) -> std::result::Result<ClaimRows, tokio_postgres::Error> {
    let busy: Vec<_> = claim.busy.iter().map(|(lane, free)| format!("\"{}\":{free}", lane.number())).collect();
    let busy = format!("{{{}}}", busy.join(","));
    let (usual, limit) = (claim.free_per_lane.cast_signed(), i64::from(claim.limit));
    let (now_ms, until_ms, node) = (now.as_ms(), now.plus_ms(leasing.lease_ms).as_ms(), &*leasing.node);
    let params: [Param<'_>; 6] = [
        (&busy, Type::TEXT),
        (&usual, Type::INT4),
        (&now_ms, Type::INT8),
        (&limit, Type::INT8),
        (&until_ms, Type::INT8),
        (&node, Type::TEXT),
    ];
    let (client, prepared) = (&session.link.client, &session.prepared);
    let (leased, next) = tokio::join!(
        biased;
        prepared.query(client, CLAIM_DELIVERIES, &params),
        prepared.query(client, NEXT_DUE, &params[..3]),
    );
    Ok((leased?, next?))
}

/// What a claim's rows say.
pub(super) fn claimed((leased, next): &ClaimRows) -> Result<Claimed> {
    let mut claimed = Claimed::default();
    for row in leased {
        let (is_live, delivery) = row::leased_delivery(row)?;
        match is_live {
            true => claimed.deliveries.push(delivery),
            false => claimed.called_off.push(delivery.lane),
        }
    }
    if let Some(row) = next.first() {
        let due: Option<i64> = row.try_get(0).map_err(|error| StoreError::Internal(error.to_string()))?;
        claimed.next_due = due.map(Timestamp::from_ms);
    }
    Ok(claimed)
}
