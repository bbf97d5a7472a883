-- Live: events found by their ids, and what each node has let in with a key.

CREATE INDEX event_by_id ON event (id);

-- What each node has let in with a key. A crash may empty it: what it holds is worth a few seconds.
CREATE UNLOGGED TABLE key_use (
    key_id     UUID   NOT NULL,
    node       TEXT   NOT NULL,
    -- Requests since that node began to count.
    used       BIGINT NOT NULL CHECK (used >= 0),
    -- When the key's bucket would be full again there, once the node has heard of the others: whoever begins to use the
    -- key begins with that.
    full_at_ms BIGINT,
    PRIMARY KEY (key_id, node)
) WITH (fillfactor = 50);
