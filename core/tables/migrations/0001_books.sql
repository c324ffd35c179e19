-- The books every department writes in: shop rules, ledgers, requests, outbox, audit.

CREATE TABLE shop_rule (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX shop_rule_name ON shop_rule (name, from_at, id);
APPEND ONLY shop_rule;

CREATE TABLE store (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  zone TEXT NOT NULL,
  day_ends_hour INTEGER NOT NULL DEFAULT 0 CHECK (day_ends_hour BETWEEN 0 AND 12),
  closed_at INTEGER
);

CREATE TABLE revision (
  topic TEXT PRIMARY KEY,
  mark INTEGER NOT NULL
);

CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  asset TEXT NOT NULL CHECK (asset IN ('points', 'principal', 'bonus')),
  balance INTEGER NOT NULL DEFAULT 0,
  debt INTEGER NOT NULL DEFAULT 0 CHECK (debt >= 0),
  held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
  version INTEGER NOT NULL DEFAULT 0,
  UNIQUE (member_id, asset),
  CHECK (balance + debt >= 0),
  CHECK (asset = 'points' OR debt = 0)
);

CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  number INTEGER NOT NULL,
  member_id INTEGER NOT NULL,
  asset TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount <> 0),
  balance_after INTEGER NOT NULL,
  ref_kind TEXT NOT NULL,
  ref_id INTEGER NOT NULL,
  reverses_id INTEGER REFERENCES entry (id),
  store_id INTEGER,
  reason TEXT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE UNIQUE INDEX entry_account ON entry (account_id, number);
CREATE INDEX entry_ref ON entry (ref_kind, ref_id);
CREATE INDEX entry_at ON entry (at);
CREATE INDEX entry_reverses ON entry (reverses_id) WHERE reverses_id IS NOT NULL;
APPEND ONLY entry;

CREATE TABLE lot (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  entry_id INTEGER NOT NULL REFERENCES entry (id),
  original INTEGER NOT NULL CHECK (original > 0),
  remaining INTEGER NOT NULL CHECK (remaining >= 0),
  held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
  available_at INTEGER NOT NULL,
  expires_at INTEGER,
  ref_kind TEXT NOT NULL,
  ref_id INTEGER NOT NULL,
  store_id INTEGER,
  from_lot_id INTEGER REFERENCES lot (id),
  CHECK (remaining <= original),
  CHECK (held <= remaining)
);
CREATE INDEX lot_open ON lot (account_id, expires_at, id) WHERE remaining > 0;
CREATE INDEX lot_expiring ON lot (expires_at) WHERE remaining > 0;
CREATE INDEX lot_entry ON lot (entry_id);
CREATE INDEX lot_ref ON lot (ref_kind, ref_id);
CREATE INDEX lot_from ON lot (from_lot_id) WHERE from_lot_id IS NOT NULL;

CREATE TABLE lot_use (
  id INTEGER PRIMARY KEY,
  lot_id INTEGER NOT NULL REFERENCES lot (id),
  entry_id INTEGER NOT NULL REFERENCES entry (id),
  amount INTEGER NOT NULL CHECK (amount <> 0),
  why TEXT NOT NULL CHECK (why IN ('spend', 'return', 'clawback', 'expire', 'debt'))
);
CREATE INDEX lot_use_lot ON lot_use (lot_id);
CREATE INDEX lot_use_entry ON lot_use (entry_id);
APPEND ONLY lot_use;

CREATE TABLE hold (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account (id),
  amount INTEGER NOT NULL CHECK (amount > 0),
  state TEXT NOT NULL CHECK (state IN ('held', 'captured', 'released', 'lapsed', 'broken')),
  lapses_at INTEGER NOT NULL,
  ended_at INTEGER,
  entry_id INTEGER REFERENCES entry (id),
  ref_kind TEXT NOT NULL,
  ref_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  CHECK ((state = 'held') = (ended_at IS NULL)),
  CHECK ((state = 'captured') = (entry_id IS NOT NULL))
);
CREATE INDEX hold_open ON hold (account_id) WHERE state = 'held';
CREATE INDEX hold_lapsing ON hold (lapses_at, id) WHERE state = 'held';
CREATE INDEX hold_ref ON hold (ref_kind, ref_id);

CREATE TABLE hold_lot (
  hold_id INTEGER NOT NULL REFERENCES hold (id),
  lot_id INTEGER NOT NULL REFERENCES lot (id),
  amount INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (hold_id, lot_id)
);
CREATE INDEX hold_lot_lot ON hold_lot (lot_id);
APPEND ONLY hold_lot;

CREATE TABLE request (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  answer TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX request_at ON request (at);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  door TEXT NOT NULL,
  store_id INTEGER,
  action TEXT NOT NULL,
  entity TEXT NOT NULL,
  entity_id INTEGER NOT NULL,
  before TEXT,
  after TEXT
);
CREATE INDEX audit_entity ON audit (entity, entity_id, id);
CREATE INDEX audit_at ON audit (at);
APPEND ONLY audit;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  dedupe_key TEXT NOT NULL UNIQUE,
  member_id INTEGER,
  channel TEXT NOT NULL,
  address TEXT,
  category TEXT NOT NULL CHECK (category IN ('service', 'greeting', 'gift_greeting', 'marketing')),
  template TEXT NOT NULL,
  variables TEXT,
  language TEXT NOT NULL,
  body TEXT,
  segments INTEGER,
  state TEXT NOT NULL CHECK (state IN ('queued', 'skipped', 'held', 'expired', 'sending', 'accepted', 'sent',
    'delivered', 'undelivered', 'failed', 'refused', 'unknown', 'dead', 'review', 'cancelled')),
  reason TEXT,
  not_before INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  owner TEXT,
  claimed_at INTEGER,
  sid TEXT UNIQUE,
  cost_micros INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX outbox_due ON outbox (not_before, id) WHERE state = 'queued';
CREATE INDEX outbox_unsettled ON outbox (state, id) WHERE state IN ('sending', 'unknown');
CREATE INDEX outbox_member ON outbox (member_id, id);
CREATE INDEX outbox_created ON outbox (created_at);

CREATE TABLE member_stats (
  member_id INTEGER PRIMARY KEY,
  visits INTEGER NOT NULL DEFAULT 0,
  net_spend_cents INTEGER NOT NULL DEFAULT 0,
  first_day INTEGER,
  last_day INTEGER,
  last_at INTEGER
);

CREATE TABLE member_day (
  member_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  net_cents INTEGER NOT NULL DEFAULT 0,
  sales INTEGER NOT NULL DEFAULT 0,
  points INTEGER NOT NULL DEFAULT 0,
  events INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (member_id, day)
);
CREATE INDEX member_day_day ON member_day (day);
