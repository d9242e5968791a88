-- Patrol routes (巡逻路线): checkpoints that a crew walks again and again during an event.
CREATE TABLE patrols (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    name       TEXT NOT NULL CHECK (name <> ''),
    crew       TEXT NOT NULL CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    every_min  INTEGER NOT NULL CHECK (every_min BETWEEN 0 AND 1440), -- 0: when somebody says so
    round_no   INTEGER NOT NULL CHECK (round_no >= 1),                -- the present one
    round_at   TIMESTAMPTZ,                                           -- when the one before was complete
    struck     BOOLEAN NOT NULL,
    sort       INTEGER NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX patrols_event ON patrols (event_id, sort);

--bun:split

-- What was marked last. The rounds before stand in the log.
CREATE TABLE checkpoints (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    patrol_id  TEXT NOT NULL REFERENCES patrols (id),
    name       TEXT NOT NULL CHECK (name <> ''),
    round_no   INTEGER NOT NULL CHECK (round_no >= 0), -- of the last mark; 0: none
    marked_at  TIMESTAMPTZ,
    marked_by  TEXT REFERENCES people (id),
    by_code    BOOLEAN NOT NULL,
    skipped    TEXT, -- why it was left out
    sort       INTEGER NOT NULL,
    CHECK ((round_no = 0) = (marked_at IS NULL))
);

--bun:split

CREATE INDEX checkpoints_patrol ON checkpoints (patrol_id, sort);

--bun:split

CREATE INDEX checkpoints_event ON checkpoints (event_id);
