DROP INDEX events_series;

--bun:split

ALTER TABLE events DROP COLUMN series_id;

--bun:split

ALTER TABLE sites DROP COLUMN seen_minutes;

--bun:split

ALTER TABLE sites DROP COLUMN intake_grace;

--bun:split

ALTER TABLE sites DROP COLUMN intake_at;

--bun:split

DROP TABLE intake_steps;

--bun:split

DROP TABLE bulletin_lines;

--bun:split

DROP TABLE board_rows;

--bun:split

DROP TABLE acknowledgements;

--bun:split

DROP TABLE bulletins;
