ALTER TABLE events DROP COLUMN early_mode;

--bun:split

ALTER TABLE events DROP COLUMN early_at;

--bun:split

DROP INDEX guests_next;

--bun:split

ALTER TABLE guests DROP COLUMN next_at;

--bun:split

DROP TABLE lifts;

--bun:split

DROP TABLE vehicles;

--bun:split

DROP TABLE cues;

--bun:split

DROP TABLE duties;

--bun:split

DROP TABLE posts;
