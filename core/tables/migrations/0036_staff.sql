-- Attendance and badges, commission, targets of persons, and how many cards of members each opened.

CREATE TABLE punch (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  store_id INTEGER NOT NULL REFERENCES store (id),
  way TEXT NOT NULL CHECK (way IN ('in', 'out')),
  punched_at INTEGER NOT NULL,
  door TEXT NOT NULL,
  device_id INTEGER,
  correction_id INTEGER,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX punch_staff ON punch (staff_id, punched_at);
CREATE INDEX punch_when ON punch (punched_at);
APPEND ONLY punch;

CREATE TABLE punch_correction (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  store_id INTEGER NOT NULL REFERENCES store (id),
  kind TEXT NOT NULL CHECK (kind IN ('add', 'move', 'drop')),
  punch_id INTEGER REFERENCES punch (id),
  way TEXT NOT NULL CHECK (way IN ('in', 'out')),
  punched_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX punch_correction_punch ON punch_correction (punch_id);
APPEND ONLY punch_correction;

CREATE TABLE punch_decision (
  correction_id INTEGER PRIMARY KEY REFERENCES punch_correction (id),
  verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'declined')),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
APPEND ONLY punch_decision;

CREATE TABLE staff_badge (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  code TEXT NOT NULL UNIQUE,
  made_at INTEGER NOT NULL,
  ended_at INTEGER,
  actor TEXT NOT NULL
);
CREATE UNIQUE INDEX staff_badge_one ON staff_badge (staff_id) WHERE ended_at IS NULL;

CREATE TABLE staff_role (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX staff_role_staff ON staff_role (staff_id, at);
APPEND ONLY staff_role;

CREATE TABLE card_open_day (
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  day INTEGER NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (staff_id, day)
);

CREATE TABLE staff_card (
  staff_id INTEGER PRIMARY KEY REFERENCES staff (id),
  member_id INTEGER NOT NULL UNIQUE REFERENCES member (id),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);

CREATE TABLE sale_server (
  id INTEGER PRIMARY KEY,
  line_id INTEGER NOT NULL REFERENCES sale_line (id),
  position INTEGER NOT NULL,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  share_bp INTEGER NOT NULL CHECK (share_bp BETWEEN 1 AND 10000),
  UNIQUE (line_id, staff_id)
);
CREATE INDEX sale_server_staff ON sale_server (staff_id);
APPEND ONLY sale_server;

CREATE TABLE commission_rule (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE commission_version (
  id INTEGER PRIMARY KEY,
  rule_id INTEGER NOT NULL REFERENCES commission_rule (id),
  number INTEGER NOT NULL,
  terms TEXT NOT NULL,
  from_day INTEGER NOT NULL,
  until_day INTEGER,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (rule_id, number)
);
APPEND ONLY commission_version;

CREATE TABLE staff_goal (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  month_day INTEGER NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('takings', 'sales')),
  target INTEGER NOT NULL CHECK (target > 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (staff_id, month_day, what)
);
