CREATE VIRTUAL TABLE member_search USING fts5(keys, content='', prefix='1 2 3', tokenize='unicode61');
INSERT INTO member_search (member_search, rank) VALUES ('secure-delete', 1);
