ALTER TABLE events DROP COLUMN lift_id;

--bun:split

ALTER TABLE events DROP COLUMN supplies;

--bun:split

DROP TABLE supplies;
