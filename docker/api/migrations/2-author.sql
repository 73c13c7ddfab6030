-- Whoever wrote before there were authors is nobody in particular.
ALTER TABLE note ADD COLUMN author text;
