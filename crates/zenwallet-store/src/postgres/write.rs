//! One batch as a few set-based statements. Rows are locked in the same order on every node: payments by id,
//! then event logs by app, then rollups by their key, then idempotency keys.

use super::batch_sql::{
    APPEND_EVENTS, CREATE_PAYMENTS, INSERT_PAYMENTS, KEEP_KEYS, LOAD_DUE, LOAD_KEYS, LOAD_PAYMENTS, PROBE,
    SETTLE_PAYMENTS,
};
use super::failure::Failure;
use super::rollup::{self, RollupColumns};
use super::session::{Rows, Session, unless, uuids};
use super::statement::{Mode, Param};
use super::{row, webhooks};
use crate::Surroundings;
use crate::command::{Command, Committed, StoredAnswer};
use crate::decide;
use crate::delivery::Leasing;
use crate::error::StoreError;
use crate::log::News;
use crate::plan::{Context, KeyRecord, Loaded, Plan};
use crate::planted::{Bug, planted};
use crate::targets::KnownTargets;
use std::collections::HashMap;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;
use zenwallet_core::id::Id;
use zenwallet_core::limits::IDEMPOTENCY_KEPT_MS;
use zenwallet_core::payment::Payment;
use zenwallet_core::time::Timestamp;

/// Runs a batch as one transaction, and hands its deliveries over once that is durable.
pub(super) async fn commit(
    session: &Session,
    commands: &[&Command],
    surroundings: &Surroundings,
    mode: &Mode,
    targets: &mut KnownTargets,
    listeners: &[News],
) -> std::result::Result<Vec<Committed>, Failure> {
    let failed = |error| Failure::of(mode, error);
    let blind = commands.iter().all(|command| command.is_blind());
    let mut loaded = if blind { Loaded::default() } else { load(session, commands, surroundings, mode).await? };
    webhooks::load_targets(session, targets, &mut loaded, commands).await.map_err(|error| error.into_failure(mode))?;
    let (now, bounds, leasing) = (surroundings.clock.now(), surroundings.clock.bounds(), &surroundings.leasing);
    let leased_until = now.plus_ms(leasing.lease_ms);
    let mut plan = decide::plan(commands, &mut loaded, Context { now, bounds, ids: &surroundings.ids, leasing });
    let client = &session.link.client;
    if !plan.writes() {
        client.batch_execute("ROLLBACK").await.map_err(failed)?;
        return Ok(plan.replies);
    }
    if [Bug::EventOutsideTx, Bug::KeySavedBeforeWork, Bug::RollupOutsideTx].into_iter().any(planted) {
        write_apart(session, &plan, leasing, (now, bounds.earliest), blind).await.map_err(failed)?;
        plan.announce(listeners, leased_until);
        return Ok(plan.replies);
    }
    if blind && plan.only_creates() {
        create_payments(session, &plan).await.map_err(failed)?;
        plan.announce(listeners, leased_until);
        return Ok(plan.replies);
    }
    let written = write_together(session, &plan, leasing, (now, bounds.earliest), blind).await;
    let (attempted, claimed) = written.map_err(failed)?;
    plan.announce(listeners, leased_until);
    let recorded = webhooks::recorded(&attempted, plan.attempts.len()).map_err(failed)?;
    plan.note_recorded(recorded.into_iter());
    for (index, rows) in claimed.iter().enumerate() {
        plan.note_claimed(index, webhooks::claimed(rows)?);
    }
    for endpoint in &plan.disabled {
        targets.remove(&endpoint.app_id);
    }
    Ok(plan.replies)
}

/// Writes the plan and commits; what became of its attempts, and of each of its claims.
async fn write_together(
    session: &Session,
    plan: &Plan<'_>,
    leasing: &Leasing,
    (now, earliest): (Timestamp, Timestamp),
    blind: bool,
) -> std::result::Result<(Vec<Row>, Vec<webhooks::ClaimRows>), Error> {
    let client = &session.link.client;
    // Everything is sent at once. An error in the middle turns the COMMIT into a rollback that reports success,
    // so every statement's own result counts.
    let begin = async { if blind { client.batch_execute("BEGIN").await } else { Ok(()) } };
    let (begun, inserted, settled, appended, counted, delivered, attempted, disabled, kept, probed, claimed, done) = tokio::join!(
        biased;
        begin,
        insert_payments(session, plan),
        settle_payments(session, plan),
        append_events(session, plan),
        rollup::grow_rollup(session, plan),
        webhooks::insert_deliveries(session, plan, leasing, now),
        webhooks::record_attempts(session, plan),
        webhooks::disable_endpoints(session, plan),
        keep_keys(session, plan, earliest),
        probe(session, plan, now),
        webhooks::claim_deliveries(session, plan, leasing, now),
        client.batch_execute("COMMIT"),
    );
    // In the order in which they were sent: after the first error every other only says that there was one.
    begun?;
    for written in [inserted, settled, appended, counted, delivered] {
        written?;
    }
    let attempted = attempted?;
    for written in [disabled, kept, probed] {
        written?;
    }
    let claimed = claimed?;
    done?;
    Ok((attempted, claimed))
}

/// The same in several transactions: what must never be.
async fn write_apart(
    session: &Session,
    plan: &Plan<'_>,
    leasing: &Leasing,
    (now, earliest): (Timestamp, Timestamp),
    blind: bool,
) -> std::result::Result<(), Error> {
    let client = &session.link.client;
    if blind {
        client.batch_execute("BEGIN").await?;
    }
    keep_keys(session, plan, earliest).await?;
    if planted(Bug::KeySavedBeforeWork) {
        client.batch_execute("COMMIT; BEGIN").await?;
    }
    insert_payments(session, plan).await?;
    settle_payments(session, plan).await?;
    if planted(Bug::EventOutsideTx) {
        client.batch_execute("COMMIT; BEGIN").await?;
    }
    append_events(session, plan).await?;
    webhooks::insert_deliveries(session, plan, leasing, now).await?;
    webhooks::record_attempts(session, plan).await?;
    probe(session, plan, now).await?;
    if planted(Bug::RollupOutsideTx) {
        client.batch_execute("COMMIT; BEGIN").await?;
    }
    rollup::grow_rollup(session, plan).await?;
    client.batch_execute("COMMIT").await
}

/// Begins the transaction, and locks and reads what the commands need.
async fn load(
    session: &Session,
    commands: &[&Command],
    surroundings: &Surroundings,
    mode: &Mode,
) -> std::result::Result<Loaded, Failure> {
    let failed = |error| Failure::of(mode, error);
    let (mut ids, mut key_apps, mut keys, mut due_limit) = (Vec::new(), Vec::new(), Vec::new(), 0_i64);
    for command in commands {
        match command {
            Command::SettlePayment { payment_id, .. } => ids.push(payment_id.uuid()),
            Command::ExpireDue { limit } => due_limit += i64::from(*limit),
            _ => {}
        }
        if let Some((app_id, claim)) = command.claim() {
            key_apps.push(app_id.uuid());
            keys.push(claim.key.as_str());
        }
    }
    let due_at = decide::due_moment(surroundings.clock.now()).as_ms();
    let (client, prepared) = (&session.link.client, &session.prepared);
    let id_params: [Param<'_>; 1] = [(&ids, Type::UUID_ARRAY)];
    let key_params: [Param<'_>; 2] = [(&key_apps, Type::UUID_ARRAY), (&keys, Type::TEXT_ARRAY)];
    let due_params: [Param<'_>; 2] = [(&due_at, Type::INT8), (&due_limit, Type::INT8)];
    let (begun, payments, known_keys, due, enabled) = tokio::join!(
        biased;
        client.batch_execute("BEGIN"),
        unless(ids.is_empty(), prepared.query(client, LOAD_PAYMENTS, &id_params)),
        unless(keys.is_empty(), prepared.query(client, LOAD_KEYS, &key_params)),
        unless(due_limit == 0, prepared.query(client, LOAD_DUE, &due_params)),
        webhooks::load_enabled(session, commands),
    );
    begun.map_err(failed)?;
    let mut loaded = Loaded::default();
    for row in payments.map_err(failed)? {
        let payment = row::payment(&row)?;
        loaded.payments.insert(payment.id, payment);
    }
    for row in known_keys.map_err(failed)? {
        let (app_id, key, record) = key_record(&row).map_err(failed)?;
        loaded.keys.insert((Id::from_uuid(app_id), key), record?);
    }
    for row in due.map_err(failed)? {
        loaded.due.push(row::payment(&row)?);
    }
    for row in enabled.map_err(failed)? {
        loaded.enabled.extend([webhooks::enabled(&row)?]);
    }
    Ok(loaded)
}

type KeyRow = (Uuid, String, std::result::Result<KeyRecord, StoreError>);

fn key_record(row: &Row) -> std::result::Result<KeyRow, Error> {
    let (app_id, key): (Uuid, String) = (row.try_get(0)?, row.try_get(1)?);
    let (fingerprint, status): (&[u8], i16) = (row.try_get(2)?, row.try_get(3)?);
    let (body, created_at_ms): (Vec<u8>, i64) = (row.try_get(4)?, row.try_get(5)?);
    let corrupt = |column| StoreError::Corrupt { table: "idempotency_key", column, row: app_id.to_string() };
    let record = (|| {
        Ok(KeyRecord {
            fingerprint: fingerprint.try_into().map_err(|_| corrupt("fingerprint"))?,
            answer: StoredAnswer { status: u16::try_from(status).map_err(|_| corrupt("status"))?, body: body.into() },
            created_at: Timestamp::from_ms(created_at_ms),
        })
    })();
    Ok((app_id, key, record))
}

/// New payments as one array a column.
struct PaymentColumns<'a> {
    id: Vec<Uuid>,
    app_id: Vec<Uuid>,
    amount_minor: Vec<i64>,
    currency: Vec<&'a str>,
    reference_id: Vec<Option<&'a str>>,
    description: Vec<Option<&'a str>>,
    metadata: Vec<&'a str>,
    webhook_url: Vec<Option<&'a str>>,
    return_url: Vec<Option<&'a str>>,
    created_at_ms: Vec<i64>,
    expires_at_ms: Vec<i64>,
}

impl<'a> PaymentColumns<'a> {
    fn of(rows: &[&'a Payment]) -> Self {
        fn column<'a, T>(rows: &[&'a Payment], value: impl Fn(&'a Payment) -> T) -> Vec<T> {
            rows.iter().map(|payment| value(payment)).collect()
        }
        Self {
            id: column(rows, |p| p.id.uuid()),
            app_id: column(rows, |p| p.app_id.uuid()),
            amount_minor: column(rows, |p| p.amount.minor()),
            currency: column(rows, |p| p.currency.as_str()),
            reference_id: column(rows, |p| p.reference_id.as_deref()),
            description: column(rows, |p| p.description.as_deref()),
            metadata: column(rows, |p| p.metadata.as_str()),
            webhook_url: column(rows, |p| p.webhook_url.as_deref()),
            return_url: column(rows, |p| p.return_url.as_deref()),
            created_at_ms: column(rows, |p| p.created_at.as_ms()),
            expires_at_ms: column(rows, |p| p.expires_at.as_ms()),
        }
    }

    fn params(&self) -> [Param<'_>; 11] {
        [
            (&self.id, Type::UUID_ARRAY),
            (&self.app_id, Type::UUID_ARRAY),
            (&self.amount_minor, Type::INT8_ARRAY),
            (&self.currency, Type::TEXT_ARRAY),
            (&self.reference_id, Type::TEXT_ARRAY),
            (&self.description, Type::TEXT_ARRAY),
            (&self.metadata, Type::TEXT_ARRAY),
            (&self.webhook_url, Type::TEXT_ARRAY),
            (&self.return_url, Type::TEXT_ARRAY),
            (&self.created_at_ms, Type::INT8_ARRAY),
            (&self.expires_at_ms, Type::INT8_ARRAY),
        ]
    }
}

/// Which log grows by how much, which version of the app's endpoints the plan knew, and for each event the place of
/// its log among these, counted from 1.
fn growth_columns(plan: &Plan<'_>) -> (Vec<Uuid>, Vec<i64>, Vec<i64>, Vec<i32>) {
    let growth = plan.log_growth();
    let places: HashMap<_, _> = growth.keys().copied().zip(1..).collect();
    let log = plan.events.iter().map(|event| places[&event.app_id]).collect();
    let version = growth.keys().map(|app_id| plan.versions.get(app_id).copied().unwrap_or_default()).collect();
    let (app_id, count) = growth.iter().map(|(app_id, count)| (app_id.uuid(), *count)).unzip();
    (app_id, count, version, log)
}

async fn create_payments(session: &Session, plan: &Plan<'_>) -> Rows {
    let (grown_app, count, version, log) = growth_columns(plan);
    let columns = PaymentColumns::of(&plan.created);
    let place = plan.event_places();
    let event_id = uuids(plan.events.iter().map(|e| e.id));
    let body: Vec<_> = plan.events.iter().map(|e| e.body.as_str()).collect();
    let mut params: Vec<Param<'_>> = vec![(&grown_app, Type::UUID_ARRAY), (&count, Type::INT8_ARRAY)];
    params.extend(columns.params());
    params.push((&place, Type::INT8_ARRAY));
    params.push((&event_id, Type::UUID_ARRAY));
    params.push((&body, Type::TEXT_ARRAY));
    params.push((&version, Type::INT8_ARRAY));
    params.push((&log, Type::INT4_ARRAY));
    let growth = plan.rollup_growth();
    let growth = RollupColumns::of(&growth);
    params.extend(growth.params());
    session.prepared.query(&session.link.client, CREATE_PAYMENTS, &params).await
}

async fn insert_payments(session: &Session, plan: &Plan<'_>) -> Rows {
    if plan.created.is_empty() {
        return Ok(Vec::new());
    }
    let columns = PaymentColumns::of(&plan.created);
    session.prepared.query(&session.link.client, INSERT_PAYMENTS, &columns.params()).await
}

async fn settle_payments(session: &Session, plan: &Plan<'_>) -> Rows {
    if plan.settled.is_empty() {
        return Ok(Vec::new());
    }
    let rows = &plan.settled;
    let id = uuids(rows.iter().map(|p| p.id));
    let app_id = uuids(rows.iter().map(|p| p.app_id));
    let status: Vec<_> = rows.iter().map(|p| p.status.code()).collect();
    let completed_at_ms: Vec<_> = rows.iter().map(|p| p.completed_at.map(Timestamp::as_ms)).collect();
    let transaction_id: Vec<_> = rows.iter().map(|p| p.transaction_id.map(Id::uuid)).collect();
    let failure_code: Vec<_> = rows.iter().map(|p| p.failure_code.as_deref()).collect();
    let notes: Vec<_> = rows.iter().map(|p| p.notes.as_deref()).collect();
    let expires_at_ms: Vec<_> = rows.iter().map(|p| p.expires_at.as_ms()).collect();
    let params: [Param<'_>; 8] = [
        (&id, Type::UUID_ARRAY),
        (&app_id, Type::UUID_ARRAY),
        (&status, Type::INT2_ARRAY),
        (&completed_at_ms, Type::INT8_ARRAY),
        (&transaction_id, Type::UUID_ARRAY),
        (&failure_code, Type::TEXT_ARRAY),
        (&notes, Type::TEXT_ARRAY),
        (&expires_at_ms, Type::INT8_ARRAY),
    ];
    session.prepared.query(&session.link.client, SETTLE_PAYMENTS, &params).await
}

async fn append_events(session: &Session, plan: &Plan<'_>) -> Rows {
    if plan.events.is_empty() {
        return Ok(Vec::new());
    }
    let (grown_app, count, version, log) = growth_columns(plan);
    let rows = &plan.events;
    let place = plan.event_places();
    let app_id = uuids(rows.iter().map(|e| e.app_id));
    let id = uuids(rows.iter().map(|e| e.id));
    let kind: Vec<_> = rows.iter().map(|e| e.kind.code()).collect();
    let payment_id = uuids(rows.iter().map(|e| e.payment_id));
    let created_at_ms: Vec<_> = rows.iter().map(|e| e.at.as_ms()).collect();
    let body: Vec<_> = rows.iter().map(|e| e.body.as_str()).collect();
    let params: [Param<'_>; 11] = [
        (&grown_app, Type::UUID_ARRAY),
        (&count, Type::INT8_ARRAY),
        (&app_id, Type::UUID_ARRAY),
        (&place, Type::INT8_ARRAY),
        (&id, Type::UUID_ARRAY),
        (&kind, Type::INT2_ARRAY),
        (&payment_id, Type::UUID_ARRAY),
        (&created_at_ms, Type::INT8_ARRAY),
        (&body, Type::TEXT_ARRAY),
        (&version, Type::INT8_ARRAY),
        (&log, Type::INT4_ARRAY),
    ];
    session.prepared.query(&session.link.client, APPEND_EVENTS, &params).await
}

async fn keep_keys(session: &Session, plan: &Plan<'_>, earliest: Timestamp) -> Rows {
    if plan.keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = &plan.keys;
    let app_id = uuids(rows.iter().map(|(app_id, ..)| *app_id));
    let key: Vec<_> = rows.iter().map(|(_, key, _)| *key).collect();
    let fingerprint: Vec<_> = rows.iter().map(|(.., record)| record.fingerprint.as_slice()).collect();
    let status: Vec<_> = rows.iter().map(|(.., record)| record.answer.status.cast_signed()).collect();
    let body: Vec<_> = rows.iter().map(|(.., record)| record.answer.body.as_ref()).collect();
    let created_at_ms: Vec<_> = rows.iter().map(|(.., record)| record.created_at.as_ms()).collect();
    let forgotten_before = earliest.as_ms() - IDEMPOTENCY_KEPT_MS;
    let params: [Param<'_>; 7] = [
        (&app_id, Type::UUID_ARRAY),
        (&key, Type::TEXT_ARRAY),
        (&fingerprint, Type::BYTEA_ARRAY),
        (&status, Type::INT2_ARRAY),
        (&body, Type::BYTEA_ARRAY),
        (&created_at_ms, Type::INT8_ARRAY),
        (&forgotten_before, Type::INT8),
    ];
    session.prepared.query(&session.link.client, KEEP_KEYS, &params).await
}

async fn probe(session: &Session, plan: &Plan<'_>, now: Timestamp) -> Rows {
    let at = now.as_ms().to_string();
    unless(!plan.probes, session.prepared.query(&session.link.client, PROBE, &[(&at, Type::TEXT)])).await
}
