-- Alerts: where each was told already, and why the last attempt failed.

ALTER TABLE alert ADD COLUMN reached TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN error TEXT;
