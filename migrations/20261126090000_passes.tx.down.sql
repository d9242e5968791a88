ALTER TABLE events DROP COLUMN pass_no;

--bun:split

ALTER TABLE guests DROP COLUMN pass_no;
