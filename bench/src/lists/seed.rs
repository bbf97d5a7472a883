//! Millions of payments, written straight into the tables: through the API they would take too long.

use crate::postgres;
use anyhow::Context;
use rusqlite::Connection;
use std::path::Path;

/// How long ago the first payment was made, in milliseconds: 8 days, so that also of ten thousand payments every quarter of
/// an hour has some of every status.
const SPREAD_MS: u64 = 691_200_000;

/// Of ten payments one waits, six are paid, two failed and one expired; each has a reference of its own.
const POSTGRES: &str = "
INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, description, metadata, created_at_ms,
    expires_at_ms, completed_at_ms, transaction_id, failure_code)
SELECT (lpad(to_hex(start.ms + n * $STEP), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
    app.id, 100 + n % 100000, 'COINS', status, 'ORDER_' || n, 'Event Ticket Purchase', '{\"order_id\":\"123\"}',
    start.ms + n * $STEP, CASE status WHEN 0 THEN start.ms + 10000000000 ELSE start.ms + n * $STEP + 1800000 END,
    CASE WHEN status IN (1, 2) THEN start.ms + n * $STEP + 60000 END,
    CASE WHEN status = 1 THEN md5(n::text)::uuid END, CASE WHEN status = 2 THEN 'declined' END
FROM (SELECT n, (ARRAY[0, 1, 1, 1, 1, 1, 1, 2, 2, 3])[n::int % 10 + 1] AS status FROM generate_series(0::bigint, $COUNT - 1) AS n) AS numbered,
    (SELECT id FROM app) AS app, (SELECT floor(extract(epoch FROM now()) * 1000)::bigint - $COUNT::bigint * $STEP AS ms) AS start
ORDER BY n;
ANALYZE payment;";

const SQLITE: &str = "
WITH RECURSIVE numbered (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbered WHERE n < $COUNT - 1),
    start (ms) AS MATERIALIZED (SELECT CAST(unixepoch('now') AS INTEGER) * 1000 - $COUNT * $STEP),
    named (n, status) AS (SELECT n, CAST(substr('0111111223', n % 10 + 1, 1) AS INTEGER) FROM numbered)
INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, description, metadata, created_at_ms,
    expires_at_ms, completed_at_ms, transaction_id, failure_code)
SELECT printf('0352%018d', n), (SELECT id FROM app), 100 + n % 100000, 'COINS', status, 'ORDER_' || n,
    'Event Ticket Purchase', '{\"order_id\":\"123\"}', ms + n * $STEP,
    CASE status WHEN 0 THEN ms + 10000000000 ELSE ms + n * $STEP + 1800000 END,
    CASE WHEN status IN (1, 2) THEN ms + n * $STEP + 60000 END,
    CASE WHEN status = 1 THEN printf('0353%018d', n) END, CASE WHEN status = 2 THEN 'declined' END
FROM named, start;
ANALYZE;";

fn filled_in(sql: &str, count: u64) -> String {
    let step_ms = (SPREAD_MS / count.max(1)).max(1);
    sql.replace("$COUNT", &count.to_string()).replace("$STEP", &step_ms.to_string())
}

/// Seeds the one app of a PostgreSQL database with `count` payments.
pub(super) async fn postgres(url: &str, count: u64) -> anyhow::Result<()> {
    postgres::execute(url, &filled_in(POSTGRES, count)).await.context("seeding PostgreSQL")
}

/// Seeds the one app of a SQLite database, which nobody else has open, with `count` payments.
pub(super) fn sqlite(data_dir: &Path, count: u64) -> anyhow::Result<()> {
    let connection = Connection::open(data_dir.join("zenwallet.db"))?;
    connection.execute_batch(&filled_in(SQLITE, count)).context("seeding SQLite")
}
