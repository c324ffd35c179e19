CREATE TABLE id_counter (one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL);
INSERT INTO id_counter (one, next) VALUES (1, 1000000);
