-- A coupon set aside for one order, so that nobody uses it elsewhere while that order is being paid.

CREATE TABLE coupon_hold (
  id INTEGER PRIMARY KEY,
  coupon_id INTEGER NOT NULL REFERENCES coupon (id),
  state TEXT NOT NULL CHECK (state IN ('held', 'captured', 'released', 'lapsed')),
  lapses_at INTEGER NOT NULL,
  ended_at INTEGER,
  sale_id INTEGER,
  ref_kind TEXT NOT NULL,
  ref_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  CHECK ((state = 'held') = (ended_at IS NULL)),
  CHECK (sale_id IS NULL OR state = 'captured')
);
CREATE UNIQUE INDEX coupon_hold_open ON coupon_hold (coupon_id) WHERE state = 'held';
CREATE INDEX coupon_hold_lapsing ON coupon_hold (lapses_at, id) WHERE state = 'held';
CREATE INDEX coupon_hold_coupon ON coupon_hold (coupon_id, state);
