-- People: users, their sessions and second factors, links that are good once, what was done by whom, what apps used.

CREATE TABLE user_account (
    id                  TEXT    PRIMARY KEY,
    -- In lower case, as it is compared.
    email               TEXT    NOT NULL UNIQUE,
    name                TEXT    NOT NULL CHECK (name <> ''),
    role                TEXT    NOT NULL CHECK (role IN ('admin', 'member')),
    -- Argon2id, as a PHC string.
    password_hash       TEXT    NOT NULL,
    password_set_at_ms  INTEGER NOT NULL,
    totp_sealed         BLOB,
    -- NULL: not yet confirmed, so not yet asked for.
    totp_confirmed_at_ms INTEGER,
    -- The last half minute whose code was used: none before it is taken any more.
    totp_last_step      INTEGER NOT NULL DEFAULT 0,
    -- One bit per kind of alert that is wanted by email.
    alerts              INTEGER NOT NULL,
    is_active           INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    created_at_ms       INTEGER NOT NULL,
    -- Counts the changes: whoever writes says which state he has seen.
    version             INTEGER NOT NULL,
    CHECK (totp_confirmed_at_ms IS NULL OR totp_sealed IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
    user_id TEXT NOT NULL REFERENCES user_account (id),
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id               TEXT    PRIMARY KEY,
    user_id          TEXT    NOT NULL REFERENCES user_account (id),
    address          TEXT    NOT NULL,
    user_agent       TEXT    NOT NULL,
    created_at_ms    INTEGER NOT NULL,
    last_used_at_ms  INTEGER NOT NULL,
    -- When the user last proved who he is.
    confirmed_at_ms  INTEGER NOT NULL,
    -- Access tokens from before are worth nothing.
    tokens_since_ms  INTEGER NOT NULL,
    expires_at_ms    INTEGER NOT NULL,
    ended_at_ms      INTEGER,
    -- 'signed_out', 'revoked', 'reuse', 'credentials_changed'
    end_reason       TEXT,
    CHECK ((ended_at_ms IS NULL) = (end_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_age ON session (expires_at_ms);

-- Every refresh token of a session, the used ones too: one that comes back was stolen.
CREATE TABLE refresh_token (
    hash          BLOB    PRIMARY KEY CHECK (length(hash) = 32),
    session_id    TEXT    NOT NULL REFERENCES session (id),
    created_at_ms INTEGER NOT NULL,
    used_at_ms    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_token_session ON refresh_token (session_id);

-- Links that are good once: invitations, and new passwords for those who forgot theirs.
CREATE TABLE link (
    id            TEXT    PRIMARY KEY,
    hash          BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    purpose       TEXT    NOT NULL CHECK (purpose IN ('invitation', 'password_reset')),
    email         TEXT    NOT NULL,
    role          TEXT    CHECK (role IN ('admin', 'member')),
    user_id       TEXT    REFERENCES user_account (id),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms    INTEGER,
    CHECK (CASE purpose WHEN 'invitation' THEN role IS NOT NULL ELSE user_id IS NOT NULL END)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_email ON link (email);

-- Who did what, written in the transaction that does it; neither changed nor removed.
CREATE TABLE audit (
    id            TEXT    PRIMARY KEY,
    at_ms         INTEGER NOT NULL,
    -- 'user', 'app', 'console', 'system'
    actor         TEXT    NOT NULL,
    actor_id      TEXT,
    -- As he was called then.
    actor_name    TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    app_id        TEXT,
    target        TEXT,
    address       TEXT,
    request_id    TEXT,
    -- JSON, without secrets.
    before        TEXT,
    after         TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_app ON audit (app_id, id);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- How often somebody failed to log in: when each bucket is full again.
CREATE TABLE throttle (
    key        BLOB    PRIMARY KEY,
    full_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_full ON throttle (full_at_ms);

-- Words by email that wait, and for a while those that went.
CREATE TABLE alert (
    id            TEXT    PRIMARY KEY,
    user_id       TEXT    NOT NULL REFERENCES user_account (id),
    -- The bit of user_account.alerts.
    kind          INTEGER NOT NULL,
    app_id        TEXT,
    -- JSON: what the text is made of.
    facts         TEXT    NOT NULL,
    -- What has been told once is not told again.
    occasion      TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    -- Schedule and lease in one, as with deliveries; NULL once it is over.
    visible_at_ms INTEGER,
    attempts      INTEGER NOT NULL DEFAULT 0,
    sent_at_ms    INTEGER,
    UNIQUE (user_id, occasion)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_due ON alert (visible_at_ms) WHERE visible_at_ms IS NOT NULL;

-- What an app used, by the day in UTC; payments are counted in rollup.
CREATE TABLE app_usage (
    app_id     TEXT    NOT NULL,
    day        INTEGER NOT NULL,
    requests   INTEGER NOT NULL CHECK (requests >= 0),
    deliveries INTEGER NOT NULL CHECK (deliveries >= 0),
    PRIMARY KEY (app_id, day)
) STRICT, WITHOUT ROWID;

ALTER TABLE app ADD COLUMN monthly_payments_max INTEGER CHECK (monthly_payments_max > 0);
ALTER TABLE app ADD COLUMN deleted_at_ms INTEGER;
CREATE INDEX app_owner ON app (owner_user_id);
ALTER TABLE api_key ADD COLUMN name TEXT;
ALTER TABLE api_key ADD COLUMN last_used_address TEXT;

CREATE VIEW users AS SELECT
    'usr_' || u.id AS id, u.email, u.name, u.role, u.totp_confirmed_at_ms IS NOT NULL AS has_totp, u.is_active,
    strftime('%Y-%m-%dT%H:%M:%fZ', u.created_at_ms / 1000.0, 'unixepoch') AS created_at
FROM user_account u;

CREATE VIEW audit_log AS SELECT
    'aud_' || a.id AS id, strftime('%Y-%m-%dT%H:%M:%fZ', a.at_ms / 1000.0, 'unixepoch') AS at,
    a.actor, a.actor_id, a.actor_name, a.action, 'app_' || a.app_id AS app_id, a.target, a.address, a.request_id,
    a.before, a.after
FROM audit a;
