//! Deliveries as people see and steer them.

use super::SqliteStore;
use super::query::Bound;
use super::row::{self, IdText, delivery_columns};
use crate::delivery::DeliveryFilter;
use crate::error::Result;
use rusqlite::{params, params_from_iter};
use zenwallet_core::delivery::{Attempt, Delivery, DeliveryStatus, Lane};
use zenwallet_core::id::{AppId, DeliveryId};
use zenwallet_core::time::Timestamp;

const FIND_DELIVERY: &str =
    concat!("SELECT ", delivery_columns!(), " FROM delivery d WHERE d.app_id = ?1 AND d.id = ?2");
const LIST_ATTEMPTS: &str = "SELECT number, started_at_ms, duration_ms, request_headers, request_body_sha256, \
    response_status, response_headers, response_body, error FROM attempt WHERE app_id = ?1 AND delivery_id = ?2 \
    ORDER BY number";
/// What failed, and what was called off because its endpoint was disabled. A delivery that another of the same event to
/// the same address came after was asked for again already.
const LIST_REPLAYABLE: &str = concat!(
    "SELECT ",
    delivery_columns!(),
    " FROM (SELECT * FROM delivery INDEXED BY delivery_status WHERE app_id = ?1 AND status = 2 AND status <> 1 \
      AND id >= ?2 AND id > ?3 UNION ALL SELECT * FROM delivery INDEXED BY delivery_status WHERE app_id = ?1 \
      AND status = 3 AND status <> 1 AND id >= ?2 AND id > ?3 AND error LIKE 'endpoint_disabled:%') AS d \
      WHERE d.cause <> 3 AND (?4 IS NULL OR d.endpoint_id = ?4) AND NOT EXISTS (SELECT 1 FROM delivery n \
      INDEXED BY delivery_payment WHERE n.payment_id = d.payment_id AND n.app_id = d.app_id AND n.event_id = d.event_id \
      AND n.url = d.url AND n.id > d.id AND n.cause <> 3) ORDER BY d.id LIMIT ?5"
);
const INSERT_COPY: &str = "INSERT INTO delivery (id, app_id, event_seq, event_id, kind, payment_id, endpoint_id, url, lane, \
    cause, status, attempts, visible_at_ms, lease_token, created_at_ms) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, ?11, 0, ?11)";
/// What a node tries at this moment is not hurried.
const HURRY_DELIVERY: &str = "UPDATE delivery SET visible_at_ms = ?3 WHERE app_id = ?1 AND id = ?2 AND status = 0 \
    AND leased_by IS NULL AND visible_at_ms > ?3";
const CANCEL_DELIVERY: &str = "UPDATE delivery SET status = 3, visible_at_ms = NULL, leased_by = NULL, \
    lease_token = lease_token + 1, finished_at_ms = ?3, error = 'canceled: called off by hand' \
    WHERE app_id = ?1 AND id = ?2 AND status = 0";
const RELEASE_LEASES: &str = "UPDATE delivery INDEXED BY delivery_queue SET visible_at_ms = ?2, leased_by = NULL \
    WHERE visible_at_ms IS NOT NULL AND visible_at_ms > ?2 AND leased_by = ?1";
/// Jumps from lane to lane, and in each to what waits longest.
const RECALL_DELIVERIES: &str = "WITH RECURSIVE lanes (lane) AS ( \
    SELECT min(lane) FROM delivery INDEXED BY delivery_queue WHERE visible_at_ms IS NOT NULL UNION ALL \
    SELECT (SELECT min(d.lane) FROM delivery d INDEXED BY delivery_queue WHERE d.visible_at_ms IS NOT NULL \
    AND d.lane > l.lane) FROM lanes l WHERE l.lane IS NOT NULL) \
    UPDATE delivery SET visible_at_ms = CASE WHEN leased_by IS NULL THEN ?2 ELSE ?3 END \
    WHERE (app_id, id) IN (SELECT d.app_id, d.id FROM lanes l CROSS JOIN delivery d INDEXED BY delivery_queue \
    ON d.lane = l.lane AND d.visible_at_ms IS NOT NULL AND d.visible_at_ms > ?1 LIMIT ?4)";
const PRUNE_ATTEMPTS: &str = "DELETE FROM attempt WHERE app_id = ?1 AND delivery_id IN (SELECT id FROM delivery \
    WHERE app_id = ?1 AND id < ?2 AND status <> 0 ORDER BY id LIMIT ?3)";
const PRUNE_DELIVERIES: &str = "DELETE FROM delivery WHERE app_id = ?1 AND id IN (SELECT id FROM delivery \
    WHERE app_id = ?1 AND id < ?2 AND status <> 0 ORDER BY id LIMIT ?3)";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    FIND_DELIVERY,
    LIST_ATTEMPTS,
    LIST_REPLAYABLE,
    INSERT_COPY,
    HURRY_DELIVERY,
    CANCEL_DELIVERY,
    RELEASE_LEASES,
    RECALL_DELIVERIES,
    PRUNE_ATTEMPTS,
    PRUNE_DELIVERIES,
];

impl SqliteStore {
    pub(crate) async fn find_delivery(&self, app_id: AppId, id: DeliveryId) -> Result<Option<Delivery>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(FIND_DELIVERY)?;
            row::decode_first(statement.query([IdText::of(app_id), IdText::of(id)])?, row::delivery)
        })
        .await
    }

    pub(crate) async fn list_deliveries(
        &self,
        filter: &DeliveryFilter,
        below: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let (sql, values) = select(filter, below, delivery_columns!(), limit);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            row::decode_all(statement.query(params_from_iter(&values))?, row::delivery)
        })
        .await
    }

    pub(crate) async fn count_deliveries(&self, filter: &DeliveryFilter, cap: u32) -> Result<u32> {
        let (sql, values) = select(filter, None, "d.id", cap);
        let sql = format!("SELECT count(*) FROM ({sql})");
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params_from_iter(&values), |row| row.get(0))?)
        })
        .await
    }

    pub(crate) async fn list_attempts(&self, app_id: AppId, id: DeliveryId) -> Result<Vec<Attempt>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(LIST_ATTEMPTS)?;
            row::decode_all(statement.query([IdText::of(app_id), IdText::of(id)])?, row::attempt)
        })
        .await
    }

    pub(crate) async fn list_replayable(
        &self,
        filter: &DeliveryFilter,
        after: DeliveryId,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let (app_id, first) = (IdText::of(filter.app_id), IdText::of(filter.id_range(None).0));
        let (endpoint_id, after) = (filter.endpoint_id.map(IdText::of), IdText::of(after));
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(LIST_REPLAYABLE)?;
            row::decode_all(statement.query(params![app_id, first, after, endpoint_id, limit])?, row::delivery)
        })
        .await
    }

    pub(crate) async fn insert_deliveries(&self, app_id: AppId, copies: &[Delivery]) -> Result<()> {
        let copies = copies.to_vec();
        self.upkeep(move |connection| {
            let mut statement = connection.prepare_cached(INSERT_COPY)?;
            for copy in &copies {
                statement.execute(params![
                    IdText::of(copy.id),
                    IdText::of(app_id),
                    copy.event_seq,
                    IdText::of(copy.event_id),
                    copy.kind.code(),
                    IdText::of(copy.payment_id),
                    copy.endpoint_id.map(IdText::of),
                    copy.url,
                    Lane::of(app_id, &copy.url).number(),
                    copy.cause.code(),
                    copy.created_at.as_ms(),
                ])?;
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn hurry_delivery(&self, app_id: AppId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        self.steer(HURRY_DELIVERY, app_id, id, now).await
    }

    pub(crate) async fn cancel_delivery(&self, app_id: AppId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        self.steer(CANCEL_DELIVERY, app_id, id, now).await
    }

    async fn steer(&self, sql: &'static str, app_id: AppId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        self.upkeep(move |connection| {
            let values = params![IdText::of(app_id), IdText::of(id), now.as_ms()];
            Ok(connection.prepare_cached(sql)?.execute(values)? > 0)
        })
        .await
    }

    pub(crate) async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64> {
        let node = node.to_owned();
        self.upkeep(move |connection| {
            let released = connection.prepare_cached(RELEASE_LEASES)?.execute(params![node, now.as_ms()])?;
            Ok(u64::try_from(released).unwrap_or(u64::MAX))
        })
        .await
    }

    pub(crate) async fn recall_deliveries(&self, latest: Timestamp, now: Timestamp, limit: u32) -> Result<u64> {
        let lease_end = now.plus_ms(self.surroundings().leasing.lease_ms);
        self.upkeep(move |connection| {
            let values = params![latest.as_ms(), now.as_ms(), lease_end.as_ms(), limit];
            let recalled = connection.prepare_cached(RECALL_DELIVERIES)?.execute(values)?;
            Ok(u64::try_from(recalled).unwrap_or(u64::MAX))
        })
        .await
    }

    pub(crate) async fn prune_deliveries(&self, app_id: AppId, before: Timestamp, limit: u32) -> Result<u64> {
        self.upkeep(move |connection| {
            let values = params![IdText::of(app_id), IdText::of(DeliveryId::lower_bound(before)), limit];
            connection.prepare_cached(PRUNE_ATTEMPTS)?.execute(values)?;
            let pruned = connection.prepare_cached(PRUNE_DELIVERIES)?.execute(values)?;
            Ok(u64::try_from(pruned).unwrap_or(u64::MAX))
        })
        .await
    }
}

/// At most `limit` deliveries, newest first. What is asked for names the index that leads.
fn select(filter: &DeliveryFilter, below: Option<DeliveryId>, columns: &str, limit: u32) -> (String, Vec<Bound>) {
    let (first, end) = filter.id_range(below);
    let mut values = vec![
        Bound::Id(IdText::of(filter.app_id)),
        Bound::Id(IdText::of(first)),
        Bound::Id(IdText::of(end)),
        Bound::Other(limit.into()),
    ];
    let (index, status) = match (filter.payment_id, filter.status) {
        (Some(_), Some(status)) => (" INDEXED BY delivery_payment", format!(" AND d.status = {}", status.code())),
        (Some(_), None) => (" INDEXED BY delivery_payment", String::new()),
        (None, Some(DeliveryStatus::Delivered)) => ("", " AND d.status = 1".to_owned()),
        (None, Some(status)) => {
            (" INDEXED BY delivery_status", format!(" AND d.status = {} AND d.status <> 1", status.code()))
        }
        (None, None) => ("", String::new()),
    };
    let mut sql =
        format!("SELECT {columns} FROM delivery d{index} WHERE d.app_id = ?1 AND d.id >= ?2 AND d.id < ?3{status}");
    let mut narrow = |column: &str, value: Option<Bound>| {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&format!(" AND d.{column} = ?{}", values.len()));
        }
    };
    narrow("endpoint_id", filter.endpoint_id.map(|id| Bound::Id(IdText::of(id))));
    narrow("payment_id", filter.payment_id.map(|id| Bound::Id(IdText::of(id))));
    narrow("kind", filter.kind.map(|kind| Bound::Other(i64::from(kind.code()).into())));
    sql.push_str(" ORDER BY d.id DESC LIMIT ?4");
    (sql, values)
}
