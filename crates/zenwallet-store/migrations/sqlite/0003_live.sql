-- Live: events found by their ids, and what keys have used on each node.

CREATE INDEX event_by_id ON event (id);

-- How many requests each node has let in with a key, counted since that node started.
CREATE TABLE key_use (
    key_id      TEXT    NOT NULL,
    node        TEXT    NOT NULL,
    used        INTEGER NOT NULL CHECK (used >= 0),
    noted_at_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, node)
) STRICT, WITHOUT ROWID;
