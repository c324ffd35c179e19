-- Surveys: questions in both languages, who was asked after which sale, and what was answered.

CREATE TABLE survey (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  intro_en TEXT NOT NULL,
  intro_zh TEXT NOT NULL,
  points INTEGER NOT NULL CHECK (points >= 0),
  store_id INTEGER REFERENCES store (id),
  first_day INTEGER NOT NULL,
  last_day INTEGER NOT NULL,
  anonymous INTEGER NOT NULL CHECK (anonymous IN (0, 1)),
  as_service INTEGER NOT NULL CHECK (as_service IN (0, 1)),
  after_days INTEGER NOT NULL CHECK (after_days >= 0),
  pause_days INTEGER NOT NULL CHECK (pause_days > 0),
  state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'ended')),
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  CHECK (first_day <= last_day),
  CHECK (as_service = 0 OR points = 0),
  CHECK ((state = 'draft') = (started_at IS NULL)),
  CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE INDEX survey_running ON survey (last_day) WHERE state = 'running';

CREATE TABLE survey_question (
  id INTEGER PRIMARY KEY,
  survey_id INTEGER NOT NULL REFERENCES survey (id),
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('nps', 'csat', 'choice', 'free')),
  words_en TEXT NOT NULL,
  words_zh TEXT NOT NULL,
  choices_en TEXT NOT NULL DEFAULT '',
  choices_zh TEXT NOT NULL DEFAULT '',
  required INTEGER NOT NULL CHECK (required IN (0, 1)),
  UNIQUE (survey_id, position),
  CHECK ((kind = 'choice') = (choices_en <> ''))
);

CREATE TABLE survey_invite (
  id INTEGER PRIMARY KEY,
  survey_id INTEGER NOT NULL REFERENCES survey (id),
  member_id INTEGER NOT NULL,
  sale_id INTEGER,
  outbox_id INTEGER,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (survey_id, member_id)
);
CREATE INDEX survey_invite_member ON survey_invite (member_id, at);

CREATE TABLE survey_reply (
  id INTEGER PRIMARY KEY,
  survey_id INTEGER NOT NULL REFERENCES survey (id),
  member_id INTEGER,
  store_id INTEGER REFERENCES store (id),
  tier_id INTEGER,
  staff_id INTEGER,
  sale_id INTEGER,
  door TEXT NOT NULL,
  points INTEGER NOT NULL CHECK (points >= 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (survey_id, member_id),
  CHECK (member_id IS NOT NULL OR points = 0)
);
CREATE INDEX survey_reply_at ON survey_reply (at);
CREATE INDEX survey_reply_member ON survey_reply (member_id);

CREATE TABLE survey_answer (
  reply_id INTEGER NOT NULL REFERENCES survey_reply (id),
  question_id INTEGER NOT NULL REFERENCES survey_question (id),
  number INTEGER,
  words TEXT,
  PRIMARY KEY (reply_id, question_id)
);
CREATE INDEX survey_answer_question ON survey_answer (question_id);
