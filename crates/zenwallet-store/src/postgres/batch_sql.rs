//! The statements of a batch, each over whole columns of rows.

use super::rollup::{GROW_ROLLUP, GROW_TYPES, grow_rollup_sql};
use super::row::payment_columns;
use tokio_postgres::types::Type;

pub(super) const LOAD_PAYMENTS: &str =
    concat!("SELECT ", payment_columns!(), " FROM payment WHERE id = ANY($1) ORDER BY id FOR UPDATE");

/// What another node is expiring at this moment is that node's work.
pub(super) const LOAD_DUE: &str = concat!(
    "SELECT ",
    payment_columns!(),
    " FROM payment WHERE status = 0 AND expires_at_ms <= $1 ORDER BY expires_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED"
);

// A row is found by its key in a subquery of its own wherever a batch meets a table that grows. As a plain join the
// planner might read the table first and the batch second, which is good while the table is small, and keep that plan.

pub(super) const LOAD_KEYS: &str = "SELECT k.app_id, k.key, k.fingerprint, k.status, k.body, k.created_at_ms \
    FROM unnest($1::uuid[], $2::text[]) AS wanted (app_id, key) CROSS JOIN LATERAL (SELECT * FROM idempotency_key \
    WHERE app_id = wanted.app_id AND key = wanted.key LIMIT 1) AS k";

pub(super) const INSERT_PAYMENTS: &str = "INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, \
    description, metadata, webhook_url, return_url, created_at_ms, expires_at_ms) \
    SELECT id, app_id, amount_minor, currency, 0, reference_id, description, metadata, webhook_url, return_url, \
    created_at_ms, expires_at_ms \
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
    $9::text[], $10::bigint[], $11::bigint[]) AS new (id, app_id, amount_minor, currency, reference_id, description, \
    metadata, webhook_url, return_url, created_at_ms, expires_at_ms)";

/// The guard repeats what the lock already promises: only a pending payment changes. It is written so that no index
/// over pending payments answers it.
pub(super) const SETTLE_PAYMENTS: &str = "WITH done AS (UPDATE payment p SET status = s.status, \
    completed_at_ms = s.completed_at_ms, transaction_id = s.transaction_id, failure_code = s.failure_code, \
    notes = s.notes, expires_at_ms = s.expires_at_ms \
    FROM (SELECT n.*, found.at FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::bigint[], $5::uuid[], $6::text[], \
    $7::text[], $8::bigint[]) AS n (id, app_id, status, completed_at_ms, transaction_id, failure_code, notes, \
    expires_at_ms) \
    CROSS JOIN LATERAL (SELECT ctid AS at FROM payment WHERE id = n.id AND app_id = n.app_id LIMIT 1) AS found OFFSET 0) \
    AS s WHERE p.ctid = s.at AND p.status + 0 = 0 RETURNING 1) \
    SELECT zw_assert((SELECT count(*) FROM done) = cardinality($1), 'ZW001', 'a payment is no longer pending')";

/// Lets each log grow, in the order of the apps, and gives `bases`: where each ended before, in the same order. What
/// the writer remembers of the endpoints is compared with what they are, under the lock of the log's end.
macro_rules! grow_logs {
    ($app_id:literal, $count:literal, $version:literal) => {
        concat!(
            "grown AS (UPDATE app_log l SET last_seq = l.last_seq + g.count FROM (SELECT a.app_id, g.count, g.version \
             FROM unnest(",
            $app_id,
            "::uuid[], ",
            $count,
            "::bigint[], ",
            $version,
            "::bigint[]) WITH ORDINALITY \
             AS g (app_id, count, version, place) JOIN app_log a USING (app_id) ORDER BY g.place FOR UPDATE OF a) AS g WHERE l.app_id = g.app_id \
             AND zw_assert(l.targets_version = g.version, 'ZW002', 'the endpoints have changed') \
             RETURNING l.app_id, l.last_seq - g.count AS base), \
             bases AS MATERIALIZED (SELECT array_agg(base ORDER BY app_id) AS base FROM grown \
             HAVING zw_assert(count(*) = cardinality(",
            $app_id,
            "), 'ZW001', 'an app has no event log'))"
        )
    };
}

/// Each event names its log by its place among the apps: no join, whatever the number of apps.
pub(super) const APPEND_EVENTS: &str = concat!(
    "WITH ",
    grow_logs!("$1", "$2", "$10"),
    " INSERT INTO event (app_id, seq, id, kind, payment_id, created_at_ms, body) \
     SELECT e.app_id, (SELECT base FROM bases)[e.log] + e.place, e.id, e.kind, e.payment_id, e.created_at_ms, e.body \
     FROM unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::smallint[], $7::uuid[], $8::bigint[], $9::text[], $11::integer[]) \
     AS e (app_id, place, id, kind, payment_id, created_at_ms, body, log)"
);

/// What [`INSERT_PAYMENTS`], [`APPEND_EVENTS`] and [`GROW_ROLLUP`] do, as one statement that is its own transaction: a batch of
/// nothing but new payments is one message to the server and one back.
pub(super) const CREATE_PAYMENTS: &str = concat!(
    "WITH new AS MATERIALIZED (SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::bigint[], \
     $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], \
     $14::bigint[], $15::uuid[], $16::text[], $18::integer[]) AS n (id, app_id, amount_minor, currency, reference_id, \
     description, metadata, webhook_url, return_url, created_at_ms, expires_at_ms, place, event_id, body, log)), \
     kept AS (INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, description, metadata, \
     webhook_url, return_url, created_at_ms, expires_at_ms) \
     SELECT id, app_id, amount_minor, currency, 0, reference_id, description, metadata, webhook_url, return_url, \
     created_at_ms, expires_at_ms FROM new), ",
    grow_logs!("$1", "$2", "$17"),
    ", counted AS (",
    grow_rollup_sql!("$19", "$20", "$21", "$22", "$23", "$24", "$25", "$26", "(SELECT base FROM bases) IS NOT NULL"),
    ") INSERT INTO event (app_id, seq, id, kind, payment_id, created_at_ms, body) \
     SELECT app_id, (SELECT base FROM bases)[log] + place, event_id, 0, id, created_at_ms, body FROM new"
);

pub(super) const KEEP_KEYS: &str = "WITH kept AS (INSERT INTO idempotency_key (app_id, key, fingerprint, status, body, created_at_ms) \
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::smallint[], $5::bytea[], $6::bigint[]) \
    AS k (app_id, key, fingerprint, status, body, created_at_ms) ORDER BY app_id, key \
    ON CONFLICT (app_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status, \
    body = excluded.body, created_at_ms = excluded.created_at_ms WHERE idempotency_key.created_at_ms <= $7 RETURNING 1) \
    SELECT zw_assert((SELECT count(*) FROM kept) = cardinality($1), 'ZW002', 'an idempotency key was taken meanwhile')";

pub(super) const PROBE: &str = "INSERT INTO instance (name, value) VALUES ('probed_at_ms', $1) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// Every statement of the writer with the types of its parameters.
pub(super) fn statements() -> [(&'static str, &'static [Type]); 10] {
    [
        (LOAD_PAYMENTS, &[Type::UUID_ARRAY]),
        (LOAD_DUE, &[Type::INT8, Type::INT8]),
        (LOAD_KEYS, &[Type::UUID_ARRAY, Type::TEXT_ARRAY]),
        (INSERT_PAYMENTS, &INSERT_TYPES),
        (SETTLE_PAYMENTS, &SETTLE_TYPES),
        (APPEND_EVENTS, &APPEND_TYPES),
        (CREATE_PAYMENTS, &CREATE_TYPES),
        (GROW_ROLLUP, &GROW_TYPES),
        (KEEP_KEYS, &KEEP_TYPES),
        (PROBE, &[Type::TEXT]),
    ]
}

const INSERT_TYPES: [Type; 11] = [
    Type::UUID_ARRAY,
    Type::UUID_ARRAY,
    Type::INT8_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
];
const CREATE_TYPES: [Type; 26] = [
    Type::UUID_ARRAY,
    Type::INT8_ARRAY,
    Type::UUID_ARRAY,
    Type::UUID_ARRAY,
    Type::INT8_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
    Type::UUID_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::INT4_ARRAY,
    Type::UUID_ARRAY,
    Type::INT2_ARRAY,
    Type::INT8_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT2_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8_ARRAY,
];
const SETTLE_TYPES: [Type; 8] = [
    Type::UUID_ARRAY,
    Type::UUID_ARRAY,
    Type::INT2_ARRAY,
    Type::INT8_ARRAY,
    Type::UUID_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
];
const APPEND_TYPES: [Type; 11] = [
    Type::UUID_ARRAY,
    Type::INT8_ARRAY,
    Type::UUID_ARRAY,
    Type::INT8_ARRAY,
    Type::UUID_ARRAY,
    Type::INT2_ARRAY,
    Type::UUID_ARRAY,
    Type::INT8_ARRAY,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
    Type::INT4_ARRAY,
];
const KEEP_TYPES: [Type; 7] = [
    Type::UUID_ARRAY,
    Type::TEXT_ARRAY,
    Type::BYTEA_ARRAY,
    Type::INT2_ARRAY,
    Type::BYTEA_ARRAY,
    Type::INT8_ARRAY,
    Type::INT8,
];
