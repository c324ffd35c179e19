-- Services that are booked: how long they take and who does them, the plan of working hours, and the bookings.

CREATE TABLE service_time (
  product_id INTEGER PRIMARY KEY REFERENCES product (id),
  minutes INTEGER NOT NULL CHECK (minutes BETWEEN 5 AND 720),
  buffer_minutes INTEGER NOT NULL CHECK (buffer_minutes BETWEEN 0 AND 240),
  on_phone INTEGER NOT NULL CHECK (on_phone IN (0, 1))
);

CREATE TABLE service_staff (
  product_id INTEGER NOT NULL REFERENCES service_time (product_id),
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  PRIMARY KEY (product_id, staff_id)
);

CREATE TABLE work_hours (
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  store_id INTEGER NOT NULL REFERENCES store (id),
  weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  from_minute INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
  until_minute INTEGER NOT NULL,
  PRIMARY KEY (staff_id, store_id, weekday, from_minute),
  CHECK (until_minute > from_minute AND until_minute <= 1440)
);

CREATE TABLE work_change (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  day INTEGER NOT NULL,
  store_id INTEGER REFERENCES store (id),
  from_minute INTEGER CHECK (from_minute BETWEEN 0 AND 1439),
  until_minute INTEGER,
  CHECK ((store_id IS NULL) = (from_minute IS NULL)),
  CHECK ((store_id IS NULL) = (until_minute IS NULL)),
  CHECK (until_minute > from_minute AND until_minute <= 1440)
);
CREATE INDEX work_change_day ON work_change (staff_id, day);

CREATE TABLE booking (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  member_id INTEGER,
  name TEXT,
  phone TEXT,
  product_id INTEGER NOT NULL REFERENCES product (id),
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  from_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  busy_until_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('booked', 'arrived', 'done', 'no_show', 'cancelled')),
  note TEXT,
  sale_id INTEGER,
  moves INTEGER NOT NULL DEFAULT 0,
  set_at INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  door TEXT NOT NULL,
  ended_at INTEGER,
  CHECK (until_at > from_at AND busy_until_at >= until_at),
  CHECK ((state IN ('booked', 'arrived')) = (ended_at IS NULL))
);
CREATE INDEX booking_staff ON booking (staff_id, busy_until_at);
CREATE INDEX booking_store ON booking (store_id, from_at);
CREATE INDEX booking_member ON booking (member_id, from_at);
CREATE INDEX booking_open ON booking (from_at) WHERE state IN ('booked', 'arrived');
CREATE UNIQUE INDEX booking_once ON booking (staff_id, from_at) WHERE state IN ('booked', 'arrived', 'done');
