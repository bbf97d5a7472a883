//! The statements of a batch, each over whole columns of rows.

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

pub(super) const LOAD_KEYS: &str = "SELECT k.app_id, k.key, k.fingerprint, k.status, k.body, k.created_at_ms \
    FROM unnest($1::uuid[], $2::text[]) AS wanted (app_id, key) JOIN idempotency_key k USING (app_id, key)";

pub(super) const INSERT_PAYMENTS: &str = "INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, \
    description, metadata, webhook_url, return_url, created_at_ms, expires_at_ms) \
    SELECT id, app_id, amount_minor, currency, 0, reference_id, description, metadata, webhook_url, return_url, \
    created_at_ms, expires_at_ms \
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
    $9::text[], $10::bigint[], $11::bigint[]) AS new (id, app_id, amount_minor, currency, reference_id, description, \
    metadata, webhook_url, return_url, created_at_ms, expires_at_ms)";

/// The guard repeats what the lock already promises: only a pending payment changes.
pub(super) const SETTLE_PAYMENTS: &str = "WITH done AS (UPDATE payment p SET status = s.status, \
    completed_at_ms = s.completed_at_ms, transaction_id = s.transaction_id, failure_code = s.failure_code, notes = s.notes \
    FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::bigint[], $5::uuid[], $6::text[], $7::text[]) \
    AS s (id, app_id, status, completed_at_ms, transaction_id, failure_code, notes) \
    WHERE p.id = s.id AND p.app_id = s.app_id AND p.status = 0 RETURNING 1) \
    SELECT zw_assert((SELECT count(*) FROM done) = cardinality($1), 'ZW001', 'a payment is no longer pending')";

/// An app without a log gives its event no number, which the table refuses.
///
/// What the writer remembers of the endpoints is compared with what they are, under the lock of the log's end.
pub(super) const APPEND_EVENTS: &str = "WITH grown AS (UPDATE app_log l SET last_seq = l.last_seq + g.count \
    FROM (SELECT a.app_id, g.count, g.version FROM unnest($1::uuid[], $2::bigint[], $10::bigint[]) \
    AS g (app_id, count, version) JOIN app_log a USING (app_id) ORDER BY a.app_id FOR UPDATE OF a) AS g \
    WHERE l.app_id = g.app_id AND zw_assert(l.targets_version = g.version, 'ZW002', 'the endpoints have changed') \
    RETURNING l.app_id, l.last_seq - g.count AS base) \
    INSERT INTO event (app_id, seq, id, kind, payment_id, created_at_ms, body) \
    SELECT e.app_id, grown.base + e.place, e.id, e.kind, e.payment_id, e.created_at_ms, e.body \
    FROM unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::smallint[], $7::uuid[], $8::bigint[], $9::text[]) \
    AS e (app_id, place, id, kind, payment_id, created_at_ms, body) LEFT JOIN grown USING (app_id)";

/// What [`INSERT_PAYMENTS`] and [`APPEND_EVENTS`] do, as one statement that is its own transaction: a batch of
/// nothing but new payments is one message to the server and one back.
pub(super) const CREATE_PAYMENTS: &str = "WITH new AS MATERIALIZED (SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::bigint[], \
    $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], \
    $14::bigint[], $15::uuid[], $16::text[]) AS n (id, app_id, amount_minor, currency, reference_id, description, \
    metadata, webhook_url, return_url, created_at_ms, expires_at_ms, place, event_id, body)), \
    kept AS (INSERT INTO payment (id, app_id, amount_minor, currency, status, reference_id, description, metadata, \
    webhook_url, return_url, created_at_ms, expires_at_ms) \
    SELECT id, app_id, amount_minor, currency, 0, reference_id, description, metadata, webhook_url, return_url, \
    created_at_ms, expires_at_ms FROM new), \
    grown AS (UPDATE app_log l SET last_seq = l.last_seq + g.count \
    FROM (SELECT a.app_id, g.count, g.version FROM unnest($1::uuid[], $2::bigint[], $17::bigint[]) \
    AS g (app_id, count, version) JOIN app_log a USING (app_id) ORDER BY a.app_id FOR UPDATE OF a) AS g \
    WHERE l.app_id = g.app_id AND zw_assert(l.targets_version = g.version, 'ZW002', 'the endpoints have changed') \
    RETURNING l.app_id, l.last_seq - g.count AS base) \
    INSERT INTO event (app_id, seq, id, kind, payment_id, created_at_ms, body) \
    SELECT app_id, grown.base + place, event_id, 0, id, created_at_ms, body FROM new LEFT JOIN grown USING (app_id)";

pub(super) const KEEP_KEYS: &str = "WITH kept AS (INSERT INTO idempotency_key (app_id, key, fingerprint, status, body, created_at_ms) \
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::smallint[], $5::bytea[], $6::bigint[]) \
    AS k (app_id, key, fingerprint, status, body, created_at_ms) ORDER BY app_id, key \
    ON CONFLICT (app_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status, \
    body = excluded.body, created_at_ms = excluded.created_at_ms WHERE idempotency_key.created_at_ms <= $7 RETURNING 1) \
    SELECT zw_assert((SELECT count(*) FROM kept) = cardinality($1), 'ZW002', 'an idempotency key was taken meanwhile')";

pub(super) const PROBE: &str = "INSERT INTO instance (name, value) VALUES ('probed_at_ms', $1) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// Every statement of the writer with the types of its parameters.
pub(super) fn statements() -> [(&'static str, &'static [Type]); 9] {
    [
        (LOAD_PAYMENTS, &[Type::UUID_ARRAY]),
        (LOAD_DUE, &[Type::INT8, Type::INT8]),
        (LOAD_KEYS, &[Type::UUID_ARRAY, Type::TEXT_ARRAY]),
        (INSERT_PAYMENTS, &INSERT_TYPES),
        (SETTLE_PAYMENTS, &SETTLE_TYPES),
        (APPEND_EVENTS, &APPEND_TYPES),
        (CREATE_PAYMENTS, &CREATE_TYPES),
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
const CREATE_TYPES: [Type; 17] = [
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
];
const SETTLE_TYPES: [Type; 7] = [
    Type::UUID_ARRAY,
    Type::UUID_ARRAY,
    Type::INT2_ARRAY,
    Type::INT8_ARRAY,
    Type::UUID_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
];
const APPEND_TYPES: [Type; 10] = [
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
