-- Events of the shop: what is planned, who may sign up from when, who signed up and came, what it takes and cost.

CREATE TABLE gathering (
  id INTEGER PRIMARY KEY,
  name_en TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  about_en TEXT NOT NULL DEFAULT '',
  about_zh TEXT NOT NULL DEFAULT '',
  store_id INTEGER,
  venue TEXT NOT NULL DEFAULT '',
  link TEXT NOT NULL DEFAULT '',
  from_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  places INTEGER NOT NULL CHECK (places > 0),
  waiting_places INTEGER NOT NULL CHECK (waiting_places >= 0),
  fee_points INTEGER NOT NULL DEFAULT 0 CHECK (fee_points >= 0),
  product_id INTEGER,
  budget_cents INTEGER NOT NULL DEFAULT 0 CHECK (budget_cents >= 0),
  cancel_until_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed', 'cancelled', 'done')),
  lessons TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  opened_at INTEGER,
  ended_at INTEGER,
  CHECK (until_at > from_at),
  CHECK (fee_points = 0 OR product_id IS NULL),
  CHECK ((state IN ('cancelled', 'done')) = (ended_at IS NOT NULL))
);
CREATE INDEX gathering_from ON gathering (from_at, id);
CREATE UNIQUE INDEX gathering_product ON gathering (product_id) WHERE state IN ('draft', 'open', 'closed');

CREATE TABLE gathering_opening (
  gathering_id INTEGER NOT NULL REFERENCES gathering (id),
  rank INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  PRIMARY KEY (gathering_id, rank)
);

CREATE TABLE gathering_signup (
  id INTEGER PRIMARY KEY,
  gathering_id INTEGER NOT NULL REFERENCES gathering (id),
  member_id INTEGER NOT NULL,
  places INTEGER NOT NULL CHECK (places > 0),
  state TEXT NOT NULL CHECK (state IN ('booked', 'waiting', 'cancelled', 'attended', 'absent')),
  at INTEGER NOT NULL,
  waited INTEGER NOT NULL DEFAULT 0 CHECK (waited IN (0, 1)),
  moved_at INTEGER,
  points INTEGER NOT NULL DEFAULT 0 CHECK (points >= 0),
  entry_id INTEGER,
  fee_back INTEGER NOT NULL DEFAULT 0 CHECK (fee_back IN (0, 1)),
  door TEXT NOT NULL,
  actor TEXT NOT NULL,
  ended_at INTEGER,
  CHECK (points = 0 OR entry_id IS NOT NULL),
  CHECK ((state IN ('booked', 'waiting')) = (ended_at IS NULL))
);
CREATE INDEX gathering_signup_order ON gathering_signup (gathering_id, at, id);
CREATE INDEX gathering_signup_member ON gathering_signup (member_id, gathering_id);

CREATE TABLE gathering_staff (
  gathering_id INTEGER NOT NULL REFERENCES gathering (id),
  staff_id INTEGER NOT NULL,
  task TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (gathering_id, staff_id)
);

CREATE TABLE gathering_supply (
  id INTEGER PRIMARY KEY,
  gathering_id INTEGER NOT NULL REFERENCES gathering (id),
  what TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  cost_cents INTEGER NOT NULL CHECK (cost_cents >= 0),
  ready INTEGER NOT NULL DEFAULT 0 CHECK (ready IN (0, 1))
);
CREATE INDEX gathering_supply_of ON gathering_supply (gathering_id, id);

CREATE TABLE gathering_cost (
  id INTEGER PRIMARY KEY,
  gathering_id INTEGER NOT NULL REFERENCES gathering (id),
  what TEXT NOT NULL,
  cents INTEGER NOT NULL CHECK (cents > 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX gathering_cost_of ON gathering_cost (gathering_id, id);
