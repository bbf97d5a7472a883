-- Beside its count a node tells when the key's bucket would be full again, once it has heard of the others: whoever begins
-- to use the key begins there.

ALTER TABLE key_use RENAME COLUMN noted_at_ms TO full_at_ms;
ALTER TABLE key_use ALTER COLUMN full_at_ms DROP NOT NULL;
