-- Sending: sure refusals counted apart from attempts, the one repeat of a message whose fate stayed unknown, and a
-- queue for each channel, so that one that rests or is slow keeps no other waiting.

ALTER TABLE outbox ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN resent INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET failures = attempts WHERE state = 'queued';
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (channel, priority, not_before, id) WHERE state = 'queued';

-- Jobs: those of which each slot counts, and since when their times are as they are; slots before that are not missed.
ALTER TABLE job ADD COLUMN each_slot INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
