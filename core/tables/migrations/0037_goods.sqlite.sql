-- SQLite changes no CHECK in place: the moves, and the reasons that name them, are written anew.

CREATE TABLE stock_move_wide (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  quantity_milli INTEGER NOT NULL CHECK (quantity_milli <> 0),
  kind TEXT NOT NULL CHECK (kind IN ('in', 'sale', 'refund', 'count', 'waste', 'reward', 'sent', 'arrived')),
  ref_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
INSERT INTO stock_move_wide (id, store_id, product_id, quantity_milli, kind, ref_id, at, actor)
  SELECT id, store_id, product_id, quantity_milli, kind, ref_id, at, actor FROM stock_move;
CREATE TABLE stock_reason_kept (
  move_id INTEGER PRIMARY KEY REFERENCES stock_move_wide (id),
  why TEXT NOT NULL CHECK (why IN ('own_use', 'broken', 'expired', 'lost', 'other')),
  note TEXT NOT NULL DEFAULT ''
);
INSERT INTO stock_reason_kept (move_id, why, note) SELECT move_id, why, note FROM stock_reason;
DROP TABLE stock_reason;
DROP TABLE stock_move;
ALTER TABLE stock_move_wide RENAME TO stock_move;
ALTER TABLE stock_reason_kept RENAME TO stock_reason;
CREATE INDEX stock_move_product ON stock_move (product_id, store_id, at, id);
APPEND ONLY stock_move;
APPEND ONLY stock_reason;
