//! Alerts: what users want to be told of by email, until it was told.

use crate::Store;
use crate::error::Result;
use crate::sql::{Row, Tx, values};
use futures_util::FutureExt;
use zenwallet_core::alert::{DIGEST_MS, FAILING_MS, FAILURES_KEPT_MS, KEPT_MS, STALE_MS, WAITING_MAX, id_of, retry_at};
use zenwallet_core::app::Environment;
use zenwallet_core::id::{AlertId, AppId, Id, UserId};
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{AlertType, Alerts, Email};

/// Whether a user `u` has room for another alert.
macro_rules! has_room {
    ($most:literal) => {
        concat!("(SELECT count(*) FROM alert w WHERE w.user_id = u.id AND w.visible_at_ms IS NOT NULL) < ", $most)
    };
}
const FIND_RECIPIENT: &str = concat!(
    "SELECT u.id FROM user_account u WHERE u.id = $1 AND u.is_active AND (u.alerts & $2) <> 0 AND ",
    has_room!("$3")
);
/// An owner whose account is closed hears nothing, so his app counts as one without an owner.
const FIND_RECIPIENTS: &str = concat!(
    "SELECT u.id FROM user_account u LEFT JOIN app a ON a.id = $1 \
     LEFT JOIN user_account o ON o.id = a.owner_user_id AND o.is_active \
     WHERE u.is_active AND (u.id = o.id OR (o.id IS NULL AND u.role = 'admin')) AND (u.alerts & $2) <> 0 AND ",
    has_room!("$3"),
    " ORDER BY u.id"
);
const INSERT_ALERT: &str = "INSERT INTO alert (id, user_id, kind, app_id, facts, occasion, created_at_ms, visible_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING";
/// An id is spelled as the database spells it: the occasion needs to be the same text each time, and no more.
macro_rules! failure_occasion {
    () => {
        "CASE WHEN e.is_enabled THEN 'failing:' ELSE 'disabled:' END || CAST(e.id AS TEXT) || ':' \
         || CAST(coalesce(e.failing_since_ms, 0) AS TEXT)"
    };
}
const LIST_FAILURES: &str = concat!(
    "SELECT u.id, e.app_id, e.url, e.disabled_reason, e.failing_since_ms, ",
    failure_occasion!(),
    " FROM endpoint e JOIN app a ON a.id = e.app_id LEFT JOIN user_account o ON o.id = a.owner_user_id AND o.is_active \
     JOIN user_account u ON u.is_active AND (u.id = o.id OR (o.id IS NULL AND u.role = 'admin')) \
     WHERE (u.alerts & $1) <> 0 AND a.deleted_at_ms IS NULL AND (e.failing_since_ms IS NULL OR e.failing_since_ms > $2) \
     AND ((e.is_enabled AND e.failing_since_ms <= $3) OR e.disabled_reason IS NOT NULL) \
     AND NOT EXISTS (SELECT 1 FROM alert t WHERE t.user_id = u.id AND t.occasion = ",
    failure_occasion!(),
    ") ORDER BY u.id, e.app_id, e.id LIMIT $4"
);
/// A user to whom an email is under way, or waits for its next attempt, is left alone: what is new goes with it. So is one
/// who was sent an email a moment ago; a moment that lies far ahead was a wrong clock's.
macro_rules! is_left_alone {
    ($user:literal, $now:literal, $after:literal, $before:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM alert b WHERE b.user_id = ",
            $user,
            " AND ((b.attempts > 0 AND b.visible_at_ms > ",
            $now,
            ") OR (b.sent_at_ms > ",
            $after,
            " AND b.sent_at_ms < ",
            $before,
            ")))"
        )
    };
}
const FIND_DUE_USERS: &str = concat!(
    "SELECT u.id FROM user_account u WHERE u.id IN (SELECT d.user_id FROM alert d WHERE d.visible_at_ms <= $1) AND NOT ",
    is_left_alone!("u.id", "$1", "$2", "$3"),
    " ORDER BY u.id LIMIT $4"
);
/// Of two nodes that come for one user at the same moment, the second waits here.
const LOCK_USER: &str = "SELECT u.id, u.email, u.alerts, u.is_active FROM user_account u WHERE u.id = $1";
const LEAVE_ALONE: &str = concat!("SELECT 1 WHERE ", is_left_alone!("$1", "$2", "$3", "$4"));
const LIST_DUE: &str = "SELECT l.id, l.kind, l.app_id, a.name, a.environment, l.facts, l.created_at_ms, l.visible_at_ms, l.attempts \
    FROM alert l LEFT JOIN app a ON a.id = l.app_id WHERE l.user_id = $1 AND l.visible_at_ms <= $2 \
    ORDER BY l.created_at_ms, l.id LIMIT $3";
const LEASE: &str = "UPDATE alert SET visible_at_ms = $1, attempts = attempts + 1 WHERE id = $2 AND visible_at_ms = $3";
const FINISH: &str =
    "UPDATE alert SET visible_at_ms = NULL, sent_at_ms = $1 WHERE id = $2 AND visible_at_ms IS NOT NULL";
const RETRY: &str = "UPDATE alert SET visible_at_ms = $1 WHERE id = $2 AND visible_at_ms IS NOT NULL";
const PRUNE: &str = "DELETE FROM alert WHERE id IN (SELECT p.id FROM alert p WHERE p.id < $1 AND (p.kind <> $2 OR p.id < $3) \
    ORDER BY p.id LIMIT $4)";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    FIND_RECIPIENT,
    FIND_RECIPIENTS,
    INSERT_ALERT,
    LIST_FAILURES,
    FIND_DUE_USERS,
    LOCK_USER,
    LEAVE_ALONE,
    LIST_DUE,
    LEASE,
    FINISH,
    RETRY,
    PRUNE,
];

/// Who is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recipient {
    /// This user.
    User(UserId),
    /// The owner of the alert's app, or every active admin when it has none.
    Owner,
}

/// What is to be told.
#[derive(Clone, Debug)]
pub struct NewAlert {
    /// What it is about: who does not want this kind hears nothing.
    pub kind: AlertType,
    /// The app that it is about.
    pub app_id: Option<AppId>,
    /// Who is told.
    pub recipient: Recipient,
    /// What the text is made of, as a JSON object without secrets.
    pub facts: String,
    /// What has been told to a user once is not told again.
    pub occasion: String,
    /// When it happened.
    pub at: Timestamp,
}

/// An endpoint's failure that a user has not been told of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UntoldFailure {
    /// Who is to be told.
    pub user_id: UserId,
    /// Whose endpoint it is.
    pub app_id: AppId,
    /// Where its webhooks go.
    pub url: String,
    /// Why it was disabled; `None` while it is tried.
    pub disabled_reason: Option<String>,
    /// Since when every delivery to it fails.
    pub failing_since: Option<Timestamp>,
    /// The occasion of the alert.
    pub occasion: String,
}

/// What one email tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertBatch {
    /// Whom.
    pub user_id: UserId,
    /// Where to.
    pub email: Email,
    /// What, oldest first.
    pub alerts: Vec<Alert>,
    /// Which attempt this is of the alert that was tried most often.
    pub attempt: u32,
}

/// What a user is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What it is about.
    pub kind: AlertType,
    /// The app that it is about.
    pub app_id: Option<AppId>,
    /// What that app is called.
    pub app_name: Option<String>,
    /// Which world that app lives in.
    pub app_environment: Option<Environment>,
    /// What the text is made of.
    pub facts: String,
    /// When it happened.
    pub at: Timestamp,
}

impl Store {
    /// Lets users be told, in one transaction.
    pub async fn raise_alerts(&self, alerts: &[NewAlert]) -> Result<()> {
        let alerts = alerts.to_vec();
        self.transact(move |tx| {
            async move {
                for alert in &alerts {
                    raise_alert(tx, alert).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// At most `limit` failures of endpoints that somebody who wants to be told was not told of: those that have lasted
    /// long enough, and endpoints that were disabled.
    pub async fn list_untold_failures(&self, now: Timestamp, limit: u32) -> Result<Vec<UntoldFailure>> {
        let kind = AlertType::WebhookFailing.bit();
        let values = values![kind, now.plus_ms(-FAILURES_KEPT_MS), now.plus_ms(-FAILING_MS), limit];
        self.rows("endpoint", LIST_FAILURES, values).await?.iter_mut().map(untold_failure).collect()
    }

    /// Leases to the caller, for `lease_ms`, what at most `limit` users are to be told now: all that is due of each. Who was
    /// sent an email less than five minutes ago waits.
    pub async fn claim_alerts(&self, now: Timestamp, lease_ms: i64, limit: u32) -> Result<Vec<AlertBatch>> {
        let values = values![now, now.plus_ms(-DIGEST_MS), now.plus_ms(DIGEST_MS), limit];
        let mut users = self.rows("user_account", FIND_DUE_USERS, values).await?;
        let mut batches = Vec::new();
        for row in &mut users {
            let user_id = row.id()?;
            batches.extend(self.transact(move |tx| claim(tx, user_id, now, lease_ms).boxed()).await?);
        }
        Ok(batches)
    }

    /// Notes that an email was sent, or, with `None`, that it never will be.
    pub async fn finish_alerts(&self, ids: &[AlertId], sent_at: Option<Timestamp>) -> Result<()> {
        let ids = ids.to_vec();
        self.transact(move |tx| {
            async move {
                for id in ids {
                    tx.execute(FINISH, values![sent_at, id]).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// Notes that an email could not be sent this time; says when it is tried again, `None` when it was given up.
    pub async fn retry_alerts(&self, batch: &AlertBatch, now: Timestamp) -> Result<Option<Timestamp>> {
        let ids: Vec<AlertId> = batch.alerts.iter().map(|alert| alert.id).collect();
        let Some(at) = retry_at(batch.attempt, now) else {
            self.finish_alerts(&ids, None).await?;
            return Ok(None);
        };
        self.transact(move |tx| {
            async move {
                for id in ids {
                    tx.execute(RETRY, values![at, id]).await?;
                }
                Ok(Some(at))
            }
            .boxed()
        })
        .await
    }

    /// Forgets at most `limit` alerts that have been kept long enough; says how many.
    pub async fn prune_alerts(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let before = |kept_ms: i64| -> AlertId { Id::lower_bound(now.plus_ms(-kept_ms)) };
        let kind = AlertType::WebhookFailing.bit();
        let values = values![before(KEPT_MS), kind, before(FAILURES_KEPT_MS), limit];
        self.execute_audited(PRUNE, values, &[]).await
    }
}

/// Lets users be told in the transaction of what they are told.
pub(crate) async fn raise_alert(tx: &mut Tx, alert: &NewAlert) -> Result<()> {
    let kind = alert.kind.bit();
    let found = match alert.recipient {
        Recipient::User(id) => tx.rows("user_account", FIND_RECIPIENT, values![id, kind, WAITING_MAX]).await?,
        Recipient::Owner => tx.rows("user_account", FIND_RECIPIENTS, values![alert.app_id, kind, WAITING_MAX]).await?,
    };
    for mut row in found {
        let user_id = row.id()?;
        let id = id_of(user_id, &alert.occasion, alert.at);
        let values = values![id, user_id, kind, alert.app_id, &alert.facts, &alert.occasion, alert.at];
        tx.execute(INSERT_ALERT, values).await?;
    }
    Ok(())
}

async fn claim(tx: &mut Tx, user_id: UserId, now: Timestamp, lease_ms: i64) -> Result<Option<AlertBatch>> {
    let locked = tx.lock("user_account", LOCK_USER, values![user_id]).await?;
    let Some(mut user) = locked.into_iter().next() else { return Ok(None) };
    let around = (now.plus_ms(-DIGEST_MS), now.plus_ms(DIGEST_MS));
    if tx.row("alert", LEAVE_ALONE, values![user_id, now, around.0, around.1]).await?.is_some() {
        return Ok(None);
    }
    let (_, email): (UserId, _) = (user.id()?, Email::from_stored(user.text()?));
    let bits = user.int()?;
    let wanted = user.named("alerts", Alerts::from_bits(bits))?;
    let is_active = user.boolean()?;
    let mut batch = AlertBatch { user_id, email, alerts: Vec::new(), attempt: 0 };
    for row in &mut tx.rows("alert", LIST_DUE, values![user_id, now, WAITING_MAX]).await? {
        let alert = alert(row)?;
        let (visible_at, attempts) = (row.time()?, row.optional_count()?.unwrap_or(0));
        let is_stale = alert.at < now.plus_ms(-STALE_MS) || retry_at(attempts, now).is_none();
        if is_stale || !is_active || !wanted.contains(alert.kind) {
            tx.execute(FINISH, values![None::<Timestamp>, alert.id]).await?;
        } else if tx.execute(LEASE, values![now.plus_ms(lease_ms), alert.id, visible_at]).await? > 0 {
            batch.attempt = batch.attempt.max(attempts + 1);
            batch.alerts.push(alert);
        }
    }
    Ok((!batch.alerts.is_empty()).then_some(batch))
}

fn alert(row: &mut Row) -> Result<Alert> {
    Ok(Alert {
        id: row.id()?,
        kind: {
            let bit = row.int()?;
            row.named("kind", AlertType::from_bit(bit))?
        },
        app_id: row.optional_id()?,
        app_name: row.optional_text()?,
        app_environment: row.optional_text()?.and_then(|name| Environment::parse(&name)),
        facts: row.text()?,
        at: row.time()?,
    })
}

fn untold_failure(row: &mut Row) -> Result<UntoldFailure> {
    Ok(UntoldFailure {
        user_id: row.id()?,
        app_id: row.id()?,
        url: row.text()?,
        disabled_reason: row.optional_text()?,
        failing_since: row.optional_time()?,
        occasion: row.text()?,
    })
}
