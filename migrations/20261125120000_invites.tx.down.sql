ALTER TABLE people DROP COLUMN lock_after;
--bun:split
ALTER TABLE people DROP COLUMN pin_own;
--bun:split
ALTER TABLE sessions DROP COLUMN via;
--bun:split
DROP TABLE devices;
--bun:split
DROP TABLE invites;
