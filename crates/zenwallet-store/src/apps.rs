//! Apps and their keys.

use crate::Store;
use crate::audit::append_audit;
use crate::error::Result;
use crate::sql::{Row, Tx, values};
use futures_util::FutureExt;
use zenwallet_core::app::{ApiKey, App, Environment, KeyHash};
use zenwallet_core::audit::AuditEntry;
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::{AppId, KeyId, UserId};
use zenwallet_core::limits::{APPS_PER_USER_MAX, KEYS_MAX};
use zenwallet_core::time::Timestamp;

/// The columns of an app, in the order of [`app`]; `a` is the table.
macro_rules! app_columns {
    () => {
        "a.id, a.name, a.environment, a.webhook_secret_sealed, a.owner_user_id, a.rate_limit_per_s, a.created_at_ms, \
         a.is_active, a.monthly_payments_max, a.deleted_at_ms"
    };
}
/// The columns of a key, in the order of [`api_key`]; `k` is the table.
macro_rules! key_columns {
    () => {
        "k.id, k.app_id, k.hash, k.hint, k.name, k.created_at_ms, k.expires_at_ms, k.revoked_at_ms, k.last_used_at_ms, \
         k.last_used_address"
    };
}

/// Whoever makes two apps at the same moment waits here for himself.
const LOCK_OWNER: &str = "SELECT id FROM user_account WHERE id = $1";
const COUNT_APPS: &str = "SELECT count(*) FROM app WHERE owner_user_id = $1 AND deleted_at_ms IS NULL";
const INSERT_APP: &str = "INSERT INTO app (id, name, environment, webhook_secret_sealed, owner_user_id, rate_limit_per_s, \
    created_at_ms, is_active, monthly_payments_max) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const INSERT_LOG: &str = "INSERT INTO app_log (app_id, last_seq) VALUES ($1, 0)";
const INSERT_ENDPOINT: &str = "INSERT INTO endpoint (id, app_id, url, events, is_default, is_enabled, created_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const INSERT_KEY: &str = "INSERT INTO api_key (id, app_id, hash, hint, name, created_at_ms, expires_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const FIND_APP: &str = concat!("SELECT ", app_columns!(), " FROM app a WHERE a.id = $1");
const LIST_APPS: &str = concat!("SELECT ", app_columns!(), " FROM app a ORDER BY a.id");
const LIST_APPS_OF: &str = concat!(
    "SELECT ",
    app_columns!(),
    " FROM app a WHERE a.owner_user_id = $1 AND a.deleted_at_ms IS NULL ORDER BY a.id"
);
const LIST_APPS_IN: &str = concat!(
    "SELECT ",
    app_columns!(),
    " FROM app a WHERE a.environment = $1 AND a.deleted_at_ms IS NULL ORDER BY a.id DESC LIMIT $2"
);
const UPDATE_APP: &str = "UPDATE app SET name = $1, is_active = $2, rate_limit_per_s = $3, monthly_payments_max = $4, \
    owner_user_id = $5 WHERE id = $6 AND deleted_at_ms IS NULL";
const SET_APP_ACTIVE: &str = "UPDATE app SET is_active = $1 WHERE id = $2 AND deleted_at_ms IS NULL";
/// Whoever creates payments waits for this row.
const LOCK_LOG: &str = "SELECT last_seq FROM app_log WHERE app_id = $1";
const ANY_PENDING: &str = "SELECT 1 FROM payment WHERE app_id = $1 AND status = 0 AND expires_at_ms > $2 LIMIT 1";
const DELETE_APP: &str = "UPDATE app SET is_active = $1, deleted_at_ms = $2 WHERE id = $3 AND deleted_at_ms IS NULL";
/// Its messages go with it.
const DELETE_INBOX: &str = "DELETE FROM inbox WHERE app_id = $1";
const REVOKE_KEYS: &str = "UPDATE api_key SET revoked_at_ms = $1 WHERE app_id = $2 AND revoked_at_ms IS NULL";
const FIND_KEY: &str = concat!(
    "SELECT ",
    key_columns!(),
    ", ",
    app_columns!(),
    " FROM api_key k JOIN app a ON a.id = k.app_id WHERE k.hash = $1"
);
const LIST_KEYS: &str = concat!("SELECT ", key_columns!(), " FROM api_key k WHERE k.app_id = $1 ORDER BY k.id");
const FIND_KEY_OF: &str = concat!("SELECT ", key_columns!(), " FROM api_key k WHERE k.app_id = $1 AND k.id = $2");
const LOCK_APP: &str = "SELECT id FROM app WHERE id = $1 AND deleted_at_ms IS NULL";
const COUNT_KEYS: &str = "SELECT count(*) FROM api_key WHERE app_id = $1 AND revoked_at_ms IS NULL \
    AND (expires_at_ms IS NULL OR expires_at_ms > $2)";
const END_KEYS: &str = "UPDATE api_key SET expires_at_ms = $1 WHERE app_id = $2 AND id <> $3 \
    AND revoked_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > $1)";
const END_KEY: &str = "UPDATE api_key SET expires_at_ms = $1 WHERE app_id = $2 AND id = $3 \
    AND revoked_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > $1)";
const UPDATE_KEY: &str =
    "UPDATE api_key SET name = $1, expires_at_ms = $2 WHERE app_id = $3 AND id = $4 AND revoked_at_ms IS NULL";
const REVOKE_KEY: &str =
    "UPDATE api_key SET revoked_at_ms = $1 WHERE app_id = $2 AND id = $3 AND revoked_at_ms IS NULL";
const IS_REVOKED: &str = "SELECT 1 FROM api_key WHERE app_id = $1 AND id = $2 AND revoked_at_ms IS NOT NULL";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    LOCK_OWNER,
    COUNT_APPS,
    INSERT_APP,
    INSERT_LOG,
    INSERT_ENDPOINT,
    INSERT_KEY,
    FIND_APP,
    LIST_APPS,
    LIST_APPS_OF,
    LIST_APPS_IN,
    UPDATE_APP,
    SET_APP_ACTIVE,
    LOCK_LOG,
    ANY_PENDING,
    DELETE_APP,
    DELETE_INBOX,
    REVOKE_KEYS,
    FIND_KEY,
    LIST_KEYS,
    FIND_KEY_OF,
    LOCK_APP,
    COUNT_KEYS,
    END_KEYS,
    END_KEY,
    UPDATE_KEY,
    REVOKE_KEY,
    IS_REVOKED,
];

/// What became of an app that was to be deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deleted {
    /// It is gone.
    Yes,
    /// It has payments that can still be paid.
    HasPending,
    /// There is no such app.
    NoApp,
}

/// Which of an app's keys make room for a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outgoing {
    /// This one.
    One(KeyId),
    /// All of them.
    All,
    /// None: the new one is one more.
    None,
}

impl Store {
    /// Remembers a new app with its first key, an empty log and, if it has one, its default endpoint. False when its
    /// owner has as many apps as he may.
    pub async fn create_app(
        &self,
        app: &App,
        key: &ApiKey,
        endpoint: Option<&Endpoint>,
        audit: &[AuditEntry],
    ) -> Result<bool> {
        let (app, key, endpoint, audit) = (app.clone(), key.clone(), endpoint.cloned(), audit.to_vec());
        self.transact(move |tx| {
            async move {
                if let Some(owner) = app.owner_user_id {
                    tx.lock("user_account", LOCK_OWNER, values![owner]).await?;
                    if count(tx, COUNT_APPS, values![owner]).await? >= APPS_PER_USER_MAX as i64 {
                        return Ok(false);
                    }
                }
                insert_app(tx, &app).await?;
                if let Some(endpoint) = &endpoint {
                    let Endpoint { id, app_id, url, events, is_default, is_enabled, created_at, .. } = endpoint;
                    let events = i64::from(events.bits());
                    let values = values![*id, *app_id, url, events, *is_default, *is_enabled, *created_at];
                    tx.execute(INSERT_ENDPOINT, values).await?;
                }
                insert_key(tx, &key).await?;
                append_audit(tx, &audit).await?;
                Ok(true)
            }
            .boxed()
        })
        .await
    }

    /// An app, deleted or not.
    pub async fn find_app(&self, id: AppId) -> Result<Option<App>> {
        one(self.rows("app", FIND_APP, values![id]).await?, app)
    }

    /// Every app, oldest first, the deleted ones too.
    pub async fn list_apps(&self) -> Result<Vec<App>> {
        self.rows("app", LIST_APPS, vec![]).await?.iter_mut().map(app).collect()
    }

    /// The apps of a user, oldest first.
    pub async fn list_apps_of(&self, owner: UserId) -> Result<Vec<App>> {
        self.rows("app", LIST_APPS_OF, values![owner]).await?.iter_mut().map(app).collect()
    }

    /// At most `limit` apps of an environment, newest first.
    pub async fn list_apps_in(&self, environment: Environment, limit: u32) -> Result<Vec<App>> {
        self.rows("app", LIST_APPS_IN, values![environment.as_str(), limit]).await?.iter_mut().map(app).collect()
    }

    /// Changes an app as it is at this moment, and writes down what `change` says; it keeps its id, its environment and its
    /// secret. None when there is none of this id. Two who change different things at once both have their way.
    pub async fn change_app(
        &self,
        id: AppId,
        change: impl FnOnce(&mut App) -> Vec<AuditEntry> + Send + 'static,
    ) -> Result<Option<App>> {
        self.transact(move |tx| {
            async move {
                let found = one(tx.lock("app", FIND_APP, values![id]).await?, app)?;
                let Some(mut app) = found.filter(|app| app.deleted_at.is_none()) else { return Ok(None) };
                let audit = change(&mut app);
                let (rate, most) = (app.rate_limit_per_s, app.monthly_payments_max);
                let values = values![&app.name, app.is_active, rate, most, app.owner_user_id, id];
                tx.execute(UPDATE_APP, values).await?;
                append_audit(tx, &audit).await?;
                Ok(Some(app))
            }
            .boxed()
        })
        .await
    }

    /// Enables or disables an app; false when there is none of this id.
    pub async fn set_app_active(&self, id: AppId, is_active: bool) -> Result<bool> {
        Ok(self.execute_audited(SET_APP_ACTIVE, values![is_active, id], &[]).await? > 0)
    }

    /// Deletes an app that nobody can pay any more: its keys end, its inbox goes, nobody sees it, its payments stay.
    pub async fn delete_app(&self, id: AppId, now: Timestamp, audit: &[AuditEntry]) -> Result<Deleted> {
        let audit = audit.to_vec();
        self.transact(move |tx| {
            async move {
                tx.lock("app_log", LOCK_LOG, values![id]).await?;
                if tx.row("payment", ANY_PENDING, values![id, now]).await?.is_some() {
                    return Ok(Deleted::HasPending);
                }
                if tx.execute(DELETE_APP, values![false, now, id]).await? == 0 {
                    return Ok(Deleted::NoApp);
                }
                tx.execute(DELETE_INBOX, values![id]).await?;
                tx.execute(REVOKE_KEYS, values![now, id]).await?;
                append_audit(tx, &audit).await?;
                Ok(Deleted::Yes)
            }
            .boxed()
        })
        .await
    }

    /// The key with this hash, working or not, and its app.
    pub async fn find_key(&self, hash: KeyHash) -> Result<Option<(ApiKey, App)>> {
        one(self.rows("api_key", FIND_KEY, values![hash]).await?, |row| Ok((api_key(row)?, app(row)?)))
    }

    /// Every key of an app, oldest first, those that no longer work too.
    pub async fn list_keys(&self, app_id: AppId) -> Result<Vec<ApiKey>> {
        self.rows("api_key", LIST_KEYS, values![app_id]).await?.iter_mut().map(api_key).collect()
    }

    /// Adds a key to its app, and lets those it replaces end at `ends_at` unless they end before. False when the app has
    /// as many working keys as it may, or is not there.
    pub async fn add_key(
        &self,
        key: &ApiKey,
        outgoing: Outgoing,
        ends_at: Timestamp,
        audit: &[AuditEntry],
    ) -> Result<bool> {
        let (key, audit) = (key.clone(), audit.to_vec());
        self.transact(move |tx| {
            async move {
                if tx.lock("app", LOCK_APP, values![key.app_id]).await?.is_empty() {
                    return Ok(false);
                }
                match outgoing {
                    Outgoing::One(old) => tx.execute(END_KEY, values![ends_at, key.app_id, old]).await?,
                    Outgoing::All => tx.execute(END_KEYS, values![ends_at, key.app_id, key.id]).await?,
                    Outgoing::None => 0,
                };
                if count(tx, COUNT_KEYS, values![key.app_id, key.created_at]).await? >= KEYS_MAX as i64 {
                    return tx.undo(false);
                }
                insert_key(tx, &key).await?;
                append_audit(tx, &audit).await?;
                Ok(true)
            }
            .boxed()
        })
        .await
    }

    /// Changes the name and the end of a key as it is at this moment, and writes down what `change` says. None when it is
    /// none of this app's, or was revoked.
    pub async fn change_key(
        &self,
        app_id: AppId,
        id: KeyId,
        change: impl FnOnce(&mut ApiKey) -> Vec<AuditEntry> + Send + 'static,
    ) -> Result<Option<ApiKey>> {
        self.transact(move |tx| {
            async move {
                let found = one(tx.lock("api_key", FIND_KEY_OF, values![app_id, id]).await?, api_key)?;
                let Some(mut key) = found.filter(|key| key.revoked_at.is_none()) else { return Ok(None) };
                let audit = change(&mut key);
                tx.execute(UPDATE_KEY, values![key.name.as_deref(), key.expires_at, app_id, id]).await?;
                append_audit(tx, &audit).await?;
                Ok(Some(key))
            }
            .boxed()
        })
        .await
    }

    /// Revokes a key from now on; false when it is none of this app's. One that is revoked already stays as it is, and
    /// nothing is written down.
    pub async fn revoke_key(&self, app_id: AppId, id: KeyId, now: Timestamp, audit: &[AuditEntry]) -> Result<bool> {
        let audit = audit.to_vec();
        self.transact(move |tx| {
            async move {
                if tx.execute(REVOKE_KEY, values![now, app_id, id]).await? == 0 {
                    return Ok(tx.row("api_key", IS_REVOKED, values![app_id, id]).await?.is_some());
                }
                append_audit(tx, &audit).await?;
                Ok(true)
            }
            .boxed()
        })
        .await
    }
}

/// The number that a statement gives.
pub(crate) async fn count(tx: &mut Tx, sql: &str, values: Vec<crate::sql::Value>) -> Result<i64> {
    tx.row("count", sql, values).await?.map_or(Ok(0), |mut row| row.int())
}

/// The first row, decoded.
pub(crate) fn one<T>(rows: Vec<Row>, decode: impl FnOnce(&mut Row) -> Result<T>) -> Result<Option<T>> {
    rows.into_iter().next().map(|mut row| decode(&mut row)).transpose()
}

async fn insert_app(tx: &mut Tx, app: &App) -> Result<()> {
    let sealed = &app.webhook_secret_sealed;
    let values = values![
        app.id,
        &app.name,
        app.environment.as_str(),
        sealed,
        app.owner_user_id,
        app.rate_limit_per_s,
        app.created_at,
        app.is_active,
        app.monthly_payments_max,
    ];
    tx.execute(INSERT_APP, values).await?;
    tx.execute(INSERT_LOG, values![app.id]).await?;
    Ok(())
}

async fn insert_key(tx: &mut Tx, key: &ApiKey) -> Result<()> {
    let name = key.name.as_deref();
    let values = values![key.id, key.app_id, key.hash, &key.hint, name, key.created_at, key.expires_at];
    tx.execute(INSERT_KEY, values).await.map(drop)
}

fn app(row: &mut Row) -> Result<App> {
    Ok(App {
        id: row.id()?,
        name: row.text()?,
        environment: row.word(Environment::parse)?,
        webhook_secret_sealed: row.blob()?,
        owner_user_id: row.optional_id()?,
        rate_limit_per_s: row.optional_count()?,
        created_at: row.time()?,
        is_active: row.boolean()?,
        monthly_payments_max: row.optional_count()?,
        deleted_at: row.optional_time()?,
    })
}

fn api_key(row: &mut Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.id()?,
        app_id: row.id()?,
        hash: row.hash()?,
        hint: row.text()?,
        name: row.optional_text()?,
        created_at: row.time()?,
        expires_at: row.optional_time()?,
        revoked_at: row.optional_time()?,
        last_used_at: row.optional_time()?,
        last_used_address: row.optional_text()?,
    })
}
