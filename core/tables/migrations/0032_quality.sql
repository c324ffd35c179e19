-- Data quality: what the night found that cannot be right, and pairs somebody said are two people.

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
