//! Apps, keys, the instance's facts and the schema: rare writes, each its own transaction beside the group commit.

use super::SqliteStore;
use super::failure::Failure;
use super::row::IdText;
use crate::error::{Result, StoreError};
use crate::migration::{self, Migration};
use crate::{KeyUse, LastUse};
use rusqlite::{Connection, params};
use zenwallet_core::time::Timestamp;

const TOUCH_KEY: &str = "UPDATE api_key SET last_used_at_ms = ?2, last_used_address = coalesce(?3, last_used_address) \
    WHERE id = ?1 AND (last_used_at_ms IS NULL OR last_used_at_ms < ?2)";
const PRUNE_KEYS: &str = "DELETE FROM idempotency_key WHERE (app_id, key) IN (SELECT app_id, key FROM idempotency_key \
    WHERE created_at_ms < ?1 ORDER BY created_at_ms LIMIT ?2)";
const SET_VALUE: &str = "INSERT INTO instance (name, value) VALUES (?1, ?2) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE instance.value <> excluded.value";
const GET_VALUE: &str = "SELECT value FROM instance WHERE name = ?1";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[TOUCH_KEY, PRUNE_KEYS, SET_VALUE, GET_VALUE];

impl SqliteStore {
    pub(crate) async fn touch_keys(&self, used: &[LastUse]) -> Result<()> {
        let used = used.to_owned();
        self.upkeep(move |connection| {
            let mut statement = connection.prepare_cached(TOUCH_KEY)?;
            for LastUse { key_id, at, address } in used {
                let address = address.map(|address| address.to_string());
                statement.execute(params![IdText::of(key_id), at.as_ms(), address])?;
            }
            Ok(())
        })
        .await
    }

    /// One process serves a SQLite database: nobody is there to be told anything, and nobody tells.
    pub(crate) async fn exchange_key_use(&self, _node: &str, _used: &[KeyUse]) -> Result<Vec<(String, KeyUse)>> {
        Ok(Vec::new())
    }

    pub(crate) async fn prune_key_use(&self, _now: Timestamp) -> Result<u64> {
        Ok(0)
    }

    pub(crate) async fn prune_idempotency_keys(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.upkeep(move |connection| {
            let pruned = connection.prepare_cached(PRUNE_KEYS)?.execute(params![before.as_ms(), limit])?;
            Ok(u64::try_from(pruned).unwrap_or(u64::MAX))
        })
        .await
    }

    pub(crate) async fn set_instance_value(&self, name: &str, value: &str) -> Result<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.upkeep(move |connection| {
            connection.prepare_cached(SET_VALUE)?.execute([name, value])?;
            Ok(())
        })
        .await
    }

    pub(crate) async fn instance_value(&self, name: &str) -> Result<Option<String>> {
        let name = name.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(GET_VALUE)?;
            let mut rows = statement.query([name])?;
            Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
        })
        .await
    }

    pub(crate) async fn migrate(&self) -> Result<Vec<u32>> {
        let now = self.surroundings().clock.now();
        self.upkeep(move |connection| migrate(connection, migration::SQLITE, now)).await
    }
}

/// Applies every step that is still to come, all of them or none.
fn migrate(
    connection: &Connection,
    known: &'static [Migration],
    now: Timestamp,
) -> std::result::Result<Vec<u32>, Failure> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, \
         checksum TEXT NOT NULL, applied_at_ms INTEGER NOT NULL) STRICT",
    )?;
    let mut statement = connection.prepare("SELECT version, checksum FROM schema_migration ORDER BY version")?;
    let applied = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let applied = applied.collect::<rusqlite::Result<Vec<(u32, String)>>>()?;
    let pending = migration::pending(known, &applied)?;
    for step in &pending {
        let failed = |error| match Failure::from(error) {
            Failure::Data(error) => StoreError::Schema(format!("migration {}: {error}", step.name)).into(),
            other => other,
        };
        connection.execute_batch(step.sql).map_err(failed)?;
        connection.execute(
            "INSERT INTO schema_migration (version, name, checksum, applied_at_ms) VALUES (?1, ?2, ?3, ?4)",
            params![step.version, step.name, step.checksum(), now.as_ms()],
        )?;
    }
    Ok(pending.iter().map(|step| step.version).collect())
}
