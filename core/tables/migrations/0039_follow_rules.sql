-- Contacts planned by rule: the rules, and which occasion each has planned a contact for, so that none comes twice.

CREATE TABLE follow_rule (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('after_sale', 'after_ticket', 'after_warning', 'check_data')),
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  store_id INTEGER REFERENCES store (id),
  days INTEGER NOT NULL DEFAULT 0 CHECK (days >= 0),
  months INTEGER NOT NULL DEFAULT 0 CHECK (months >= 0),
  category_id INTEGER,
  least_cents INTEGER NOT NULL DEFAULT 0 CHECK (least_cents >= 0),
  a_night INTEGER NOT NULL DEFAULT 0 CHECK (a_night >= 0),
  given_to TEXT NOT NULL CHECK (given_to IN ('nobody', 'adviser', 'person')),
  staff_id INTEGER,
  pause_days INTEGER NOT NULL CHECK (pause_days > 0),
  from_day INTEGER NOT NULL,
  planned_day INTEGER,
  CHECK ((given_to = 'person') = (staff_id IS NOT NULL)),
  CHECK ((kind = 'check_data') = (months > 0)),
  CHECK (kind = 'after_sale' OR (category_id IS NULL AND least_cents = 0)),
  CHECK ((kind = 'check_data') = (a_night > 0))
);

CREATE TABLE follow_planned (
  task_id INTEGER PRIMARY KEY,
  rule_id INTEGER NOT NULL REFERENCES follow_rule (id),
  member_id INTEGER NOT NULL,
  ref_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  UNIQUE (rule_id, ref_id)
);
CREATE INDEX follow_planned_member ON follow_planned (member_id, day);
