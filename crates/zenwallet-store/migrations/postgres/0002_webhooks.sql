-- Webhooks: where they go, each delivery, each attempt.

DROP VIEW webhook_logs;
DROP VIEW apps;
-- No program wrote to it yet.
DROP TABLE attempt;

CREATE TABLE endpoint (
    id               UUID     NOT NULL,
    app_id           UUID     NOT NULL REFERENCES app (id),
    url              TEXT     NOT NULL,
    -- One bit per event kind.
    events           SMALLINT NOT NULL CHECK (events > 0),
    headers_sealed   BYTEA,
    description      TEXT,
    is_default       BOOLEAN  NOT NULL,
    is_enabled       BOOLEAN  NOT NULL,
    disabled_reason  TEXT,
    failing_since_ms BIGINT,
    created_at_ms    BIGINT   NOT NULL,
    CHECK (disabled_reason IS NULL OR NOT is_enabled),
    PRIMARY KEY (app_id, id)
);
CREATE UNIQUE INDEX endpoint_default ON endpoint (app_id) WHERE is_default;

-- An app's webhook_url is its default endpoint.
INSERT INTO endpoint (id, app_id, url, events, is_default, is_enabled, created_at_ms)
SELECT gen_random_uuid(), id, webhook_url, 14, TRUE, TRUE, created_at_ms FROM app WHERE webhook_url IS NOT NULL;
ALTER TABLE app DROP COLUMN webhook_url;

-- Counts the changes to an app's endpoints. It is changed and read under the lock of the log's end, so an event goes
-- to exactly the endpoints of its moment although writers remember them.
ALTER TABLE app_log ADD COLUMN targets_version BIGINT NOT NULL DEFAULT 0;

-- Secrets that sign beside the app's own until they end.
CREATE TABLE former_webhook_secret (
    app_id        UUID   NOT NULL REFERENCES app (id),
    sealed        BYTEA  NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    PRIMARY KEY (app_id, sealed)
);

CREATE TABLE delivery (
    id              UUID     NOT NULL,
    app_id          UUID     NOT NULL,
    event_seq       BIGINT   NOT NULL,
    event_id        UUID     NOT NULL,
    kind            SMALLINT NOT NULL,
    payment_id      UUID     NOT NULL,
    -- NULL: the payment's own webhook_url.
    endpoint_id     UUID,
    url             TEXT     NOT NULL,
    -- What one app sends to one origin shares a lane.
    lane            BIGINT   NOT NULL,
    -- 0 event, 1 retry, 2 replay, 3 test
    cause           SMALLINT NOT NULL CHECK (cause BETWEEN 0 AND 3),
    -- 0 PENDING, 1 DELIVERED, 2 FAILED, 3 CANCELED
    status          SMALLINT NOT NULL CHECK (status BETWEEN 0 AND 3),
    attempts        INTEGER  NOT NULL CHECK (attempts >= 0),
    -- Schedule and lease in one: from this moment on any node may claim the delivery.
    visible_at_ms   BIGINT,
    -- The node that holds the lease.
    leased_by       TEXT,
    -- Grows with every lease; a result counts only under the lease it was made with.
    lease_token     BIGINT   NOT NULL,
    response_status SMALLINT,
    error           TEXT,
    created_at_ms   BIGINT   NOT NULL,
    finished_at_ms  BIGINT,
    CHECK ((visible_at_ms IS NOT NULL) = (status = 0)),
    CHECK ((finished_at_ms IS NULL) = (status = 0)),
    CHECK (leased_by IS NULL OR status = 0),
    PRIMARY KEY (app_id, id)
);
CREATE INDEX delivery_queue ON delivery (lane, visible_at_ms) WHERE visible_at_ms IS NOT NULL;
-- Nearly all are delivered: those are found in the primary key.
CREATE INDEX delivery_status ON delivery (app_id, status, id) WHERE status <> 1;
CREATE INDEX delivery_payment ON delivery (payment_id);

CREATE TABLE attempt (
    app_id              UUID     NOT NULL,
    delivery_id         UUID     NOT NULL,
    number              INTEGER  NOT NULL CHECK (number >= 1),
    started_at_ms       BIGINT   NOT NULL,
    duration_ms         INTEGER  NOT NULL CHECK (duration_ms >= 0),
    request_headers     TEXT     NOT NULL,
    request_body_sha256 TEXT     NOT NULL,
    response_status     SMALLINT,
    response_headers    TEXT,
    response_body       TEXT,
    error               TEXT,
    CHECK ((response_status IS NULL) = (error IS NOT NULL)),
    PRIMARY KEY (app_id, delivery_id, number)
);

CREATE VIEW apps AS SELECT
    zw_public_id('app_', a.id) AS id, a.name,
    (SELECT k.hint FROM api_key k WHERE k.app_id = a.id ORDER BY k.created_at_ms DESC, k.id DESC LIMIT 1) AS api_key,
    'sealed:' || encode(a.webhook_secret_sealed, 'hex') AS api_secret,
    (SELECT e.url FROM endpoint e WHERE e.app_id = a.id AND e.is_default) AS webhook_url,
    a.environment, zw_public_id('usr_', a.owner_user_id) AS owner_user_id,
    zw_time(a.created_at_ms) AS created_at, a.is_active
FROM app a;

CREATE OR REPLACE VIEW events AS SELECT
    zw_public_id('app_', e.app_id) AS app_id, e.seq, zw_public_id('evt_', e.id) AS event_id,
    (ARRAY['payment.created', 'payment.success', 'payment.failed', 'payment.expired', 'webhook.test',
        'webhook.disabled'])[e.kind + 1] AS type,
    zw_public_id('pay_', e.payment_id) AS payment_id, zw_time(e.created_at_ms) AS created_at, e.body
FROM event e;

CREATE VIEW webhook_deliveries AS SELECT
    zw_public_id('dlv_', d.id) AS delivery_id, zw_public_id('app_', d.app_id) AS app_id,
    zw_public_id('evt_', d.event_id) AS event_id, d.event_seq,
    (ARRAY['payment.created', 'payment.success', 'payment.failed', 'payment.expired', 'webhook.test',
        'webhook.disabled'])[d.kind + 1] AS type,
    zw_public_id('pay_', d.payment_id) AS payment_id, zw_public_id('whe_', d.endpoint_id) AS endpoint_id,
    d.url AS webhook_url, (ARRAY['event', 'retry', 'replay', 'test'])[d.cause + 1] AS cause,
    (ARRAY['PENDING', 'DELIVERED', 'FAILED', 'CANCELED'])[d.status + 1] AS status, d.attempts,
    zw_time(d.visible_at_ms) AS next_attempt_at, zw_time(d.created_at_ms) AS created_at,
    zw_time(d.finished_at_ms) AS finished_at
FROM delivery d;

CREATE VIEW webhook_logs AS SELECT
    md5(t.delivery_id::TEXT || '/' || t.number)::UUID AS id, zw_public_id('dlv_', t.delivery_id) AS delivery_id,
    zw_public_id('evt_', d.event_id) AS event_id, zw_public_id('pay_', d.payment_id) AS payment_id,
    zw_public_id('app_', t.app_id) AS app_id, d.url AS webhook_url,
    (SELECT e.body FROM event e WHERE e.app_id = d.app_id AND e.seq = d.event_seq) AS request_payload,
    t.response_status, t.response_body, t.number AS attempt_number,
    coalesce(t.response_status BETWEEN 200 AND 299, FALSE) AS delivered, t.error, t.duration_ms,
    zw_time(t.started_at_ms) AS created_at
FROM attempt t JOIN delivery d ON d.app_id = t.app_id AND d.id = t.delivery_id;
