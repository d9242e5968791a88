DROP INDEX events_kept;

--bun:split

ALTER TABLE events DROP COLUMN erased_at;

--bun:split

ALTER TABLE sites DROP COLUMN guest_days;
