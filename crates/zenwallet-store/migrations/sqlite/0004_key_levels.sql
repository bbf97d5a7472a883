-- One process serves a SQLite database: it has nobody to share its buckets with.

DROP TABLE key_use;
