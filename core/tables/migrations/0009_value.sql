-- Gift cards, passes, shared wallets, what top-ups give beside their bonus.

CREATE TABLE gift_card (
  id INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('blank', 'active', 'void')),
  original_cents INTEGER NOT NULL CHECK (original_cents >= 0),
  balance_cents INTEGER NOT NULL CHECK (balance_cents BETWEEN 0 AND original_cents),
  sale_id INTEGER,
  activated_at INTEGER,
  at INTEGER NOT NULL
);
CREATE INDEX gift_card_sale ON gift_card (sale_id);

CREATE TABLE gift_card_entry (
  id INTEGER PRIMARY KEY,
  card_id INTEGER NOT NULL REFERENCES gift_card (id),
  kind TEXT NOT NULL CHECK (kind IN ('activate', 'spend', 'return', 'load', 'void')),
  cents INTEGER NOT NULL CHECK (cents <> 0),
  ref_kind TEXT NOT NULL,
  ref_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX gift_card_entry_card ON gift_card_entry (card_id, id);
APPEND ONLY gift_card_entry;

CREATE TABLE pass_kind (
  id INTEGER PRIMARY KEY,
  product_id INTEGER UNIQUE REFERENCES product (id),
  name TEXT NOT NULL,
  uses INTEGER NOT NULL CHECK (uses > 0),
  valid_days INTEGER NOT NULL CHECK (valid_days > 0),
  active INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE pass_service (
  kind_id INTEGER NOT NULL REFERENCES pass_kind (id),
  product_id INTEGER NOT NULL REFERENCES product (id),
  PRIMARY KEY (kind_id, product_id)
);

CREATE TABLE pass (
  id INTEGER PRIMARY KEY,
  kind_id INTEGER NOT NULL REFERENCES pass_kind (id),
  member_id INTEGER NOT NULL,
  sale_id INTEGER,
  uses INTEGER NOT NULL CHECK (uses > 0),
  left_uses INTEGER NOT NULL CHECK (left_uses BETWEEN 0 AND uses),
  paid_cents INTEGER NOT NULL CHECK (paid_cents >= 0),
  until_at INTEGER NOT NULL,
  ended_at INTEGER,
  at INTEGER NOT NULL
);
CREATE INDEX pass_member ON pass (member_id, until_at);
CREATE INDEX pass_sale ON pass (sale_id);

CREATE TABLE pass_entry (
  id INTEGER PRIMARY KEY,
  pass_id INTEGER NOT NULL REFERENCES pass (id),
  kind TEXT NOT NULL CHECK (kind IN ('issue', 'use', 'return', 'expire', 'cancel')),
  uses INTEGER NOT NULL CHECK (uses <> 0),
  ref_kind TEXT NOT NULL,
  ref_id INTEGER NOT NULL,
  line_id INTEGER,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL
);
CREATE INDEX pass_entry_pass ON pass_entry (pass_id, id);
CREATE INDEX pass_entry_line ON pass_entry (line_id);
APPEND ONLY pass_entry;

CREATE TABLE wallet_share (
  member_id INTEGER PRIMARY KEY,
  payer_id INTEGER NOT NULL,
  limit_cents INTEGER CHECK (limit_cents > 0),
  month INTEGER NOT NULL DEFAULT 0,
  spent_cents INTEGER NOT NULL DEFAULT 0 CHECK (spent_cents >= 0),
  at INTEGER NOT NULL,
  CHECK (payer_id <> member_id)
);
CREATE INDEX wallet_share_payer ON wallet_share (payer_id);
