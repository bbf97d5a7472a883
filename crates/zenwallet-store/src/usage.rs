//! What apps used, by the day in UTC. Requests and deliveries are counted by the nodes and added up here; payments are
//! those of the rollups, which are never behind.

use crate::Store;
use crate::apps::one;
use crate::error::Result;
use crate::sql::{Row, values};
use futures_util::FutureExt;
use std::collections::BTreeMap;
use zenwallet_core::id::AppId;
use zenwallet_core::time::Timestamp;
use zenwallet_core::usage::Day;

const ADD: &str = "INSERT INTO app_usage (app_id, day, requests, deliveries) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (app_id, day) DO UPDATE SET requests = app_usage.requests + excluded.requests, \
    deliveries = app_usage.deliveries + excluded.deliveries";
const BY_DAY: &str =
    "SELECT day, requests, deliveries FROM app_usage WHERE app_id = $1 AND day >= $2 AND day < $3 ORDER BY day";
const PAYMENTS_BY_DAY: &str = "SELECT start_ms / 86400000, CAST(sum(payments) AS BIGINT) FROM rollup \
    WHERE app_id = $1 AND span = 1 AND start_ms >= $2 AND start_ms < $3 AND status = 0 GROUP BY 1 ORDER BY 1";
const COUNT_CREATED: &str = "SELECT CAST(coalesce(sum(payments), 0) AS BIGINT) FROM rollup \
    WHERE app_id = $1 AND span = 1 AND start_ms >= $2 AND start_ms < $3 AND status = 0";
const FIND_CLAIM: &str = "SELECT 1 FROM idempotency_key WHERE app_id = $1 AND key = $2";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[ADD, BY_DAY, PAYMENTS_BY_DAY, COUNT_CREATED, FIND_CLAIM];

/// What an app used in a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Used {
    /// Requests that were let in.
    pub requests: i64,
    /// Payments created.
    pub payments: i64,
    /// Attempts to deliver a webhook.
    pub deliveries: i64,
}

impl Store {
    /// Adds what apps used in days; payments are counted elsewhere.
    pub async fn add_usage(&self, used: &[(AppId, Day, Used)]) -> Result<()> {
        let mut used = used.to_vec();
        // Every node locks the rows in the same order.
        used.sort_by_key(|(app_id, day, _)| (*app_id, *day));
        self.transact(move |tx| {
            async move {
                for (app_id, day, Used { requests, deliveries, .. }) in used {
                    tx.execute(ADD, values![app_id, day.0, requests, deliveries]).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// What an app used in each day from `from` to before `to` in which it used anything.
    pub async fn app_usage(&self, app_id: AppId, from: Day, to: Day) -> Result<BTreeMap<Day, Used>> {
        let mut days: BTreeMap<Day, Used> = BTreeMap::new();
        for mut row in self.rows("app_usage", BY_DAY, values![app_id, from.0, to.0]).await? {
            let (day, requests, deliveries) = (Day(row.int()?), row.int()?, row.int()?);
            days.insert(day, Used { requests, deliveries, payments: 0 });
        }
        for mut row in self.rows("rollup", PAYMENTS_BY_DAY, values![app_id, from.start(), to.start()]).await? {
            let (day, payments) = (Day(row.int()?), row.int()?);
            days.entry(day).or_default().payments = payments;
        }
        Ok(days)
    }

    /// How many payments of an app were created from `from`, a whole quarter of an hour, to before `to`.
    pub async fn count_created(&self, app_id: AppId, from: Timestamp, to: Timestamp) -> Result<i64> {
        let found = self.rows("rollup", COUNT_CREATED, values![app_id, from, to]).await?;
        Ok(one(found, Row::int)?.unwrap_or(0))
    }

    /// Whether an answer is kept for this idempotency key.
    pub async fn has_claim(&self, app_id: AppId, key: &str) -> Result<bool> {
        Ok(!self.rows("idempotency_key", FIND_CLAIM, values![app_id, key]).await?.is_empty())
    }
}
