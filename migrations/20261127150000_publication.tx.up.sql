-- What named people must say that they have seen: the board of a day (公示), the change notice of an event, the work notice
-- of a crew (工作通知单). One that was issued anew stays, superseded.
CREATE TABLE bulletins (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('board','change','work')),
    day          TEXT NOT NULL CHECK (length(day) = 10), -- 2026-03-18, on site: of the board, or of the event
    event_id     TEXT REFERENCES events (id),
    crew         TEXT CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    no           INTEGER NOT NULL CHECK (no >= 1),       -- the version; of a change notice its number at the event
    key          TEXT NOT NULL UNIQUE CHECK (key <> ''), -- of the notices that bring it to people
    made_by      TEXT REFERENCES people (id),
    made_at      TIMESTAMPTZ NOT NULL,
    escalate_at  TIMESTAMPTZ,                            -- when the supervisor is told who has not seen it
    escalated_at TIMESTAMPTZ,
    superseded   BOOLEAN NOT NULL,
    seq          BIGINT NOT NULL,
    CHECK ((kind = 'board') = (event_id IS NULL)),
    CHECK ((kind = 'work') = (crew IS NOT NULL))
);

--bun:split

CREATE UNIQUE INDEX bulletins_board ON bulletins (day) WHERE kind = 'board' AND NOT superseded;

--bun:split

CREATE UNIQUE INDEX bulletins_work ON bulletins (event_id, crew) WHERE kind = 'work' AND NOT superseded;

--bun:split

CREATE INDEX bulletins_event ON bulletins (event_id, made_at);

--bun:split

CREATE INDEX bulletins_escalate ON bulletins (escalate_at) WHERE escalate_at IS NOT NULL;

--bun:split

CREATE TABLE acknowledgements (
    bulletin_id TEXT NOT NULL REFERENCES bulletins (id),
    person_id   TEXT NOT NULL REFERENCES people (id),
    told_at     TIMESTAMPTZ NOT NULL,
    seen_at     TIMESTAMPTZ,
    PRIMARY KEY (bulletin_id, person_id)
);

--bun:split

CREATE INDEX acknowledgements_open ON acknowledgements (person_id) WHERE seen_at IS NULL;

--bun:split

-- Who does what where and when, as it was published.
CREATE TABLE board_rows (
    id          TEXT PRIMARY KEY,
    bulletin_id TEXT NOT NULL REFERENCES bulletins (id),
    event_id    TEXT NOT NULL REFERENCES events (id),
    person_id   TEXT REFERENCES people (id), -- nobody is named yet
    crew        TEXT NOT NULL CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    post        TEXT,
    rooms       TEXT,                        -- ids, parted by spaces
    on_site_at  TIMESTAMPTZ NOT NULL,
    start_at    TIMESTAMPTZ NOT NULL,
    end_at      TIMESTAMPTZ NOT NULL,
    supplies    TEXT,
    sort        INTEGER NOT NULL
);

--bun:split

CREATE INDEX board_rows_bulletin ON board_rows (bulletin_id, sort);

--bun:split

CREATE INDEX board_rows_event ON board_rows (event_id);

--bun:split

-- Of a change notice what was and what is; of a work notice what it says, and what the version before said.
CREATE TABLE bulletin_lines (
    id          TEXT PRIMARY KEY,
    bulletin_id TEXT NOT NULL REFERENCES bulletins (id),
    event_id    TEXT NOT NULL REFERENCES events (id),
    field       TEXT NOT NULL CHECK (field <> ''),
    old         TEXT,
    new         TEXT,
    sort        INTEGER NOT NULL
);

--bun:split

CREATE INDEX bulletin_lines_bulletin ON bulletin_lines (bulletin_id, sort);

--bun:split

CREATE INDEX bulletin_lines_event ON bulletin_lines (event_id);

--bun:split

-- The daily intake (J.4.2.1.1.1): what the supervisor does on the day before, and when it was done.
CREATE TABLE intake_steps (
    day     TEXT NOT NULL CHECK (length(day) = 10), -- whose events are collected
    step    TEXT NOT NULL CHECK (step IN ('taken','levels','board','briefing')),
    done_at TIMESTAMPTZ NOT NULL,
    done_by TEXT NOT NULL REFERENCES people (id),
    late    BOOLEAN NOT NULL,
    events  INTEGER NOT NULL CHECK (events >= 0), -- how many there were; 0: none tomorrow
    PRIMARY KEY (day, step)
);

--bun:split

ALTER TABLE sites ADD COLUMN intake_at TEXT NOT NULL DEFAULT '17:00';

--bun:split

ALTER TABLE sites ADD COLUMN intake_grace INTEGER NOT NULL DEFAULT 10 CHECK (intake_grace BETWEEN 0 AND 240);

--bun:split

ALTER TABLE sites ADD COLUMN seen_minutes INTEGER NOT NULL DEFAULT 30 CHECK (seen_minutes BETWEEN 1 AND 1440);

--bun:split

-- Events that were made as one series.
ALTER TABLE events ADD COLUMN series_id TEXT;

--bun:split

CREATE INDEX events_series ON events (series_id) WHERE series_id IS NOT NULL;
