-- Insight: what the night's judgement says of each member, written anew every night.

CREATE TABLE member_insight (
  member_id INTEGER PRIMARY KEY REFERENCES member (id),
  day INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new', 'on time', 'due', 'warning', 'lost')),
  rhythm_class INTEGER,
  usual_days INTEGER,
  warn_days INTEGER,
  lost_days INTEGER,
  recency_score INTEGER NOT NULL,
  frequency_score INTEGER NOT NULL,
  money_score INTEGER NOT NULL,
  grouping TEXT NOT NULL,
  chance_bp INTEGER,
  chance_before_bp INTEGER,
  expected_cents INTEGER NOT NULL,
  loss_cents INTEGER NOT NULL,
  value_cents INTEGER,
  next_from_day INTEGER,
  next_day INTEGER,
  next_to_day INTEGER
);
