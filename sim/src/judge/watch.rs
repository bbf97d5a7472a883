//! What the database itself saw: triggers note every row that a committed transaction wrote, in order.

use crate::judge::Violation;
use rusqlite::{Connection, OpenFlags, Row, params};
use std::path::Path;

/// What the simulator adds to the schema; what is rolled back is not noted either.
const WATCH: &str = "
CREATE TABLE sim_change (n INTEGER PRIMARY KEY, what TEXT NOT NULL, a, b, c, d, e, f, g, h, i, j, k, l);
CREATE TRIGGER sim_payment_new AFTER INSERT ON payment BEGIN
    INSERT INTO sim_change (what, a, b, c, d, e, f, g) VALUES ('payment', NEW.id, NEW.app_id, NEW.status,
        NEW.amount_minor, NEW.expires_at_ms, NEW.completed_at_ms, NEW.webhook_url); END;
CREATE TRIGGER sim_payment AFTER UPDATE ON payment BEGIN
    INSERT INTO sim_change (what, a, b, c, d, e, f, g) VALUES ('payment', NEW.id, NEW.app_id, NEW.status,
        NEW.amount_minor, NEW.expires_at_ms, NEW.completed_at_ms, NEW.webhook_url); END;
CREATE TRIGGER sim_event_new AFTER INSERT ON event BEGIN
    INSERT INTO sim_change (what, a, b, c, d, e, f) VALUES ('event', NEW.app_id, NEW.seq, NEW.id, NEW.kind,
        NEW.payment_id, NEW.body); END;
CREATE TRIGGER sim_event AFTER UPDATE ON event BEGIN
    INSERT INTO sim_change (what, a) VALUES ('forbidden', 'an event was changed'); END;
CREATE TRIGGER sim_event_gone AFTER DELETE ON event BEGIN
    INSERT INTO sim_change (what, a) VALUES ('forbidden', 'an event was removed'); END;
CREATE TRIGGER sim_delivery_new AFTER INSERT ON delivery BEGIN
    INSERT INTO sim_change (what, a, b, c, d, e, f, g, h, i, j, k, l) VALUES ('delivery', NEW.id, NEW.app_id,
        NEW.event_seq, NEW.event_id, NEW.endpoint_id, NEW.url, NEW.cause, NEW.status, NEW.attempts, NEW.visible_at_ms,
        NEW.leased_by, NEW.lease_token); END;
CREATE TRIGGER sim_delivery AFTER UPDATE ON delivery BEGIN
    INSERT INTO sim_change (what, a, b, c, d, e, f, g, h, i, j, k, l) VALUES ('delivery', NEW.id, NEW.app_id,
        NEW.event_seq, NEW.event_id, NEW.endpoint_id, NEW.url, NEW.cause, NEW.status, NEW.attempts, NEW.visible_at_ms,
        NEW.leased_by, NEW.lease_token); END;
CREATE TRIGGER sim_delivery_gone AFTER DELETE ON delivery BEGIN
    INSERT INTO sim_change (what, a) VALUES ('forbidden', 'a delivery was removed'); END;
CREATE TRIGGER sim_attempt_new AFTER INSERT ON attempt BEGIN
    INSERT INTO sim_change (what, a, b) VALUES ('attempt', NEW.delivery_id, NEW.number); END;
CREATE TRIGGER sim_attempt AFTER UPDATE ON attempt BEGIN
    INSERT INTO sim_change (what, a) VALUES ('forbidden', 'an attempt was changed'); END;
CREATE TRIGGER sim_endpoint_new AFTER INSERT ON endpoint BEGIN
    INSERT INTO sim_change (what, a, b, c, d, e, f) VALUES ('endpoint', NEW.id, NEW.app_id, NEW.url, NEW.events,
        NEW.is_enabled, NEW.failing_since_ms); END;
CREATE TRIGGER sim_endpoint AFTER UPDATE ON endpoint BEGIN
    INSERT INTO sim_change (what, a, b, c, d, e, f) VALUES ('endpoint', NEW.id, NEW.app_id, NEW.url, NEW.events,
        NEW.is_enabled, NEW.failing_since_ms); END;
CREATE TRIGGER sim_endpoint_gone AFTER DELETE ON endpoint BEGIN
    INSERT INTO sim_change (what, a) VALUES ('endpoint_gone', OLD.id); END;
";
const CHANGES: &str = "SELECT n, what, a, b, c, d, e, f, g, h, i, j, k, l FROM sim_change WHERE n > ?1 ORDER BY n";

/// A row as a transaction left it. Ids are spelled as the tables spell them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Change {
    Payment {
        id: String,
        row: PaymentRow,
    },
    Event(EventRow),
    Delivery {
        id: String,
        row: DeliveryRow,
    },
    Attempt {
        delivery_id: String,
        number: i64,
    },
    Endpoint {
        id: String,
        row: EndpointRow,
    },
    EndpointGone(String),
    /// What no part of the product ever does.
    Forbidden(String),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PaymentRow {
    pub(crate) app_id: String,
    pub(crate) status: i64,
    pub(crate) amount_minor: i64,
    pub(crate) expires_at_ms: i64,
    pub(crate) completed_at_ms: Option<i64>,
    pub(crate) webhook_url: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct EventRow {
    pub(crate) app_id: String,
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) kind: i64,
    pub(crate) payment_id: String,
    pub(crate) body: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DeliveryRow {
    pub(crate) app_id: String,
    pub(crate) event_seq: i64,
    pub(crate) event_id: String,
    pub(crate) endpoint_id: Option<String>,
    pub(crate) url: String,
    pub(crate) cause: i64,
    pub(crate) status: i64,
    pub(crate) attempts: i64,
    pub(crate) visible_at_ms: Option<i64>,
    pub(crate) leased_by: Option<String>,
    pub(crate) token: i64,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct EndpointRow {
    pub(crate) app_id: String,
    pub(crate) url: String,
    pub(crate) events: i64,
    pub(crate) is_enabled: bool,
    pub(crate) failing_since_ms: Option<i64>,
}

/// Adds what is needed to a database that has the product's schema.
pub(crate) fn install(path: &Path) -> Result<(), Violation> {
    Ok(Connection::open(path)?.execute_batch(WATCH)?)
}

/// Reads what was noted since the last time.
pub(crate) struct Watch {
    connection: Connection,
    last: i64,
}

impl Watch {
    pub(crate) fn open(path: &Path) -> Result<Self, Violation> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Self { connection: Connection::open_with_flags(path, flags)?, last: 0 })
    }

    pub(crate) fn changes(&mut self) -> Result<Vec<Change>, Violation> {
        let mut statement = self.connection.prepare_cached(CHANGES)?;
        let mut rows = statement.query(params![self.last])?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            self.last = row.get(0)?;
            changes.push(change(row)?);
        }
        Ok(changes)
    }

    /// A single number, asked of the database itself.
    pub(crate) fn number(&self, sql: &str) -> Result<i64, Violation> {
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }
}

fn change(row: &Row<'_>) -> rusqlite::Result<Change> {
    let what: String = row.get(1)?;
    Ok(match what.as_str() {
        "payment" => Change::Payment {
            id: row.get(2)?,
            row: PaymentRow {
                app_id: row.get(3)?,
                status: row.get(4)?,
                amount_minor: row.get(5)?,
                expires_at_ms: row.get(6)?,
                completed_at_ms: row.get(7)?,
                webhook_url: row.get(8)?,
            },
        },
        "event" => Change::Event(EventRow {
            app_id: row.get(2)?,
            seq: row.get(3)?,
            id: row.get(4)?,
            kind: row.get(5)?,
            payment_id: row.get(6)?,
            body: row.get(7)?,
        }),
        "delivery" => Change::Delivery {
            id: row.get(2)?,
            row: DeliveryRow {
                app_id: row.get(3)?,
                event_seq: row.get(4)?,
                event_id: row.get(5)?,
                endpoint_id: row.get(6)?,
                url: row.get(7)?,
                cause: row.get(8)?,
                status: row.get(9)?,
                attempts: row.get(10)?,
                visible_at_ms: row.get(11)?,
                leased_by: row.get(12)?,
                token: row.get(13)?,
            },
        },
        "attempt" => Change::Attempt { delivery_id: row.get(2)?, number: row.get(3)? },
        "endpoint" => Change::Endpoint {
            id: row.get(2)?,
            row: EndpointRow {
                app_id: row.get(3)?,
                url: row.get(4)?,
                events: row.get(5)?,
                is_enabled: row.get(6)?,
                failing_since_ms: row.get(7)?,
            },
        },
        "endpoint_gone" => Change::EndpointGone(row.get(2)?),
        _ => Change::Forbidden(row.get(2)?),
    })
}
