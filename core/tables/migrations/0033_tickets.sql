-- Tickets: what somebody asked, complained of or brought to be repaired, with its history. Notes are only ever added;
-- their words go with the person.

CREATE TABLE ticket (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('enquiry', 'order', 'complaint', 'return', 'exchange', 'repair', 'suggestion',
    'praise')),
  store_id INTEGER NOT NULL REFERENCES store (id),
  member_id INTEGER,
  subject TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'waiting', 'closed')),
  owner_id INTEGER,
  due_at INTEGER NOT NULL,
  promised_day INTEGER,
  sale_id INTEGER,
  line_no INTEGER,
  opened_at INTEGER NOT NULL,
  opened_by TEXT NOT NULL,
  door TEXT NOT NULL,
  answered_at INTEGER,
  closed_at INTEGER,
  closed_by TEXT,
  outcome TEXT,
  asked_at INTEGER,
  satisfaction INTEGER CHECK (satisfaction BETWEEN 1 AND 5),
  rated_at INTEGER,
  CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
  CHECK ((closed_at IS NULL) = (outcome IS NULL)),
  CHECK ((satisfaction IS NULL) = (rated_at IS NULL))
);
CREATE INDEX ticket_due ON ticket (due_at, id) WHERE state <> 'closed';
CREATE INDEX ticket_member ON ticket (member_id, id);
CREATE INDEX ticket_sale ON ticket (sale_id) WHERE sale_id IS NOT NULL;
CREATE INDEX ticket_opened ON ticket (opened_at);
CREATE INDEX ticket_closed ON ticket (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE ticket_note (
  id INTEGER PRIMARY KEY,
  ticket_id INTEGER NOT NULL REFERENCES ticket (id),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('note', 'reply', 'message', 'change')),
  change TEXT,
  body TEXT,
  outbox_id INTEGER,
  inbound_sid TEXT,
  CHECK ((kind = 'change') = (change IS NOT NULL))
);
CREATE INDEX ticket_note_ticket ON ticket_note (ticket_id, at, id);
CREATE UNIQUE INDEX ticket_note_inbound ON ticket_note (inbound_sid) WHERE inbound_sid IS NOT NULL;
