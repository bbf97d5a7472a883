-- Inboxes of test apps: what was posted there.

CREATE TABLE inbox (
    id            TEXT    PRIMARY KEY,
    app_id        TEXT    NOT NULL UNIQUE REFERENCES app (id),
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- With a rowid: bodies of some KB would spill over pages of their own in a WITHOUT ROWID table.
CREATE TABLE inbox_message (
    inbox_id           TEXT    NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    id                 TEXT    NOT NULL,
    received_at_ms     INTEGER NOT NULL,
    -- JSON; credentials with their values hidden.
    headers            TEXT    NOT NULL,
    body               TEXT    NOT NULL,
    is_body_lossy      INTEGER NOT NULL CHECK (is_body_lossy IN (0, 1)),
    -- NULL: it carries none.
    is_signature_valid INTEGER CHECK (is_signature_valid IN (0, 1)),
    -- What its body says.
    event_type         TEXT,
    payment_id         TEXT,
    PRIMARY KEY (inbox_id, id)
) STRICT;
