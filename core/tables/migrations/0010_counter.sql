-- The drawer between two counts, tags, and fields a shop adds to its members.

CREATE TABLE cash_move (
  id INTEGER PRIMARY KEY,
  shift_id INTEGER NOT NULL REFERENCES shift (id),
  store_id INTEGER NOT NULL REFERENCES store (id),
  day INTEGER NOT NULL,
  cents INTEGER NOT NULL CHECK (cents <> 0),
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX cash_move_shift ON cash_move (shift_id);
CREATE INDEX cash_move_day ON cash_move (store_id, day);
APPEND ONLY cash_move;

CREATE TABLE tag (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
);

CREATE TABLE member_tag (
  tag_id INTEGER NOT NULL REFERENCES tag (id),
  member_id INTEGER NOT NULL REFERENCES member (id),
  at INTEGER NOT NULL,
  PRIMARY KEY (tag_id, member_id)
);
CREATE INDEX member_tag_member ON member_tag (member_id);

CREATE TABLE own_field (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('text', 'number', 'day', 'choice')),
  choices TEXT NOT NULL DEFAULT '[]',
  active INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX own_field_name ON own_field (name) WHERE active = 1;

CREATE TABLE own_value (
  member_id INTEGER NOT NULL REFERENCES member (id),
  field_id INTEGER NOT NULL REFERENCES own_field (id),
  value TEXT NOT NULL,
  PRIMARY KEY (member_id, field_id)
);

CREATE INDEX member_not_active ON member (state, id) WHERE state <> 'active';
CREATE INDEX account_stored ON account (asset, balance) WHERE asset IN ('principal', 'bonus') AND balance <> 0;
