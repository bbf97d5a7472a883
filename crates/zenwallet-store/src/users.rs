//! Users, and the links that are good once.

use crate::Store;
use crate::apps::one;
use crate::audit::append_audit;
use crate::error::Result;
use crate::sql::{Row, Tx, values};
use futures_util::FutureExt;
use zenwallet_core::app::KeyHash;
use zenwallet_core::audit::AuditEntry;
use zenwallet_core::id::{LinkId, SessionId, UserId};
use zenwallet_core::session::EndReason;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{Alerts, Email, Link, Purpose, Role, Totp, User};

/// The columns of a user, in the order of [`user`]; `u` is the table.
macro_rules! user_columns {
    () => {
        "u.id, u.email, u.name, u.role, u.password_hash, u.password_set_at_ms, u.totp_sealed, u.totp_confirmed_at_ms, \
         u.alerts, u.is_active, u.created_at_ms, u.version"
    };
}
pub(crate) use user_columns;

macro_rules! link_columns {
    () => {
        "l.id, l.hash, l.purpose, l.role, l.user_id, l.email, l.created_at_ms, l.expires_at_ms, l.used_at_ms"
    };
}

const CLOSE_SETUP: &str =
    "INSERT INTO instance (name, value) VALUES ('setup_closed', $1) ON CONFLICT (name) DO NOTHING";
const INSERT_USER: &str = "INSERT INTO user_account (id, email, name, role, password_hash, password_set_at_ms, alerts, \
    is_active, created_at_ms, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (email) DO NOTHING";
const FIND_USER: &str = concat!("SELECT ", user_columns!(), " FROM user_account u WHERE u.id = $1");
const FIND_USER_BY_EMAIL: &str = concat!("SELECT ", user_columns!(), " FROM user_account u WHERE u.email = $1");
const LIST_USERS: &str = concat!("SELECT ", user_columns!(), " FROM user_account u ORDER BY u.id");
/// Two admins who close each other's accounts at the same moment wait here for each other.
const LOCK_ADMINS: &str = "SELECT id FROM user_account WHERE role = 'admin' AND is_active ORDER BY id";
const UPDATE_USER: &str = "UPDATE user_account SET name = $1, role = $2, password_hash = $3, password_set_at_ms = $4, \
    totp_sealed = $5, totp_confirmed_at_ms = $6, alerts = $7, is_active = $8, version = version + 1 \
    WHERE id = $9 AND version = $10";
const SPEND_STEP: &str =
    "UPDATE user_account SET totp_last_step = $1 WHERE id = $2 AND totp_last_step < $1 AND totp_sealed = $3";
const END_SESSIONS: &str = "UPDATE session SET ended_at_ms = $1, end_reason = $2 WHERE user_id = $3 \
    AND ended_at_ms IS NULL AND ($4 IS NULL OR id <> $4)";
const DELETE_CODES: &str = "DELETE FROM recovery_code WHERE user_id = $1";
const INSERT_CODE: &str = "INSERT INTO recovery_code (user_id, hash) VALUES ($1, $2)";
const SPEND_CODE: &str = "DELETE FROM recovery_code WHERE user_id = $1 AND hash = $2";
const COUNT_CODES: &str = "SELECT count(*) FROM recovery_code WHERE user_id = $1";
const INSERT_LINK: &str = "INSERT INTO link (id, hash, purpose, role, user_id, email, created_at_ms, expires_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const END_LINKS: &str = "UPDATE link SET expires_at_ms = $1 WHERE email = $2 AND purpose = $3 AND used_at_ms IS NULL \
    AND expires_at_ms > $1";
const FIND_LINK: &str = concat!("SELECT ", link_columns!(), " FROM link l WHERE l.hash = $1");
const LIST_INVITATIONS: &str = concat!(
    "SELECT ",
    link_columns!(),
    " FROM link l WHERE l.purpose = 'invitation' AND l.used_at_ms IS NULL AND l.expires_at_ms > $1 ORDER BY l.id"
);
const USE_LINK: &str = "UPDATE link SET used_at_ms = $1 WHERE id = $2 AND used_at_ms IS NULL AND expires_at_ms > $1";
const REVOKE_LINK: &str = "UPDATE link SET expires_at_ms = $1 WHERE id = $2 AND purpose = 'invitation' \
    AND used_at_ms IS NULL AND expires_at_ms > $1";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    CLOSE_SETUP,
    INSERT_USER,
    FIND_USER,
    FIND_USER_BY_EMAIL,
    LIST_USERS,
    LOCK_ADMINS,
    UPDATE_USER,
    SPEND_STEP,
    END_SESSIONS,
    DELETE_CODES,
    INSERT_CODE,
    SPEND_CODE,
    COUNT_CODES,
    INSERT_LINK,
    END_LINKS,
    FIND_LINK,
    LIST_INVITATIONS,
    USE_LINK,
    REVOKE_LINK,
];

/// By what right a new user comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// As the first one. It closes the setup for ever, as any other right does.
    Setup,
    /// By an invitation, which is used up.
    Invitation(LinkId),
    /// By whoever may run the program on the machine.
    Console,
}

/// What became of a change to a user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserOutcome {
    /// It is done.
    Done,
    /// Another account has the address.
    EmailTaken,
    /// The right to do it is used up.
    NotAdmitted,
    /// The user has changed meanwhile, or is not there.
    Changed,
    /// No active admin would be left.
    LastAdmin,
}

/// What else changes with a user, in the same transaction.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// His recovery codes from now on.
    pub recovery_codes: Option<Vec<KeyHash>>,
    /// His sessions end, but for this one.
    pub end_sessions: Option<(EndReason, Option<SessionId>)>,
    /// This link is used up.
    pub link: Option<LinkId>,
    /// What is written down.
    pub audit: Vec<AuditEntry>,
}

impl Store {
    /// Remembers a new user.
    pub async fn create_user(&self, user: &User, admission: Admission, audit: &[AuditEntry]) -> Result<UserOutcome> {
        let (user, audit) = (user.clone(), audit.to_vec());
        self.transact(move |tx| {
            async move {
                let now = user.created_at;
                let is_first = tx.execute(CLOSE_SETUP, values![now.as_ms().to_string()]).await? > 0;
                let is_admitted = match admission {
                    Admission::Setup => is_first,
                    Admission::Invitation(link) => tx.execute(USE_LINK, values![now, link]).await? > 0,
                    Admission::Console => true,
                };
                if !is_admitted {
                    return tx.undo(UserOutcome::NotAdmitted);
                }
                if insert_user(tx, &user).await? == 0 {
                    return tx.undo(UserOutcome::EmailTaken);
                }
                append_audit(tx, &audit).await?;
                Ok(UserOutcome::Done)
            }
            .boxed()
        })
        .await
    }

    /// Whether the first user is still awaited.
    pub async fn is_setup_open(&self) -> Result<bool> {
        Ok(self.instance_value("setup_closed").await?.is_none())
    }

    /// A user.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>> {
        one(self.rows("user_account", FIND_USER, values![id]).await?, user)
    }

    /// The user with this address.
    pub async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>> {
        one(self.rows("user_account", FIND_USER_BY_EMAIL, values![email.as_str()]).await?, user)
    }

    /// Every user, oldest first.
    pub async fn list_users(&self) -> Result<Vec<User>> {
        self.rows("user_account", LIST_USERS, vec![]).await?.iter_mut().map(user).collect()
    }

    /// Makes a user what he is here, if nobody else changed him since he was read.
    pub async fn update_user(&self, user: &User, now: Timestamp, change: UserChange) -> Result<UserOutcome> {
        let user = user.clone();
        self.transact(move |tx| {
            async move {
                let admins = tx.lock("user_account", LOCK_ADMINS, vec![]).await?;
                let admins = admins.into_iter().map(|mut row| row.id()).collect::<Result<Vec<UserId>>>()?;
                if admins == [user.id] && !(user.is_admin() && user.is_active) {
                    return Ok(UserOutcome::LastAdmin);
                }
                if let Some(link) = change.link
                    && tx.execute(USE_LINK, values![now, link]).await? == 0
                {
                    return Ok(UserOutcome::NotAdmitted);
                }
                if update_user(tx, &user).await? == 0 {
                    return tx.undo(UserOutcome::Changed);
                }
                if let Some(codes) = &change.recovery_codes {
                    tx.execute(DELETE_CODES, values![user.id]).await?;
                    for code in codes {
                        tx.execute(INSERT_CODE, values![user.id, *code]).await?;
                    }
                }
                if let Some((reason, spared)) = change.end_sessions {
                    let values = values![now, reason.as_str(), user.id, spared];
                    tx.execute(END_SESSIONS, values).await?;
                }
                append_audit(tx, &change.audit).await?;
                Ok(UserOutcome::Done)
            }
            .boxed()
        })
        .await
    }

    /// Uses up a half minute of a second factor: false when its code, or a later one, was used already, or when the
    /// factor is another one by now.
    pub async fn spend_totp_step(&self, user_id: UserId, step: i64, sealed: &[u8]) -> Result<bool> {
        let values = values![step, user_id, sealed];
        Ok(self.execute_audited(SPEND_STEP, values, &[]).await? > 0)
    }

    /// Uses up a recovery code; false when the user has none like it.
    pub async fn spend_recovery_code(&self, user_id: UserId, code: KeyHash, audit: &[AuditEntry]) -> Result<bool> {
        Ok(self.execute_audited(SPEND_CODE, values![user_id, code], audit).await? > 0)
    }

    /// How many recovery codes a user has left.
    pub async fn count_recovery_codes(&self, user_id: UserId) -> Result<i64> {
        let found = self.rows("recovery_code", COUNT_CODES, values![user_id]).await?;
        Ok(one(found, Row::int)?.unwrap_or(0))
    }

    /// Ends all sessions of a user; says how many that were.
    pub async fn end_sessions(
        &self,
        user_id: UserId,
        reason: EndReason,
        now: Timestamp,
        audit: &[AuditEntry],
    ) -> Result<u64> {
        let values = values![now, reason.as_str(), user_id, None::<SessionId>];
        self.execute_audited(END_SESSIONS, values, audit).await
    }

    /// Makes a link; those of the same purpose for the same address end.
    pub async fn create_link(&self, link: &Link, audit: &[AuditEntry]) -> Result<()> {
        let (link, audit) = (link.clone(), audit.to_vec());
        self.transact(move |tx| {
            async move {
                let (purpose, role, user_id) = match link.purpose {
                    Purpose::Invitation(role) => ("invitation", Some(role.as_str()), None),
                    Purpose::PasswordReset(user_id) => ("password_reset", None, Some(user_id)),
                };
                let email = link.email.as_str();
                tx.execute(END_LINKS, values![link.created_at, email, purpose]).await?;
                let (created, expires) = (link.created_at, link.expires_at);
                let values = values![link.id, link.hash, purpose, role, user_id, email, created, expires];
                tx.execute(INSERT_LINK, values).await?;
                append_audit(tx, &audit).await
            }
            .boxed()
        })
        .await
    }

    /// The link with the token of this hash.
    pub async fn find_link(&self, hash: KeyHash) -> Result<Option<Link>> {
        one(self.rows("link", FIND_LINK, values![hash]).await?, link)
    }

    /// The invitations that can still be used, oldest first.
    pub async fn list_invitations(&self, now: Timestamp) -> Result<Vec<Link>> {
        self.rows("link", LIST_INVITATIONS, values![now]).await?.iter_mut().map(link).collect()
    }

    /// Ends an invitation; false when there is none that can be used.
    pub async fn revoke_invitation(&self, id: LinkId, now: Timestamp, audit: &[AuditEntry]) -> Result<bool> {
        Ok(self.execute_audited(REVOKE_LINK, values![now, id], audit).await? > 0)
    }
}

async fn insert_user(tx: &mut Tx, user: &User) -> Result<u64> {
    let values = values![
        user.id,
        user.email.as_str(),
        &user.name,
        user.role.as_str(),
        &user.password_hash,
        user.password_set_at,
        user.alerts.bits(),
        user.is_active,
        user.created_at,
        user.version,
    ];
    tx.execute(INSERT_USER, values).await
}

async fn update_user(tx: &mut Tx, user: &User) -> Result<u64> {
    let totp = user.totp.as_ref();
    let values = values![
        &user.name,
        user.role.as_str(),
        &user.password_hash,
        user.password_set_at,
        totp.map(|totp| totp.sealed.as_slice()),
        totp.and_then(|totp| totp.confirmed_at),
        user.alerts.bits(),
        user.is_active,
        user.id,
        user.version,
    ];
    tx.execute(UPDATE_USER, values).await
}

/// The user in the next columns.
pub(crate) fn user(row: &mut Row) -> Result<User> {
    Ok(User {
        id: row.id()?,
        email: Email::from_stored(row.text()?),
        name: row.text()?,
        role: row.word(Role::parse)?,
        password_hash: row.text()?,
        password_set_at: row.time()?,
        totp: match (row.optional_blob()?, row.optional_time()?) {
            (Some(sealed), confirmed_at) => Some(Totp { sealed, confirmed_at }),
            (None, _) => None,
        },
        alerts: {
            let bits = row.int()?;
            row.named("alerts", Alerts::from_bits(bits))?
        },
        is_active: row.boolean()?,
        created_at: row.time()?,
        version: row.int()?,
    })
}

fn link(row: &mut Row) -> Result<Link> {
    let (id, hash, purpose) = (row.id()?, row.hash()?, row.text()?);
    let (role, user_id) = (row.optional_text()?, row.optional_id()?);
    let purpose = match purpose.as_str() {
        "invitation" => role.as_deref().and_then(Role::parse).map(Purpose::Invitation),
        _ => user_id.map(Purpose::PasswordReset),
    };
    Ok(Link {
        id,
        hash,
        purpose: row.named("purpose", purpose)?,
        email: Email::from_stored(row.text()?),
        created_at: row.time()?,
        expires_at: row.time()?,
        used_at: row.optional_time()?,
    })
}
