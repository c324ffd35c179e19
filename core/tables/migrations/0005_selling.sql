-- Promotions in versions, sales as they were made, refunds as parts of them, shifts.

CREATE TABLE promotion (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE promotion_version (
  id INTEGER PRIMARY KEY,
  promotion_id INTEGER NOT NULL REFERENCES promotion (id),
  number INTEGER NOT NULL,
  terms TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  until_at INTEGER,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (promotion_id, number)
);
APPEND ONLY promotion_version;

CREATE TABLE shift (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  till TEXT NOT NULL,
  opened_by INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  opening_cents INTEGER NOT NULL,
  closed_by INTEGER,
  closed_at INTEGER,
  counted_cents INTEGER,
  expected_cents INTEGER
);
CREATE UNIQUE INDEX shift_open ON shift (store_id, till) WHERE closed_at IS NULL;

CREATE TABLE receipt_number (
  store_id INTEGER NOT NULL REFERENCES store (id),
  day INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (store_id, day)
);

CREATE TABLE sale (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  shift_id INTEGER REFERENCES shift (id),
  member_id INTEGER,
  day INTEGER NOT NULL,
  local_day INTEGER NOT NULL,
  receipt_no INTEGER NOT NULL,
  at INTEGER NOT NULL,
  gross_cents INTEGER NOT NULL,
  total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
  redeemed_points INTEGER NOT NULL CHECK (redeemed_points >= 0),
  earned_points INTEGER NOT NULL CHECK (earned_points >= 0),
  tax_cents INTEGER NOT NULL DEFAULT 0,
  tax_added INTEGER NOT NULL DEFAULT 0,
  tier_id INTEGER,
  versions TEXT NOT NULL,
  refunds INTEGER NOT NULL DEFAULT 0,
  claimed_at INTEGER,
  exchange_of INTEGER,
  approved_by TEXT,
  actor TEXT NOT NULL,
  UNIQUE (store_id, day, receipt_no)
);
CREATE INDEX sale_day ON sale (day, store_id);
CREATE INDEX sale_member ON sale (member_id, at);

CREATE TABLE sale_line (
  id INTEGER PRIMARY KEY,
  sale_id INTEGER NOT NULL REFERENCES sale (id),
  position INTEGER NOT NULL,
  product_id INTEGER NOT NULL REFERENCES product (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
  unit_cents INTEGER NOT NULL,
  list_cents INTEGER,
  amount_cents INTEGER NOT NULL,
  discount_cents INTEGER NOT NULL,
  redeemed_points INTEGER NOT NULL,
  redeemed_cents INTEGER NOT NULL,
  net_cents INTEGER NOT NULL CHECK (net_cents >= 0),
  tax_bp INTEGER NOT NULL DEFAULT 0,
  tax_cents INTEGER NOT NULL DEFAULT 0,
  earned_points INTEGER NOT NULL,
  staff_id INTEGER,
  UNIQUE (sale_id, position)
);
CREATE INDEX sale_line_product ON sale_line (product_id, id);
APPEND ONLY sale_line;

CREATE TABLE sale_discount (
  id INTEGER PRIMARY KEY,
  sale_id INTEGER NOT NULL REFERENCES sale (id),
  line_id INTEGER NOT NULL REFERENCES sale_line (id),
  step INTEGER NOT NULL,
  rule_kind TEXT NOT NULL CHECK (rule_kind IN ('promotion', 'tier', 'plan', 'coupon', 'pass', 'rounding')),
  rule_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  cents INTEGER NOT NULL CHECK (cents <> 0)
);
CREATE INDEX sale_discount_sale ON sale_discount (sale_id);
CREATE INDEX sale_discount_rule ON sale_discount (rule_id, rule_kind);
APPEND ONLY sale_discount;

CREATE TABLE tender (
  id INTEGER PRIMARY KEY,
  sale_id INTEGER NOT NULL REFERENCES sale (id),
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('cash', 'card', 'wechat', 'alipay', 'voucher', 'other', 'principal', 'bonus', 'gift_card')),
  cents INTEGER NOT NULL CHECK (cents > 0),
  reference TEXT,
  UNIQUE (sale_id, position)
);
APPEND ONLY tender;

CREATE TABLE refund (
  id INTEGER PRIMARY KEY,
  sale_id INTEGER NOT NULL REFERENCES sale (id),
  number INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('return', 'void', 'exchange', 'reversal')),
  store_id INTEGER NOT NULL REFERENCES store (id),
  shift_id INTEGER REFERENCES shift (id),
  day INTEGER NOT NULL,
  at INTEGER NOT NULL,
  total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
  returned_points INTEGER NOT NULL,
  taken_points INTEGER NOT NULL,
  reason TEXT,
  approved_by TEXT,
  actor TEXT NOT NULL,
  UNIQUE (sale_id, number)
);
CREATE INDEX refund_day ON refund (day, store_id);
APPEND ONLY refund;

CREATE TABLE refund_line (
  id INTEGER PRIMARY KEY,
  refund_id INTEGER NOT NULL REFERENCES refund (id),
  line_id INTEGER NOT NULL REFERENCES sale_line (id),
  quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
  cents INTEGER NOT NULL,
  tax_cents INTEGER NOT NULL DEFAULT 0,
  returned_points INTEGER NOT NULL,
  taken_points INTEGER NOT NULL,
  restocked INTEGER NOT NULL
);
CREATE INDEX refund_line_line ON refund_line (line_id);
CREATE INDEX refund_line_refund ON refund_line (refund_id);
APPEND ONLY refund_line;

CREATE TABLE refund_tender (
  id INTEGER PRIMARY KEY,
  refund_id INTEGER NOT NULL REFERENCES refund (id),
  tender_id INTEGER NOT NULL REFERENCES tender (id),
  cents INTEGER NOT NULL CHECK (cents > 0),
  paid_as TEXT NOT NULL
);
CREATE INDEX refund_tender_tender ON refund_tender (tender_id);
CREATE INDEX refund_tender_refund ON refund_tender (refund_id);
APPEND ONLY refund_tender;

CREATE TABLE parked (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  label TEXT NOT NULL,
  member_id INTEGER,
  basket TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX parked_store ON parked (store_id, at);

CREATE TABLE tender_count (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  day INTEGER NOT NULL,
  kind TEXT NOT NULL,
  counted_cents INTEGER NOT NULL CHECK (counted_cents >= 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX tender_count_day ON tender_count (store_id, day, kind);
APPEND ONLY tender_count;
