-- Giving beside buying: friends, check-in, sharing, single awards, rewards, lotteries, punch cards.

CREATE TABLE join_trace (
  member_id INTEGER PRIMARY KEY,
  device_id INTEGER REFERENCES device (id),
  browser_hash TEXT,
  at INTEGER NOT NULL
);
CREATE INDEX join_trace_device ON join_trace (device_id, at);

CREATE TABLE referral (
  friend_id INTEGER PRIMARY KEY,
  referrer_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sale_id INTEGER,
  rewarded_at INTEGER,
  friend_points INTEGER NOT NULL DEFAULT 0 CHECK (friend_points >= 0),
  referrer_points INTEGER NOT NULL DEFAULT 0 CHECK (referrer_points >= 0),
  held_back TEXT CHECK (held_back IN ('same_screen', 'same_phone', 'same_person')),
  CHECK (friend_id <> referrer_id),
  CHECK (held_back IS NULL OR rewarded_at IS NULL)
);
CREATE INDEX referral_referrer ON referral (referrer_id, rewarded_at);

CREATE TABLE checkin (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  streak_days INTEGER NOT NULL CHECK (streak_days > 0),
  points INTEGER NOT NULL CHECK (points > 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (member_id, day)
);
APPEND ONLY checkin;

CREATE TABLE share_visit (
  id INTEGER PRIMARY KEY,
  visitor_hash TEXT NOT NULL UNIQUE,
  member_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  points INTEGER NOT NULL CHECK (points >= 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX share_visit_member ON share_visit (member_id, day);
APPEND ONLY share_visit;

CREATE TABLE award (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  occasion TEXT NOT NULL CHECK (occasion IN ('birthday', 'survey', 'campaign')),
  occasion_id INTEGER NOT NULL,
  points INTEGER NOT NULL CHECK (points > 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (member_id, occasion, occasion_id)
);
APPEND ONLY award;

CREATE TABLE handout (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  product_id INTEGER REFERENCES product (id),
  store_ids TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'handed_over', 'cancelled')),
  ref_kind TEXT NOT NULL CHECK (ref_kind IN ('redemption', 'lottery_draw')),
  ref_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  ended_at INTEGER,
  store_id INTEGER REFERENCES store (id),
  UNIQUE (ref_kind, ref_id)
);
CREATE INDEX handout_member ON handout (member_id, state);

CREATE TABLE reward (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  terms TEXT NOT NULL,
  stock INTEGER,
  given INTEGER NOT NULL DEFAULT 0 CHECK (given >= 0),
  active INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  CHECK (stock IS NULL OR given <= stock)
);

CREATE TABLE redemption (
  id INTEGER PRIMARY KEY,
  reward_id INTEGER NOT NULL REFERENCES reward (id),
  member_id INTEGER NOT NULL,
  points INTEGER NOT NULL CHECK (points > 0),
  state TEXT NOT NULL CHECK (state IN ('given', 'cancelled')),
  entry_id INTEGER NOT NULL REFERENCES entry (id),
  coupon_id INTEGER REFERENCES coupon (id),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  cancelled_at INTEGER
);
CREATE INDEX redemption_member ON redemption (member_id, reward_id);
CREATE INDEX redemption_reward ON redemption (reward_id, state);

CREATE TABLE lottery (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  cost_points INTEGER NOT NULL CHECK (cost_points >= 0),
  tries_day INTEGER NOT NULL CHECK (tries_day >= 0),
  first_day INTEGER NOT NULL,
  last_day INTEGER NOT NULL CHECK (last_day >= first_day),
  commitment TEXT NOT NULL,
  draw_day INTEGER NOT NULL DEFAULT 0,
  draws INTEGER NOT NULL DEFAULT 0 CHECK (draws >= 0),
  ended_at INTEGER,
  created_at INTEGER NOT NULL
);

CREATE TABLE lottery_seed (
  lottery_id INTEGER PRIMARY KEY REFERENCES lottery (id),
  last_seed TEXT NOT NULL
);
APPEND ONLY lottery_seed;

CREATE TABLE lottery_prize (
  id INTEGER PRIMARY KEY,
  lottery_id INTEGER NOT NULL REFERENCES lottery (id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('points', 'coupon', 'product')),
  odds_ppm INTEGER NOT NULL CHECK (odds_ppm BETWEEN 1 AND 1000000),
  stock INTEGER CHECK (stock > 0),
  given INTEGER NOT NULL DEFAULT 0 CHECK (given >= 0),
  points INTEGER NOT NULL DEFAULT 0 CHECK (points >= 0),
  coupon_kind_id INTEGER REFERENCES coupon_kind (id),
  product_id INTEGER REFERENCES product (id),
  UNIQUE (lottery_id, position),
  CHECK (stock IS NULL OR given <= stock),
  CHECK ((kind = 'points') = (points > 0)),
  CHECK ((kind = 'coupon') = (coupon_kind_id IS NOT NULL))
);

CREATE TABLE lottery_draw (
  id INTEGER PRIMARY KEY,
  lottery_id INTEGER NOT NULL REFERENCES lottery (id),
  day INTEGER NOT NULL,
  n INTEGER NOT NULL CHECK (n > 0),
  member_id INTEGER NOT NULL,
  mark TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 999999),
  drawn_prize_id INTEGER REFERENCES lottery_prize (id),
  given_prize_id INTEGER REFERENCES lottery_prize (id),
  entry_id INTEGER REFERENCES entry (id),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (lottery_id, day, n),
  CHECK (given_prize_id IS NULL OR given_prize_id = drawn_prize_id)
);
CREATE INDEX lottery_draw_member ON lottery_draw (member_id, lottery_id, day);
CREATE INDEX lottery_draw_prize ON lottery_draw (given_prize_id);
APPEND ONLY lottery_draw;

CREATE TABLE punch_card (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  every INTEGER NOT NULL CHECK (every > 1),
  points INTEGER NOT NULL CHECK (points >= 0),
  coupon_kind_id INTEGER REFERENCES coupon_kind (id),
  active INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  CHECK ((points > 0) <> (coupon_kind_id IS NOT NULL))
);

CREATE TABLE punch_filled (
  id INTEGER PRIMARY KEY,
  card_id INTEGER NOT NULL REFERENCES punch_card (id),
  member_id INTEGER NOT NULL,
  visit INTEGER NOT NULL CHECK (visit > 0),
  sale_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (card_id, member_id, visit)
);
APPEND ONLY punch_filled;
