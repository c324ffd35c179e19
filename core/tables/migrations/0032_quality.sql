-- Data quality: what the night found that cannot be right, and pairs somebody said are two people.
-- Reports by mail: which report goes to whom, and which period left already.

CREATE TABLE quality_finding (
  kind TEXT NOT NULL CHECK (kind IN ('double', 'birthday', 'number', 'unreachable')),
  member_id INTEGER NOT NULL,
  other_member_id INTEGER NOT NULL DEFAULT 0,
  why TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  PRIMARY KEY (kind, member_id, other_member_id)
);

CREATE TABLE not_double (
  low_member_id INTEGER NOT NULL,
  high_member_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (low_member_id, high_member_id)
);

CREATE TABLE report_mail (
  id INTEGER PRIMARY KEY,
  report TEXT NOT NULL,
  every TEXT NOT NULL CHECK (every IN ('week', 'month')),
  staff_id INTEGER NOT NULL REFERENCES staff (id),
  address TEXT NOT NULL,
  language TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);

CREATE TABLE report_mail_sent (
  id INTEGER PRIMARY KEY,
  mail_id INTEGER NOT NULL REFERENCES report_mail (id),
  period_day INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('sending', 'sent', 'waiting', 'refused', 'unknown')),
  tries INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL,
  UNIQUE (mail_id, period_day)
);
