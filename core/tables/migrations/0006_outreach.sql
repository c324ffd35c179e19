-- What is said to whom: suppression, the gap, care rules, wording; jobs and their runs; churn warnings.

CREATE TABLE suppression (
  address_hash TEXT PRIMARY KEY,
  scope TEXT NOT NULL CHECK (scope IN ('all', 'marketing')),
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
);

CREATE TABLE contact_gap (
  member_id INTEGER PRIMARY KEY,
  last_at INTEGER NOT NULL,
  outbox_id INTEGER NOT NULL
);

CREATE TABLE care_rule (
  id INTEGER PRIMARY KEY,
  occasion TEXT NOT NULL UNIQUE,
  active INTEGER NOT NULL,
  coupon_kind_id INTEGER REFERENCES coupon_kind (id),
  points INTEGER NOT NULL DEFAULT 0,
  days_before INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE wording (
  id INTEGER PRIMARY KEY,
  template TEXT NOT NULL,
  language TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX wording_template ON wording (template, language, id);
APPEND ONLY wording;

CREATE TABLE delivery_status (
  sid TEXT NOT NULL,
  status TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (sid, status)
);

CREATE TABLE inbound (
  sid TEXT PRIMARY KEY,
  address_hash TEXT NOT NULL,
  member_id INTEGER,
  word TEXT NOT NULL,
  at INTEGER NOT NULL
);

CREATE TABLE job (
  name TEXT PRIMARY KEY,
  cron TEXT NOT NULL,
  zone TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  catch_up_s INTEGER NOT NULL
);

CREATE TABLE job_run (
  job TEXT NOT NULL,
  slot TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'crashed')),
  owner TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  result TEXT,
  PRIMARY KEY (job, slot)
);
CREATE INDEX job_run_started ON job_run (started_at);

CREATE TABLE churn_warning (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL,
  raised_day INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'contacted', 'returned', 'closed')),
  kind TEXT NOT NULL CHECK (kind IN ('warning', 'lost')),
  silent_days INTEGER NOT NULL,
  usual_days INTEGER NOT NULL,
  after_days INTEGER NOT NULL,
  visits INTEGER NOT NULL,
  chance_bp INTEGER,
  loss_cents INTEGER NOT NULL,
  last_visit_day INTEGER NOT NULL,
  leaving_reason TEXT,
  assigned_to INTEGER,
  closed_at INTEGER,
  UNIQUE (member_id, last_visit_day)
);
CREATE INDEX churn_warning_open ON churn_warning (loss_cents) WHERE state = 'open';
