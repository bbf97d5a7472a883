//! A payment's timeline: put together from the payment, the audit log and the log of its webhooks. Nothing is written for it.

use super::Gateway;
use crate::wire::timeline::{Timeline, TimelineActor, TimelineEntry};
use url::Url;
use zenwallet_core::audit::{Action, AuditEntry};
use zenwallet_core::delivery::{Cause, DeliveryStatus};
use zenwallet_core::id::{AppId, PaymentId};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{AuditFilter, SentWebhook, StoreError, TriedWebhook};

/// Most entries that are shown.
const ENTRIES_MAX: usize = 200;
/// What a user did is written down after it was done, and by a clock that may differ.
const NOTED_WITHIN_MS: i64 = 60_000;
/// Entries about one payment that are looked at.
const NOTED_MAX: u32 = 20;

/// An entry with its moment.
type Dated = (Timestamp, TimelineEntry);

impl Gateway {
    /// What befell a payment of this app, oldest first.
    pub(crate) async fn payment_timeline(&self, app_id: AppId, id: PaymentId) -> Result<Option<Timeline>, StoreError> {
        let Some(payment) = self.find_payment(app_id, id).await? else { return Ok(None) };
        let limit = u32::try_from(ENTRIES_MAX + 1).unwrap_or(u32::MAX);
        let (sent, tried) = self.store.list_webhooks_of(app_id, id, limit).await?;
        let settled_by = self.settled_by(&payment).await?;
        let mut entries = of_payment(&payment, settled_by.as_ref());
        for delivery in &sent {
            entries.extend(of_delivery(delivery, tried.iter().filter(|tried| tried.delivery_id == delivery.id)));
        }
        // The sort keeps what comes of each other in its order where it happened in the same millisecond.
        entries.sort_by_key(|(at, _)| *at);
        let has_more = entries.len() > ENTRIES_MAX;
        let shown =
            entries.into_iter().take(ENTRIES_MAX).map(|(at, entry)| TimelineEntry { at: at.to_string(), ..entry });
        Ok(Some(Timeline::new(shown.collect(), has_more)))
    }

    /// The entry of the audit log that tells who ended a payment; what an app or a payer does is not written there.
    async fn settled_by(&self, payment: &Payment) -> Result<Option<AuditEntry>, StoreError> {
        let Some(at) = payment.completed_at else { return Ok(None) };
        let filter = AuditFilter {
            app_id: Some(payment.app_id),
            target: Some(payment.id.to_string()),
            after: Some(at.plus_ms(-NOTED_WITHIN_MS)),
            before: Some(at.plus_ms(NOTED_WITHIN_MS)),
            ..AuditFilter::default()
        };
        let noted = self.store.list_audit(&filter, None, NOTED_MAX).await?;
        let mut ends =
            noted.into_iter().filter(|e| [Action::PaymentCompleted, Action::PaymentCanceled].contains(&e.action));
        // Whoever asks again for the same end is written down too: the first one brought it about.
        Ok(ends.next_back())
    }
}

fn entry(kind: &'static str, actor: Option<TimelineActor>, text: String) -> TimelineEntry {
    TimelineEntry { object: "timeline_entry", kind, actor, text, ..TimelineEntry::default() }
}

fn of_payment(payment: &Payment, settled_by: Option<&AuditEntry>) -> Vec<Dated> {
    let until = payment.expires_at;
    let text = format!("A payment of {} {} was created, payable until {until}.", payment.amount, payment.currency);
    let created = (payment.created_at, entry("created", None, text));
    let code = payment.failure_code.as_deref();
    let (kind, text) = match payment.status {
        Status::Pending => return vec![created],
        Status::Success => ("completed", "The payment succeeded.".to_owned()),
        Status::Failed if code == Some("canceled") => ("canceled", "The payment was canceled.".to_owned()),
        Status::Failed => {
            let why = code.map(|code| format!(" with the code {code}")).unwrap_or_default();
            ("failed", format!("The payment failed{why}."))
        }
        Status::Expired => {
            let text = "The payment's time ran out before it was paid.".to_owned();
            let expired = entry("expired", Some(TimelineActor::SYSTEM), text);
            return vec![created, (payment.expires_at, expired)];
        }
    };
    let actor = settled_by.and_then(|noted| TimelineActor::of(&noted.actor));
    let address = settled_by.and_then(|noted| noted.address.clone());
    let ended = TimelineEntry { address, ..entry(kind, actor, text) };
    vec![created, (payment.completed_at.unwrap_or(payment.expires_at), ended)]
}

fn of_delivery<'a>(sent: &SentWebhook, tried: impl Iterator<Item = &'a TriedWebhook>) -> Vec<Dated> {
    let what = format!("{} to {}", sent.kind.as_str(), origin(&sent.url));
    let mut entries = Vec::new();
    let mut push = |at, entry| {
        let delivery_id = Some(sent.id.to_string());
        entries.push((at, TimelineEntry { delivery_id, ..entry }));
    };
    match sent.cause {
        Cause::Retry => {
            push(sent.created_at, entry("delivery_requested", None, format!("Sending {what} again was asked for.")))
        }
        Cause::Replay => {
            let text = format!("Sending {what} again was asked for, with all that failed.");
            push(sent.created_at, entry("delivery_requested", None, text));
        }
        Cause::Event | Cause::Test => {}
    }
    let mut ended_at = sent.created_at;
    for attempt in tried {
        ended_at = ended_at.max(attempt.started_at.plus_ms(attempt.duration_ms.into()));
        push(attempt.started_at, of_attempt(attempt, &what));
    }
    let system = || Some(TimelineActor::SYSTEM);
    match (sent.status, sent.next_attempt_at) {
        (DeliveryStatus::Pending, Some(next)) if sent.attempts > 0 => {
            let text = format!("Attempt {} to deliver {what} is due at {next}.", sent.attempts + 1);
            push(ended_at, entry("retry_scheduled", system(), text));
        }
        (DeliveryStatus::Failed, _) => {
            let text = format!("Delivering {what} was given up after {}.", times(sent.attempts));
            push(sent.finished_at.unwrap_or(ended_at), entry("delivery_failed", system(), text));
        }
        (DeliveryStatus::Canceled, _) => {
            let error = sent.error.as_deref().map(|error| word(error).to_owned());
            let text = format!("Delivering {what} was called off after {}.", times(sent.attempts));
            let canceled = TimelineEntry { error, ..entry("delivery_canceled", None, text) };
            push(sent.finished_at.unwrap_or(ended_at), canceled);
        }
        _ => {}
    }
    entries
}

fn of_attempt(attempt: &TriedWebhook, what: &str) -> TimelineEntry {
    let TriedWebhook { number, duration_ms, response_status: http_status, .. } = *attempt;
    let error = attempt.error.as_deref().map(|error| word(error).to_owned());
    let text = match (http_status, &error) {
        (Some(status), _) => format!("Attempt {number} to deliver {what} was answered with {status}."),
        (None, Some(error)) => format!("Attempt {number} to deliver {what} got no answer: {error}."),
        (None, None) => format!("Attempt {number} to deliver {what} got no answer."),
    };
    let (attempt, duration_ms) = (Some(number), Some(duration_ms));
    TimelineEntry { attempt, http_status, error, duration_ms, ..entry("attempt", Some(TimelineActor::SYSTEM), text) }
}

fn times(attempts: u32) -> String {
    if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") }
}

/// The stable word before the colon.
fn word(error: &str) -> &str {
    error.split(':').next().unwrap_or(error)
}

/// Where a webhook goes, without path and query.
fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "its address".to_owned(), |url| url.origin().ascii_serialization())
}
