DROP TABLE strays;

--bun:split

ALTER TABLE guests DROP COLUMN badge;

--bun:split

ALTER TABLE guests DROP COLUMN pack;

--bun:split

ALTER TABLE guests DROP COLUMN sign_at;

--bun:split

ALTER TABLE guests DROP COLUMN signed_in_by;

--bun:split

ALTER TABLE guests DROP COLUMN signed_in_at;

--bun:split

ALTER TABLE guests DROP COLUMN phone;
