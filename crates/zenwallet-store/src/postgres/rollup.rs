//! Rollups: grown by every batch, summed for analytics, compared with the payments and mended.

use super::PostgresStore;
use super::failure::Failure;
use super::row;
use super::session::{Rows, Session};
use super::statement::Param;
use crate::error::{Result, StoreError};
use crate::plan::Plan;
use crate::rollup::{Rollup, RollupQuery, RollupSum, difference, with_sums};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};
use uuid::Uuid;
use zenwallet_core::analytics::Tally;
use zenwallet_core::id::AppId;

/// Adds to the rows in the order of their key. Their app's log is locked by then, so nobody else has them, and a
/// conflict meets the latest row whatever the statement's snapshot. The two lower parts together stay far below what
/// a number holds, so the carry is exact. `$gate` is what must have happened before.
macro_rules! grow_rollup_sql {
    ($app_id:literal, $span:literal, $start_ms:literal, $currency:literal, $status:literal, $payments:literal,
        $high:literal, $low:literal, $gate:literal) => {
        concat!(
            "INSERT INTO rollup AS r (app_id, span, start_ms, currency, status, payments, volume_high, volume_low) \
             SELECT * FROM unnest(",
            $app_id,
            "::uuid[], ",
            $span,
            "::smallint[], ",
            $start_ms,
            "::bigint[], ",
            $currency,
            "::text[], ",
            $status,
            "::smallint[], ",
            $payments,
            "::bigint[], ",
            $high,
            "::bigint[], ",
            $low,
            "::bigint[]) WHERE ",
            $gate,
            " ON CONFLICT (app_id, span, start_ms, currency, status) DO UPDATE SET \
             payments = r.payments + excluded.payments, \
             volume_high = r.volume_high + excluded.volume_high + (r.volume_low + excluded.volume_low) / 1000000000000000, \
             volume_low = (r.volume_low + excluded.volume_low) % 1000000000000000"
        )
    };
}
pub(super) use grow_rollup_sql;

pub(super) const GROW_ROLLUP: &str = grow_rollup_sql!("$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "TRUE");
pub(super) const GROW_TYPES: [Type; 8] = [
    Type::UUID_ARRAY,
    Type::INT2_ARRAY,
    Type::INT8_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT2_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
];

/// Slot n is what `width_bucket` calls n; 0 is since ever. Lower parts are summed in two halves, of which there can be
/// any number.
const SUM_ROLLUP: &str = "WITH \
    top AS MATERIALIZED (SELECT currency FROM rollup WHERE app_id = $1 AND span = 0 AND start_ms = 0 AND status = 0 \
        AND ($2 IS NULL OR currency = $2) ORDER BY payments DESC, currency LIMIT $3), \
    overdue AS MATERIALIZED (SELECT * FROM zw_overdue($1, $7) WHERE $2 IS NULL OR currency = $2), \
    counted AS ( \
        SELECT 0 AS slot, currency, status, payments, volume_high, volume_low FROM rollup \
        WHERE app_id = $1 AND span = 0 AND start_ms = 0 AND ($2 IS NULL OR currency = $2) \
        UNION ALL SELECT width_bucket(start_ms, $4), currency, status, payments, volume_high, volume_low FROM rollup \
        WHERE app_id = $1 AND span = 1 AND start_ms >= $5 AND start_ms < $6 AND ($2 IS NULL OR currency = $2) \
        UNION ALL SELECT 0, currency, 3, 1, 0, amount_minor FROM overdue \
        UNION ALL SELECT width_bucket(expires_at_ms, $4), currency, 3, 1, 0, amount_minor FROM overdue \
        WHERE expires_at_ms >= $5 AND expires_at_ms < $6) \
    SELECT slot, top.currency, status::smallint, sum(payments)::bigint, sum(volume_high)::bigint, \
    sum(volume_low / 1000000)::bigint, sum(volume_low % 1000000)::bigint \
    FROM counted LEFT JOIN top ON top.currency = counted.currency GROUP BY 1, 2, 3";

/// What an app's payments say, by the quarter, and what its rows are: one statement, so of one moment.
const COMPARE: &str = "SELECT TRUE, $1::uuid, 1::smallint, at_ms - ((at_ms % 900000) + 900000) % 900000, currency, \
    status::smallint, count(*), 0::bigint, sum(amount_minor / 1000000)::bigint, sum(amount_minor % 1000000)::bigint \
    FROM (SELECT created_at_ms AS at_ms, currency, 0 AS status, amount_minor FROM payment WHERE app_id = $1 \
    UNION ALL SELECT coalesce(completed_at_ms, expires_at_ms), currency, status, amount_minor FROM payment \
    WHERE app_id = $1 AND status <> 0) AS counted GROUP BY 4, 5, 6 \
    UNION ALL SELECT FALSE, app_id, span, start_ms, currency, status, payments, volume_high, volume_low / 1000000, \
    volume_low % 1000000 FROM rollup WHERE app_id = $1";
/// Any number will do, if every node takes the same: only one rebuilds at a time.
const REBUILD_LOCK: i64 = 0x005A_454E_524F_4C4C;
const LOCK_LOG: &str = "SELECT 1 FROM app_log WHERE app_id = $1 FOR UPDATE";
const LOAD_ROWS: &str = "SELECT FALSE, app_id, span, start_ms, currency, status, payments, volume_high, \
    volume_low / 1000000, volume_low % 1000000 FROM rollup WHERE app_id = $1 AND (span, start_ms, currency, status) IN \
    (SELECT * FROM unnest($2::smallint[], $3::bigint[], $4::text[], $5::smallint[]))";
const DELETE_ROWS: &str = "DELETE FROM rollup WHERE app_id = $1 AND (span, start_ms, currency, status) IN \
    (SELECT * FROM unnest($2::smallint[], $3::bigint[], $4::text[], $5::smallint[]))";

/// Rows as one array a column.
pub(super) struct RollupColumns<'a> {
    app_id: Vec<Uuid>,
    span: Vec<i16>,
    start_ms: Vec<i64>,
    currency: Vec<&'a str>,
    status: Vec<i16>,
    payments: Vec<i64>,
    high: Vec<i64>,
    low: Vec<i64>,
}

impl<'a> RollupColumns<'a> {
    pub(super) fn of(rows: &'a Rollup) -> Self {
        let (span, start_ms) = rows.keys().map(|key| key.span.columns()).unzip();
        // No sum of amounts comes near the end of its parts: 2^63 of the largest are needed.
        let parts = |tally: &Tally| tally.volume.parts().unwrap_or((i64::MAX, 0));
        let (high, low) = rows.values().map(parts).unzip();
        Self {
            app_id: rows.keys().map(|key| key.app_id.uuid()).collect(),
            span,
            start_ms,
            currency: rows.keys().map(|key| key.currency.as_str()).collect(),
            status: rows.keys().map(|key| key.status.code()).collect(),
            payments: rows.values().map(|tally| tally.payments).collect(),
            high,
            low,
        }
    }

    pub(super) fn params(&self) -> [Param<'_>; 8] {
        [
            (&self.app_id, Type::UUID_ARRAY),
            (&self.span, Type::INT2_ARRAY),
            (&self.start_ms, Type::INT8_ARRAY),
            (&self.currency, Type::TEXT_ARRAY),
            (&self.status, Type::INT2_ARRAY),
            (&self.payments, Type::INT8_ARRAY),
            (&self.high, Type::INT8_ARRAY),
            (&self.low, Type::INT8_ARRAY),
        ]
    }
}

/// Adds to rollups what the batch changes.
pub(super) async fn grow_rollup(session: &Session, plan: &Plan<'_>) -> Rows {
    let growth = plan.rollup_growth();
    if growth.is_empty() {
        return Ok(Vec::new());
    }
    session.prepared.query(&session.link.client, GROW_ROLLUP, &RollupColumns::of(&growth).params()).await
}

impl PostgresStore {
    pub(crate) async fn sum_rollup(&self, query: &RollupQuery) -> Result<Vec<RollupSum>> {
        let (app_id, currency) = (query.app_id.uuid(), query.currency.as_ref().map(|currency| currency.as_str()));
        let (currencies_max, now) = (i64::from(query.currencies_max), query.now.as_ms());
        let bounds: Vec<i64> = query.bounds.iter().map(|bound| bound.as_ms()).collect();
        let first = bounds.first().copied().unwrap_or_default();
        let end = bounds.last().copied().unwrap_or_default();
        let params: [Param<'_>; 7] = [
            (&app_id, Type::UUID),
            (&currency, Type::TEXT),
            (&currencies_max, Type::INT8),
            (&bounds, Type::INT8_ARRAY),
            (&first, Type::INT8),
            (&end, Type::INT8),
            (&now, Type::INT8),
        ];
        self.read(async |reader| {
            let rows = reader.query(SUM_ROLLUP, &params).await?;
            Ok(rows.iter().map(row::rollup_sum).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn check_rollup(&self, app_id: AppId) -> Result<usize> {
        let link = self.0.target.connect().await?;
        Ok(self.compare_rollup(&link.client, app_id).await?.len())
    }

    /// Compares without a lock that the payments need, and then adds what was missing under the lock of the log's end:
    /// rows and payments that change in between change alike. On a connection of its own, without a deadline.
    pub(crate) async fn rebuild_rollup(&self, app_id: AppId) -> Result<usize> {
        let link = self.0.target.connect().await?;
        let client = &link.client;
        let failed = |error| Failure::of(&self.0.mode, error).into_store_error();
        let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({REBUILD_LOCK})");
        client.batch_execute(&begin).await.map_err(failed)?;
        let missing = self.compare_rollup(client, app_id).await?;
        if !missing.is_empty() {
            client.query_typed(LOCK_LOG, &[(&app_id.uuid(), Type::UUID)]).await.map_err(failed)?;
            self.mend(client, app_id, &missing).await?;
        }
        client.batch_execute("COMMIT").await.map_err(failed)?;
        Ok(missing.len())
    }

    async fn compare_rollup(&self, client: &Client, app_id: AppId) -> Result<Rollup> {
        let rows = client.query_typed(COMPARE, &[(&app_id.uuid(), Type::UUID)]).await;
        let rows = rows.map_err(|error| Failure::of(&self.0.mode, error).into_store_error())?;
        let (should_be, are) = sorted(&rows)?;
        Ok(difference(&with_sums(should_be), &are))
    }

    async fn mend(&self, client: &Client, app_id: AppId, missing: &Rollup) -> Result<()> {
        let failed = |error| Failure::of(&self.0.mode, error).into_store_error();
        let (app, columns) = (app_id.uuid(), RollupColumns::of(missing));
        let all = columns.params();
        let mut places: Vec<Param<'_>> = vec![(&app, Type::UUID)];
        places.extend(all[1..5].iter().cloned());
        let rows = client.query_typed(LOAD_ROWS, &places).await.map_err(failed)?;
        let mut sums = missing.clone();
        for (key, tally) in sorted(&rows)?.1 {
            *sums.entry(key).or_default() += tally;
        }
        sums.retain(|_, tally| *tally != Tally::default());
        if sums.values().any(|tally| tally.payments <= 0 || tally.volume.minor() < 0) {
            return Err(StoreError::Internal(format!("the rollup of app {app_id} is being changed by something else")));
        }
        client.query_typed(DELETE_ROWS, &places).await.map_err(failed)?;
        client.query_typed(GROW_ROLLUP, &RollupColumns::of(&sums).params()).await.map_err(failed)?;
        Ok(())
    }
}

/// Whether each row is what should be, and the row: in two maps.
fn sorted(rows: &[Row]) -> Result<(Rollup, Rollup)> {
    let (mut should_be, mut are) = (Rollup::new(), Rollup::new());
    for row in rows {
        let (is_wanted, key, tally) = row::rollup(row)?;
        if is_wanted { &mut should_be } else { &mut are }.insert(key, tally);
    }
    Ok((should_be, are))
}
