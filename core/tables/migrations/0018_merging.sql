-- Two members who are one person: which merge, and each row that moved with what it held before, so that it can go back.

CREATE TABLE member_merge (
  id INTEGER PRIMARY KEY,
  kept_id INTEGER NOT NULL REFERENCES member (id),
  gone_id INTEGER NOT NULL REFERENCES member (id),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  undone_at INTEGER,
  undone_by TEXT,
  CHECK (kept_id <> gone_id),
  CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
CREATE UNIQUE INDEX member_merge_gone ON member_merge (gone_id) WHERE undone_at IS NULL;
CREATE INDEX member_merge_kept ON member_merge (kept_id, id);
CREATE INDEX member_merge_any ON member_merge (gone_id, id);

CREATE TABLE merge_move (
  merge_id INTEGER NOT NULL REFERENCES member_merge (id),
  place TEXT NOT NULL,
  row_id INTEGER NOT NULL,
  before TEXT,
  PRIMARY KEY (merge_id, place, row_id)
);
CREATE INDEX member_merged ON member (merged_into) WHERE merged_into IS NOT NULL;
