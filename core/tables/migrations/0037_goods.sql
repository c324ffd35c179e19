-- Goods: transfers, counts as a document, batches with expiry, shelves and limits, suppliers and cost,
-- prices of one store for some days, more barcodes and bundles.

ALTER TABLE product ADD COLUMN batched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN cost_mills INTEGER NOT NULL DEFAULT 0;

CREATE TABLE supplier (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  contact TEXT NOT NULL DEFAULT '',
  terms TEXT NOT NULL DEFAULT '',
  active INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE stock_delivery (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  supplier_id INTEGER REFERENCES supplier (id),
  document TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX stock_delivery_store ON stock_delivery (store_id, at, id);
CREATE TABLE stock_delivery_line (
  id INTEGER PRIMARY KEY,
  delivery_id INTEGER NOT NULL REFERENCES stock_delivery (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
  cost_cents INTEGER CHECK (cost_cents >= 0),
  expires_day INTEGER NOT NULL DEFAULT 0,
  code TEXT NOT NULL DEFAULT ''
);
CREATE INDEX stock_delivery_line_of ON stock_delivery_line (delivery_id, id);

CREATE TABLE stock_transfer (
  id INTEGER PRIMARY KEY,
  from_store_id INTEGER NOT NULL REFERENCES store (id),
  to_store_id INTEGER NOT NULL REFERENCES store (id),
  state TEXT NOT NULL CHECK (state IN ('sent', 'arrived', 'called_back')),
  note TEXT NOT NULL DEFAULT '',
  sent_at INTEGER NOT NULL,
  sent_by TEXT NOT NULL,
  ended_at INTEGER,
  ended_by TEXT,
  CHECK (from_store_id <> to_store_id)
);
CREATE INDEX stock_transfer_sent ON stock_transfer (sent_at, id);
CREATE TABLE stock_transfer_line (
  transfer_id INTEGER NOT NULL REFERENCES stock_transfer (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  sent_milli INTEGER NOT NULL CHECK (sent_milli > 0),
  arrived_milli INTEGER CHECK (arrived_milli >= 0),
  PRIMARY KEY (transfer_id, product_id)
);

CREATE TABLE count_sheet (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  category_id INTEGER REFERENCES category (id),
  shelf TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('open', 'waiting', 'written', 'dropped')),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  closed_at INTEGER,
  closed_by TEXT
);
CREATE INDEX count_sheet_store ON count_sheet (store_id, at, id);
CREATE TABLE count_line (
  sheet_id INTEGER NOT NULL REFERENCES count_sheet (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  there_milli INTEGER,
  counted_milli INTEGER CHECK (counted_milli >= 0),
  counted_at INTEGER,
  PRIMARY KEY (sheet_id, product_id)
);

CREATE TABLE stock_batch (
  store_id INTEGER NOT NULL REFERENCES store (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  expires_day INTEGER NOT NULL,
  code TEXT NOT NULL,
  quantity_milli INTEGER NOT NULL,
  PRIMARY KEY (store_id, product_id, expires_day, code)
);
CREATE INDEX stock_batch_expiry ON stock_batch (expires_day) WHERE quantity_milli > 0 AND expires_day > 0;
CREATE TABLE stock_batch_move (
  id INTEGER PRIMARY KEY,
  move_id INTEGER NOT NULL,
  store_id INTEGER NOT NULL,
  product_id INTEGER NOT NULL REFERENCES product (id),
  expires_day INTEGER NOT NULL,
  code TEXT NOT NULL,
  quantity_milli INTEGER NOT NULL CHECK (quantity_milli <> 0),
  ref_id INTEGER NOT NULL
);
CREATE INDEX stock_batch_move_ref ON stock_batch_move (ref_id, product_id);
APPEND ONLY stock_batch_move;

CREATE TABLE stock_place (
  store_id INTEGER NOT NULL REFERENCES store (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  shelf TEXT NOT NULL DEFAULT '',
  least_milli INTEGER NOT NULL DEFAULT 0 CHECK (least_milli >= 0),
  PRIMARY KEY (store_id, product_id)
);

CREATE TABLE store_price (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES store (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
  from_day INTEGER NOT NULL,
  until_day INTEGER,
  ended INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX store_price_product ON store_price (product_id, store_id);

CREATE TABLE other_barcode (
  barcode TEXT PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES product (id)
);
CREATE INDEX other_barcode_product ON other_barcode (product_id);

CREATE TABLE bundle_part (
  bundle_id INTEGER NOT NULL REFERENCES product (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
  PRIMARY KEY (bundle_id, product_id)
);
