-- Tiers, coupons, top-up rules. Points and stored value live in the books.

CREATE TABLE coupon_kind (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  terms TEXT NOT NULL,
  valid_days INTEGER NOT NULL CHECK (valid_days > 0),
  active INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL
);

CREATE TABLE tier (
  id INTEGER PRIMARY KEY,
  rank INTEGER NOT NULL UNIQUE,
  name TEXT NOT NULL,
  mark TEXT NOT NULL
);

CREATE TABLE tier_version (
  id INTEGER PRIMARY KEY,
  tier_id INTEGER NOT NULL REFERENCES tier (id),
  number INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  keep_holders INTEGER NOT NULL,
  terms TEXT NOT NULL,
  judged_at INTEGER,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (tier_id, number)
);

CREATE TABLE member_tier (
  member_id INTEGER PRIMARY KEY,
  tier_id INTEGER NOT NULL REFERENCES tier (id),
  since_at INTEGER NOT NULL,
  until_at INTEGER,
  promoted_by INTEGER,
  adviser_id INTEGER
);
CREATE INDEX member_tier_until ON member_tier (until_at);
CREATE INDEX member_tier_tier ON member_tier (tier_id, member_id);

CREATE TABLE tier_change (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  from_tier_id INTEGER,
  to_tier_id INTEGER NOT NULL REFERENCES tier (id),
  why TEXT NOT NULL CHECK (why IN ('joined', 'promoted', 'refund', 'review', 'staff', 'terms')),
  ref_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX tier_change_member ON tier_change (member_id, id);
APPEND ONLY tier_change;

CREATE TABLE coupon (
  id INTEGER PRIMARY KEY,
  kind_id INTEGER NOT NULL REFERENCES coupon_kind (id),
  member_id INTEGER NOT NULL,
  code TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('issued', 'used', 'lapsed', 'cancelled')),
  valid_from_at INTEGER NOT NULL,
  valid_until_at INTEGER NOT NULL,
  uses INTEGER NOT NULL DEFAULT 1 CHECK (uses > 0),
  used INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
  ref_kind TEXT NOT NULL,
  ref_id INTEGER NOT NULL,
  UNIQUE (ref_kind, ref_id, kind_id, member_id)
);
CREATE INDEX coupon_member ON coupon (member_id, state, valid_until_at);
CREATE INDEX coupon_until ON coupon (valid_until_at) WHERE state = 'issued';

CREATE TABLE coupon_use (
  sale_id INTEGER NOT NULL,
  coupon_id INTEGER NOT NULL REFERENCES coupon (id),
  at INTEGER NOT NULL,
  returned_at INTEGER,
  PRIMARY KEY (sale_id, coupon_id)
);
CREATE INDEX coupon_use_coupon ON coupon_use (coupon_id);

CREATE TABLE plan (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES product (id),
  name TEXT NOT NULL,
  days INTEGER NOT NULL CHECK (days > 0),
  discount_bp INTEGER NOT NULL CHECK (discount_bp BETWEEN 0 AND 10000),
  multiplier_bp INTEGER NOT NULL CHECK (multiplier_bp >= 0),
  each_kind_id INTEGER REFERENCES coupon_kind (id),
  early_days INTEGER NOT NULL DEFAULT 0,
  retired_at INTEGER
);
CREATE UNIQUE INDEX plan_product ON plan (product_id) WHERE retired_at IS NULL;

CREATE TABLE member_plan (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  plan_id INTEGER NOT NULL REFERENCES plan (id),
  sale_id INTEGER NOT NULL,
  paid_cents INTEGER NOT NULL CHECK (paid_cents >= 0),
  from_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  ended_at INTEGER
);
CREATE INDEX member_plan_member ON member_plan (member_id, until_at);
CREATE INDEX member_plan_sale ON member_plan (sale_id);
CREATE INDEX member_plan_until ON member_plan (until_at) WHERE ended_at IS NULL;

CREATE TABLE topup_rule (
  id INTEGER PRIMARY KEY,
  pay_cents INTEGER NOT NULL CHECK (pay_cents > 0),
  terms TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  until_at INTEGER,
  active INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX topup_rule_plain ON topup_rule (pay_cents, terms, from_at);
