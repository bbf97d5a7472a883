//! Endpoints and the secrets their webhooks are signed with.

use super::SqliteStore;
use super::failure::Failure;
use super::row::{self, IdText, endpoint_columns};
use crate::error::Result;
use rusqlite::{Connection, params};
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::{AppId, EndpointId};
use zenwallet_core::limits::ENDPOINTS_MAX;
use zenwallet_core::time::Timestamp;

/// Nothing is inserted into an app that is not there or has as many as it may.
const INSERT_ENDPOINT: &str = "INSERT INTO endpoint (id, app_id, url, events, headers_sealed, description, is_default, \
    is_enabled, disabled_reason, created_at_ms) SELECT ?1, app_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM app_log \
    WHERE app_id = ?2 AND (SELECT count(*) FROM endpoint WHERE app_id = ?2) < ?11";
const UPDATE_ENDPOINT: &str = "UPDATE endpoint SET url = ?3, events = ?4, headers_sealed = ?5, description = ?6, \
    is_enabled = CASE WHEN ?10 THEN ?7 ELSE is_enabled END, \
    disabled_reason = CASE WHEN ?10 THEN ?8 ELSE disabled_reason END, \
    failing_since_ms = CASE WHEN ?10 THEN ?9 ELSE failing_since_ms END WHERE app_id = ?2 AND id = ?1";
const DELETE_ENDPOINT: &str = "DELETE FROM endpoint WHERE app_id = ?1 AND id = ?2";
const BUMP_TARGETS: &str = "UPDATE app_log SET targets_version = targets_version + 1 WHERE app_id = ?1";
const FIND_ENDPOINT: &str = concat!("SELECT ", endpoint_columns!(), " FROM endpoint WHERE app_id = ?1 AND id = ?2");
const LIST_ENDPOINTS: &str = concat!("SELECT ", endpoint_columns!(), " FROM endpoint WHERE app_id = ?1 ORDER BY id");
const KEEP_SECRET: &str = "INSERT INTO former_webhook_secret (app_id, sealed, expires_at_ms) \
    SELECT id, webhook_secret_sealed, ?2 FROM app WHERE id = ?1 AND ?2 > ?3 ON CONFLICT DO NOTHING";
const END_SECRETS: &str = "DELETE FROM former_webhook_secret WHERE app_id = ?1 AND (expires_at_ms <= ?3 OR ?2 <= ?3)";
const SHORTEN_SECRETS: &str =
    "UPDATE former_webhook_secret SET expires_at_ms = ?2 WHERE app_id = ?1 AND expires_at_ms > ?2";
const SET_SECRET: &str = "UPDATE app SET webhook_secret_sealed = ?2 WHERE id = ?1";
const LIVE_SECRETS: &str = "SELECT sealed FROM (SELECT 0 AS rank, webhook_secret_sealed AS sealed, 0 AS ends FROM app \
    WHERE id = ?1 UNION ALL SELECT 1, sealed, expires_at_ms FROM former_webhook_secret \
    WHERE app_id = ?1 AND expires_at_ms > ?2) ORDER BY rank, ends DESC";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    INSERT_ENDPOINT,
    UPDATE_ENDPOINT,
    DELETE_ENDPOINT,
    BUMP_TARGETS,
    FIND_ENDPOINT,
    LIST_ENDPOINTS,
    KEEP_SECRET,
    END_SECRETS,
    SHORTEN_SECRETS,
    SET_SECRET,
    LIVE_SECRETS,
];

impl SqliteStore {
    pub(crate) async fn create_endpoint(&self, endpoint: &Endpoint) -> Result<bool> {
        let endpoint = endpoint.clone();
        self.upkeep(move |connection| {
            bump_targets(connection, endpoint.app_id)?;
            insert_endpoint(connection, &endpoint)
        })
        .await
    }

    pub(crate) async fn update_endpoint(&self, endpoint: &Endpoint, switches: bool) -> Result<bool> {
        let endpoint = endpoint.clone();
        self.upkeep(move |connection| {
            bump_targets(connection, endpoint.app_id)?;
            let changed = connection.prepare_cached(UPDATE_ENDPOINT)?.execute(params![
                IdText::of(endpoint.id),
                IdText::of(endpoint.app_id),
                endpoint.url,
                endpoint.events.bits(),
                endpoint.headers_sealed,
                endpoint.description,
                endpoint.is_enabled,
                endpoint.disabled_reason,
                endpoint.failing_since.map(Timestamp::as_ms),
                switches,
            ])?;
            Ok(changed > 0)
        })
        .await
    }

    pub(crate) async fn delete_endpoint(&self, app_id: AppId, id: EndpointId) -> Result<bool> {
        self.upkeep(move |connection| {
            bump_targets(connection, app_id)?;
            Ok(connection.prepare_cached(DELETE_ENDPOINT)?.execute([IdText::of(app_id), IdText::of(id)])? > 0)
        })
        .await
    }

    pub(crate) async fn find_endpoint(&self, app_id: AppId, id: EndpointId) -> Result<Option<Endpoint>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(FIND_ENDPOINT)?;
            row::decode_first(statement.query([IdText::of(app_id), IdText::of(id)])?, row::endpoint)
        })
        .await
    }

    pub(crate) async fn list_endpoints(&self, app_id: AppId) -> Result<Vec<Endpoint>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(LIST_ENDPOINTS)?;
            row::decode_all(statement.query([IdText::of(app_id)])?, row::endpoint)
        })
        .await
    }

    pub(crate) async fn rotate_webhook_secret(
        &self,
        app_id: AppId,
        sealed: &[u8],
        former_ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let sealed = sealed.to_owned();
        self.upkeep(move |connection| {
            let (id, ends, now) = (IdText::of(app_id), former_ends_at.as_ms(), now.as_ms());
            connection.prepare_cached(KEEP_SECRET)?.execute(params![id, ends, now])?;
            connection.prepare_cached(END_SECRETS)?.execute(params![id, ends, now])?;
            connection.prepare_cached(SHORTEN_SECRETS)?.execute(params![id, ends])?;
            Ok(connection.prepare_cached(SET_SECRET)?.execute(params![id, sealed])? > 0)
        })
        .await
    }

    pub(crate) async fn live_webhook_secrets(&self, app_id: AppId, now: Timestamp) -> Result<Vec<Vec<u8>>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(LIVE_SECRETS)?;
            let rows = statement.query_map(params![IdText::of(app_id), now.as_ms()], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// Counts a change of an app's endpoints.
pub(super) fn bump_targets(connection: &Connection, app_id: AppId) -> std::result::Result<(), Failure> {
    connection.prepare_cached(BUMP_TARGETS)?.execute([IdText::of(app_id)])?;
    Ok(())
}

/// False when the app has as many as it may.
pub(super) fn insert_endpoint(connection: &Connection, endpoint: &Endpoint) -> std::result::Result<bool, Failure> {
    let changed = connection.prepare_cached(INSERT_ENDPOINT)?.execute(params![
        IdText::of(endpoint.id),
        IdText::of(endpoint.app_id),
        endpoint.url,
        endpoint.events.bits(),
        endpoint.headers_sealed,
        endpoint.description,
        endpoint.is_default,
        endpoint.is_enabled,
        endpoint.disabled_reason,
        endpoint.created_at.as_ms(),
        i64::try_from(ENDPOINTS_MAX).unwrap_or(i64::MAX),
    ])?;
    Ok(changed > 0)
}
