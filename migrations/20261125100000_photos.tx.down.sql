ALTER TABLE items DROP COLUMN rejected_at;
--bun:split
DROP TABLE photos;
