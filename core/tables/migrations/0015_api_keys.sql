-- API keys that end by themselves, say when they were last used, come from known addresses and are replaced in peace.
-- `first_id` is the key a program began with: whoever follows it is the same asker, with the same idempotency keys.

ALTER TABLE api_key ADD COLUMN expires_at INTEGER;
ALTER TABLE api_key ADD COLUMN life_ms INTEGER;
ALTER TABLE api_key ADD COLUMN last_used_at INTEGER;
ALTER TABLE api_key ADD COLUMN addresses TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN first_id INTEGER REFERENCES api_key (id);
