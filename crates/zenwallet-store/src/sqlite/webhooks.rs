//! A batch's deliveries and attempts.

use super::endpoints;
use super::failure::{Failure, expect_one};
use super::row::{self, IdText};
use crate::command::Command;
use crate::delivery::{AttemptRecord, ClaimRequest, Claimed, Leasing};
use crate::plan::{Loaded, Plan};
use crate::planted::{Bug, planted};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::sync::Arc;
use zenwallet_core::delivery::{Lane, Next};
use zenwallet_core::id::{AppId, EndpointId};
use zenwallet_core::time::Timestamp;

type Done<T> = std::result::Result<T, Failure>;

const LOAD_TARGETS: &str = "SELECT l.app_id, l.targets_version, a.environment, e.id, e.url, e.events, e.headers_sealed \
    FROM app_log l JOIN app a ON a.id = l.app_id LEFT JOIN endpoint e ON e.app_id = l.app_id AND e.is_enabled = 1 \
    WHERE l.app_id = ?1 ORDER BY e.id";
const LOAD_ENABLED: &str = "SELECT url FROM endpoint WHERE app_id = ?1 AND id = ?2 AND is_enabled = 1";
const INSERT_DELIVERY: &str = "INSERT INTO delivery (id, app_id, event_seq, event_id, kind, payment_id, endpoint_id, url, \
    lane, cause, status, attempts, visible_at_ms, leased_by, lease_token, created_at_ms) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, ?11, ?12, 1, ?13)";
/// A result counts only under the lease it was made with, and a lease has one result.
macro_rules! settle_delivery {
    ($fence:literal) => {
        concat!(
            "UPDATE delivery SET attempts = ?4, status = ?5, visible_at_ms = ?6, leased_by = NULL, \
             lease_token = lease_token + 1, response_status = ?7, error = ?8, finished_at_ms = ?9 \
             WHERE app_id = ?1 AND id = ?2 AND ",
            $fence,
            " AND status = 0"
        )
    };
}
const SETTLE_DELIVERY: &str = settle_delivery!("lease_token = ?3");
/// What [`Bug::LeaseWithoutFence`] does instead.
const SETTLE_UNFENCED: &str = settle_delivery!("?3 IS NOT NULL");
const INSERT_ATTEMPT: &str = "INSERT INTO attempt (app_id, delivery_id, number, started_at_ms, duration_ms, request_headers, \
    request_body_sha256, response_status, response_headers, response_body, error) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const NOTE_ENDPOINT: &str = "UPDATE endpoint SET failing_since_ms = CASE WHEN ?3 THEN NULL ELSE ?4 END \
    WHERE app_id = ?1 AND id = ?2 AND (failing_since_ms IS NULL) <> ?3";
const DISABLE_ENDPOINT: &str = "UPDATE endpoint SET is_enabled = 0, disabled_reason = ?3 \
    WHERE app_id = ?1 AND id = ?2 AND is_enabled = 1";
/// The first waiting delivery of the next lane: jumping so, a lane with a million costs as much as one with a single one.
const NEXT_LANE: &str = "SELECT lane, visible_at_ms FROM delivery INDEXED BY delivery_queue \
    WHERE visible_at_ms IS NOT NULL AND lane > ?1 ORDER BY lane, visible_at_ms LIMIT 1";
/// An endpoint's own headers, which may be credentials, go to its present address alone.
const DUE_IN_LANE: &str = "SELECT d.id, d.app_id, a.environment, d.event_id, d.kind, d.payment_id, e.body, d.endpoint_id, \
    d.url, CASE WHEN p.url = d.url THEN p.headers_sealed END, d.lane, d.cause, d.attempts, d.lease_token + 1, ?4, \
    d.endpoint_id IS NULL OR d.cause = 3 OR coalesce(p.is_enabled, 0) \
    FROM delivery d INDEXED BY delivery_queue JOIN app a ON a.id = d.app_id \
    JOIN event e ON e.app_id = d.app_id AND e.seq = d.event_seq \
    LEFT JOIN endpoint p ON p.app_id = d.app_id AND p.id = d.endpoint_id \
    WHERE d.lane = ?1 AND d.visible_at_ms <= ?2 ORDER BY d.visible_at_ms LIMIT ?3";
const LEASE_DELIVERY: &str = "UPDATE delivery SET lease_token = ?3, visible_at_ms = ?4, leased_by = ?5 \
    WHERE app_id = ?1 AND id = ?2";
const CALL_OFF_DELIVERY: &str = "UPDATE delivery SET lease_token = ?3, visible_at_ms = NULL, leased_by = NULL, status = 3, \
    finished_at_ms = ?4, error = 'endpoint_disabled: the endpoint is disabled or deleted' WHERE app_id = ?1 AND id = ?2";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    LOAD_TARGETS,
    LOAD_ENABLED,
    INSERT_DELIVERY,
    SETTLE_DELIVERY,
    SETTLE_UNFENCED,
    INSERT_ATTEMPT,
    NOTE_ENDPOINT,
    DISABLE_ENDPOINT,
    NEXT_LANE,
    DUE_IN_LANE,
    LEASE_DELIVERY,
    CALL_OFF_DELIVERY,
];

/// Reads where the batch's events go. The write lock is held: nobody changes it meanwhile.
pub(super) fn load_targets(connection: &Connection, loaded: &mut Loaded, commands: &[&Command]) -> Done<()> {
    let mut statement = connection.prepare_cached(LOAD_TARGETS)?;
    for app_id in loaded.apps_with_events(commands) {
        let found = row::targets(statement.query([IdText::of(app_id)])?)?;
        loaded.targets.extend(found.map(|targets| (app_id, Arc::new(targets))));
    }
    let mut statement = connection.prepare_cached(LOAD_ENABLED)?;
    for command in commands {
        if let Command::DisableEndpoint { app_id, endpoint_id, .. } = command {
            let mut rows = statement.query([IdText::of(*app_id), IdText::of(*endpoint_id)])?;
            if let Some(row) = rows.next()? {
                loaded.enabled.insert((*app_id, *endpoint_id), row.get(0)?);
            }
        }
    }
    Ok(())
}

/// `base` is the end of each app's log before the batch.
pub(super) fn insert_deliveries(
    connection: &Connection,
    plan: &Plan<'_>,
    base: &BTreeMap<AppId, i64>,
    leasing: &Leasing,
    now: Timestamp,
) -> Done<()> {
    let places = plan.event_places();
    let until = now.plus_ms(leasing.lease_ms);
    let mut insert = connection.prepare_cached(INSERT_DELIVERY)?;
    for delivery in &plan.deliveries {
        let event = &plan.events[delivery.event];
        let is_leased = delivery.place.is_some();
        insert.execute(params![
            IdText::of(delivery.id),
            IdText::of(event.app_id),
            base.get(&event.app_id).map(|base| base + places[delivery.event]),
            IdText::of(event.id),
            event.kind.code(),
            IdText::of(event.payment_id),
            delivery.target.endpoint_id.map(IdText::of),
            &*delivery.target.url,
            delivery.target.lane.number(),
            delivery.cause.code(),
            if is_leased { until } else { now }.as_ms(),
            is_leased.then_some(&*leasing.node),
            now.as_ms(),
        ])?;
    }
    Ok(())
}

/// Writes down the attempts whose lease is still the one; tells for each whether it was.
pub(super) fn record_attempts(connection: &Connection, plan: &Plan<'_>) -> Done<Vec<bool>> {
    let applied: Vec<bool> =
        plan.attempts.iter().map(|record| record_attempt(connection, record)).collect::<Done<_>>()?;
    let mut note = connection.prepare_cached(NOTE_ENDPOINT)?;
    for ((app_id, id), (healthy, at)) in endpoint_health(&plan.attempts, &applied) {
        note.execute(params![IdText::of(app_id), IdText::of(id), healthy, at.as_ms()])?;
    }
    Ok(applied)
}

/// What the results that count tell about endpoints: one that took a delivery, or one that let it fail for good.
fn endpoint_health(attempts: &[&AttemptRecord], applied: &[bool]) -> BTreeMap<(AppId, EndpointId), (bool, Timestamp)> {
    let mut health = BTreeMap::new();
    for (record, _) in attempts.iter().zip(applied).filter(|(_, applied)| **applied) {
        let healthy = match record.next {
            Next::Delivered => true,
            Next::Failed | Next::Gone => false,
            Next::RetryAt(_) => continue,
        };
        if let Some(endpoint_id) = record.judged_endpoint() {
            let known = health.entry((record.app_id, endpoint_id)).or_insert((healthy, record.ended_at));
            known.0 |= healthy;
        }
    }
    health
}

fn record_attempt(connection: &Connection, record: &AttemptRecord) -> Done<bool> {
    let (app_id, id, attempt) = (IdText::of(record.app_id), IdText::of(record.delivery_id), &record.attempt);
    let (status, visible_at) = record.outcome();
    let settle = if planted(Bug::LeaseWithoutFence) { SETTLE_UNFENCED } else { SETTLE_DELIVERY };
    let changed = connection.prepare_cached(settle)?.execute(params![
        app_id,
        id,
        record.token,
        attempt.number,
        status.code(),
        visible_at.map(Timestamp::as_ms),
        attempt.response_status,
        attempt.error,
        visible_at.is_none().then_some(record.ended_at.as_ms()),
    ])?;
    if changed == 0 {
        return Ok(false);
    }
    connection.prepare_cached(INSERT_ATTEMPT)?.execute(params![
        app_id,
        id,
        attempt.number,
        attempt.started_at.as_ms(),
        attempt.duration_ms,
        attempt.request_headers,
        attempt.request_body_sha256,
        attempt.response_status,
        attempt.response_headers,
        attempt.response_body,
        attempt.error,
    ])?;
    Ok(true)
}

pub(super) fn disable_endpoints(connection: &Connection, plan: &Plan<'_>) -> Done<()> {
    for endpoint in &plan.disabled {
        let app_id = IdText::of(endpoint.app_id);
        let changed = connection.prepare_cached(DISABLE_ENDPOINT)?.execute(params![
            app_id,
            IdText::of(endpoint.id),
            endpoint.reason
        ])?;
        expect_one(changed, || format!("endpoint {} was no longer enabled when it was disabled", endpoint.id))?;
        endpoints::bump_targets(connection, endpoint.app_id)?;
    }
    Ok(())
}

pub(super) fn claim_deliveries(
    connection: &Connection,
    plan: &Plan<'_>,
    leasing: &Leasing,
    now: Timestamp,
) -> Done<Vec<Claimed>> {
    plan.claims.iter().map(|claim| claim_once(connection, claim, leasing, now)).collect()
}

/// Leases what is due and can begin now, the lane that has waited longest first.
fn claim_once(connection: &Connection, claim: &ClaimRequest, leasing: &Leasing, now: Timestamp) -> Done<Claimed> {
    let busy: BTreeMap<Lane, u32> = claim.busy.iter().copied().collect();
    let open = |heads: Vec<(i64, i64)>| {
        let free = |lane| busy.get(&Lane::from_number(lane)).copied().unwrap_or(claim.free_per_lane);
        let heads = heads.into_iter().map(move |(lane, at)| (at, lane, free(lane)));
        heads.filter(|(_, _, free)| *free > 0).collect::<Vec<_>>()
    };
    let mut due: Vec<_> = open(heads(connection)?).into_iter().filter(|(at, ..)| *at <= now.as_ms()).collect();
    due.sort_unstable();
    let mut claimed = Claimed::default();
    for (_, lane, free) in due {
        let left = claim.limit.saturating_sub(u32::try_from(claimed.deliveries.len()).unwrap_or(u32::MAX));
        if left > 0 {
            claim_lane(connection, lane, free.min(left), leasing, now, &mut claimed)?;
        }
    }
    // Only now each lane's first row is one that waits.
    let later = open(heads(connection)?).into_iter().map(|(at, ..)| at).filter(|at| *at > now.as_ms());
    claimed.next_due = later.min().map(Timestamp::from_ms);
    Ok(claimed)
}

/// Each lane with its first waiting delivery's moment.
fn heads(connection: &Connection) -> Done<Vec<(i64, i64)>> {
    let mut statement = connection.prepare_cached(NEXT_LANE)?;
    let (mut heads, mut last) = (Vec::new(), i64::MIN);
    loop {
        let mut rows = statement.query([last])?;
        let Some(row) = rows.next()? else { return Ok(heads) };
        last = row.get(0)?;
        heads.push((last, row.get(1)?));
    }
}

fn claim_lane(
    connection: &Connection,
    lane: i64,
    limit: u32,
    leasing: &Leasing,
    now: Timestamp,
    claimed: &mut Claimed,
) -> Done<()> {
    let until = now.plus_ms(leasing.lease_ms);
    let mut statement = connection.prepare_cached(DUE_IN_LANE)?;
    let rows = statement.query(params![lane, now.as_ms(), limit, until.as_ms()])?;
    for (delivery, is_live) in row::decode_all(rows, row::leased_delivery)? {
        let (app_id, id) = (IdText::of(delivery.app_id), IdText::of(delivery.id));
        if is_live {
            let values = params![app_id, id, delivery.token, until.as_ms(), &*leasing.node];
            connection.prepare_cached(LEASE_DELIVERY)?.execute(values)?;
            claimed.deliveries.push(delivery);
        } else {
            let values = params![app_id, id, delivery.token, now.as_ms()];
            connection.prepare_cached(CALL_OFF_DELIVERY)?.execute(values)?;
            claimed.called_off.push(delivery.lane);
        }
    }
    Ok(())
}
