-- Rollups: how many payments and how much, kept in the transaction that changes the payments.

CREATE TABLE rollup (
    app_id      TEXT    NOT NULL,
    -- 0 since ever, with start_ms 0; 1 a quarter of an hour: of those the hours and days of every time zone are sums.
    span        INTEGER NOT NULL CHECK (span IN (0, 1)),
    start_ms    INTEGER NOT NULL CHECK (CASE span WHEN 0 THEN start_ms = 0 ELSE start_ms % 900000 = 0 END),
    currency    TEXT    NOT NULL,
    -- 0 created then, by created_at; 1 SUCCESS and 2 FAILED then, by completed_at; 3 EXPIRED then, by expires_at
    status      INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
    payments    INTEGER NOT NULL CHECK (payments > 0),
    -- The sum of the amounts in hundredths is volume_high * 10^15 + volume_low: more than one number can hold.
    volume_high INTEGER NOT NULL CHECK (volume_high >= 0),
    volume_low  INTEGER NOT NULL CHECK (volume_low BETWEEN 0 AND 999999999999999),
    PRIMARY KEY (app_id, span, start_ms, currency, status)
) STRICT, WITHOUT ROWID;

-- Amounts are summed in two halves of at most 8 digits, whose sums never overflow, and carried afterwards.
INSERT INTO rollup (app_id, span, start_ms, currency, status, payments, volume_high, volume_low)
SELECT app_id, 1, start_ms, currency, status, payments,
    (upper + lower / 100000000) / 10000000,
    (upper + lower / 100000000) % 10000000 * 100000000 + lower % 100000000
FROM (SELECT app_id, at_ms - ((at_ms % 900000) + 900000) % 900000 AS start_ms, currency, status, count(*) AS payments,
        sum(amount_minor / 100000000) AS upper, sum(amount_minor % 100000000) AS lower
    FROM (SELECT app_id, created_at_ms AS at_ms, currency, 0 AS status, amount_minor FROM payment
        UNION ALL
        SELECT app_id, coalesce(completed_at_ms, expires_at_ms), currency, status, amount_minor FROM payment
        WHERE status <> 0)
    GROUP BY 1, 2, 3, 4);

INSERT INTO rollup (app_id, span, start_ms, currency, status, payments, volume_high, volume_low)
SELECT app_id, 0, 0, currency, status, payments,
    high + (upper + lower / 100000000) / 10000000,
    (upper + lower / 100000000) % 10000000 * 100000000 + lower % 100000000
FROM (SELECT app_id, currency, status, sum(payments) AS payments, sum(volume_high) AS high,
        sum(volume_low / 100000000) AS upper, sum(volume_low % 100000000) AS lower
    FROM rollup GROUP BY 1, 2, 3);

CREATE VIEW payment_rollups AS SELECT
    'app_' || r.app_id AS app_id,
    CASE r.span WHEN 0 THEN 'ever' ELSE 'quarter_hour' END AS span,
    CASE r.span WHEN 1 THEN strftime('%Y-%m-%dT%H:%M:%fZ', r.start_ms / 1000.0, 'unixepoch') END AS start_at,
    r.currency,
    CASE r.status WHEN 0 THEN 'CREATED' WHEN 1 THEN 'SUCCESS' WHEN 2 THEN 'FAILED' ELSE 'EXPIRED' END AS status,
    r.payments,
    CASE r.volume_high WHEN 0 THEN printf('%d.%02d', r.volume_low / 100, r.volume_low % 100)
        ELSE printf('%d%013d.%02d', r.volume_high, r.volume_low / 100, r.volume_low % 100) END AS volume
FROM rollup r;
