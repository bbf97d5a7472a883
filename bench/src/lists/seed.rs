//! Millions of payments, written straight into the tables: through the API they would take too long.

use crate::postgres;
use anyhow::Context;
use rusqlite::Connection;
use std::path::Path;

/// Of ten payments one waits, six are paid, two failed and one expired; each has a reference of its own.
const POSTGRES: &str = "
INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, description, metadata, created_at_ms,
    expires_at_ms, completed_at_ms, transaction_id, failure_code)
SELECT (lpad(to_hex(start.ms + n), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
    app.id, 100 + n % 100000, 'COINS', status, 'ORDER_' || n, 'Event Ticket Purchase', '{\"order_id\":\"123\"}',
    start.ms + n, CASE status WHEN 0 THEN start.ms + 10000000000 ELSE start.ms + n + 1800000 END,
    CASE WHEN status IN (1, 2) THEN start.ms + n + 60000 END,
    CASE WHEN status = 1 THEN md5(n::text)::uuid END, CASE WHEN status = 2 THEN 'declined' END
FROM (SELECT n, (ARRAY[0, 1, 1, 1, 1, 1, 1, 2, 2, 3])[n % 10 + 1] AS status FROM generate_series(0, $COUNT - 1) AS n) AS numbered,
    (SELECT id FROM app) AS app, (SELECT floor(extract(epoch FROM now()) * 1000)::bigint - $COUNT AS ms) AS start
ORDER BY n;
ANALYZE payment;";

const SQLITE: &str = "
WITH RECURSIVE numbered (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbered WHERE n < $COUNT - 1),
    start (ms) AS MATERIALIZED (SELECT CAST(unixepoch('now') AS INTEGER) * 1000 - $COUNT),
    named (n, status) AS (SELECT n, CAST(substr('0111111223', n % 10 + 1, 1) AS INTEGER) FROM numbered)
INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, description, metadata, created_at_ms,
    expires_at_ms, completed_at_ms, transaction_id, failure_code)
SELECT printf('0352%018d', n), (SELECT id FROM app), 100 + n % 100000, 'COINS', status, 'ORDER_' || n,
    'Event Ticket Purchase', '{\"order_id\":\"123\"}', ms + n,
    CASE status WHEN 0 THEN ms + 10000000000 ELSE ms + n + 1800000 END,
    CASE WHEN status IN (1, 2) THEN ms + n + 60000 END,
    CASE WHEN status = 1 THEN printf('0353%018d', n) END, CASE WHEN status = 2 THEN 'declined' END
FROM named, start;
ANALYZE;";

/// Seeds the one app of a PostgreSQL database with `count` payments.
pub(super) async fn postgres(url: &str, count: u64) -> anyhow::Result<()> {
    postgres::execute(url, &POSTGRES.replace("$COUNT", &count.to_string())).await.context("seeding PostgreSQL")
}

/// Seeds the one app of a SQLite database, which nobody else has open, with `count` payments.
pub(super) fn sqlite(data_dir: &Path, count: u64) -> anyhow::Result<()> {
    let connection = Connection::open(data_dir.join("zenwallet.db"))?;
    connection.execute_batch(&SQLITE.replace("$COUNT", &count.to_string())).context("seeding SQLite")
}
