-- The number of a link that works without signing in: raised, older links of the
-- same guest or event open nothing more.
ALTER TABLE guests ADD COLUMN pass_no INTEGER NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE events ADD COLUMN pass_no INTEGER NOT NULL DEFAULT 0;
