-- Live: events found by their ids, and what keys have used on each node.

CREATE INDEX event_by_id ON event (id);

-- How many requests each node has let in with a key, counted since that node started. A crash may empty it: what it holds
-- is worth a few seconds.
CREATE UNLOGGED TABLE key_use (
    key_id      UUID   NOT NULL,
    node        TEXT   NOT NULL,
    used        BIGINT NOT NULL CHECK (used >= 0),
    noted_at_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, node)
) WITH (fillfactor = 50);
