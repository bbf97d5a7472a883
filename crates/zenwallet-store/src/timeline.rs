//! What became of one payment's webhooks, without what was said in each.

use crate::Store;
use crate::error::Result;
use crate::sql::{Row, values};
use zenwallet_core::delivery::{Cause, DeliveryStatus};
use zenwallet_core::event::EventType;
use zenwallet_core::id::{AppId, DeliveryId, PaymentId};
use zenwallet_core::time::Timestamp;

const LIST_SENT: &str = "SELECT d.id, d.kind, d.url, d.cause, d.status, d.attempts, d.visible_at_ms, d.created_at_ms, \
    d.finished_at_ms, d.error FROM delivery d WHERE d.payment_id = $1 AND d.app_id = $2 ORDER BY d.id LIMIT $3";
const LIST_TRIED: &str = "SELECT t.delivery_id, t.number, t.started_at_ms, t.duration_ms, t.response_status, t.error \
    FROM delivery d JOIN attempt t ON t.app_id = d.app_id AND t.delivery_id = d.id \
    WHERE d.payment_id = $1 AND d.app_id = $2 ORDER BY t.started_at_ms, t.delivery_id, t.number LIMIT $3";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LIST_SENT, LIST_TRIED];

/// A delivery, in short.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SentWebhook {
    /// Its id.
    pub id: DeliveryId,
    /// What it tells of.
    pub kind: EventType,
    /// Where it goes.
    pub url: String,
    /// Why there is one.
    pub cause: Cause,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts made.
    pub attempts: u32,
    /// When it is tried next; `None` once it is over.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// What went wrong last.
    pub error: Option<String>,
}

/// An attempt, in short.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TriedWebhook {
    /// Of which delivery.
    pub delivery_id: DeliveryId,
    /// 1, 2, 3 …
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// The answer's status, if there was one.
    pub response_status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
}

impl Store {
    /// At most `limit` deliveries of a payment, and at most `limit` attempts of all of them, each oldest first.
    pub async fn list_webhooks_of(
        &self,
        app_id: AppId,
        id: PaymentId,
        limit: u32,
    ) -> Result<(Vec<SentWebhook>, Vec<TriedWebhook>)> {
        let mut sent = self.rows("delivery", LIST_SENT, values![id, app_id, limit]).await?;
        let mut tried = self.rows("attempt", LIST_TRIED, values![id, app_id, limit]).await?;
        Ok((
            sent.iter_mut().map(sent_webhook).collect::<Result<_>>()?,
            tried.iter_mut().map(tried_webhook).collect::<Result<_>>()?,
        ))
    }
}

fn sent_webhook(row: &mut Row) -> Result<SentWebhook> {
    Ok(SentWebhook {
        id: row.id()?,
        kind: row.code(EventType::from_code)?,
        url: row.text()?,
        cause: row.code(Cause::from_code)?,
        status: row.code(DeliveryStatus::from_code)?,
        attempts: row.optional_count()?.unwrap_or_default(),
        next_attempt_at: row.optional_time()?,
        created_at: row.time()?,
        finished_at: row.optional_time()?,
        error: row.optional_text()?,
    })
}

fn tried_webhook(row: &mut Row) -> Result<TriedWebhook> {
    Ok(TriedWebhook {
        delivery_id: row.id()?,
        number: row.optional_count()?.unwrap_or_default(),
        started_at: row.time()?,
        duration_ms: row.optional_count()?.unwrap_or_default(),
        response_status: row.optional_count()?.and_then(|status| status.try_into().ok()),
        error: row.optional_text()?,
    })
}
