//! The statements of a batch that concern webhooks, each over whole columns of rows.

use crate::planted::{Bug, planted};
use tokio_postgres::types::Type;

/// The enabled endpoints of apps. An app without one gives a single row without an endpoint.
pub(super) const LOAD_TARGETS: &str = "SELECT l.app_id, l.targets_version, a.environment, e.id, e.url, e.events, \
    e.headers_sealed FROM app_log l JOIN app a ON a.id = l.app_id \
    LEFT JOIN endpoint e ON e.app_id = l.app_id AND e.is_enabled WHERE l.app_id = ANY($1) ORDER BY l.app_id, e.id";

pub(super) const LOAD_ENABLED: &str = "SELECT e.app_id, e.id, e.url FROM unnest($1::uuid[], $2::uuid[]) AS w (app_id, id) \
    JOIN endpoint e USING (app_id, id) WHERE e.is_enabled";

/// The log's end is locked by this transaction, so the event's place in it is known from there.
pub(super) const INSERT_DELIVERIES: &str = "INSERT INTO delivery (id, app_id, event_seq, event_id, kind, payment_id, \
    endpoint_id, url, lane, cause, status, attempts, visible_at_ms, leased_by, lease_token, created_at_ms) \
    SELECT n.id, n.app_id, l.last_seq - n.back, n.event_id, n.kind, n.payment_id, n.endpoint_id, n.url, n.lane, n.cause, \
    0, 0, CASE WHEN n.leased THEN $13 ELSE $12 END, CASE WHEN n.leased THEN $14 END, 1, $12 \
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::smallint[], $6::uuid[], $7::uuid[], $8::text[], \
    $9::bigint[], $10::smallint[], $11::boolean[]) AS n (id, app_id, back, event_id, kind, payment_id, endpoint_id, url, \
    lane, cause, leased) JOIN app_log l USING (app_id)";

/// Writes down what counts, and tells which did: those whose lease was still the one. A lease has one result. Whatever
/// changes a leased delivery ends its lease, so a row that changes meanwhile is rightly passed over. What counts tells
/// about its endpoint, of whose row only a change is written: one that works, as nearly all do, costs one look.
macro_rules! record_attempts {
    ($fence:literal) => {
        concat!(
            "WITH r AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], \
             $4::integer[], $5::bigint[], $6::integer[], $7::text[], $8::text[], $9::smallint[], $10::text[], $11::text[], \
             $12::text[], $13::smallint[], $14::bigint[], $15::bigint[], $16::uuid[]) WITH ORDINALITY AS r (app_id, delivery_id, token, number, \
             started_at_ms, duration_ms, request_headers, request_body_sha256, response_status, response_headers, response_body, \
             error, status, visible_at_ms, ended_at_ms, endpoint_id, place)), \
             applied AS (UPDATE delivery d SET attempts = r.number, status = r.status, visible_at_ms = r.visible_at_ms, \
             leased_by = NULL, lease_token = d.lease_token + 1, response_status = r.response_status, error = r.error, \
             finished_at_ms = CASE WHEN r.status <> 0 THEN r.ended_at_ms END \
             FROM (SELECT r.*, found.at FROM r CROSS JOIN LATERAL (SELECT ctid AS at FROM delivery \
             WHERE app_id = r.app_id AND id = r.delivery_id LIMIT 1) AS found OFFSET 0) AS r \
             WHERE d.ctid = r.at ",
            $fence,
            " RETURNING r.*), \
             logged AS (INSERT INTO attempt (app_id, delivery_id, number, started_at_ms, duration_ms, request_headers, \
             request_body_sha256, response_status, response_headers, response_body, error) \
             SELECT app_id, delivery_id, number, started_at_ms, duration_ms, request_headers, request_body_sha256, \
             response_status, response_headers, response_body, error FROM applied), \
             noted AS (UPDATE endpoint e SET failing_since_ms = CASE WHEN h.healthy THEN NULL ELSE h.at_ms END \
             FROM (SELECT app_id, endpoint_id, bool_or(status = 1) AS healthy, min(ended_at_ms) AS at_ms FROM applied \
             WHERE status <> 0 AND endpoint_id IS NOT NULL GROUP BY app_id, endpoint_id ORDER BY app_id, endpoint_id) AS h \
             WHERE e.app_id = h.app_id AND e.id = h.endpoint_id AND (e.failing_since_ms IS NULL) <> h.healthy) \
             SELECT place FROM applied"
        )
    };
}
const RECORD_ATTEMPTS: &str = record_attempts!("AND d.lease_token = r.token");
/// What [`Bug::LeaseWithoutFence`] does instead.
const RECORD_UNFENCED: &str = record_attempts!("AND d.status = 0");

pub(super) fn record_statement() -> &'static str {
    if planted(Bug::LeaseWithoutFence) { RECORD_UNFENCED } else { RECORD_ATTEMPTS }
}

pub(super) const DISABLE_ENDPOINTS: &str = "WITH gone AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]) \
    AS g (app_id, id, reason)), \
    bumped AS (UPDATE app_log SET targets_version = targets_version + 1 WHERE app_id IN (SELECT app_id FROM gone)), \
    disabled AS (UPDATE endpoint e SET is_enabled = FALSE, disabled_reason = gone.reason FROM gone \
    WHERE e.app_id = gone.app_id AND e.id = gone.id AND e.is_enabled RETURNING 1) \
    SELECT zw_assert((SELECT count(*) FROM disabled) = cardinality($1), 'ZW002', 'an endpoint was changed meanwhile')";

/// Each lane with the moment of its first waiting delivery, and its free slots. `head` jumps from lane to lane along the
/// index. `$1` is an object from lane to free slots: looking a lane up in it is no join.
macro_rules! open_lanes {
    () => {
        "WITH RECURSIVE busy AS MATERIALIZED (SELECT $1::jsonb AS free), head AS ( \
         (SELECT lane, visible_at_ms FROM delivery WHERE visible_at_ms IS NOT NULL ORDER BY lane, visible_at_ms LIMIT 1) \
         UNION ALL SELECT n.lane, n.visible_at_ms FROM head h CROSS JOIN LATERAL (SELECT d.lane, d.visible_at_ms \
         FROM delivery d WHERE d.visible_at_ms IS NOT NULL AND d.lane > h.lane ORDER BY d.lane, d.visible_at_ms LIMIT 1) n), \
         open AS (SELECT lane, visible_at_ms, coalesce(((SELECT free FROM busy) ->> lane::text)::integer, $2) AS free \
         FROM head)"
    };
}

/// Leases what is due and can begin now. `head` jumps from lane to lane along the index, so a lane with a million
/// waiting deliveries costs as much as one with a single one. What waits for an endpoint that is no longer enabled is
/// called off here. An endpoint's own headers, which may be credentials, go to its present address alone. `$1` is an object from lane to free slots: looking a lane up in it is no join.
pub(super) const CLAIM_DELIVERIES: &str = concat!(
    open_lanes!(),
    ", \
    due AS (SELECT d.at FROM (SELECT * FROM open WHERE visible_at_ms <= $3 AND free > 0 ORDER BY visible_at_ms) o \
    CROSS JOIN LATERAL (SELECT ctid AS at FROM delivery WHERE lane = o.lane AND visible_at_ms <= $3 \
    ORDER BY visible_at_ms LIMIT o.free FOR UPDATE SKIP LOCKED) d LIMIT $4), \
    claimed AS (UPDATE delivery d SET lease_token = d.lease_token + 1, \
    (status, visible_at_ms, leased_by, finished_at_ms, error) = (SELECT CASE WHEN live THEN 0::smallint ELSE 3::smallint END, \
    CASE WHEN live THEN $5 END, CASE WHEN live THEN $6 END, CASE WHEN live THEN NULL ELSE $3 END, \
    CASE WHEN live THEN d.error ELSE 'endpoint_disabled: the endpoint is disabled or deleted' END \
    FROM (SELECT d.endpoint_id IS NULL OR d.cause = 3 OR EXISTS (SELECT 1 FROM endpoint p WHERE p.app_id = d.app_id \
    AND p.id = d.endpoint_id AND p.is_enabled) AS live OFFSET 0) AS target) \
    WHERE d.ctid = ANY(ARRAY(SELECT at FROM due)) RETURNING d.*) \
    SELECT claimed.status = 0, claimed.id, claimed.app_id, a.environment, claimed.event_id, claimed.kind, \
    claimed.payment_id, e.body, claimed.endpoint_id, claimed.url, p.headers_sealed, claimed.lane, claimed.cause, \
    claimed.attempts, claimed.lease_token, coalesce(claimed.visible_at_ms, 0) FROM claimed \
    CROSS JOIN LATERAL (SELECT body FROM event WHERE app_id = claimed.app_id AND seq = claimed.event_seq LIMIT 1) AS e \
    CROSS JOIN LATERAL (SELECT environment FROM app WHERE id = claimed.app_id LIMIT 1) AS a \
    LEFT JOIN LATERAL (SELECT headers_sealed FROM endpoint WHERE app_id = claimed.app_id \
    AND id = claimed.endpoint_id AND url = claimed.url LIMIT 1) AS p ON TRUE"
);

/// When the next delivery that is not due yet will be, in a lane with a free slot.
pub(super) const NEXT_DUE: &str =
    concat!(open_lanes!(), " SELECT min(visible_at_ms) FROM open WHERE free > 0 AND visible_at_ms > $3");

/// Every statement here with the types of its parameters.
pub(super) fn statements() -> [(&'static str, &'static [Type]); 7] {
    [
        (LOAD_TARGETS, &[Type::UUID_ARRAY]),
        (LOAD_ENABLED, &[Type::UUID_ARRAY, Type::UUID_ARRAY]),
        (INSERT_DELIVERIES, &INSERT_TYPES),
        (record_statement(), &RECORD_TYPES),
        (DISABLE_ENDPOINTS, &[Type::UUID_ARRAY, Type::UUID_ARRAY, Type::TEXT_ARRAY]),
        (CLAIM_DELIVERIES, &CLAIM_TYPES),
        (NEXT_DUE, &[Type::TEXT, Type::INT4, Type::INT8]),
    ]
}

const INSERT_TYPES: [Type; 14] = [
    Type::UUID_ARRAY,
    Type::UUID_ARRAY,
    Type::INT8_ARRAY,
    Type::UUID_ARRAY,
    Type::INT2_ARRAY,
    Type::UUID_ARRAY,
    Type::UUID_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::INT2_ARRAY,
    Type::BOOL_ARRAY,
    Type::INT8,
    Type::INT8,
    Type::TEXT,
];
const RECORD_TYPES: [Type; 16] = [
    Type::UUID_ARRAY,
    Type::UUID_ARRAY,
    Type::INT8_ARRAY,
    Type::INT4_ARRAY,
    Type::INT8_ARRAY,
    Type::INT4_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT2_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT2_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
    Type::UUID_ARRAY,
];
const CLAIM_TYPES: [Type; 6] = [Type::TEXT, Type::INT4, Type::INT8, Type::INT8, Type::INT8, Type::TEXT];
