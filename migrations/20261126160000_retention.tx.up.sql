-- How long after an event what names its guests is kept, and when it was erased.
ALTER TABLE sites ADD COLUMN guest_days INTEGER NOT NULL DEFAULT 180 CHECK (guest_days BETWEEN 1 AND 3650);

--bun:split

ALTER TABLE events ADD COLUMN erased_at TIMESTAMPTZ;

--bun:split

CREATE INDEX events_kept ON events (end_at) WHERE erased_at IS NULL;
