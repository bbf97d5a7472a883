-- Tables are named in the singular and hold what the program writes; the views below present the product's
-- data model under its public names (payments, apps, events, webhook_logs) for people and their tools.
-- Ids are UUIDv7. Every primary and unique key contains app_id, so that a tenant-sharded PostgreSQL can spread them.
-- Moments are milliseconds since 1970 UTC.

CREATE TABLE instance (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE app (
    id                    UUID    PRIMARY KEY,
    name                  TEXT    NOT NULL CHECK (name <> ''),
    environment           TEXT    NOT NULL CHECK (environment IN ('test', 'production')),
    webhook_url           TEXT,
    webhook_secret_sealed BYTEA   NOT NULL,
    owner_user_id         UUID,
    rate_limit_per_s      INTEGER CHECK (rate_limit_per_s >= 0),
    created_at_ms         BIGINT  NOT NULL,
    is_active             BOOLEAN NOT NULL
);

CREATE TABLE api_key (
    id              UUID   NOT NULL,
    app_id          UUID   NOT NULL REFERENCES app (id),
    hash            BYTEA  NOT NULL CHECK (length(hash) = 32),
    hint            TEXT   NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    expires_at_ms   BIGINT,
    revoked_at_ms   BIGINT,
    last_used_at_ms BIGINT,
    PRIMARY KEY (id, app_id),
    UNIQUE (hash, app_id)
);
CREATE INDEX api_key_app ON api_key (app_id);

-- The end of each app's event log. The row is locked from the numbering of a batch's events to its commit, so
-- numbers are given in the order in which readers come to see them, without gaps, on any number of nodes.
CREATE TABLE app_log (
    app_id   UUID   PRIMARY KEY REFERENCES app (id),
    last_seq BIGINT NOT NULL CHECK (last_seq >= 0)
) WITH (fillfactor = 20);

-- No foreign key on the hot tables: an app is never deleted, and the check would cost a lookup per row.
CREATE TABLE payment (
    id              UUID     NOT NULL,
    app_id          UUID     NOT NULL,
    amount_minor    BIGINT   NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999999),
    currency        TEXT     NOT NULL,
    -- 0 PENDING, 1 SUCCESS, 2 FAILED, 3 EXPIRED
    status          SMALLINT NOT NULL CHECK (status BETWEEN 0 AND 3),
    reference_id    TEXT     COLLATE "C",
    description     TEXT,
    metadata        TEXT     NOT NULL,
    webhook_url     TEXT,
    return_url      TEXT,
    created_at_ms   BIGINT   NOT NULL,
    expires_at_ms   BIGINT   NOT NULL CHECK (expires_at_ms > created_at_ms),
    completed_at_ms BIGINT,
    transaction_id  UUID,
    failure_code    TEXT,
    notes           TEXT,
    CHECK ((completed_at_ms IS NOT NULL) = (status IN (1, 2))),
    CHECK ((transaction_id IS NOT NULL) = (status = 1)),
    PRIMARY KEY (id, app_id)
);
-- Lists merge one range of this index per status, newest first.
CREATE INDEX payment_list ON payment (app_id, status, id);
CREATE INDEX payment_reference ON payment (app_id, reference_id, id) WHERE reference_id IS NOT NULL;
CREATE INDEX payment_transaction ON payment (app_id, transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX payment_due ON payment (expires_at_ms) WHERE status = 0;

CREATE TABLE event (
    app_id        UUID     NOT NULL,
    seq           BIGINT   NOT NULL,
    id            UUID     NOT NULL,
    -- 0 payment.created, 1 payment.success, 2 payment.failed, 3 payment.expired, 4 webhook.test
    kind          SMALLINT NOT NULL,
    payment_id    UUID     NOT NULL,
    created_at_ms BIGINT   NOT NULL,
    -- Canonical JSON as text, never JSONB: these bytes are signed.
    body          TEXT     NOT NULL,
    PRIMARY KEY (app_id, seq)
);

CREATE TABLE idempotency_key (
    app_id        UUID     NOT NULL,
    key           TEXT     COLLATE "C" NOT NULL,
    fingerprint   BYTEA    NOT NULL CHECK (length(fingerprint) = 32),
    status        SMALLINT NOT NULL,
    body          BYTEA    NOT NULL,
    created_at_ms BIGINT   NOT NULL,
    PRIMARY KEY (app_id, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at_ms);

-- One line per attempt to deliver a webhook.
CREATE TABLE attempt (
    id              UUID     NOT NULL,
    app_id          UUID     NOT NULL,
    payment_id      UUID     NOT NULL,
    url             TEXT     NOT NULL,
    request_body    TEXT     NOT NULL,
    response_status SMALLINT,
    response_body   TEXT,
    attempt_number  INTEGER  NOT NULL CHECK (attempt_number >= 1),
    delivered       BOOLEAN  NOT NULL,
    created_at_ms   BIGINT   NOT NULL,
    PRIMARY KEY (id, app_id)
);

-- Raises `code` unless `ok`: a guard whose failure takes the whole transaction back.
CREATE FUNCTION zw_assert(ok BOOLEAN, code TEXT, what TEXT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
    IF ok IS NOT TRUE THEN
        RAISE EXCEPTION 'zenwallet: %', what USING ERRCODE = code;
    END IF;
    RETURN TRUE;
END $$;

-- The public spelling of an id: prefix and 22 base62 characters.
CREATE FUNCTION zw_public_id(prefix TEXT, id UUID) RETURNS TEXT LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    hex    TEXT := replace(id::TEXT, '-', '');
    value  NUMERIC := ('x' || substr(hex, 1, 8))::BIT(32)::BIGINT * 79228162514264337593543950336
                    + ('x' || substr(hex, 9, 8))::BIT(32)::BIGINT * 18446744073709551616
                    + ('x' || substr(hex, 17, 8))::BIT(32)::BIGINT * 4294967296::NUMERIC
                    + ('x' || substr(hex, 25, 8))::BIT(32)::BIGINT;
    part   BIGINT;
    text62 TEXT := '';
BEGIN
    FOR piece IN 1..3 LOOP
        part := value % 839299365868340224;
        value := div(value, 839299365868340224);
        FOR digit IN 1..(CASE piece WHEN 3 THEN 2 ELSE 10 END) LOOP
            text62 := substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', (part % 62)::INT + 1, 1) || text62;
            part := part / 62;
        END LOOP;
    END LOOP;
    RETURN prefix || text62;
END $$;

CREATE FUNCTION zw_time(ms BIGINT) RETURNS TIMESTAMPTZ LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT to_timestamp(ms / 1000) + (ms % 1000) * INTERVAL '1 millisecond' $$;

CREATE VIEW payments AS SELECT
    p.id,
    zw_public_id('pay_', p.id) AS payment_id,
    zw_public_id('app_', p.app_id) AS app_id,
    (p.amount_minor / 100.0)::NUMERIC(15, 2) AS amount,
    p.currency,
    CASE
        WHEN p.status = 0 AND p.expires_at_ms <= floor(extract(epoch FROM clock_timestamp()) * 1000) THEN 'EXPIRED'
        ELSE (ARRAY['PENDING', 'SUCCESS', 'FAILED', 'EXPIRED'])[p.status + 1]
    END AS status,
    p.reference_id, p.description, p.metadata::JSON AS metadata, p.webhook_url,
    (SELECT value FROM instance WHERE name = 'public_url') || '/pay/' || zw_public_id('pay_', p.id) AS payment_url,
    (SELECT value FROM instance WHERE name = 'public_url') || '/api/payments/' || zw_public_id('pay_', p.id) || '/qr.png' AS qr_code,
    zw_public_id('txn_', p.transaction_id) AS transaction_id,
    zw_time(p.created_at_ms) AS created_at, zw_time(p.expires_at_ms) AS expires_at,
    zw_time(p.completed_at_ms) AS completed_at,
    p.failure_code, p.notes, p.return_url
FROM payment p;

CREATE VIEW apps AS SELECT
    zw_public_id('app_', a.id) AS id, a.name,
    (SELECT k.hint FROM api_key k WHERE k.app_id = a.id ORDER BY k.created_at_ms DESC, k.id DESC LIMIT 1) AS api_key,
    'sealed:' || encode(a.webhook_secret_sealed, 'hex') AS api_secret,
    a.webhook_url, a.environment, zw_public_id('usr_', a.owner_user_id) AS owner_user_id,
    zw_time(a.created_at_ms) AS created_at, a.is_active
FROM app a;

CREATE VIEW events AS SELECT
    zw_public_id('app_', e.app_id) AS app_id, e.seq, zw_public_id('evt_', e.id) AS event_id,
    (ARRAY['payment.created', 'payment.success', 'payment.failed', 'payment.expired', 'webhook.test'])[e.kind + 1] AS type,
    zw_public_id('pay_', e.payment_id) AS payment_id, zw_time(e.created_at_ms) AS created_at, e.body
FROM event e;

CREATE VIEW webhook_logs AS SELECT
    t.id, zw_public_id('pay_', t.payment_id) AS payment_id, zw_public_id('app_', t.app_id) AS app_id,
    t.url AS webhook_url, t.request_body AS request_payload, t.response_status, t.response_body, t.attempt_number,
    t.delivered, zw_time(t.created_at_ms) AS created_at
FROM attempt t;
