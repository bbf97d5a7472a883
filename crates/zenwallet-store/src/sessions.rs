//! Sessions and their refresh tokens.

use crate::Store;
use crate::apps::one;
use crate::audit::append_audit;
use crate::error::Result;
use crate::sql::{Row, Tx, values};
use crate::users::{user, user_columns};
use futures_util::FutureExt;
use zenwallet_core::app::KeyHash;
use zenwallet_core::audit::AuditEntry;
use zenwallet_core::id::{SessionId, UserId};
use zenwallet_core::limits::SESSIONS_MAX;
use zenwallet_core::session::{EndReason, Session, expiry};
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::User;

/// The columns of a session, in the order of [`session`]; `s` is the table.
macro_rules! session_columns {
    () => {
        "s.id, s.user_id, s.address, s.user_agent, s.created_at_ms, s.last_used_at_ms, s.confirmed_at_ms, s.tokens_since_ms, \
         s.expires_at_ms, s.ended_at_ms"
    };
}

const INSERT_SESSION: &str = "INSERT INTO session (id, user_id, address, user_agent, created_at_ms, last_used_at_ms, \
    confirmed_at_ms, tokens_since_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const DISPLACE: &str = "UPDATE session SET ended_at_ms = $1, end_reason = $2 WHERE id IN (SELECT id FROM session \
    WHERE user_id = $3 AND ended_at_ms IS NULL AND expires_at_ms > $1 ORDER BY last_used_at_ms DESC, id DESC LIMIT 1000 OFFSET $4)";
const INSERT_TOKEN: &str = "INSERT INTO refresh_token (hash, session_id, created_at_ms) VALUES ($1, $2, $3)";
/// The first to come uses a token; whoever comes second waits here, and finds it used.
const USE_TOKEN: &str =
    "UPDATE refresh_token SET used_at_ms = $1 WHERE hash = $2 AND used_at_ms IS NULL RETURNING session_id";
const FIND_TOKEN: &str = "SELECT session_id FROM refresh_token WHERE hash = $1";
const FIND_SESSION: &str = concat!(
    "SELECT ",
    session_columns!(),
    ", ",
    user_columns!(),
    " FROM session s JOIN user_account u ON u.id = s.user_id WHERE s.id = $1"
);
const LIST_SESSIONS: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM session s WHERE s.user_id = $1 AND s.ended_at_ms IS NULL AND s.expires_at_ms > $2 ORDER BY s.id DESC LIMIT 500"
);
const RENEW_SESSION: &str = "UPDATE session SET last_used_at_ms = $1, expires_at_ms = $2, address = $3, user_agent = $4 \
    WHERE id = $5 AND ended_at_ms IS NULL";
const END_SESSION: &str =
    "UPDATE session SET ended_at_ms = $1, end_reason = $2 WHERE id = $3 AND user_id = $4 AND ended_at_ms IS NULL";
const RENEW_TOKENS: &str = "UPDATE session SET confirmed_at_ms = $1, tokens_since_ms = $2 WHERE id = $3 \
    AND ended_at_ms IS NULL AND expires_at_ms > $2";
const USE_TOKENS: &str = "UPDATE refresh_token SET used_at_ms = $1 WHERE session_id = $2 AND used_at_ms IS NULL";
const OVER: &str = "SELECT id FROM session WHERE expires_at_ms < $1 ORDER BY expires_at_ms LIMIT $2";
const DELETE_TOKENS: &str = "DELETE FROM refresh_token WHERE session_id = $1";
const DELETE_SESSION: &str = "DELETE FROM session WHERE id = $1";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT_SESSION,
    DISPLACE,
    INSERT_TOKEN,
    USE_TOKEN,
    FIND_TOKEN,
    FIND_SESSION,
    LIST_SESSIONS,
    RENEW_SESSION,
    END_SESSION,
    RENEW_TOKENS,
    USE_TOKENS,
    OVER,
    DELETE_TOKENS,
    DELETE_SESSION,
];

/// A refresh token that came in, and the one that takes its place.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// What came in.
    pub token: KeyHash,
    /// What is given for it.
    pub successor: KeyHash,
    /// From where.
    pub address: String,
    /// By what.
    pub user_agent: String,
    /// When.
    pub now: Timestamp,
}

/// What became of a refresh token.
#[derive(Clone, Debug)]
pub enum Renewed {
    /// The session goes on, with the successor.
    Yes(Box<(Session, User)>),
    /// Nobody was given it, or its session is over.
    Unknown,
    /// It was used before: the session is over from now on.
    Reused(Session),
}

impl Store {
    /// Begins a session with its first refresh token.
    pub async fn start_session(&self, session: &Session, token: KeyHash, audit: &[AuditEntry]) -> Result<()> {
        let (session, audit) = (session.clone(), audit.to_vec());
        self.transact(move |tx| {
            async move {
                let Session { id, user_id, created_at, last_used_at, .. } = session;
                let Session { confirmed_at, tokens_since, expires_at, .. } = session;
                let (address, agent) = (&session.address, &session.user_agent);
                let (used, proved, since) = (last_used_at, confirmed_at, tokens_since);
                let values = values![id, user_id, address, agent, created_at, used, proved, since, expires_at];
                tx.execute(INSERT_SESSION, values).await?;
                let displaced = EndReason::Displaced.as_str();
                tx.execute(DISPLACE, values![created_at, displaced, user_id, SESSIONS_MAX as i64]).await?;
                tx.execute(INSERT_TOKEN, values![token, id, created_at]).await?;
                append_audit(tx, &audit).await
            }
            .boxed()
        })
        .await
    }

    /// Gives a session's refresh token a successor. One that comes a second time ends the session, which `audit` then
    /// tells of.
    pub async fn renew_session(
        &self,
        renewal: Renewal,
        audit: impl FnOnce(&Session) -> AuditEntry + Send + 'static,
    ) -> Result<Renewed> {
        self.transact(move |tx| {
            async move {
                let used = tx.row("refresh_token", USE_TOKEN, values![renewal.now, renewal.token]).await?;
                match used {
                    Some(mut row) => renew(tx, row.id()?, &renewal).await,
                    None => refuse(tx, &renewal, audit).await,
                }
            }
            .boxed()
        })
        .await
    }

    /// A session and its user, whatever became of them.
    pub async fn find_session(&self, id: SessionId) -> Result<Option<(Session, User)>> {
        one(self.rows("session", FIND_SESSION, values![id]).await?, |row| Ok((session(row)?, user(row)?)))
    }

    /// A user's sessions that go on, the newest first, at most 500.
    pub async fn list_sessions(&self, user_id: UserId, now: Timestamp) -> Result<Vec<Session>> {
        self.rows("session", LIST_SESSIONS, values![user_id, now]).await?.iter_mut().map(session).collect()
    }

    /// Ends a session of this user; false when he has none of this id that goes on.
    pub async fn end_session(
        &self,
        user_id: UserId,
        id: SessionId,
        reason: EndReason,
        now: Timestamp,
        audit: &[AuditEntry],
    ) -> Result<bool> {
        let values = values![now, reason.as_str(), id, user_id];
        Ok(self.execute_audited(END_SESSION, values, audit).await? > 0)
    }

    /// Gives a session new tokens: those before are worth nothing. `confirmed_at` is when its user last proved who he is.
    /// False when the session is over.
    pub async fn renew_tokens(
        &self,
        id: SessionId,
        token: KeyHash,
        confirmed_at: Timestamp,
        now: Timestamp,
        audit: &[AuditEntry],
    ) -> Result<bool> {
        let audit = audit.to_vec();
        self.transact(move |tx| {
            async move {
                // The tokens before the session, as whoever renews it does: otherwise each could wait for the other.
                tx.execute(USE_TOKENS, values![now, id]).await?;
                if tx.execute(RENEW_TOKENS, values![confirmed_at, now, id]).await? == 0 {
                    return tx.undo(false);
                }
                tx.execute(INSERT_TOKEN, values![token, id, now]).await?;
                append_audit(tx, &audit).await?;
                Ok(true)
            }
            .boxed()
        })
        .await
    }

    /// Forgets at most `limit` sessions that were over before `before`; says how many.
    pub async fn prune_sessions(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.transact(move |tx| {
            async move {
                let over = tx.rows("session", OVER, values![before, limit]).await?;
                let count = over.len() as u64;
                for mut row in over {
                    let id: SessionId = row.id()?;
                    tx.execute(DELETE_TOKENS, values![id]).await?;
                    tx.execute(DELETE_SESSION, values![id]).await?;
                }
                Ok(count)
            }
            .boxed()
        })
        .await
    }
}

async fn renew(tx: &mut Tx, id: SessionId, renewal: &Renewal) -> Result<Renewed> {
    let now = renewal.now;
    // A token that is given nothing for is not used up: whoever brings it again has not stolen it.
    let Some((found, user)) = load(tx, id).await? else { return tx.undo(Renewed::Unknown) };
    if !found.is_live(now) || !user.is_active {
        return tx.undo(Renewed::Unknown);
    }
    let expires_at = expiry(found.created_at, now);
    let values = values![now, expires_at, &renewal.address, &renewal.user_agent, id];
    if tx.execute(RENEW_SESSION, values).await? == 0 {
        return tx.undo(Renewed::Unknown);
    }
    tx.execute(INSERT_TOKEN, values![renewal.successor, id, now]).await?;
    let (address, user_agent) = (renewal.address.clone(), renewal.user_agent.clone());
    Ok(Renewed::Yes(Box::new((Session { last_used_at: now, expires_at, address, user_agent, ..found }, user))))
}

async fn refuse(tx: &mut Tx, renewal: &Renewal, audit: impl FnOnce(&Session) -> AuditEntry) -> Result<Renewed> {
    let Some(mut row) = tx.row("refresh_token", FIND_TOKEN, values![renewal.token]).await? else {
        return Ok(Renewed::Unknown);
    };
    let Some((found, _)) = load(tx, row.id()?).await? else { return Ok(Renewed::Unknown) };
    let values = values![renewal.now, EndReason::Reuse.as_str(), found.id, found.user_id];
    if tx.execute(END_SESSION, values).await? == 0 {
        return Ok(Renewed::Unknown);
    }
    append_audit(tx, &[audit(&found)]).await?;
    Ok(Renewed::Reused(found))
}

async fn load(tx: &mut Tx, id: SessionId) -> Result<Option<(Session, User)>> {
    let found = tx.row("session", FIND_SESSION, values![id]).await?;
    found.map(|mut row| Ok((session(&mut row)?, user(&mut row)?))).transpose()
}

fn session(row: &mut Row) -> Result<Session> {
    Ok(Session {
        id: row.id()?,
        user_id: row.id()?,
        address: row.text()?,
        user_agent: row.text()?,
        created_at: row.time()?,
        last_used_at: row.time()?,
        confirmed_at: row.time()?,
        tokens_since: row.time()?,
        expires_at: row.time()?,
        ended_at: row.optional_time()?,
    })
}
