-- Segments as rules in versions; campaigns with their frozen audience and their links.

CREATE TABLE segment (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  retired_at INTEGER
);
CREATE UNIQUE INDEX segment_name ON segment (name) WHERE retired_at IS NULL;

CREATE TABLE segment_version (
  id INTEGER PRIMARY KEY,
  segment_id INTEGER NOT NULL REFERENCES segment (id),
  number INTEGER NOT NULL CHECK (number > 0),
  rule TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (segment_id, number)
);
APPEND ONLY segment_version;

CREATE TABLE campaign (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'running', 'paused', 'done', 'cancelled')),
  segment_version_id INTEGER NOT NULL REFERENCES segment_version (id),
  channel TEXT NOT NULL,
  plan TEXT NOT NULL,
  send_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  watched_until_at INTEGER NOT NULL,
  opt_outs_known INTEGER NOT NULL DEFAULT 0,
  salt TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  approved_at INTEGER,
  approved_by TEXT,
  started_at INTEGER,
  started_day INTEGER,
  paused_reason TEXT,
  ended_at INTEGER,
  CHECK (until_at > send_at),
  CHECK ((approved_at IS NULL) = (approved_by IS NULL)),
  CHECK ((started_at IS NULL) = (started_day IS NULL))
);
CREATE INDEX campaign_open ON campaign (send_at, id) WHERE state IN ('approved', 'running', 'paused');

CREATE TABLE campaign_audience (
  campaign_id INTEGER NOT NULL REFERENCES campaign (id),
  member_id INTEGER NOT NULL,
  arm TEXT NOT NULL CHECK (arm IN ('A', 'B', 'holdout', '')),
  excluded TEXT,
  stratum TEXT NOT NULL DEFAULT '',
  queued_at INTEGER,
  PRIMARY KEY (campaign_id, member_id),
  CHECK ((arm = '') = (excluded IS NOT NULL)),
  CHECK (queued_at IS NULL OR arm IN ('A', 'B'))
);
CREATE INDEX campaign_audience_member ON campaign_audience (member_id);
CREATE INDEX campaign_audience_waiting ON campaign_audience (campaign_id, member_id)
  WHERE queued_at IS NULL AND arm IN ('A', 'B');

CREATE TABLE campaign_link (
  campaign_id INTEGER NOT NULL REFERENCES campaign (id),
  medium TEXT NOT NULL,
  link_id INTEGER NOT NULL REFERENCES source_link (id),
  PRIMARY KEY (campaign_id, medium)
);
