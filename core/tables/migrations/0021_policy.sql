-- Policy: who must not be written to, by channel; what the gap was before; costs, budgets and links; replies kept for staff.

CREATE TABLE suppressed (
  address_hash TEXT NOT NULL,
  channel TEXT NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN ('all', 'marketing')),
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (address_hash, channel)
);
INSERT INTO suppressed (address_hash, channel, scope, reason, at) SELECT address_hash, '', scope, reason, at FROM suppression;
DROP TABLE suppression;
ALTER TABLE suppressed RENAME TO suppression;
CREATE INDEX suppression_at ON suppression (at, address_hash, channel);

ALTER TABLE contact_gap ADD COLUMN before_at INTEGER;

ALTER TABLE outbox ADD COLUMN estimate_micros INTEGER;
ALTER TABLE outbox ADD COLUMN currency TEXT;

CREATE TABLE rate_card (
  id INTEGER PRIMARY KEY,
  country TEXT NOT NULL,
  channel TEXT NOT NULL,
  currency TEXT NOT NULL,
  segment_micros INTEGER NOT NULL CHECK (segment_micros >= 0),
  from_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX rate_card_place ON rate_card (country, channel, from_at, id);
APPEND ONLY rate_card;

CREATE TABLE budget_use (
  scope TEXT PRIMARY KEY,
  most_micros INTEGER,
  used_micros INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE short_link (
  token TEXT PRIMARY KEY,
  outbox_id INTEGER NOT NULL,
  campaign_id INTEGER,
  url TEXT NOT NULL,
  at INTEGER NOT NULL,
  clicks INTEGER NOT NULL DEFAULT 0,
  first_at INTEGER,
  last_at INTEGER,
  UNIQUE (outbox_id, url)
);
CREATE INDEX short_link_campaign ON short_link (campaign_id) WHERE campaign_id IS NOT NULL;

ALTER TABLE inbound ADD COLUMN channel TEXT NOT NULL DEFAULT 'sms';
ALTER TABLE inbound ADD COLUMN body TEXT;
ALTER TABLE inbound ADD COLUMN handled_at INTEGER;
ALTER TABLE inbound ADD COLUMN handled_by TEXT;
CREATE INDEX inbound_waiting ON inbound (at, sid) WHERE body IS NOT NULL AND handled_at IS NULL;
