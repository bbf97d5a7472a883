-- Live: events found by their ids. One process serves a SQLite database: it has nobody to share its rate limits with.

CREATE INDEX event_by_id ON event (id);
