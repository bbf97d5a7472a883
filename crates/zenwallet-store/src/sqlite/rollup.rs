//! Rollups: grown by every batch, summed for analytics, compared with the payments and mended.

use super::SqliteStore;
use super::failure::{Failure, expect_one};
use super::row::{self, IdText};
use crate::error::{Result, StoreError};
use crate::plan::Plan;
use crate::rollup::{Rollup, RollupKey, RollupQuery, RollupSum, difference, with_sums};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, ToSql, params};
use zenwallet_core::analytics::Tally;
use zenwallet_core::id::AppId;
use zenwallet_core::time::Timestamp;

type Done<T> = std::result::Result<T, Failure>;

/// The two lower parts together stay far below what a number holds, so the carry is exact.
const GROW_ROLLUP: &str = "INSERT INTO rollup AS r (app_id, span, start_ms, currency, status, payments, volume_high, volume_low) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (app_id, span, start_ms, currency, status) DO UPDATE SET \
    payments = r.payments + excluded.payments, \
    volume_high = r.volume_high + excluded.volume_high + (r.volume_low + excluded.volume_low) / 1000000000000000, \
    volume_low = (r.volume_low + excluded.volume_low) % 1000000000000000";

/// Slots are pairs of JSON numbers. Lower parts are summed in two halves, of which there can be any number.
pub(super) const SUM_ROLLUP: &str = "WITH \
    top AS MATERIALIZED (SELECT currency FROM rollup WHERE app_id = ?1 AND span = 0 AND status = 0 \
        AND (?2 IS NULL OR currency = ?2) ORDER BY payments DESC, currency LIMIT ?3), \
    slot AS MATERIALIZED (SELECT key AS place, value ->> 0 AS first_ms, value ->> 1 AS end_ms FROM json_each(?4)), \
    overdue AS MATERIALIZED (SELECT currency, expires_at_ms, amount_minor FROM payment INDEXED BY payment_due \
        WHERE status = 0 AND expires_at_ms <= ?5 AND app_id = ?1 AND (?2 IS NULL OR currency = ?2)), \
    counted (place, currency, status, payments, volume_high, volume_low) AS ( \
        SELECT NULL, currency, status, payments, volume_high, volume_low FROM rollup \
        WHERE app_id = ?1 AND span = 0 AND (?2 IS NULL OR currency = ?2) \
        UNION ALL SELECT slot.place, r.currency, r.status, r.payments, r.volume_high, r.volume_low \
        FROM slot CROSS JOIN rollup r ON r.app_id = ?1 AND r.span = 1 AND r.start_ms >= slot.first_ms \
        AND r.start_ms < slot.end_ms AND (?2 IS NULL OR r.currency = ?2) \
        UNION ALL SELECT NULL, currency, 3, 1, 0, amount_minor FROM overdue \
        UNION ALL SELECT slot.place, overdue.currency, 3, 1, 0, overdue.amount_minor FROM overdue \
        CROSS JOIN slot ON overdue.expires_at_ms >= slot.first_ms AND overdue.expires_at_ms < slot.end_ms) \
    SELECT counted.place, top.currency, counted.status, sum(payments), sum(volume_high), \
    sum(volume_low / 1000000), sum(volume_low % 1000000) \
    FROM counted LEFT JOIN top ON top.currency = counted.currency GROUP BY 1, 2, 3";

/// What the payments say, by the quarter; amounts are summed in two halves.
const COUNT_PAYMENTS: &str = "SELECT ?1, 1, at_ms - ((at_ms % 900000) + 900000) % 900000 AS start_ms, currency, status, \
    count(*), 0, sum(amount_minor / 1000000), sum(amount_minor % 1000000) \
    FROM (SELECT created_at_ms AS at_ms, currency, 0 AS status, amount_minor FROM payment WHERE app_id = ?1 \
    UNION ALL SELECT coalesce(completed_at_ms, expires_at_ms), currency, status, amount_minor FROM payment \
    WHERE app_id = ?1 AND status <> 0) GROUP BY 3, 4, 5";
const LOAD_ROLLUP: &str = "SELECT app_id, span, start_ms, currency, status, payments, volume_high, \
    volume_low / 1000000, volume_low % 1000000 FROM rollup WHERE app_id = ?1";
const LOAD_ROW: &str = "SELECT app_id, span, start_ms, currency, status, payments, volume_high, volume_low / 1000000, \
    volume_low % 1000000 FROM rollup WHERE app_id = ?1 AND span = ?2 AND start_ms = ?3 AND currency = ?4 AND status = ?5";
const REPLACE_ROW: &str = "INSERT INTO rollup (app_id, span, start_ms, currency, status, payments, volume_high, \
    volume_low) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (app_id, span, start_ms, currency, status) \
    DO UPDATE SET payments = excluded.payments, volume_high = excluded.volume_high, volume_low = excluded.volume_low";
const DELETE_ROW: &str =
    "DELETE FROM rollup WHERE app_id = ?1 AND span = ?2 AND start_ms = ?3 AND currency = ?4 AND status = ?5";
/// Counts the rebuilds, so that two at once do not both add what is missing.
const COUNT_REBUILDS: &str = "SELECT coalesce((SELECT CAST(value AS INTEGER) FROM instance \
    WHERE name = 'rollup_rebuilds'), 0)";
const NOTE_REBUILD: &str = "INSERT INTO instance (name, value) SELECT 'rollup_rebuilds', CAST(?1 + 1 AS TEXT) \
    WHERE ?1 = coalesce((SELECT CAST(value AS INTEGER) FROM instance WHERE name = 'rollup_rebuilds'), 0) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    GROW_ROLLUP,
    SUM_ROLLUP,
    COUNT_PAYMENTS,
    LOAD_ROLLUP,
    LOAD_ROW,
    REPLACE_ROW,
    DELETE_ROW,
    COUNT_REBUILDS,
    NOTE_REBUILD,
];

/// Adds to rollups what the batch changes.
pub(super) fn grow_rollup(connection: &Connection, plan: &Plan<'_>) -> Done<()> {
    let mut statement = connection.prepare_cached(GROW_ROLLUP)?;
    for (key, tally) in plan.rollup_growth() {
        write_row(&mut statement, &key, tally)?;
    }
    Ok(())
}

fn write_row(statement: &mut rusqlite::CachedStatement<'_>, key: &RollupKey, tally: Tally) -> Done<()> {
    let (span, start_ms) = key.span.columns();
    let parts = tally.volume.parts().filter(|_| tally.payments > 0 && tally.volume.minor() >= 0);
    let (high, low) = parts.ok_or_else(|| StoreError::Internal(format!("a rollup cannot be {tally:?}")))?;
    let values = params![
        IdText::of(key.app_id),
        span,
        start_ms,
        key.currency.as_str(),
        key.status.code(),
        tally.payments,
        high,
        low
    ];
    expect_one(statement.execute(values)?, || "a rollup was not written".to_owned())
}

/// The slots as JSON.
struct Slots<'a>(&'a [Timestamp]);

impl ToSql for Slots<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let slots = self.0.windows(2).map(|slot| format!("[{},{}]", slot[0].as_ms(), slot[1].as_ms()));
        Ok(format!("[{}]", slots.collect::<Vec<_>>().join(",")).into())
    }
}

/// What an app's rows should be and are, of one moment, and how many rebuilds there had been.
fn compare(connection: &Connection, app_id: AppId) -> Done<(Rollup, i64)> {
    let transaction = connection.unchecked_transaction()?;
    let rows = |sql| -> Done<Rollup> {
        let mut statement = transaction.prepare_cached(sql)?;
        Ok(row::decode_all(statement.query([IdText::of(app_id)])?, row::rollup)?.into_iter().collect())
    };
    let (should_be, are) = (with_sums(rows(COUNT_PAYMENTS)?), rows(LOAD_ROLLUP)?);
    let rebuilds = transaction.prepare_cached(COUNT_REBUILDS)?.query_row([], |row| row.get(0))?;
    Ok((difference(&should_be, &are), rebuilds))
}

/// Adds what was missing to the rows as they are now; false when another rebuild was first.
fn mend(connection: &Connection, missing: &Rollup, rebuilds: i64) -> Done<bool> {
    if connection.prepare_cached(NOTE_REBUILD)?.execute([rebuilds])? == 0 {
        return Ok(false);
    }
    let mut replace = connection.prepare_cached(REPLACE_ROW)?;
    for (key, tally) in missing {
        let (span, start_ms) = key.span.columns();
        let place = params![IdText::of(key.app_id), span, start_ms, key.currency.as_str(), key.status.code()];
        let mut load = connection.prepare_cached(LOAD_ROW)?;
        let now = row::decode_first(load.query(place)?, row::rollup)?;
        let mut sum = now.map_or(Tally::default(), |(_, tally)| tally);
        sum += *tally;
        if sum == Tally::default() {
            connection.prepare_cached(DELETE_ROW)?.execute(place)?;
        } else {
            write_row(&mut replace, key, sum)?;
        }
    }
    Ok(true)
}

impl SqliteStore {
    pub(crate) async fn sum_rollup(&self, query: &RollupQuery) -> Result<Vec<RollupSum>> {
        let query = query.clone();
        self.read(move |connection| {
            let currency = query.currency.as_ref().map(|currency| currency.as_str());
            let (app_id, now) = (IdText::of(query.app_id), query.now.as_ms());
            let mut statement = connection.prepare_cached(SUM_ROLLUP)?;
            let rows = statement.query(params![app_id, currency, query.currencies_max, Slots(&query.bounds), now])?;
            row::decode_all(rows, row::rollup_sum)
        })
        .await
    }

    pub(crate) async fn check_rollup(&self, app_id: AppId) -> Result<usize> {
        self.read(move |connection| Ok(compare(connection, app_id)?.0.len())).await
    }

    /// Compares without holding the write lock, which the payments need, and then adds what was missing: rows and
    /// payments that change in between change alike.
    pub(crate) async fn rebuild_rollup(&self, app_id: AppId) -> Result<usize> {
        loop {
            let (missing, rebuilds) = self.read(move |connection| compare(connection, app_id)).await?;
            let count = missing.len();
            if count == 0 || self.upkeep(move |connection| mend(connection, &missing, rebuilds)).await? {
                return Ok(count);
            }
        }
    }
}
