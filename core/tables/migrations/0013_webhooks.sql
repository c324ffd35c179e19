-- What an online shop is told: endpoints, events as rows in the transaction of their cause, and each delivery.

CREATE TABLE webhook (
  id INTEGER PRIMARY KEY,
  store_id INTEGER REFERENCES store (id),
  url TEXT NOT NULL,
  kinds TEXT NOT NULL,
  generation INTEGER NOT NULL DEFAULT 1 CHECK (generation > 0),
  rotated_at INTEGER,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  paused_at INTEGER,
  failing_since INTEGER,
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  rests_until INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  store_id INTEGER,
  member_id INTEGER,
  data TEXT NOT NULL
);
CREATE INDEX event_at ON event (at, id);

CREATE TABLE event_delivery (
  webhook_id INTEGER NOT NULL REFERENCES webhook (id),
  event_id INTEGER NOT NULL REFERENCES event (id),
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'dropped')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  status INTEGER,
  error TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (webhook_id, event_id)
);
CREATE INDEX event_delivery_due ON event_delivery (webhook_id, next_at, event_id) WHERE state = 'queued';
CREATE INDEX event_delivery_event ON event_delivery (event_id);
