-- Moving in: files that were imported and what became of each row, so that an import goes on after a crash and can be undone.

CREATE TABLE import_batch (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('members', 'products', 'sales')),
  file_name TEXT NOT NULL,
  file_hash TEXT NOT NULL,
  store_id INTEGER NOT NULL REFERENCES store (id),
  mapping TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'undoing', 'undone')),
  figures TEXT NOT NULL DEFAULT '{}',
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  undone_at INTEGER,
  actor TEXT NOT NULL
);
CREATE INDEX import_batch_file ON import_batch (file_hash);

CREATE TABLE import_row (
  batch_id INTEGER NOT NULL REFERENCES import_batch (id),
  row_number INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('new', 'double', 'there', 'faulty', 'undone', 'kept')),
  entity_id INTEGER,
  PRIMARY KEY (batch_id, row_number)
);
CREATE INDEX import_row_entity ON import_row (entity_id) WHERE entity_id IS NOT NULL;
