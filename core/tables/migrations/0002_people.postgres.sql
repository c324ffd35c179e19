CREATE TABLE member_search (rowid BIGINT PRIMARY KEY, keys TSVECTOR NOT NULL);
CREATE INDEX member_search_keys ON member_search USING gin (keys);
