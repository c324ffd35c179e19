-- Win-back cases with their strategies and hold-out; planned contacts with a member, of whatever kind.

CREATE TABLE winback_strategy (
  reason TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('price', 'service', 'amends', 'product', 'none')),
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  coupon_kind_id INTEGER,
  points INTEGER NOT NULL DEFAULT 0 CHECK (points >= 0),
  product_id INTEGER,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (reason, kind)
);

CREATE TABLE winback_batch (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  strategy TEXT NOT NULL,
  coupon_kind_id INTEGER,
  points INTEGER NOT NULL DEFAULT 0,
  product_id INTEGER,
  salt TEXT NOT NULL
);

CREATE TABLE winback_case (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  warning_id INTEGER,
  batch_id INTEGER REFERENCES winback_batch (id),
  arm TEXT NOT NULL DEFAULT '' CHECK (arm IN ('', 'offer', 'holdout')),
  stratum TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('open', 'contacted', 'offered', 'won', 'lost', 'closed')),
  opened_at INTEGER NOT NULL,
  opened_by TEXT NOT NULL,
  last_visit_day INTEGER NOT NULL,
  loss_cents INTEGER NOT NULL,
  leaving_reason TEXT,
  strategy TEXT,
  coupon_kind_id INTEGER,
  points INTEGER NOT NULL DEFAULT 0 CHECK (points >= 0),
  product_id INTEGER,
  assigned_to INTEGER,
  due_day INTEGER,
  started_day INTEGER,
  until_day INTEGER,
  satisfaction INTEGER CHECK (satisfaction BETWEEN 1 AND 5),
  closed_at INTEGER,
  judged_at INTEGER,
  returned_day INTEGER,
  spent_cents INTEGER,
  before_cents INTEGER,
  bought INTEGER CHECK (bought IN (0, 1)),
  coupons_cents INTEGER,
  points_cents INTEGER,
  messages_micros INTEGER,
  CHECK ((arm = '') = (batch_id IS NULL)),
  CHECK ((started_day IS NULL) = (until_day IS NULL))
);
CREATE UNIQUE INDEX winback_case_open ON winback_case (member_id) WHERE state IN ('open', 'contacted', 'offered');
CREATE INDEX winback_case_member ON winback_case (member_id, id);
CREATE INDEX winback_case_unjudged ON winback_case (until_day) WHERE judged_at IS NULL;
CREATE INDEX winback_case_held ON winback_case (member_id, until_day) WHERE arm = 'holdout';

CREATE TABLE follow_up (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  ref_id INTEGER NOT NULL DEFAULT 0,
  way TEXT NOT NULL CHECK (way IN ('call', 'visit', 'message')),
  state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  due_day INTEGER NOT NULL,
  assigned_to INTEGER,
  outcome TEXT,
  leaving_reason TEXT,
  next_id INTEGER,
  done_at INTEGER,
  done_by TEXT,
  CHECK ((state = 'open') = (done_at IS NULL)),
  CHECK (state <> 'done' OR outcome IS NOT NULL)
);
CREATE INDEX follow_up_due ON follow_up (due_day, id) WHERE state = 'open';
CREATE INDEX follow_up_member ON follow_up (member_id, id);
