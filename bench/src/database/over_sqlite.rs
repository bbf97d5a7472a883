//! SQLite: the file in the data directory, opened read-only beside the running server.

use super::{
    ATTEMPTS, DELIVERIES, EVENTS, PAYMENTS, ROLLUPS, Snapshot, Texts, attempt_row, delivery_row, event_row,
    payment_row, rollup_row,
};
use crate::clock::now_ms;
use anyhow::Context;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Finds the database file in `dir`, whatever it is called.
pub(super) fn find(dir: &Path) -> anyhow::Result<PathBuf> {
    let is_database = |path: &Path| {
        let mut start = [0; MAGIC.len()];
        File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *MAGIC
    };
    let mut files = std::fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path()));
    files.find(|path| is_database(path)).with_context(|| format!("no SQLite database in {}", dir.display()))
}

/// Reads all views and asks SQLite to check the file.
pub(super) fn read(path: &Path) -> anyhow::Result<Snapshot> {
    let connection = open(path)?;
    connection.execute_batch("begin")?;
    let mut snapshot = Snapshot {
        taken_ms: now_ms(),
        finished_ms: 0,
        payments: rows(&connection, PAYMENTS)?.into_iter().map(payment_row).collect(),
        events: rows(&connection, EVENTS)?.into_iter().map(event_row).collect(),
        deliveries: rows(&connection, DELIVERIES)?.into_iter().map(delivery_row).collect(),
        attempts: rows(&connection, ATTEMPTS)?.into_iter().map(attempt_row).collect(),
        rollups: rows(&connection, ROLLUPS)?.into_iter().map(rollup_row).collect(),
        damage: rows(&connection, "pragma quick_check")?
            .into_iter()
            .flatten()
            .flatten()
            .filter(|l| l != "ok")
            .collect(),
    };
    connection.execute_batch("rollback")?;
    snapshot.finished_ms = now_ms();
    Ok(snapshot)
}

/// Reads what a query finds.
pub(super) fn read_rows(path: &Path, sql: &str) -> anyhow::Result<Vec<Texts>> {
    rows(&open(path)?, sql)
}

fn open(path: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(connection)
}

fn rows(connection: &Connection, sql: &str) -> anyhow::Result<Vec<Texts>> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|i| row.get(i)).collect())?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::WorkDir;

    #[test]
    fn the_views_are_read_from_the_only_database_in_the_directory() {
        let dir = WorkDir::create("sqlite").expect("a directory");
        std::fs::write(dir.path().join("secret.key"), "not a database").expect("written");
        assert!(find(dir.path()).is_err());
        let path = dir.path().join("any.name");
        let writer = Connection::open(&path).expect("made");
        let columns = "payment_id, app_id, amount, currency, status, reference_id, description, metadata, payment_url, \
                       transaction_id, created_at, expires_at, completed_at";
        writer
            .execute_batch(&format!(
                "pragma journal_mode = wal; create table payments ({columns});
                 create table events (app_id, seq, event_id, type, payment_id, created_at, body);
                 create table webhook_deliveries (delivery_id, app_id, event_id, type, payment_id, cause, status,
                    attempts, next_attempt_at, created_at, finished_at);
                 insert into webhook_deliveries values ('dlv_1', 'app_1', 'evt_1', 'payment.success', 'pay_1', 'event', 'DELIVERED', 1, null, 'a', 'b');
                 create table webhook_logs (delivery_id, attempt_number, response_status, delivered, error);
                 insert into webhook_logs values ('dlv_1', 1, null, 0, 'timeout: it took too long');
                 create table payment_rollups (app_id, start_at, currency, status, payments, volume);
                 insert into payment_rollups values ('app_1', 'a', 'EUR', 'CREATED', 1, '12.50');
                 insert into payments ({columns}) values ('pay_1', 'app_1', 12.5, 'EUR', 'PENDING', null, null, '{{}}', 'u', null, 'a', 'b', null);
                 insert into events values ('app_1', 1, 'evt_1', 'payment.created', 'pay_1', 'a', '{{}}');"
            ))
            .expect("filled");
        let snapshot = read(&find(dir.path()).expect("found")).expect("read");
        assert_eq!((snapshot.payments.len(), snapshot.events.len(), snapshot.damage.len()), (1, 1, 0));
        let (payment, event) = (&snapshot.payments[0], &snapshot.events[0]);
        assert_eq!((payment.amount.as_str(), payment.reference_id.as_deref()), ("12.5", None));
        let (delivery, attempt) = (&snapshot.deliveries[0], &snapshot.attempts[0]);
        assert_eq!(
            (delivery.kind.as_str(), delivery.attempts, &delivery.next_attempt_at),
            ("payment.success", 1, &None)
        );
        assert_eq!((attempt.number, attempt.response_status, attempt.is_delivered), (1, None, false));
        let rollup = &snapshot.rollups[0];
        assert_eq!((rollup.payments, rollup.volume.as_str(), rollup.start_at.as_deref()), (1, "12.50", Some("a")));
        let bodies = read_rows(&path, crate::database::EVENT_BODIES).expect("read");
        assert_eq!(bodies, [[Some("evt_1".to_owned()), Some("{}".to_owned())]]);
        assert_eq!((event.seq, event.payment_id.as_deref()), (1, Some("pay_1")));
    }
}
