//! Deliveries as people see and steer them.

use super::PostgresStore;
use super::row::{self, delivery_columns};
use super::statement::{Param, Reader};
use crate::delivery::DeliveryFilter;
use crate::error::Result;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use zenwallet_core::delivery::{Attempt, Delivery, DeliveryStatus, Lane};
use zenwallet_core::id::{AppId, DeliveryId, Id};
use zenwallet_core::time::Timestamp;

const FIND_DELIVERY: &str = concat!("SELECT ", delivery_columns!(), " FROM delivery WHERE app_id = $1 AND id = $2");
const LIST_ATTEMPTS: &str = "SELECT number, started_at_ms, duration_ms, request_headers, request_body_sha256, \
    response_status, response_headers, response_body, error FROM attempt WHERE app_id = $1 AND delivery_id = $2 \
    ORDER BY number";
/// What failed, and what was called off because its endpoint was disabled. A delivery that another of the same event to
/// the same address came after was asked for again already.
const LIST_REPLAYABLE: &str = concat!(
    "SELECT ",
    delivery_columns!(),
    " FROM ((SELECT * FROM delivery WHERE app_id = $1 AND status = 2 AND id >= $2 AND id > $3 ORDER BY id) UNION ALL \
      (SELECT * FROM delivery WHERE app_id = $1 AND status = 3 AND id >= $2 AND id > $3 \
      AND error LIKE 'endpoint_disabled:%' ORDER BY id)) AS d WHERE cause <> 3 AND ($4::uuid IS NULL OR endpoint_id = $4) \
      AND NOT EXISTS (SELECT 1 FROM delivery n WHERE n.payment_id = d.payment_id \
      AND n.app_id = d.app_id AND n.event_id = d.event_id AND n.url = d.url AND n.id > d.id AND n.cause <> 3) \
      ORDER BY id LIMIT $5"
);
const INSERT_COPIES: &str = "INSERT INTO delivery (id, app_id, event_seq, event_id, kind, payment_id, endpoint_id, url, lane, \
    cause, status, attempts, visible_at_ms, lease_token, created_at_ms) \
    SELECT id, $1, event_seq, event_id, kind, payment_id, endpoint_id, url, lane, cause, 0, 0, created_at_ms, 0, created_at_ms \
    FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::smallint[], $6::uuid[], $7::uuid[], $8::text[], $9::bigint[], \
    $10::smallint[], $11::bigint[]) \
    AS n (id, event_seq, event_id, kind, payment_id, endpoint_id, url, lane, cause, created_at_ms)";
/// What a node tries at this moment is not hurried.
const HURRY_DELIVERY: &str = "UPDATE delivery SET visible_at_ms = $3 WHERE app_id = $1 AND id = $2 AND status = 0 \
    AND leased_by IS NULL AND visible_at_ms > $3";
const CANCEL_DELIVERY: &str = "UPDATE delivery SET status = 3, visible_at_ms = NULL, leased_by = NULL, \
    lease_token = lease_token + 1, finished_at_ms = $3, error = 'canceled: called off by hand' \
    WHERE app_id = $1 AND id = $2 AND status = 0";
const RELEASE_LEASES: &str = "UPDATE delivery SET visible_at_ms = $2, leased_by = NULL \
    WHERE visible_at_ms > $2 AND leased_by = $1";
/// Jumps from lane to lane, and in each to what waits longest.
const RECALL_DELIVERIES: &str = "WITH RECURSIVE lanes AS ( \
    (SELECT lane FROM delivery WHERE visible_at_ms IS NOT NULL ORDER BY lane LIMIT 1) UNION ALL \
    SELECT n.lane FROM lanes l CROSS JOIN LATERAL (SELECT d.lane FROM delivery d WHERE d.visible_at_ms IS NOT NULL \
    AND d.lane > l.lane ORDER BY d.lane LIMIT 1) n) \
    UPDATE delivery SET visible_at_ms = CASE WHEN leased_by IS NULL THEN $2 ELSE $3 END \
    WHERE ctid = ANY(ARRAY(SELECT far.at FROM lanes l CROSS JOIN LATERAL (SELECT ctid AS at FROM delivery \
    WHERE lane = l.lane AND visible_at_ms > $1 LIMIT $4 FOR UPDATE SKIP LOCKED) far LIMIT $4))";
const PRUNE_ATTEMPTS: &str = "DELETE FROM attempt WHERE app_id = $1 AND delivery_id IN (SELECT id FROM delivery \
    WHERE app_id = $1 AND id < $2 AND status <> 0 ORDER BY id LIMIT $3)";
const PRUNE_DELIVERIES: &str = "DELETE FROM delivery WHERE app_id = $1 AND id IN (SELECT id FROM delivery \
    WHERE app_id = $1 AND id < $2 AND status <> 0 ORDER BY id LIMIT $3)";

impl PostgresStore {
    pub(crate) async fn find_delivery(&self, app_id: AppId, id: DeliveryId) -> Result<Option<Delivery>> {
        let (app_id, id) = (app_id.uuid(), id.uuid());
        self.read(async |reader| {
            let found = reader.query_opt(FIND_DELIVERY, &[(&app_id, Type::UUID), (&id, Type::UUID)]).await?;
            Ok(found.as_ref().map(row::delivery).transpose()?)
        })
        .await
    }

    pub(crate) async fn list_deliveries(
        &self,
        filter: &DeliveryFilter,
        below: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        self.read(async |reader| {
            let rows = select(&reader, filter, below, delivery_columns!(), limit).await?;
            Ok(rows.iter().map(row::delivery).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn count_deliveries(&self, filter: &DeliveryFilter, cap: u32) -> Result<u32> {
        self.read(async |reader| {
            let rows = select(&reader, filter, None, "id", cap).await?;
            Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
        })
        .await
    }

    pub(crate) async fn list_attempts(&self, app_id: AppId, id: DeliveryId) -> Result<Vec<Attempt>> {
        let (app_id, id) = (app_id.uuid(), id.uuid());
        self.read(async |reader| {
            let rows = reader.query(LIST_ATTEMPTS, &[(&app_id, Type::UUID), (&id, Type::UUID)]).await?;
            Ok(rows.iter().map(row::attempt).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn list_replayable(
        &self,
        filter: &DeliveryFilter,
        after: DeliveryId,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let (app_id, first, after) = (filter.app_id.uuid(), filter.id_range(None).0.uuid(), after.uuid());
        let (endpoint_id, limit) = (filter.endpoint_id.map(Id::uuid), i64::from(limit));
        self.read(async |reader| {
            let params: [Param<'_>; 5] = [
                (&app_id, Type::UUID),
                (&first, Type::UUID),
                (&after, Type::UUID),
                (&endpoint_id, Type::UUID),
                (&limit, Type::INT8),
            ];
            let rows = reader.query(LIST_REPLAYABLE, &params).await?;
            Ok(rows.iter().map(row::delivery).collect::<Result<_>>()?)
        })
        .await
    }

    pub(crate) async fn insert_deliveries(&self, app_id: AppId, copies: &[Delivery]) -> Result<()> {
        fn column<T>(rows: &[Delivery], value: impl Fn(&Delivery) -> T) -> Vec<T> {
            rows.iter().map(value).collect()
        }
        let id = column(copies, |d| d.id.uuid());
        let event_seq = column(copies, |d| d.event_seq);
        let event_id = column(copies, |d| d.event_id.uuid());
        let kind = column(copies, |d| d.kind.code());
        let payment_id = column(copies, |d| d.payment_id.uuid());
        let endpoint_id = column(copies, |d| d.endpoint_id.map(Id::uuid));
        let url: Vec<&str> = copies.iter().map(|d| d.url.as_str()).collect();
        let lane = column(copies, |d| Lane::of(d.app_id, &d.url).number());
        let cause = column(copies, |d| d.cause.code());
        let created_at_ms = column(copies, |d| d.created_at.as_ms());
        let app_id = app_id.uuid();
        let params: [Param<'_>; 11] = [
            (&app_id, Type::UUID),
            (&id, Type::UUID_ARRAY),
            (&event_seq, Type::INT8_ARRAY),
            (&event_id, Type::UUID_ARRAY),
            (&kind, Type::INT2_ARRAY),
            (&payment_id, Type::UUID_ARRAY),
            (&endpoint_id, Type::UUID_ARRAY),
            (&url, Type::TEXT_ARRAY),
            (&lane, Type::INT8_ARRAY),
            (&cause, Type::INT2_ARRAY),
            (&created_at_ms, Type::INT8_ARRAY),
        ];
        self.execute(INSERT_COPIES, &params).await.map(drop)
    }

    pub(crate) async fn hurry_delivery(&self, app_id: AppId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        self.steer(HURRY_DELIVERY, app_id, id, now).await
    }

    pub(crate) async fn cancel_delivery(&self, app_id: AppId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        self.steer(CANCEL_DELIVERY, app_id, id, now).await
    }

    async fn steer(&self, sql: &str, app_id: AppId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        let (app_id, id, now) = (app_id.uuid(), id.uuid(), now.as_ms());
        Ok(self.execute(sql, &[(&app_id, Type::UUID), (&id, Type::UUID), (&now, Type::INT8)]).await? > 0)
    }

    pub(crate) async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64> {
        let now = now.as_ms();
        self.execute(RELEASE_LEASES, &[(&node, Type::TEXT), (&now, Type::INT8)]).await
    }

    pub(crate) async fn recall_deliveries(&self, latest: Timestamp, now: Timestamp, limit: u32) -> Result<u64> {
        let lease_end = now.plus_ms(self.0.surroundings.leasing.lease_ms).as_ms();
        let (latest, now, limit) = (latest.as_ms(), now.as_ms(), i64::from(limit));
        let params: [Param<'_>; 4] =
            [(&latest, Type::INT8), (&now, Type::INT8), (&lease_end, Type::INT8), (&limit, Type::INT8)];
        self.execute(RECALL_DELIVERIES, &params).await
    }

    pub(crate) async fn prune_deliveries(&self, app_id: AppId, before: Timestamp, limit: u32) -> Result<u64> {
        let (app_id, end, limit) = (app_id.uuid(), DeliveryId::lower_bound(before).uuid(), i64::from(limit));
        let params: [Param<'_>; 3] = [(&app_id, Type::UUID), (&end, Type::UUID), (&limit, Type::INT8)];
        // Attempts first: what a failure between the two leaves behind is found again.
        self.execute(PRUNE_ATTEMPTS, &params).await?;
        self.execute(PRUNE_DELIVERIES, &params).await
    }
}

/// At most `limit` deliveries, newest first. What is asked for decides which index leads.
async fn select(
    reader: &Reader,
    filter: &DeliveryFilter,
    below: Option<DeliveryId>,
    columns: &str,
    limit: u32,
) -> std::result::Result<Vec<Row>, super::ReadError> {
    let (first, end) = filter.id_range(below);
    let (app_id, first, end) = (filter.app_id.uuid(), first.uuid(), end.uuid());
    let (endpoint_id, payment_id) = (filter.endpoint_id.map(Id::uuid), filter.payment_id.map(Id::uuid));
    let kind = filter.kind.map(|kind| kind.code());
    let limit = i64::from(limit);
    let mut params: Vec<Param<'_>> = vec![(&app_id, Type::UUID), (&first, Type::UUID), (&end, Type::UUID)];
    let mut sql = format!("SELECT {columns} FROM delivery WHERE app_id = $1 AND id >= $2 AND id < $3");
    // The status is part of the text, so that the partial index is found.
    match filter.status {
        Some(DeliveryStatus::Delivered) => sql.push_str(" AND status = 1"),
        Some(status) => sql.push_str(&format!(" AND status = {} AND status <> 1", status.code())),
        None => {}
    }
    push_condition(&mut sql, &mut params, "endpoint_id", endpoint_id.as_ref().map(|v| (v as _, Type::UUID)));
    push_condition(&mut sql, &mut params, "payment_id", payment_id.as_ref().map(|v| (v as _, Type::UUID)));
    push_condition(&mut sql, &mut params, "kind", kind.as_ref().map(|v| (v as _, Type::INT2)));
    params.push((&limit, Type::INT8));
    sql.push_str(&format!(" ORDER BY id DESC LIMIT ${}", params.len()));
    reader.query(&sql, &params).await
}

fn push_condition<'a>(
    sql: &mut String,
    params: &mut Vec<Param<'a>>,
    column: &str,
    value: Option<(&'a (dyn ToSql + Sync), Type)>,
) {
    if let Some(value) = value {
        params.push(value);
        sql.push_str(&format!(" AND {column} = ${}", params.len()));
    }
}
