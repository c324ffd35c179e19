-- Members, what proves them, what they agreed to; staff, devices and keys.
-- Personal data stands in member_person, credential and the outbox only, so that erasure never touches a ledger.

CREATE TABLE member (
  id INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('active', 'blocked', 'merged', 'erased')),
  home_store_id INTEGER REFERENCES store (id),
  source TEXT NOT NULL,
  language TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  merged_into INTEGER,
  version INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX member_joined ON member (joined_at);

CREATE TABLE member_person (
  member_id INTEGER PRIMARY KEY REFERENCES member (id),
  name TEXT,
  phone TEXT,
  email TEXT,
  gender TEXT,
  birth_calendar TEXT CHECK (birth_calendar IN ('solar', 'lunar')),
  birth_year INTEGER,
  birth_month INTEGER CHECK (birth_month BETWEEN 1 AND 12),
  birth_day INTEGER CHECK (birth_day BETWEEN 1 AND 31),
  birth_leap INTEGER NOT NULL DEFAULT 0,
  birthday_changes INTEGER NOT NULL DEFAULT 0,
  address TEXT,
  region TEXT,
  occupation TEXT,
  interests TEXT,
  tags TEXT,
  note TEXT,
  alert TEXT,
  search_keys TEXT NOT NULL DEFAULT ''
);
CREATE INDEX member_birthday ON member_person (birth_calendar, birth_month, birth_day);

CREATE TABLE credential (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES member (id),
  kind TEXT NOT NULL CHECK (kind IN ('phone', 'card', 'old_card')),
  value TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
  generation INTEGER NOT NULL DEFAULT 1,
  last_step INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
);
CREATE UNIQUE INDEX credential_value ON credential (kind, value) WHERE state = 'active';
CREATE INDEX credential_member ON credential (member_id);

CREATE TABLE consent (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES member (id),
  purpose TEXT NOT NULL CHECK (purpose IN ('membership', 'service', 'marketing', 'profiling', 'abroad')),
  granted INTEGER NOT NULL CHECK (granted IN (0, 1)),
  wording TEXT NOT NULL,
  language TEXT NOT NULL,
  source TEXT NOT NULL,
  store_id INTEGER,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX consent_member ON consent (member_id, purpose, id);
APPEND ONLY consent;

CREATE TABLE staff (
  id INTEGER PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'clerk')),
  password_hash TEXT,
  pin_hash TEXT,
  language TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  active INTEGER NOT NULL DEFAULT 1,
  failures INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);

CREATE TABLE staff_store (
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  store_id INTEGER NOT NULL REFERENCES store (id),
  PRIMARY KEY (staff_id, store_id)
);

CREATE TABLE staff_right (
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  name TEXT NOT NULL,
  granted INTEGER NOT NULL,
  PRIMARY KEY (staff_id, name)
);

CREATE TABLE staff_key (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  label TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  removed_at INTEGER
);
CREATE UNIQUE INDEX staff_key_fingerprint ON staff_key (fingerprint) WHERE removed_at IS NULL;
CREATE INDEX staff_key_staff ON staff_key (staff_id);

CREATE TABLE device (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  paired_at INTEGER NOT NULL,
  revoked_at INTEGER,
  seen_at INTEGER
);

CREATE TABLE pairing (
  code_hash TEXT PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  name TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);

CREATE TABLE api_key (
  id INTEGER PRIMARY KEY,
  key_id TEXT NOT NULL UNIQUE,
  secret_hash TEXT NOT NULL,
  name TEXT NOT NULL,
  store_id INTEGER NOT NULL REFERENCES store (id),
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
);

CREATE TABLE challenge (
  id INTEGER PRIMARY KEY,
  address TEXT NOT NULL,
  purpose TEXT NOT NULL,
  code_hmac TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  created_at INTEGER NOT NULL
);
CREATE INDEX challenge_address ON challenge (address, created_at);

CREATE TABLE web_session (
  id_hash TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('kiosk', 'phone')),
  member_id INTEGER,
  device_id INTEGER,
  data TEXT NOT NULL,
  proved_at INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE INDEX web_session_expiry ON web_session (expires_at);
