//! Apps, keys, the instance's facts and the schema: rare writes, each its own transaction beside the group commit.

use super::SqliteStore;
use super::endpoints::insert_endpoint;
use super::failure::Failure;
use super::row::{self, API_KEY_COLUMNS, IdText, api_key_columns, app_columns};
use crate::KeyUse;
use crate::error::{Result, StoreError};
use crate::migration::{self, Migration};
use rusqlite::{Connection, params};
use zenwallet_core::app::{ApiKey, App, KeyHash};
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::{AppId, KeyId};
use zenwallet_core::time::Timestamp;

const INSERT_APP: &str = "INSERT INTO app (id, name, environment, webhook_secret_sealed, owner_user_id, \
    rate_limit_per_s, created_at_ms, is_active) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const INSERT_LOG: &str = "INSERT INTO app_log (app_id, last_seq) VALUES (?1, 0)";
const INSERT_KEY: &str = "INSERT INTO api_key (id, app_id, hash, hint, created_at_ms, expires_at_ms) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const FIND_APP: &str = concat!("SELECT ", app_columns!(), " FROM app a WHERE a.id = ?1");
const LIST_APPS: &str = concat!("SELECT ", app_columns!(), " FROM app a ORDER BY a.id");
const FIND_KEY: &str = concat!(
    "SELECT ",
    api_key_columns!(),
    ", ",
    app_columns!(),
    " FROM api_key k JOIN app a ON a.id = k.app_id WHERE k.hash = ?1"
);
const SET_APP_ACTIVE: &str = "UPDATE app SET is_active = ?2 WHERE id = ?1";
const END_OTHER_KEYS: &str = "UPDATE api_key SET expires_at_ms = ?3 WHERE app_id = ?1 AND id <> ?2 \
    AND revoked_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?3)";
const REVOKE_KEY: &str = "UPDATE api_key SET revoked_at_ms = coalesce(revoked_at_ms, ?2) WHERE id = ?1";
const TOUCH_KEY: &str = "UPDATE api_key SET last_used_at_ms = ?2 \
    WHERE id = ?1 AND (last_used_at_ms IS NULL OR last_used_at_ms < ?2)";
const PRUNE_KEYS: &str = "DELETE FROM idempotency_key WHERE (app_id, key) IN (SELECT app_id, key FROM idempotency_key \
    WHERE created_at_ms < ?1 ORDER BY created_at_ms LIMIT ?2)";
const SET_VALUE: &str = "INSERT INTO instance (name, value) VALUES (?1, ?2) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE instance.value <> excluded.value";
const GET_VALUE: &str = "SELECT value FROM instance WHERE name = ?1";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    INSERT_APP,
    INSERT_LOG,
    INSERT_KEY,
    FIND_APP,
    LIST_APPS,
    FIND_KEY,
    SET_APP_ACTIVE,
    END_OTHER_KEYS,
    REVOKE_KEY,
    TOUCH_KEY,
    PRUNE_KEYS,
    SET_VALUE,
    GET_VALUE,
];

impl SqliteStore {
    pub(crate) async fn create_app(&self, app: &App, key: &ApiKey, endpoint: Option<&Endpoint>) -> Result<()> {
        let (app, key, endpoint) = (app.clone(), key.clone(), endpoint.cloned());
        self.upkeep(move |connection| {
            let id = IdText::of(app.id);
            connection.prepare_cached(INSERT_APP)?.execute(params![
                id,
                app.name,
                app.environment.as_str(),
                app.webhook_secret_sealed,
                app.owner_user_id.map(IdText::of),
                app.rate_limit_per_s,
                app.created_at.as_ms(),
                app.is_active,
            ])?;
            connection.prepare_cached(INSERT_LOG)?.execute([id])?;
            if let Some(endpoint) = &endpoint {
                insert_endpoint(connection, endpoint)?;
            }
            insert_key(connection, &key)
        })
        .await
    }

    pub(crate) async fn find_app(&self, id: AppId) -> Result<Option<App>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(FIND_APP)?;
            row::decode_first(statement.query([IdText::of(id)])?, |row| row::app(row, 0))
        })
        .await
    }

    pub(crate) async fn list_apps(&self) -> Result<Vec<App>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(LIST_APPS)?;
            row::decode_all(statement.query([])?, |row| row::app(row, 0))
        })
        .await
    }

    pub(crate) async fn set_app_active(&self, id: AppId, is_active: bool) -> Result<bool> {
        self.upkeep(move |connection| {
            Ok(connection.prepare_cached(SET_APP_ACTIVE)?.execute(params![IdText::of(id), is_active])? > 0)
        })
        .await
    }

    pub(crate) async fn find_key(&self, hash: KeyHash) -> Result<Option<(ApiKey, App)>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(FIND_KEY)?;
            let rows = statement.query([hash.0])?;
            row::decode_first(rows, |row| Ok((row::api_key(row)?, row::app(row, API_KEY_COLUMNS)?)))
        })
        .await
    }

    pub(crate) async fn rotate_key(&self, key: &ApiKey, others_end_at: Timestamp) -> Result<()> {
        let key = key.clone();
        self.upkeep(move |connection| {
            insert_key(connection, &key)?;
            let values = params![IdText::of(key.app_id), IdText::of(key.id), others_end_at.as_ms()];
            connection.prepare_cached(END_OTHER_KEYS)?.execute(values)?;
            Ok(())
        })
        .await
    }

    pub(crate) async fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<bool> {
        self.upkeep(move |connection| {
            Ok(connection.prepare_cached(REVOKE_KEY)?.execute(params![IdText::of(id), now.as_ms()])? > 0)
        })
        .await
    }

    pub(crate) async fn touch_keys(&self, used: &[(KeyId, Timestamp)]) -> Result<()> {
        let used = used.to_owned();
        self.upkeep(move |connection| {
            let mut statement = connection.prepare_cached(TOUCH_KEY)?;
            for (id, at) in used {
                statement.execute(params![IdText::of(id), at.as_ms()])?;
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

fn insert_key(connection: &Connection, key: &ApiKey) -> std::result::Result<(), Failure> {
    connection.prepare_cached(INSERT_KEY)?.execute(params![
        IdText::of(key.id),
        IdText::of(key.app_id),
        key.hash.0,
        key.hint,
        key.created_at.as_ms(),
        key.expires_at.map(Timestamp::as_ms),
    ])?;
    Ok(())
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
