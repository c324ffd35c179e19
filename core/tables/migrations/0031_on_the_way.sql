-- On the way: where a message went, as it was when it left. A member's number may change or be merged before its fate
-- is known, and the provider must be asked about the old one.

ALTER TABLE outbox ADD COLUMN sent_to TEXT;
UPDATE outbox SET sent_to = address WHERE state IN ('sending', 'unknown');

-- In hand: claimed, and not begun to leave, so that what a dead owner had only claimed is simply queued again.
ALTER TABLE outbox ADD COLUMN in_hand INTEGER NOT NULL DEFAULT 0;
