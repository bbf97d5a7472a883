-- Rollups: how many payments and how much, kept in the transaction that changes the payments.

CREATE TABLE rollup (
    app_id      UUID     NOT NULL,
    -- 0 since ever, with start_ms 0; 1 a quarter of an hour: of those the hours and days of every time zone are sums.
    span        SMALLINT NOT NULL CHECK (span IN (0, 1)),
    start_ms    BIGINT   NOT NULL CHECK (CASE span WHEN 0 THEN start_ms = 0 ELSE start_ms % 900000 = 0 END),
    currency    TEXT     COLLATE "C" NOT NULL,
    -- 0 created then, by created_at; 1 SUCCESS and 2 FAILED then, by completed_at; 3 EXPIRED then, by expires_at
    status      SMALLINT NOT NULL CHECK (status BETWEEN 0 AND 3),
    payments    BIGINT   NOT NULL CHECK (payments > 0),
    -- The sum of the amounts in hundredths is volume_high * 10^15 + volume_low: more than one number can hold.
    volume_high BIGINT   NOT NULL CHECK (volume_high >= 0),
    volume_low  BIGINT   NOT NULL CHECK (volume_low BETWEEN 0 AND 999999999999999),
    PRIMARY KEY (app_id, span, start_ms, currency, status)
) WITH (fillfactor = 50);

INSERT INTO rollup (app_id, span, start_ms, currency, status, payments, volume_high, volume_low)
SELECT app_id, 1, at_ms - ((at_ms % 900000) + 900000) % 900000, currency, status, count(*),
    div(sum(amount_minor), 1000000000000000)::BIGINT, mod(sum(amount_minor), 1000000000000000)::BIGINT
FROM (SELECT app_id, created_at_ms AS at_ms, currency, 0 AS status, amount_minor FROM payment
    UNION ALL
    SELECT app_id, coalesce(completed_at_ms, expires_at_ms), currency, status, amount_minor FROM payment
    WHERE status <> 0) AS counted
GROUP BY 1, 3, 4, 5;

INSERT INTO rollup (app_id, span, start_ms, currency, status, payments, volume_high, volume_low)
SELECT app_id, 0, 0, currency, status, sum(payments)::BIGINT,
    (sum(volume_high) + div(sum(volume_low), 1000000000000000))::BIGINT,
    mod(sum(volume_low), 1000000000000000)::BIGINT
FROM rollup GROUP BY app_id, currency, status;

-- An app's payments whose time is over but whose end is not yet stored, by the index that holds few beside them. As a
-- part of a larger statement the planner might read the table: it takes time and status to be independent, and so many
-- of them to be due that it would compile the statement for each call, which takes a hundred times as long as running it.
CREATE FUNCTION zw_overdue(app UUID, now_ms BIGINT)
RETURNS TABLE (currency TEXT, expires_at_ms BIGINT, amount_minor BIGINT)
LANGUAGE plpgsql STABLE ROWS 10 SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY SELECT due.currency, due.expires_at_ms, due.amount_minor
        FROM (SELECT * FROM payment p WHERE p.status = 0 AND p.expires_at_ms <= now_ms OFFSET 0) AS due
        WHERE due.app_id = app;
END $$;

CREATE VIEW payment_rollups AS SELECT
    zw_public_id('app_', r.app_id) AS app_id,
    (ARRAY['ever', 'quarter_hour'])[r.span + 1] AS span,
    CASE r.span WHEN 1 THEN zw_time(r.start_ms) END AS start_at,
    r.currency,
    (ARRAY['CREATED', 'SUCCESS', 'FAILED', 'EXPIRED'])[r.status + 1] AS status,
    r.payments,
    ((r.volume_high * 1000000000000000::NUMERIC + r.volume_low) / 100)::NUMERIC(34, 2) AS volume
FROM rollup r;
