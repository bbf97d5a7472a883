-- Inboxes of test apps: what was posted there.

CREATE TABLE inbox (
    id            UUID    PRIMARY KEY,
    app_id        UUID    NOT NULL UNIQUE REFERENCES app (id),
    created_at_ms BIGINT NOT NULL
);

CREATE TABLE inbox_message (
    inbox_id           UUID    NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    id                 UUID    NOT NULL,
    received_at_ms     BIGINT NOT NULL,
    -- JSON; credentials with their values hidden.
    headers            TEXT    NOT NULL,
    body               TEXT    NOT NULL,
    is_body_lossy      BOOLEAN NOT NULL,
    -- NULL: it carries none.
    is_signature_valid BOOLEAN,
    -- What its body says.
    event_type         TEXT,
    payment_id         TEXT,
    PRIMARY KEY (inbox_id, id)
);
