-- Where members come from: printed links with a budget and counts a day. Cards that are printed before they have a member.

CREATE TABLE source_link (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('poster', 'advert', 'partner', 'staff')),
  name TEXT NOT NULL,
  store_id INTEGER NOT NULL REFERENCES store (id),
  staff_id INTEGER REFERENCES staff (id),
  daily_budget INTEGER NOT NULL CHECK (daily_budget >= 0),
  from_at INTEGER NOT NULL,
  until_at INTEGER,
  ended_at INTEGER,
  created_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  CHECK ((kind = 'staff') = (staff_id IS NOT NULL))
);

CREATE TABLE source_day (
  link_id INTEGER NOT NULL REFERENCES source_link (id),
  day INTEGER NOT NULL,
  opened INTEGER NOT NULL DEFAULT 0,
  codes INTEGER NOT NULL DEFAULT 0,
  joined INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (link_id, day)
);

ALTER TABLE member ADD COLUMN source_link_id INTEGER REFERENCES source_link (id);
CREATE INDEX member_source_link ON member (source_link_id, joined_at) WHERE source_link_id IS NOT NULL;
ALTER TABLE challenge ADD COLUMN source_link_id INTEGER REFERENCES source_link (id);
CREATE INDEX challenge_source_link ON challenge (source_link_id, created_at) WHERE source_link_id IS NOT NULL;

CREATE TABLE blank_card (
  card TEXT PRIMARY KEY,
  batch_id INTEGER NOT NULL,
  place INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('blank', 'used', 'void')),
  made_at INTEGER NOT NULL,
  ended_at INTEGER,
  UNIQUE (batch_id, place)
);
