-- Reports: what a month is meant to bring; how often members used each door a day, without saying who.

CREATE TABLE goal (
  id INTEGER PRIMARY KEY,
  store_id INTEGER REFERENCES store (id),
  month_day INTEGER NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('takings', 'members', 'sales', 'points')),
  target INTEGER NOT NULL CHECK (target > 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE UNIQUE INDEX goal_one ON goal (month_day, what, coalesce(store_id, 0));

CREATE TABLE door_day (
  store_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  door TEXT NOT NULL CHECK (door IN ('phone', 'kiosk')),
  times INTEGER NOT NULL CHECK (times > 0),
  PRIMARY KEY (day, door, store_id)
);

CREATE INDEX checkin_day ON checkin (day);
CREATE INDEX referral_at ON referral (at);
CREATE INDEX tier_change_at ON tier_change (at);
CREATE INDEX coupon_from ON coupon (valid_from_at);
