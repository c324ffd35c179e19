-- Care rules: days before or after, tiers, how near a tier is near; festivals of the shop's own.

ALTER TABLE care_rule DROP COLUMN days_before;
ALTER TABLE care_rule ADD COLUMN days TEXT NOT NULL DEFAULT '';
ALTER TABLE care_rule ADD COLUMN tier_ids TEXT NOT NULL DEFAULT '';
ALTER TABLE care_rule ADD COLUMN near_cents INTEGER NOT NULL DEFAULT 0;

CREATE TABLE festival (
  code TEXT PRIMARY KEY,
  date_rule TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  wish_zh TEXT NOT NULL,
  wish_en TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  ended_at INTEGER
);
