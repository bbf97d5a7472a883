//! The database as the product promises it to SQL readers: the views `payments`, `events`, `webhook_deliveries`,
//! `webhook_logs` and `payment_rollups`, read only.

mod over_postgres;
mod over_sqlite;

use std::path::PathBuf;

/// Where the product keeps its rows.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    /// A file somewhere in this directory.
    Sqlite(PathBuf),
    /// The server at this address.
    Postgres(String),
}

/// A row of the view `payments`; every value as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PaymentRow {
    pub(crate) payment_id: String,
    pub(crate) app_id: String,
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) reference_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) payment_url: Option<String>,
    pub(crate) transaction_id: Option<String>,
    pub(crate) created_at: String,
    pub(crate) expires_at: String,
    pub(crate) completed_at: Option<String>,
}

/// A row of the view `events`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) app_id: String,
    pub(crate) seq: i64,
    pub(crate) event_id: String,
    pub(crate) kind: String,
    pub(crate) payment_id: Option<String>,
    pub(crate) created_at: String,
    pub(crate) body: String,
}

/// A row of the view `webhook_deliveries`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeliveryRow {
    pub(crate) delivery_id: String,
    pub(crate) app_id: String,
    pub(crate) event_id: String,
    pub(crate) kind: String,
    pub(crate) payment_id: Option<String>,
    pub(crate) cause: String,
    pub(crate) status: String,
    pub(crate) attempts: i64,
    pub(crate) next_attempt_at: Option<String>,
    pub(crate) created_at: String,
    pub(crate) finished_at: Option<String>,
}

/// A row of the view `webhook_logs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AttemptRow {
    pub(crate) delivery_id: String,
    pub(crate) number: i64,
    pub(crate) response_status: Option<i64>,
    pub(crate) is_delivered: bool,
    pub(crate) error: Option<String>,
}

/// A row of the view `payment_rollups`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RollupRow {
    pub(crate) app_id: String,
    /// `None` is since ever.
    pub(crate) start_at: Option<String>,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) payments: i64,
    pub(crate) volume: String,
}

/// The views at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// The moment before which nothing in it was read.
    pub(crate) taken_ms: i64,
    /// The moment after which nothing in it was read. Statuses are told as of some moment between.
    pub(crate) finished_ms: i64,
    /// All payments.
    pub(crate) payments: Vec<PaymentRow>,
    /// All events.
    pub(crate) events: Vec<EventRow>,
    /// All deliveries.
    pub(crate) deliveries: Vec<DeliveryRow>,
    /// All attempts.
    pub(crate) attempts: Vec<AttemptRow>,
    /// All rollups.
    pub(crate) rollups: Vec<RollupRow>,
    /// What the database's own check found wrong.
    pub(crate) damage: Vec<String>,
}

/// Every value as text, so that one reader serves both databases.
const PAYMENTS: &str = "select cast(payment_id as text), cast(app_id as text), cast(amount as text), cast(currency as text), \
    cast(status as text), cast(reference_id as text), cast(description as text), cast(metadata as text), \
    cast(payment_url as text), cast(transaction_id as text), cast(created_at as text), cast(expires_at as text), \
    cast(completed_at as text) from payments";
const EVENTS: &str = "select cast(app_id as text), cast(seq as text), cast(event_id as text), cast(type as text), \
    cast(payment_id as text), cast(created_at as text), cast(body as text) from events";
const DELIVERIES: &str = "select cast(delivery_id as text), cast(app_id as text), cast(event_id as text), cast(type as text), \
    cast(payment_id as text), cast(cause as text), cast(status as text), cast(attempts as text), \
    cast(next_attempt_at as text), cast(created_at as text), cast(finished_at as text) from webhook_deliveries";
const ATTEMPTS: &str = "select cast(delivery_id as text), cast(attempt_number as text), cast(response_status as text), \
    cast(delivered as text), cast(error as text) from webhook_logs";
const ROLLUPS: &str = "select cast(app_id as text), cast(start_at as text), cast(currency as text), \
    cast(status as text), cast(payments as text), cast(volume as text) from payment_rollups";
const EVENT_BODIES: &str = "select cast(event_id as text), cast(body as text) from events";

impl Database {
    /// Reads all views in one read-only transaction.
    pub(crate) async fn snapshot(&self) -> anyhow::Result<Snapshot> {
        match self {
            Self::Sqlite(dir) => {
                let dir = dir.clone();
                // Off this thread: the clients go on meanwhile.
                tokio::task::spawn_blocking(move || over_sqlite::read(&over_sqlite::find(&dir)?)).await?
            }
            Self::Postgres(url) => over_postgres::read(url).await,
        }
    }

    /// Reads every event's id and body.
    pub(crate) async fn event_bodies(&self) -> anyhow::Result<Vec<(String, String)>> {
        Ok(self.rows(EVENT_BODIES.to_owned()).await?.into_iter().map(id_and_body).collect())
    }

    /// Reads the deliveries that are not over.
    pub(crate) async fn pending_deliveries(&self) -> anyhow::Result<Vec<DeliveryRow>> {
        let rows = self.rows(format!("{DELIVERIES} where status = 'PENDING'")).await?;
        Ok(rows.into_iter().map(delivery_row).collect())
    }

    async fn rows(&self, sql: String) -> anyhow::Result<Vec<Texts>> {
        match self {
            Self::Sqlite(dir) => {
                let dir = dir.clone();
                tokio::task::spawn_blocking(move || over_sqlite::read_rows(&over_sqlite::find(&dir)?, &sql)).await?
            }
            Self::Postgres(url) => over_postgres::read_rows(url, &sql).await,
        }
    }
}

/// A row as both drivers give it: one text or NULL per column.
type Texts = Vec<Option<String>>;

fn id_and_body(texts: Texts) -> (String, String) {
    let mut texts = texts.into_iter();
    let mut next = || texts.next().flatten().unwrap_or_default();
    (next(), next())
}

fn payment_row(texts: Texts) -> PaymentRow {
    let mut texts = texts.into_iter();
    let mut next = || texts.next().flatten();
    PaymentRow {
        payment_id: next().unwrap_or_default(),
        app_id: next().unwrap_or_default(),
        amount: next().unwrap_or_default(),
        currency: next().unwrap_or_default(),
        status: next().unwrap_or_default(),
        reference_id: next(),
        description: next(),
        metadata: next(),
        payment_url: next(),
        transaction_id: next(),
        created_at: next().unwrap_or_default(),
        expires_at: next().unwrap_or_default(),
        completed_at: next(),
    }
}

fn event_row(texts: Texts) -> EventRow {
    let mut texts = texts.into_iter();
    let mut next = || texts.next().flatten();
    EventRow {
        app_id: next().unwrap_or_default(),
        // No event has the number 0, so a missing one is found as a gap.
        seq: next().and_then(|seq| seq.parse().ok()).unwrap_or(0),
        event_id: next().unwrap_or_default(),
        kind: next().unwrap_or_default(),
        payment_id: next(),
        created_at: next().unwrap_or_default(),
        body: next().unwrap_or_default(),
    }
}

fn delivery_row(texts: Texts) -> DeliveryRow {
    let mut texts = texts.into_iter();
    let mut next = || texts.next().flatten();
    DeliveryRow {
        delivery_id: next().unwrap_or_default(),
        app_id: next().unwrap_or_default(),
        event_id: next().unwrap_or_default(),
        kind: next().unwrap_or_default(),
        payment_id: next(),
        cause: next().unwrap_or_default(),
        status: next().unwrap_or_default(),
        // No delivery has fewer than none, so a missing number is found as a wrong one.
        attempts: next().and_then(|count| count.parse().ok()).unwrap_or(-1),
        next_attempt_at: next(),
        created_at: next().unwrap_or_default(),
        finished_at: next(),
    }
}

fn attempt_row(texts: Texts) -> AttemptRow {
    let mut texts = texts.into_iter();
    let mut next = || texts.next().flatten();
    AttemptRow {
        delivery_id: next().unwrap_or_default(),
        // No attempt has the number 0, so a missing one is found as a gap.
        number: next().and_then(|number| number.parse().ok()).unwrap_or(0),
        response_status: next().and_then(|status| status.parse().ok()),
        // SQLite spells a truth 1, PostgreSQL true.
        is_delivered: next().is_some_and(|truth| matches!(truth.as_str(), "1" | "true" | "t")),
        error: next(),
    }
}

fn rollup_row(texts: Texts) -> RollupRow {
    let mut texts = texts.into_iter();
    let mut next = || texts.next().flatten();
    RollupRow {
        app_id: next().unwrap_or_default(),
        start_at: next(),
        currency: next().unwrap_or_default(),
        status: next().unwrap_or_default(),
        // No row counts fewer than one, so a missing number is found as a wrong one.
        payments: next().and_then(|count| count.parse().ok()).unwrap_or(0),
        volume: next().unwrap_or_default(),
    }
}
