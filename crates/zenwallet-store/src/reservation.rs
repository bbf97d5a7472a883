//! Idempotency keys of work that is not one command of a batch: the key is reserved before the work, and keeps its answer
//! after it. A payment's key needs no reservation, for it commits with the payment: see [`crate::Claim`].

use crate::Store;
use crate::command::StoredAnswer;
use crate::error::Result;
use crate::sql::values;
use futures_util::FutureExt;
use zenwallet_core::id::AppId;
use zenwallet_core::limits::{IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_RESERVED_MS};
use zenwallet_core::time::Timestamp;

/// The status that no answer has: the work goes on, or its node has died.
const RESERVED: i64 = 0;

/// A key whose time is over is new again, and so is one whose work has not ended in time.
const RESERVE: &str = "INSERT INTO idempotency_key (app_id, key, fingerprint, status, body, created_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (app_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, \
    status = excluded.status, body = excluded.body, created_at_ms = excluded.created_at_ms \
    WHERE idempotency_key.created_at_ms <= $7 \
    OR (idempotency_key.status = $4 AND idempotency_key.created_at_ms <= $8)";
const FIND: &str = "SELECT fingerprint, status, body FROM idempotency_key WHERE app_id = $1 AND key = $2";
/// Not one that somebody else has reserved meanwhile.
const KEEP: &str = "UPDATE idempotency_key SET status = $1, body = $2 \
    WHERE app_id = $3 AND key = $4 AND status = $5 AND created_at_ms = $6";
const RELEASE: &str =
    "DELETE FROM idempotency_key WHERE app_id = $1 AND key = $2 AND status = $3 AND created_at_ms = $4";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[RESERVE, FIND, KEEP, RELEASE];

/// An idempotency key whose work goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reservation {
    app_id: AppId,
    key: String,
    at: Timestamp,
}

/// What a key stands for when somebody wants to work under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reserved {
    /// Nothing yet: the work may begin.
    New(Reservation),
    /// The same request, which was answered so.
    Answered(StoredAnswer),
    /// The same request, whose work goes on.
    Running,
    /// Another request.
    Other,
}

impl Store {
    /// Reserves a key for the request with this fingerprint.
    pub async fn reserve_key(
        &self,
        app_id: AppId,
        key: &str,
        fingerprint: [u8; 32],
        now: Timestamp,
    ) -> Result<Reserved> {
        let key = key.to_owned();
        self.transact(move |tx| {
            async move {
                let (expired, abandoned) = (now.plus_ms(-IDEMPOTENCY_KEPT_MS), now.plus_ms(-IDEMPOTENCY_RESERVED_MS));
                let (print, no_body): (&[u8], &[u8]) = (&fingerprint, &[]);
                let values = values![app_id, &key, print, RESERVED, no_body, now, expired, abandoned];
                if tx.execute(RESERVE, values).await? > 0 {
                    return Ok(Reserved::New(Reservation { app_id, key, at: now }));
                }
                let found = tx.row("idempotency_key", FIND, values![app_id, &key]).await?;
                // Released meanwhile: whoever asks again finds it free.
                let Some(mut row) = found else { return Ok(Reserved::Running) };
                if row.blob()? != fingerprint {
                    return Ok(Reserved::Other);
                }
                let status = row.code(|code| u16::try_from(code).ok())?;
                let body = row.blob()?.into();
                let answer = StoredAnswer { status, body };
                Ok(if i64::from(status) == RESERVED { Reserved::Running } else { Reserved::Answered(answer) })
            }
            .boxed()
        })
        .await
    }

    /// Keeps the answer of the work, for 24 hours from its reservation.
    pub async fn keep_answer(&self, reservation: Reservation, answer: &StoredAnswer) -> Result<()> {
        let Reservation { app_id, key, at } = reservation;
        let values = values![i64::from(answer.status), &answer.body[..], app_id, &key, RESERVED, at];
        self.execute_audited(KEEP, values, &[]).await.map(drop)
    }

    /// Makes the key new again: nothing was done under it.
    pub async fn release_key(&self, reservation: Reservation) -> Result<()> {
        let Reservation { app_id, key, at } = reservation;
        self.execute_audited(RELEASE, values![app_id, &key, RESERVED, at], &[]).await.map(drop)
    }
}
