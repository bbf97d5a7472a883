//! Apps, keys, the instance's facts and the schema: rare writes, each its own statement or transaction.

use super::failure::Failure;
use super::row;
use super::statement::Param;
use super::{PostgresStore, ReadError, connect, session};
use crate::error::{Result, StoreError};
use crate::migration;
use crate::{KeyUse, LastUse};
use tokio_postgres::Client;
use tokio_postgres::types::Type;
use zenwallet_core::time::Timestamp;

/// Any number will do, if every node takes the same: only one node migrates at a time.
const MIGRATION_LOCK: i64 = 0x005A_454E_5741_4C4C;

/// What was told of a bucket is kept for so long after it was full again. A word from further ahead than this is a wrong
/// clock's.
const KEY_USE_KEPT_MS: i64 = 60_000;

const TOUCH_KEYS: &str = "UPDATE api_key k SET last_used_at_ms = u.at_ms, last_used_address = coalesce(u.address, k.last_used_address) \
    FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS u (id, at_ms, address) \
    WHERE k.id = u.id AND (k.last_used_at_ms IS NULL OR k.last_used_at_ms < u.at_ms)";
// A row is written by its own node alone, so what it says of the others' rows is of before this statement.
const EXCHANGE_KEY_USE: &str = "WITH told AS (INSERT INTO key_use (key_id, node, used, full_at_ms) \
    SELECT u.key_id, $1, u.used, u.full_at_ms FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) \
    AS u (key_id, used, full_at_ms) ORDER BY u.key_id \
    ON CONFLICT (key_id, node) DO UPDATE SET used = excluded.used, full_at_ms = excluded.full_at_ms) \
    SELECT node, key_id, used, full_at_ms FROM key_use WHERE key_id = ANY($2::uuid[]) AND node <> $1";
const PRUNE_KEY_USE: &str = "DELETE FROM key_use WHERE (full_at_ms BETWEEN $1 AND $2) IS NOT TRUE";
const PRUNE_KEYS: &str = "DELETE FROM idempotency_key WHERE (app_id, key) IN (SELECT app_id, key FROM idempotency_key \
    WHERE created_at_ms < $1 ORDER BY created_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED)";
const SET_VALUE: &str = "INSERT INTO instance (name, value) VALUES ($1, $2) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE instance.value <> excluded.value";
const GET_VALUE: &str = "SELECT value FROM instance WHERE name = $1";

impl PostgresStore {
    pub(super) async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        self.read(async |reader| reader.execute(sql, params).await).await
    }

    pub(crate) async fn touch_keys(&self, used: &[LastUse]) -> Result<()> {
        let ids = session::uuids(used.iter().map(|used| used.key_id));
        let at: Vec<i64> = used.iter().map(|used| used.at.as_ms()).collect();
        let addresses: Vec<Option<String>> =
            used.iter().map(|used| used.address.map(|address| address.to_string())).collect();
        let params: [Param<'_>; 3] =
            [(&ids, Type::UUID_ARRAY), (&at, Type::INT8_ARRAY), (&addresses, Type::TEXT_ARRAY)];
        self.execute(TOUCH_KEYS, &params).await.map(drop)
    }

    pub(crate) async fn exchange_key_use(&self, node: &str, used: &[KeyUse]) -> Result<Vec<(String, KeyUse)>> {
        let ids = session::uuids(used.iter().map(|told| told.key_id));
        let counts: Vec<i64> = used.iter().map(|told| told.used).collect();
        let full_at: Vec<Option<i64>> = used.iter().map(|told| told.full_at.map(Timestamp::as_ms)).collect();
        self.read(async |reader| {
            let params: [Param<'_>; 4] = [
                (&node, Type::TEXT),
                (&ids, Type::UUID_ARRAY),
                (&counts, Type::INT8_ARRAY),
                (&full_at, Type::INT8_ARRAY),
            ];
            let rows = reader.query(EXCHANGE_KEY_USE, &params).await?;
            Ok(rows.iter().map(row::key_use).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn prune_key_use(&self, now: Timestamp) -> Result<u64> {
        let (first, last) = (now.plus_ms(-KEY_USE_KEPT_MS).as_ms(), now.plus_ms(KEY_USE_KEPT_MS).as_ms());
        self.execute(PRUNE_KEY_USE, &[(&first, Type::INT8), (&last, Type::INT8)]).await
    }

    pub(crate) async fn prune_idempotency_keys(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let (before, limit) = (before.as_ms(), i64::from(limit));
        self.execute(PRUNE_KEYS, &[(&before, Type::INT8), (&limit, Type::INT8)]).await
    }

    pub(crate) async fn set_instance_value(&self, name: &str, value: &str) -> Result<()> {
        self.execute(SET_VALUE, &[(&name, Type::TEXT), (&value, Type::TEXT)]).await.map(drop)
    }

    pub(crate) async fn instance_value(&self, name: &str) -> Result<Option<String>> {
        self.read(async |reader| {
            let row = reader.query_opt(GET_VALUE, &[(&name, Type::TEXT)]).await?;
            row.map(|row| row.try_get(0)).transpose().map_err(ReadError::from)
        })
        .await
    }

    pub(crate) async fn check_durability(&self) -> Result<String> {
        let settings = "SELECT current_setting('fsync'), current_setting('full_page_writes'), \
            current_setting('synchronous_commit')";
        self.read(async |reader| {
            let row = reader.query_opt(settings, &[]).await?;
            let row = row.ok_or_else(|| StoreError::Internal("no settings".to_owned()))?;
            let (fsync, pages, commit): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let told = format!("fsync={fsync}, full_page_writes={pages}, synchronous_commit={commit}");
            if fsync == "on" && pages == "on" && commit != "off" {
                return Ok(told);
            }
            let fix = "set all three to on (postgresql.conf), or a crash loses acknowledged payments";
            Err(StoreError::Unavailable(format!("{told}: {fix}")).into())
        })
        .await
    }

    /// One transaction of plain statements, so that it also works through a pooler.
    pub(crate) async fn migrate(&self) -> Result<Vec<u32>> {
        let link = self.0.target.connect().await?;
        let failed = |error| Failure::of(&self.0.mode, error).into_store_error();
        let lock = format!(
            "BEGIN; SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); \
             CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, \
             checksum TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)"
        );
        link.client.batch_execute(&lock).await.map_err(failed)?;
        let pending = migration::pending(migration::POSTGRES, &applied(&link.client).await?)?;
        for step in &pending {
            link.client.batch_execute(step.sql).await.map_err(|error| {
                StoreError::Schema(format!("migration {}: {}", step.name, connect::describe(&error)))
            })?;
            let record = format!(
                "INSERT INTO schema_migration VALUES ({}, '{}', '{}', {})",
                step.version,
                step.name,
                step.checksum(),
                self.0.surroundings.clock.now().as_ms()
            );
            link.client.batch_execute(&record).await.map_err(failed)?;
        }
        link.client.batch_execute("COMMIT").await.map_err(failed)?;
        Ok(pending.iter().map(|step| step.version).collect())
    }
}

async fn applied(client: &Client) -> Result<Vec<(u32, String)>> {
    let rows = client
        .query_typed("SELECT version, checksum FROM schema_migration ORDER BY version", &[])
        .await
        .map_err(|error| StoreError::Unavailable(connect::describe(&error)))?;
    rows.iter()
        .map(|row| {
            let version: i32 = row.try_get(0).map_err(|error| StoreError::Schema(error.to_string()))?;
            let checksum: String = row.try_get(1).map_err(|error| StoreError::Schema(error.to_string()))?;
            Ok((version.unsigned_abs(), checksum))
        })
        .collect()
}
