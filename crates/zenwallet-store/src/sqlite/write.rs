//! One batch in one transaction: load what its commands need, let the plan decide, write what it says.

use super::failure::{Failure, expect_one};
use super::row::{self, IdText, payment_columns};
use super::{rollup, webhooks};
use crate::Surroundings;
use crate::command::{Command, Committed};
use crate::decide;
use crate::delivery::Leasing;
use crate::error::StoreError;
use crate::log::News;
use crate::plan::{Context, KeyRecord, Loaded, Plan};
use crate::planted::{Bug, planted};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use zenwallet_core::id::{AppId, PaymentId};
use zenwallet_core::limits::IDEMPOTENCY_KEPT_MS;
use zenwallet_core::payment::Payment;
use zenwallet_core::time::Timestamp;

type Done<T> = std::result::Result<T, Failure>;

pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
pub(super) const COMMIT: &str = "COMMIT";
pub(super) const ROLLBACK: &str = "ROLLBACK";
const LOAD_PAYMENT: &str = concat!("SELECT ", payment_columns!(), " FROM payment p WHERE p.id = ?1");
const LOAD_KEY: &str =
    "SELECT fingerprint, status, body, created_at_ms FROM idempotency_key WHERE app_id = ?1 AND key = ?2";
const LOAD_DUE: &str = concat!(
    "SELECT ",
    payment_columns!(),
    " FROM payment p INDEXED BY payment_due WHERE p.status = 0 AND p.expires_at_ms <= ?1 \
      ORDER BY p.expires_at_ms LIMIT ?2"
);
/// What is new is pending.
const INSERT_PAYMENT: &str = "INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, \
    description, metadata, webhook_url, return_url, created_at_ms, expires_at_ms) \
    VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const SETTLE_PAYMENT: &str = "UPDATE payment SET status = ?3, completed_at_ms = ?4, transaction_id = ?5, \
    failure_code = ?6, notes = ?7, expires_at_ms = ?8 WHERE id = ?1 AND app_id = ?2 AND status = 0";
const GROW_LOG: &str = "UPDATE app_log SET last_seq = last_seq + ?2 WHERE app_id = ?1 RETURNING last_seq";
const INSERT_EVENT: &str = "INSERT INTO event (app_id, seq, id, kind, payment_id, created_at_ms, body) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const KEEP_KEY: &str = "INSERT INTO idempotency_key (app_id, key, fingerprint, status, body, created_at_ms) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (app_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, \
    status = excluded.status, body = excluded.body, created_at_ms = excluded.created_at_ms \
    WHERE idempotency_key.created_at_ms <= ?7";
const PROBE: &str = "INSERT INTO instance (name, value) VALUES ('probed_at_ms', ?1) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// Every statement of a batch, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    BEGIN,
    COMMIT,
    ROLLBACK,
    LOAD_PAYMENT,
    LOAD_KEY,
    LOAD_DUE,
    INSERT_PAYMENT,
    SETTLE_PAYMENT,
    GROW_LOG,
    INSERT_EVENT,
    KEEP_KEY,
    PROBE,
];

/// Runs a batch to its durable end and hands its deliveries over, or takes all of it back.
pub(super) fn commit(
    connection: &Connection,
    commands: &[&Command],
    surroundings: &Surroundings,
    news: &News,
) -> Done<Vec<Committed>> {
    let leasing = &surroundings.leasing;
    let (mut plan, leased_until) = in_transaction(connection, || {
        let (now, bounds) = (surroundings.clock.now(), surroundings.clock.bounds());
        let mut loaded = load(connection, commands, now)?;
        webhooks::load_targets(connection, &mut loaded, commands)?;
        let mut plan = decide::plan(commands, &mut loaded, Context { now, bounds, ids: &surroundings.ids, leasing });
        let end = if plan.writes() { End::Commit } else { End::Rollback };
        write(connection, &mut plan, leasing, now, bounds.earliest)?;
        Ok((end, (plan, now.plus_ms(leasing.lease_ms))))
    })?;
    plan.announce(std::slice::from_ref(news), leased_until);
    Ok(plan.replies)
}

/// How a transaction that succeeded ends.
pub(super) enum End {
    /// With what it wrote.
    Commit,
    /// It wrote nothing.
    Rollback,
}

/// Runs `work` with the write lock held from the start. After an error nothing of it is left, unless the error
/// is that of the commit itself, whose fate is then unknown.
pub(super) fn in_transaction<T>(connection: &Connection, work: impl FnOnce() -> Done<(End, T)>) -> Done<T> {
    execute(connection, BEGIN)?;
    let result = work().and_then(|(end, value)| {
        execute(connection, if matches!(end, End::Commit) { COMMIT } else { ROLLBACK })?;
        Ok(value)
    });
    // Some failures have rolled back by themselves. When this fails too, the first failure is the one to tell, and
    // the caller sees by `is_autocommit` that the connection is of no more use.
    if result.is_err() && !connection.is_autocommit() {
        let _ = execute(connection, ROLLBACK);
    }
    result
}

fn execute(connection: &Connection, sql: &'static str) -> Done<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

fn load(connection: &Connection, commands: &[&Command], now: Timestamp) -> Done<Loaded> {
    let (mut loaded, mut due_limit) = (Loaded::default(), 0_i64);
    for command in commands.iter().filter(|command| !command.is_blind()) {
        if let Some((app_id, claim)) = command.claim() {
            load_key(connection, &mut loaded, app_id, &claim.key)?;
        }
        match command {
            Command::SettlePayment { payment_id, .. } => load_payment(connection, &mut loaded, *payment_id)?,
            Command::ExpireDue { limit } => due_limit += i64::from(*limit),
            _ => {}
        }
    }
    if due_limit > 0 {
        let mut statement = connection.prepare_cached(LOAD_DUE)?;
        let rows = statement.query(params![decide::due_moment(now).as_ms(), due_limit])?;
        loaded.due = row::decode_all(rows, row::payment)?;
    }
    Ok(loaded)
}

fn load_payment(connection: &Connection, loaded: &mut Loaded, id: PaymentId) -> Done<()> {
    if !loaded.payments.contains_key(&id) {
        let mut statement = connection.prepare_cached(LOAD_PAYMENT)?;
        let found = row::decode_first(statement.query([IdText::of(id)])?, row::payment)?;
        loaded.payments.extend(found.map(|payment| (id, payment)));
    }
    Ok(())
}

fn load_key(connection: &Connection, loaded: &mut Loaded, app_id: AppId, key: &str) -> Done<()> {
    let mut statement = connection.prepare_cached(LOAD_KEY)?;
    let found = row::decode_first(statement.query(params![IdText::of(app_id), key])?, row::key_record)?;
    loaded.keys.extend(found.map(|record| ((app_id, key.to_owned()), record)));
    Ok(())
}

fn write(
    connection: &Connection,
    plan: &mut Plan<'_>,
    leasing: &Leasing,
    now: Timestamp,
    earliest: Timestamp,
) -> Done<()> {
    let between_transactions = || execute(connection, COMMIT).and_then(|()| execute(connection, BEGIN));
    keep_keys(connection, &plan.keys, earliest)?;
    if planted(Bug::KeySavedBeforeWork) {
        between_transactions()?;
    }
    insert_payments(connection, &plan.created)?;
    settle_payments(connection, &plan.settled)?;
    if planted(Bug::EventOutsideTx) {
        between_transactions()?;
    }
    let base = append_events(connection, plan)?;
    webhooks::insert_deliveries(connection, plan, &base, leasing, now)?;
    let recorded = webhooks::record_attempts(connection, plan)?;
    plan.note_recorded(recorded.into_iter());
    webhooks::disable_endpoints(connection, plan)?;
    for (index, claimed) in webhooks::claim_deliveries(connection, plan, leasing, now)?.into_iter().enumerate() {
        plan.note_claimed(index, claimed);
    }
    if plan.probes {
        connection.prepare_cached(PROBE)?.execute([now.as_ms().to_string()])?;
    }
    if planted(Bug::RollupOutsideTx) {
        between_transactions()?;
    }
    rollup::grow_rollup(connection, plan)?;
    Ok(())
}

fn insert_payments(connection: &Connection, created: &[&Payment]) -> Done<()> {
    let mut statement = connection.prepare_cached(INSERT_PAYMENT)?;
    for p in created {
        statement.execute(params![
            IdText::of(p.id),
            IdText::of(p.app_id),
            p.amount.minor(),
            p.currency.as_str(),
            p.reference_id,
            p.description,
            p.metadata.as_str(),
            p.webhook_url,
            p.return_url,
            p.created_at.as_ms(),
            p.expires_at.as_ms(),
        ])?;
    }
    Ok(())
}

fn settle_payments(connection: &Connection, settled: &[Payment]) -> Done<()> {
    let mut statement = connection.prepare_cached(SETTLE_PAYMENT)?;
    for p in settled {
        let changed = statement.execute(params![
            IdText::of(p.id),
            IdText::of(p.app_id),
            p.status.code(),
            p.completed_at.map(Timestamp::as_ms),
            p.transaction_id.map(IdText::of),
            p.failure_code,
            p.notes,
            p.expires_at.as_ms(),
        ])?;
        expect_one(changed, || format!("payment {} was no longer pending when it was settled", p.id))?;
    }
    Ok(())
}

/// Gives each event its place in its app's log, and tells where each log ended before. The write lock is held, so no
/// other writer numbers meanwhile.
fn append_events(connection: &Connection, plan: &Plan<'_>) -> Done<BTreeMap<AppId, i64>> {
    let mut base = BTreeMap::new();
    let mut grow = connection.prepare_cached(GROW_LOG)?;
    for (app_id, count) in plan.log_growth() {
        let mut rows = grow.query(params![IdText::of(app_id), count])?;
        let Some(row) = rows.next()? else {
            return Err(StoreError::Internal(format!("app {app_id} has no event log")).into());
        };
        let last_seq: i64 = row.get(0)?;
        base.insert(app_id, last_seq - count);
    }
    let mut insert = connection.prepare_cached(INSERT_EVENT)?;
    for (event, place) in plan.events.iter().zip(plan.event_places()) {
        insert.execute(params![
            IdText::of(event.app_id),
            base.get(&event.app_id).map(|base| base + place),
            IdText::of(event.id),
            event.kind.code(),
            IdText::of(event.payment_id),
            event.at.as_ms(),
            event.body,
        ])?;
    }
    Ok(base)
}

fn keep_keys(connection: &Connection, keys: &[(AppId, &str, KeyRecord)], earliest: Timestamp) -> Done<()> {
    let mut statement = connection.prepare_cached(KEEP_KEY)?;
    for (app_id, key, record) in keys {
        let changed = statement.execute(params![
            IdText::of(*app_id),
            key,
            record.fingerprint,
            record.answer.status,
            &record.answer.body[..],
            record.created_at.as_ms(),
            earliest.as_ms() - IDEMPOTENCY_KEPT_MS,
        ])?;
        expect_one(changed, || format!("an idempotency key of app {app_id} was already kept"))?;
    }
    Ok(())
}
