-- Older notes have no author: NULL.
ALTER TABLE note ADD COLUMN author text;
