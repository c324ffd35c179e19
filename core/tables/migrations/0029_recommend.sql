-- What is bought together: counted anew every night under a run of its own, of which one is in force.

CREATE TABLE basket_run (
  id INTEGER PRIMARY KEY,
  since_day INTEGER NOT NULL,
  day INTEGER NOT NULL,
  baskets INTEGER NOT NULL CHECK (baskets >= 0),
  in_force INTEGER NOT NULL DEFAULT 0 CHECK (in_force IN (0, 1)),
  made_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX basket_run_in_force ON basket_run (in_force) WHERE in_force = 1;

CREATE TABLE neighbour (
  run_id INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  place INTEGER NOT NULL,
  other_id INTEGER NOT NULL,
  together INTEGER NOT NULL CHECK (together > 0),
  baskets INTEGER NOT NULL,
  score_ppm INTEGER NOT NULL CHECK (score_ppm BETWEEN 1 AND 1000000),
  PRIMARY KEY (run_id, product_id, place),
  CHECK (baskets >= together)
);

CREATE TABLE popular (
  run_id INTEGER NOT NULL,
  place INTEGER NOT NULL,
  product_id INTEGER NOT NULL,
  baskets INTEGER NOT NULL CHECK (baskets > 0),
  PRIMARY KEY (run_id, place)
);

CREATE TABLE shop_slot (
  run_id INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('daypart', 'weekday')),
  slot INTEGER NOT NULL,
  visits INTEGER NOT NULL CHECK (visits >= 0),
  PRIMARY KEY (run_id, kind, slot)
);
