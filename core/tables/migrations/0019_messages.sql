-- Messages: their order, campaign and wording; wordings and consent by channel; channels at rest; what staff must be told.

ALTER TABLE outbox ADD COLUMN priority INTEGER NOT NULL DEFAULT 5;
ALTER TABLE outbox ADD COLUMN campaign_id INTEGER;
ALTER TABLE outbox ADD COLUMN wording_id INTEGER;
UPDATE outbox SET priority = 0 WHERE template = 'code';
UPDATE outbox SET priority = 3 WHERE template <> 'code' AND category = 'service';
UPDATE outbox SET priority = 7 WHERE category = 'marketing';
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (priority, not_before, id) WHERE state = 'queued';
CREATE INDEX outbox_campaign ON outbox (campaign_id, state) WHERE campaign_id IS NOT NULL;

ALTER TABLE wording ADD COLUMN channel TEXT NOT NULL DEFAULT 'sms';
ALTER TABLE wording ADD COLUMN subject TEXT;
ALTER TABLE wording ADD COLUMN provider_template TEXT;
DROP INDEX wording_template;
CREATE INDEX wording_template ON wording (template, language, channel, id);

ALTER TABLE consent ADD COLUMN channel TEXT NOT NULL DEFAULT '';

CREATE TABLE channel_rest (
  channel TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);

CREATE TABLE alert (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  facts TEXT NOT NULL,
  at INTEGER NOT NULL,
  again INTEGER NOT NULL DEFAULT 0,
  last_at INTEGER NOT NULL,
  told_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL
);
CREATE INDEX alert_waiting ON alert (next_at, id) WHERE told_at IS NULL;
CREATE INDEX alert_kind ON alert (kind, about, at);
