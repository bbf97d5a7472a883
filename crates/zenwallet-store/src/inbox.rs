//! Inboxes of test apps, and the newest messages in each.

use crate::Store;
use crate::apps::one;
use crate::error::Result;
use crate::sql::{Row, values};
use futures_util::FutureExt;
use zenwallet_core::id::{AppId, InboxId, MessageId};
use zenwallet_core::inbox::InboxMessage;
use zenwallet_core::limits::INBOX_KEEPS;
use zenwallet_core::time::Timestamp;

const FIND: &str = "SELECT i.id FROM inbox i WHERE i.app_id = $1";
const FIND_APP: &str = "SELECT i.app_id FROM inbox i WHERE i.id = $1";
/// Whoever deletes the app waits, or has done so.
const LOCK_APP: &str = "SELECT id FROM app WHERE id = $1 AND deleted_at_ms IS NULL";
const INSERT: &str =
    "INSERT INTO inbox (id, app_id, created_at_ms) VALUES ($1, $2, $3) ON CONFLICT (app_id) DO NOTHING";
/// Messages of one inbox come one after the other, so that none too many stays.
const LOCK: &str = "SELECT id FROM inbox WHERE id = $1";
const INSERT_MESSAGE: &str = "INSERT INTO inbox_message (inbox_id, id, received_at_ms, headers, body, is_body_lossy, \
    is_signature_valid, event_type, payment_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const FORGET_OLDEST: &str = "DELETE FROM inbox_message WHERE inbox_id = $1 AND id <= (SELECT m.id FROM inbox_message m \
    WHERE m.inbox_id = $1 ORDER BY m.id DESC LIMIT 1 OFFSET $2)";
const LIST: &str = "SELECT m.id, m.inbox_id, m.received_at_ms, m.headers, m.body, m.is_body_lossy, m.is_signature_valid, \
    m.event_type, m.payment_id FROM inbox_message m JOIN inbox i ON i.id = m.inbox_id \
    WHERE i.app_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3";
const EMPTY: &str = "DELETE FROM inbox_message WHERE inbox_id IN (SELECT i.id FROM inbox i WHERE i.app_id = $1)";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[FIND, FIND_APP, LOCK_APP, INSERT, LOCK, INSERT_MESSAGE, FORGET_OLDEST, LIST, EMPTY];

impl Store {
    /// The inbox of an app, if it has one.
    pub async fn find_inbox(&self, app_id: AppId) -> Result<Option<InboxId>> {
        one(self.rows("inbox", FIND, values![app_id]).await?, Row::id)
    }

    /// Whose inbox this is.
    pub async fn find_app_of_inbox(&self, id: InboxId) -> Result<Option<AppId>> {
        one(self.rows("inbox", FIND_APP, values![id]).await?, Row::id)
    }

    /// The inbox of an app, which is given this one if it has none. None when there is no such app.
    pub async fn open_inbox(&self, app_id: AppId, new: InboxId, now: Timestamp) -> Result<Option<InboxId>> {
        self.transact(move |tx| {
            async move {
                if tx.lock("app", LOCK_APP, values![app_id]).await?.is_empty() {
                    return Ok(None);
                }
                tx.execute(INSERT, values![new, app_id, now]).await?;
                one(tx.rows("inbox", FIND, values![app_id]).await?, Row::id)
            }
            .boxed()
        })
        .await
    }

    /// Keeps a message in its inbox, and forgets those that are too many. False when there is no such inbox.
    pub async fn receive_message(&self, message: InboxMessage) -> Result<bool> {
        self.transact(move |tx| {
            async move {
                let inbox_id = message.inbox_id;
                if tx.lock("inbox", LOCK, values![inbox_id]).await?.is_empty() {
                    return Ok(false);
                }
                let values = values![
                    inbox_id,
                    message.id,
                    message.received_at,
                    message.headers,
                    message.body,
                    message.is_body_lossy,
                    message.is_signature_valid,
                    message.event_type,
                    message.payment_id,
                ];
                tx.execute(INSERT_MESSAGE, values).await?;
                tx.execute(FORGET_OLDEST, values![inbox_id, INBOX_KEEPS]).await?;
                Ok(true)
            }
            .boxed()
        })
        .await
    }

    /// At most `limit` messages of an app's inbox with ids below `below`, newest first.
    pub async fn list_messages(
        &self,
        app_id: AppId,
        below: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<InboxMessage>> {
        let below = below.unwrap_or(MessageId::from_bytes([0xff; 16]));
        self.rows("inbox_message", LIST, values![app_id, below, limit]).await?.iter_mut().map(message).collect()
    }

    /// Forgets every message of an app's inbox; says how many.
    pub async fn empty_inbox(&self, app_id: AppId) -> Result<u64> {
        self.execute_audited(EMPTY, values![app_id], &[]).await
    }
}

fn message(row: &mut Row) -> Result<InboxMessage> {
    Ok(InboxMessage {
        id: row.id()?,
        inbox_id: row.id()?,
        received_at: row.time()?,
        headers: row.text()?,
        body: row.text()?,
        is_body_lossy: row.boolean()?,
        is_signature_valid: row.optional_boolean()?,
        event_type: row.optional_text()?,
        payment_id: row.optional_text()?,
    })
}
