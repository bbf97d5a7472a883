-- Webhooks: where they go, each delivery, each attempt.

DROP VIEW webhook_logs;
DROP VIEW apps;
DROP VIEW events;
-- No program wrote to it yet.
DROP TABLE attempt;

CREATE TABLE endpoint (
    id               TEXT    NOT NULL,
    app_id           TEXT    NOT NULL REFERENCES app (id),
    url              TEXT    NOT NULL,
    -- One bit per event kind.
    events           INTEGER NOT NULL CHECK (events > 0),
    headers_sealed   BLOB,
    description      TEXT,
    is_default       INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    is_enabled       INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    disabled_reason  TEXT,
    failing_since_ms INTEGER,
    created_at_ms    INTEGER NOT NULL,
    CHECK (disabled_reason IS NULL OR NOT is_enabled),
    PRIMARY KEY (app_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX endpoint_default ON endpoint (app_id) WHERE is_default = 1;

-- An app's webhook_url is its default endpoint. Its id is base62 like every other: a 0, then random hexadecimal digits.
INSERT INTO endpoint (id, app_id, url, events, is_default, is_enabled, created_at_ms)
SELECT '0' || substr(hex(randomblob(11)), 1, 21), id, webhook_url, 14, 1, 1, created_at_ms
FROM app WHERE webhook_url IS NOT NULL;
ALTER TABLE app DROP COLUMN webhook_url;

-- Counts the changes to an app's endpoints.
ALTER TABLE app_log ADD COLUMN targets_version INTEGER NOT NULL DEFAULT 0;

-- Secrets that sign beside the app's own until they end.
CREATE TABLE former_webhook_secret (
    app_id        TEXT    NOT NULL REFERENCES app (id),
    sealed        BLOB    NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (app_id, sealed)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    id              TEXT    NOT NULL,
    app_id          TEXT    NOT NULL,
    event_seq       INTEGER NOT NULL,
    event_id        TEXT    NOT NULL,
    kind            INTEGER NOT NULL,
    payment_id      TEXT    NOT NULL,
    -- NULL: the payment's own webhook_url.
    endpoint_id     TEXT,
    url             TEXT    NOT NULL,
    -- What one app sends to one origin shares a lane.
    lane            INTEGER NOT NULL,
    -- 0 event, 1 retry, 2 replay, 3 test
    cause           INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 3),
    -- 0 PENDING, 1 DELIVERED, 2 FAILED, 3 CANCELED
    status          INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    -- Schedule and lease in one: from this moment on any process may claim the delivery.
    visible_at_ms   INTEGER,
    -- The node that holds the lease.
    leased_by       TEXT,
    -- Grows with every lease; a result counts only under the lease it was made with.
    lease_token     INTEGER NOT NULL,
    response_status INTEGER,
    error           TEXT,
    created_at_ms   INTEGER NOT NULL,
    finished_at_ms  INTEGER,
    CHECK ((visible_at_ms IS NOT NULL) = (status = 0)),
    CHECK ((finished_at_ms IS NULL) = (status = 0)),
    CHECK (leased_by IS NULL OR status = 0),
    PRIMARY KEY (app_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_queue ON delivery (lane, visible_at_ms) WHERE visible_at_ms IS NOT NULL;
-- Nearly all are delivered: those are found in the primary key.
CREATE INDEX delivery_status ON delivery (app_id, status, id) WHERE status <> 1;
CREATE INDEX delivery_payment ON delivery (payment_id);

-- With a rowid: answers of some KB would spill over pages of their own in a WITHOUT ROWID table.
CREATE TABLE attempt (
    app_id              TEXT    NOT NULL,
    delivery_id         TEXT    NOT NULL,
    number              INTEGER NOT NULL CHECK (number >= 1),
    started_at_ms       INTEGER NOT NULL,
    duration_ms         INTEGER NOT NULL CHECK (duration_ms >= 0),
    request_headers     TEXT    NOT NULL,
    request_body_sha256 TEXT    NOT NULL,
    response_status     INTEGER,
    response_headers    TEXT,
    response_body       TEXT,
    error               TEXT,
    CHECK ((response_status IS NULL) = (error IS NOT NULL)),
    PRIMARY KEY (app_id, delivery_id, number)
) STRICT;

CREATE VIEW apps AS SELECT
    'app_' || a.id AS id, a.name,
    (SELECT k.hint FROM api_key k WHERE k.app_id = a.id ORDER BY k.created_at_ms DESC, k.id DESC LIMIT 1) AS api_key,
    'sealed:' || lower(hex(a.webhook_secret_sealed)) AS api_secret,
    (SELECT e.url FROM endpoint e WHERE e.app_id = a.id AND e.is_default = 1) AS webhook_url,
    a.environment, 'usr_' || a.owner_user_id AS owner_user_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', a.created_at_ms / 1000.0, 'unixepoch') AS created_at, a.is_active
FROM app a;

CREATE VIEW events AS SELECT
    'app_' || e.app_id AS app_id, e.seq, 'evt_' || e.id AS event_id,
    CASE e.kind WHEN 0 THEN 'payment.created' WHEN 1 THEN 'payment.success' WHEN 2 THEN 'payment.failed'
        WHEN 3 THEN 'payment.expired' WHEN 4 THEN 'webhook.test' ELSE 'webhook.disabled' END AS type,
    'pay_' || e.payment_id AS payment_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', e.created_at_ms / 1000.0, 'unixepoch') AS created_at, e.body
FROM event e;

CREATE VIEW webhook_deliveries AS SELECT
    'dlv_' || d.id AS delivery_id, 'app_' || d.app_id AS app_id, 'evt_' || d.event_id AS event_id, d.event_seq,
    CASE d.kind WHEN 0 THEN 'payment.created' WHEN 1 THEN 'payment.success' WHEN 2 THEN 'payment.failed'
        WHEN 3 THEN 'payment.expired' WHEN 4 THEN 'webhook.test' ELSE 'webhook.disabled' END AS type,
    'pay_' || d.payment_id AS payment_id, 'whe_' || d.endpoint_id AS endpoint_id, d.url AS webhook_url,
    CASE d.cause WHEN 0 THEN 'event' WHEN 1 THEN 'retry' WHEN 2 THEN 'replay' ELSE 'test' END AS cause,
    CASE d.status WHEN 0 THEN 'PENDING' WHEN 1 THEN 'DELIVERED' WHEN 2 THEN 'FAILED' ELSE 'CANCELED' END AS status,
    d.attempts,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.visible_at_ms / 1000.0, 'unixepoch') AS next_attempt_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.created_at_ms / 1000.0, 'unixepoch') AS created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.finished_at_ms / 1000.0, 'unixepoch') AS finished_at
FROM delivery d;

CREATE VIEW webhook_logs AS SELECT
    t.delivery_id || '-' || t.number AS id, 'dlv_' || t.delivery_id AS delivery_id, 'evt_' || d.event_id AS event_id,
    'pay_' || d.payment_id AS payment_id, 'app_' || t.app_id AS app_id, d.url AS webhook_url,
    (SELECT e.body FROM event e WHERE e.app_id = d.app_id AND e.seq = d.event_seq) AS request_payload,
    t.response_status, t.response_body, t.number AS attempt_number,
    coalesce(t.response_status BETWEEN 200 AND 299, 0) AS delivered, t.error, t.duration_ms,
    strftime('%Y-%m-%dT%H:%M:%fZ', t.started_at_ms / 1000.0, 'unixepoch') AS created_at
FROM attempt t JOIN delivery d ON d.app_id = t.app_id AND d.id = t.delivery_id;
