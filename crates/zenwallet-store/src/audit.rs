//! The audit log: written in the transaction of what it tells, read newest first.

use crate::Store;
use crate::error::Result;
use crate::sql::{Row, Tx, Value, values};
use futures_util::FutureExt;
use zenwallet_core::audit::{Action, Actor, AuditEntry};
use zenwallet_core::id::{AppId, AuditId, Id, UserId};
use zenwallet_core::time::Timestamp;

const INSERT: &str = "INSERT INTO audit (id, at_ms, actor, actor_id, actor_name, action, app_id, target, address, request_id, \
    before, after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
/// A condition that is not asked for is NULL. Newest first, by the id.
const LIST: &str = "SELECT id, at_ms, actor, actor_id, actor_name, action, app_id, target, address, request_id, before, after \
    FROM audit WHERE id < $1 AND id >= $2 AND ($3 IS NULL OR app_id = $3) AND ($4 IS NULL OR actor_id = $4) \
    AND ($5 IS NULL OR action = $5) AND ($6 IS NULL OR target = $6) ORDER BY id DESC LIMIT $7";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, LIST];

/// Which entries are wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// About this app.
    pub app_id: Option<AppId>,
    /// By this user.
    pub user_id: Option<UserId>,
    /// This action.
    pub action: Option<Action>,
    /// Done to what has this public id.
    pub target: Option<String>,
    /// At this moment or later.
    pub after: Option<Timestamp>,
    /// Before this moment.
    pub before: Option<Timestamp>,
}

impl Store {
    /// Writes down what needs no other change.
    pub async fn append_audit(&self, entries: &[AuditEntry]) -> Result<()> {
        let entries = entries.to_vec();
        self.transact(move |tx| async move { append_audit(tx, &entries).await }.boxed()).await
    }

    /// Runs one statement in a transaction of its own; what it changed is written down with it. Says how many rows.
    pub(crate) async fn execute_audited(
        &self,
        sql: &'static str,
        values: Vec<Value>,
        audit: &[AuditEntry],
    ) -> Result<u64> {
        let audit = audit.to_vec();
        self.transact(move |tx| {
            async move {
                let changed = tx.execute(sql, values).await?;
                if changed > 0 {
                    append_audit(tx, &audit).await?;
                }
                Ok(changed)
            }
            .boxed()
        })
        .await
    }

    /// At most `limit` entries with ids below `below`, newest first.
    pub async fn list_audit(
        &self,
        filter: &AuditFilter,
        below: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>> {
        let end = filter.before.map_or(AuditId::from_bytes([0xff; 16]), Id::lower_bound);
        let below = below.map_or(end, |below| below.min(end));
        let from = filter.after.map_or(AuditId::from_bytes([0; 16]), Id::lower_bound);
        let (app_id, user_id) = (filter.app_id, filter.user_id.map(|id| id.to_string()));
        let (action, target) = (filter.action.map(Action::as_str), filter.target.as_deref());
        let values = values![below, from, app_id, user_id, action, target, limit];
        self.rows("audit", LIST, values).await?.iter_mut().map(entry).collect()
    }
}

/// Adds entries in the transaction of what they tell.
pub(crate) async fn append_audit(tx: &mut Tx, entries: &[AuditEntry]) -> Result<()> {
    for entry in entries {
        tx.execute(INSERT, columns(entry)).await?;
    }
    Ok(())
}

fn columns(entry: &AuditEntry) -> Vec<Value> {
    let actor = &entry.actor;
    values![
        entry.id,
        entry.at,
        actor.kind(),
        actor.id(),
        actor.name(),
        entry.action.as_str(),
        entry.app_id,
        entry.target.as_deref(),
        entry.address.as_deref(),
        entry.request_id.map(|id| id.to_string()),
        entry.before.as_deref(),
        entry.after.as_deref(),
    ]
}

fn entry(row: &mut Row) -> Result<AuditEntry> {
    let (id, at) = (row.id()?, row.time()?);
    let (kind, actor_id, name) = (row.text()?, row.optional_text()?, row.text()?);
    let actor = row.named("actor", actor(&kind, actor_id.as_deref(), name))?;
    Ok(AuditEntry {
        id,
        at,
        actor,
        action: row.word(Action::parse)?,
        app_id: row.optional_id()?,
        target: row.optional_text()?,
        address: row.optional_text()?,
        request_id: row.optional_text()?.and_then(|id| Id::parse(&id)),
        before: row.optional_text()?,
        after: row.optional_text()?,
    })
}

fn actor(kind: &str, id: Option<&str>, name: String) -> Option<Actor> {
    Some(match kind {
        "user" => Actor::User(Id::parse(id?)?, name),
        "app" => Actor::App(Id::parse(id?)?, name),
        "console" => Actor::Console,
        "system" => Actor::System,
        "anonymous" => Actor::Anonymous,
        _ => return None,
    })
}
