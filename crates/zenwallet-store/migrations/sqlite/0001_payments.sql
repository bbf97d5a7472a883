-- Tables are named in the singular and hold what the program writes; the views below present the product's
-- data model under its public names (payments, apps, events, webhook_logs) for people and their tools.
-- Ids are the 22 base62 characters of the public id, whose byte order is the UUIDv7's. Moments are milliseconds
-- since 1970 UTC. The tables are the same as PostgreSQL's, column by column.

CREATE TABLE instance (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE app (
    id                    TEXT    PRIMARY KEY,
    name                  TEXT    NOT NULL CHECK (name <> ''),
    environment           TEXT    NOT NULL CHECK (environment IN ('test', 'production')),
    webhook_url           TEXT,
    webhook_secret_sealed BLOB    NOT NULL,
    owner_user_id         TEXT,
    rate_limit_per_s      INTEGER CHECK (rate_limit_per_s >= 0),
    created_at_ms         INTEGER NOT NULL,
    is_active             INTEGER NOT NULL CHECK (is_active IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    id              TEXT    NOT NULL,
    app_id          TEXT    NOT NULL REFERENCES app (id),
    hash            BLOB    NOT NULL CHECK (length(hash) = 32),
    hint            TEXT    NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    expires_at_ms   INTEGER,
    revoked_at_ms   INTEGER,
    last_used_at_ms INTEGER,
    PRIMARY KEY (id, app_id),
    UNIQUE (hash, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_app ON api_key (app_id);

-- The end of each app's event log; numbered in the transaction that appends.
CREATE TABLE app_log (
    app_id   TEXT    PRIMARY KEY REFERENCES app (id),
    last_seq INTEGER NOT NULL CHECK (last_seq >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE payment (
    id              TEXT    NOT NULL,
    app_id          TEXT    NOT NULL,
    amount_minor    INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999999),
    currency        TEXT    NOT NULL,
    -- 0 PENDING, 1 SUCCESS, 2 FAILED, 3 EXPIRED
    status          INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
    reference_id    TEXT,
    description     TEXT,
    metadata        TEXT    NOT NULL,
    webhook_url     TEXT,
    return_url      TEXT,
    created_at_ms   INTEGER NOT NULL,
    expires_at_ms   INTEGER NOT NULL CHECK (expires_at_ms > created_at_ms),
    completed_at_ms INTEGER,
    transaction_id  TEXT,
    failure_code    TEXT,
    notes           TEXT,
    CHECK ((completed_at_ms IS NOT NULL) = (status IN (1, 2))),
    CHECK ((transaction_id IS NOT NULL) = (status = 1)),
    PRIMARY KEY (id, app_id)
) STRICT, WITHOUT ROWID;
-- Lists merge one range of this index per status, newest first.
CREATE INDEX payment_list ON payment (app_id, status, id);
CREATE INDEX payment_reference ON payment (app_id, reference_id, id) WHERE reference_id IS NOT NULL;
CREATE INDEX payment_transaction ON payment (app_id, transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX payment_due ON payment (expires_at_ms) WHERE status = 0;

CREATE TABLE event (
    app_id        TEXT    NOT NULL,
    seq           INTEGER NOT NULL,
    id            TEXT    NOT NULL,
    -- 0 payment.created, 1 payment.success, 2 payment.failed, 3 payment.expired, 4 webhook.test
    kind          INTEGER NOT NULL,
    payment_id    TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    -- Canonical JSON: these bytes are signed.
    body          TEXT    NOT NULL,
    PRIMARY KEY (app_id, seq)
) STRICT, WITHOUT ROWID;

-- With a rowid: answers of some KB would spill over pages of their own in a WITHOUT ROWID table, at 2.4 times the cost.
CREATE TABLE idempotency_key (
    app_id        TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    fingerprint   BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    status        INTEGER NOT NULL,
    body          BLOB    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (app_id, key)
) STRICT;
CREATE INDEX idempotency_key_age ON idempotency_key (created_at_ms);

-- One line per attempt to deliver a webhook.
CREATE TABLE attempt (
    id              TEXT    NOT NULL,
    app_id          TEXT    NOT NULL,
    payment_id      TEXT    NOT NULL,
    url             TEXT    NOT NULL,
    request_body    TEXT    NOT NULL,
    response_status INTEGER,
    response_body   TEXT,
    attempt_number  INTEGER NOT NULL CHECK (attempt_number >= 1),
    delivered       INTEGER NOT NULL CHECK (delivered IN (0, 1)),
    created_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (id, app_id)
) STRICT, WITHOUT ROWID;

CREATE VIEW payments AS SELECT
    p.id,
    'pay_' || p.id AS payment_id,
    'app_' || p.app_id AS app_id,
    printf('%d.%02d', p.amount_minor / 100, p.amount_minor % 100) AS amount,
    p.currency,
    CASE
        WHEN p.status = 0 AND p.expires_at_ms <= CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) THEN 'EXPIRED'
        ELSE CASE p.status WHEN 0 THEN 'PENDING' WHEN 1 THEN 'SUCCESS' WHEN 2 THEN 'FAILED' ELSE 'EXPIRED' END
    END AS status,
    p.reference_id, p.description, p.metadata, p.webhook_url,
    (SELECT value FROM instance WHERE name = 'public_url') || '/pay/pay_' || p.id AS payment_url,
    (SELECT value FROM instance WHERE name = 'public_url') || '/api/payments/pay_' || p.id || '/qr.png' AS qr_code,
    'txn_' || p.transaction_id AS transaction_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', p.created_at_ms / 1000.0, 'unixepoch') AS created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', p.expires_at_ms / 1000.0, 'unixepoch') AS expires_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', p.completed_at_ms / 1000.0, 'unixepoch') AS completed_at,
    p.failure_code, p.notes, p.return_url
FROM payment p;

CREATE VIEW apps AS SELECT
    'app_' || a.id AS id, a.name,
    (SELECT k.hint FROM api_key k WHERE k.app_id = a.id ORDER BY k.created_at_ms DESC, k.id DESC LIMIT 1) AS api_key,
    'sealed:' || lower(hex(a.webhook_secret_sealed)) AS api_secret,
    a.webhook_url, a.environment, 'usr_' || a.owner_user_id AS owner_user_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', a.created_at_ms / 1000.0, 'unixepoch') AS created_at, a.is_active
FROM app a;

CREATE VIEW events AS SELECT
    'app_' || e.app_id AS app_id, e.seq, 'evt_' || e.id AS event_id,
    CASE e.kind WHEN 0 THEN 'payment.created' WHEN 1 THEN 'payment.success' WHEN 2 THEN 'payment.failed'
        WHEN 3 THEN 'payment.expired' ELSE 'webhook.test' END AS type,
    'pay_' || e.payment_id AS payment_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', e.created_at_ms / 1000.0, 'unixepoch') AS created_at, e.body
FROM event e;

CREATE VIEW webhook_logs AS SELECT
    t.id, 'pay_' || t.payment_id AS payment_id, 'app_' || t.app_id AS app_id, t.url AS webhook_url,
    t.request_body AS request_payload, t.response_status, t.response_body, t.attempt_number, t.delivered,
    strftime('%Y-%m-%dT%H:%M:%fZ', t.created_at_ms / 1000.0, 'unixepoch') AS created_at
FROM attempt t;
