-- The survey that the guests of an event are asked.

ALTER TABLE gathering ADD COLUMN survey_id INTEGER REFERENCES survey (id);
