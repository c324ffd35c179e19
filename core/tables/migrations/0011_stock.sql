-- What went out of stock without a sale, and why; the moves of a product in their order.

CREATE TABLE stock_reason (
  move_id INTEGER PRIMARY KEY REFERENCES stock_move (id),
  why TEXT NOT NULL CHECK (why IN ('own_use', 'broken', 'expired', 'lost', 'other')),
  note TEXT NOT NULL DEFAULT ''
);
APPEND ONLY stock_reason;

DROP INDEX stock_move_product;
CREATE INDEX stock_move_product ON stock_move (product_id, store_id, at, id);
