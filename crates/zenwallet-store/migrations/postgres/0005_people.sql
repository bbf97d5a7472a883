-- People: users, their sessions and second factors, links that are good once, what was done by whom, what apps used.

CREATE TABLE user_account (
    id                  UUID    PRIMARY KEY,
    -- In lower case, as it is compared.
    email               TEXT    NOT NULL UNIQUE,
    name                TEXT    NOT NULL CHECK (name <> ''),
    role                TEXT    NOT NULL CHECK (role IN ('admin', 'member')),
    -- Argon2id, as a PHC string.
    password_hash       TEXT    NOT NULL,
    password_set_at_ms  BIGINT NOT NULL,
    totp_sealed         BYTEA,
    -- NULL: not yet confirmed, so not yet asked for.
    totp_confirmed_at_ms BIGINT,
    -- The last half minute whose code was used: none before it is taken any more.
    totp_last_step      BIGINT NOT NULL DEFAULT 0,
    -- One bit per kind of alert that is wanted by email.
    alerts              BIGINT NOT NULL,
    is_active           BOOLEAN NOT NULL,
    created_at_ms       BIGINT NOT NULL,
    -- Counts the changes: whoever writes says which state he has seen.
    version             BIGINT NOT NULL,
    CHECK (totp_confirmed_at_ms IS NULL OR totp_sealed IS NOT NULL)
);

CREATE TABLE recovery_code (
    user_id UUID NOT NULL REFERENCES user_account (id),
    hash    BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE session (
    id               UUID    PRIMARY KEY,
    user_id          UUID    NOT NULL REFERENCES user_account (id),
    address          TEXT    NOT NULL,
    user_agent       TEXT    NOT NULL,
    created_at_ms    BIGINT NOT NULL,
    last_used_at_ms  BIGINT NOT NULL,
    -- When the user last proved who he is.
    confirmed_at_ms  BIGINT NOT NULL,
    -- Access tokens from before are worth nothing.
    tokens_since_ms  BIGINT NOT NULL,
    expires_at_ms    BIGINT NOT NULL,
    ended_at_ms      BIGINT,
    -- 'signed_out', 'revoked', 'reuse', 'credentials_changed'
    end_reason       TEXT,
    CHECK ((ended_at_ms IS NULL) = (end_reason IS NULL))
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_age ON session (expires_at_ms);

-- Every refresh token of a session, the used ones too: one that comes back was stolen.
CREATE TABLE refresh_token (
    hash          BYTEA    PRIMARY KEY CHECK (length(hash) = 32),
    session_id    UUID    NOT NULL REFERENCES session (id),
    created_at_ms BIGINT NOT NULL,
    used_at_ms    BIGINT
);
CREATE INDEX refresh_token_session ON refresh_token (session_id);

-- Links that are good once: invitations, and new passwords for those who forgot theirs.
CREATE TABLE link (
    id            UUID    PRIMARY KEY,
    hash          BYTEA    NOT NULL UNIQUE CHECK (length(hash) = 32),
    purpose       TEXT    NOT NULL CHECK (purpose IN ('invitation', 'password_reset')),
    email         TEXT    NOT NULL,
    role          TEXT    CHECK (role IN ('admin', 'member')),
    user_id       UUID    REFERENCES user_account (id),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms    BIGINT,
    CHECK (CASE purpose WHEN 'invitation' THEN role IS NOT NULL ELSE user_id IS NOT NULL END)
);
CREATE INDEX link_email ON link (email);

-- Who did what, written in the transaction that does it; neither changed nor removed.
CREATE TABLE audit (
    id            UUID    PRIMARY KEY,
    at_ms         BIGINT NOT NULL,
    -- 'user', 'app', 'console', 'system'
    actor         TEXT    NOT NULL,
    actor_id      TEXT,
    -- As he was called then.
    actor_name    TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    app_id        UUID,
    target        TEXT,
    address       TEXT,
    request_id    TEXT,
    -- JSON, without secrets.
    before        TEXT,
    after         TEXT
);
CREATE INDEX audit_app ON audit (app_id, id);
CREATE FUNCTION zw_audit_stays() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION zw_audit_stays();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION zw_audit_stays();

-- How often somebody failed to log in: when each bucket is full again.
CREATE TABLE throttle (
    key        BYTEA  PRIMARY KEY,
    full_at_ms BIGINT NOT NULL
);
CREATE INDEX throttle_full ON throttle (full_at_ms);

-- Words by email that wait, and for a while those that went.
CREATE TABLE alert (
    id            UUID    PRIMARY KEY,
    user_id       UUID    NOT NULL REFERENCES user_account (id),
    -- The bit of user_account.alerts.
    kind          BIGINT NOT NULL,
    app_id        UUID,
    -- JSON: what the text is made of.
    facts         TEXT    NOT NULL,
    -- What has been told once is not told again.
    occasion      TEXT    NOT NULL,
    created_at_ms BIGINT NOT NULL,
    -- Schedule and lease in one, as with deliveries; NULL once it is over.
    visible_at_ms BIGINT,
    attempts      BIGINT NOT NULL DEFAULT 0,
    sent_at_ms    BIGINT,
    UNIQUE (user_id, occasion)
);
CREATE INDEX alert_due ON alert (visible_at_ms) WHERE visible_at_ms IS NOT NULL;

-- What an app used, by the day in UTC; payments are counted in rollup.
CREATE TABLE app_usage (
    app_id     UUID    NOT NULL,
    day        BIGINT NOT NULL,
    requests   BIGINT NOT NULL CHECK (requests >= 0),
    deliveries BIGINT NOT NULL CHECK (deliveries >= 0),
    PRIMARY KEY (app_id, day)
);

ALTER TABLE app ADD COLUMN monthly_payments_max BIGINT CHECK (monthly_payments_max > 0);
ALTER TABLE app ADD COLUMN deleted_at_ms BIGINT;
CREATE INDEX app_owner ON app (owner_user_id);
ALTER TABLE api_key ADD COLUMN name TEXT;
ALTER TABLE api_key ADD COLUMN last_used_address TEXT;

CREATE VIEW users AS SELECT
    zw_public_id('usr_', u.id) AS id, u.email, u.name, u.role, u.totp_confirmed_at_ms IS NOT NULL AS has_totp,
    u.is_active, zw_time(u.created_at_ms) AS created_at
FROM user_account u;

CREATE VIEW audit_log AS SELECT
    zw_public_id('aud_', a.id) AS id, zw_time(a.at_ms) AS at, a.actor, a.actor_id, a.actor_name, a.action,
    zw_public_id('app_', a.app_id) AS app_id, a.target, a.address, a.request_id, a.before, a.after
FROM audit a;
