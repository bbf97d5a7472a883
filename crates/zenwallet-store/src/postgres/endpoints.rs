//! Endpoints and the secrets their webhooks are signed with. Every change counts up the version that writers compare.

use super::PostgresStore;
use super::row::{self, endpoint_columns};
use super::statement::Param;
use crate::error::Result;
use tokio_postgres::types::Type;
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::{AppId, EndpointId};
use zenwallet_core::limits::ENDPOINTS_MAX;
use zenwallet_core::time::Timestamp;

/// Nothing is inserted into an app that has as many as it may.
const INSERT_ENDPOINT: &str = "WITH bumped AS (UPDATE app_log SET targets_version = targets_version + 1 WHERE app_id = $2 \
    RETURNING app_id) INSERT INTO endpoint (id, app_id, url, events, headers_sealed, description, is_default, is_enabled, \
    disabled_reason, created_at_ms) SELECT $1, app_id, $3, $4, $5, $6, $7, $8, $9, $10 FROM bumped \
    WHERE (SELECT count(*) FROM endpoint WHERE app_id = $2) < $11";
const UPDATE_ENDPOINT: &str = "WITH bumped AS (UPDATE app_log SET targets_version = targets_version + 1 WHERE app_id = $2) \
    UPDATE endpoint SET url = $3, events = $4, headers_sealed = $5, description = $6, \
    is_enabled = CASE WHEN $10 THEN $7 ELSE is_enabled END, \
    disabled_reason = CASE WHEN $10 THEN $8 ELSE disabled_reason END, \
    failing_since_ms = CASE WHEN $10 THEN $9 ELSE failing_since_ms END WHERE app_id = $2 AND id = $1";
const DELETE_ENDPOINT: &str = "WITH bumped AS (UPDATE app_log SET targets_version = targets_version + 1 WHERE app_id = $1) \
    DELETE FROM endpoint WHERE app_id = $1 AND id = $2";
const FIND_ENDPOINT: &str = concat!("SELECT ", endpoint_columns!(), " FROM endpoint WHERE app_id = $1 AND id = $2");
const LIST_ENDPOINTS: &str = concat!("SELECT ", endpoint_columns!(), " FROM endpoint WHERE app_id = $1 ORDER BY id");
const ROTATE_SECRET: &str = "WITH old AS (SELECT id, webhook_secret_sealed AS sealed FROM app WHERE id = $1 FOR UPDATE), \
    kept AS (INSERT INTO former_webhook_secret (app_id, sealed, expires_at_ms) SELECT id, sealed, $3 FROM old \
    WHERE $3 > $4 ON CONFLICT DO NOTHING), \
    ended AS (DELETE FROM former_webhook_secret WHERE app_id = $1 AND (expires_at_ms <= $4 OR $3 <= $4)), \
    older AS (UPDATE former_webhook_secret SET expires_at_ms = $3 WHERE app_id = $1 AND expires_at_ms > $3 AND $3 > $4) \
    UPDATE app SET webhook_secret_sealed = $2 FROM old WHERE app.id = old.id";
const LIVE_SECRETS: &str = "SELECT sealed FROM (SELECT 0 AS rank, webhook_secret_sealed AS sealed, 0::BIGINT AS ends FROM app \
    WHERE id = $1 UNION ALL SELECT 1, sealed, expires_at_ms FROM former_webhook_secret \
    WHERE app_id = $1 AND expires_at_ms > $2) AS live ORDER BY rank, ends DESC";

impl PostgresStore {
    pub(crate) async fn create_endpoint(&self, endpoint: &Endpoint) -> Result<bool> {
        let (id, app_id, events) = (endpoint.id.uuid(), endpoint.app_id.uuid(), endpoint.events.bits());
        let (created, most) = (endpoint.created_at.as_ms(), i64::try_from(ENDPOINTS_MAX).unwrap_or(i64::MAX));
        let params: [Param<'_>; 11] = [
            (&id, Type::UUID),
            (&app_id, Type::UUID),
            (&endpoint.url, Type::TEXT),
            (&events, Type::INT2),
            (&endpoint.headers_sealed, Type::BYTEA),
            (&endpoint.description, Type::TEXT),
            (&endpoint.is_default, Type::BOOL),
            (&endpoint.is_enabled, Type::BOOL),
            (&endpoint.disabled_reason, Type::TEXT),
            (&created, Type::INT8),
            (&most, Type::INT8),
        ];
        Ok(self.execute(INSERT_ENDPOINT, &params).await? > 0)
    }

    pub(crate) async fn update_endpoint(&self, endpoint: &Endpoint, switches: bool) -> Result<bool> {
        let (id, app_id, events) = (endpoint.id.uuid(), endpoint.app_id.uuid(), endpoint.events.bits());
        let failing_since = endpoint.failing_since.map(Timestamp::as_ms);
        let params: [Param<'_>; 10] = [
            (&id, Type::UUID),
            (&app_id, Type::UUID),
            (&endpoint.url, Type::TEXT),
            (&events, Type::INT2),
            (&endpoint.headers_sealed, Type::BYTEA),
            (&endpoint.description, Type::TEXT),
            (&endpoint.is_enabled, Type::BOOL),
            (&endpoint.disabled_reason, Type::TEXT),
            (&failing_since, Type::INT8),
            (&switches, Type::BOOL),
        ];
        Ok(self.execute(UPDATE_ENDPOINT, &params).await? > 0)
    }

    pub(crate) async fn delete_endpoint(&self, app_id: AppId, id: EndpointId) -> Result<bool> {
        let (app_id, id) = (app_id.uuid(), id.uuid());
        Ok(self.execute(DELETE_ENDPOINT, &[(&app_id, Type::UUID), (&id, Type::UUID)]).await? > 0)
    }

    pub(crate) async fn find_endpoint(&self, app_id: AppId, id: EndpointId) -> Result<Option<Endpoint>> {
        let (app_id, id) = (app_id.uuid(), id.uuid());
        self.read(async |reader| {
            let found = reader.query_opt(FIND_ENDPOINT, &[(&app_id, Type::UUID), (&id, Type::UUID)]).await?;
            Ok(found.as_ref().map(row::endpoint).transpose()?)
        })
        .await
    }

    pub(crate) async fn list_endpoints(&self, app_id: AppId) -> Result<Vec<Endpoint>> {
        let app_id = app_id.uuid();
        self.read(async |reader| {
            let rows = reader.query(LIST_ENDPOINTS, &[(&app_id, Type::UUID)]).await?;
            Ok(rows.iter().map(row::endpoint).collect::<Result<_>>()?)
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
        let (app_id, ends, now) = (app_id.uuid(), former_ends_at.as_ms(), now.as_ms());
        let params: [Param<'_>; 4] =
            [(&app_id, Type::UUID), (&sealed, Type::BYTEA), (&ends, Type::INT8), (&now, Type::INT8)];
        Ok(self.execute(ROTATE_SECRET, &params).await? > 0)
    }

    pub(crate) async fn live_webhook_secrets(&self, app_id: AppId, now: Timestamp) -> Result<Vec<Vec<u8>>> {
        let (app_id, now) = (app_id.uuid(), now.as_ms());
        self.read(async |reader| {
            let rows = reader.query(LIVE_SECRETS, &[(&app_id, Type::UUID), (&now, Type::INT8)]).await?;
            Ok(rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?)
        })
        .await
    }
}
