-- What is sold and what is on the shelf.

CREATE TABLE category (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE product (
  id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL UNIQUE,
  barcode TEXT,
  name TEXT NOT NULL,
  search_keys TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('goods', 'service', 'gift_card', 'top_up', 'pass', 'plan')),
  category_id INTEGER REFERENCES category (id),
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
  weighed INTEGER NOT NULL DEFAULT 0,
  discountable INTEGER NOT NULL DEFAULT 1,
  earns INTEGER NOT NULL DEFAULT 1,
  points_each INTEGER NOT NULL DEFAULT 0,
  tax_bp INTEGER NOT NULL DEFAULT 0 CHECK (tax_bp BETWEEN 0 AND 10000),
  stocked INTEGER NOT NULL DEFAULT 1,
  active INTEGER NOT NULL DEFAULT 1,
  opens_at INTEGER
);
CREATE UNIQUE INDEX product_barcode ON product (barcode) WHERE barcode IS NOT NULL;

CREATE TABLE stock (
  store_id INTEGER NOT NULL REFERENCES store (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  quantity_milli INTEGER NOT NULL,
  PRIMARY KEY (store_id, product_id)
);

CREATE TABLE stock_move (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  quantity_milli INTEGER NOT NULL CHECK (quantity_milli <> 0),
  kind TEXT NOT NULL CHECK (kind IN ('in', 'sale', 'refund', 'count', 'waste', 'reward')),
  ref_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX stock_move_product ON stock_move (product_id, store_id, id);
APPEND ONLY stock_move;
