-- Posts (岗位) of an event and who is on duty there.
CREATE TABLE posts (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    code       TEXT NOT NULL CHECK (code <> ''),
    name       TEXT NOT NULL CHECK (name <> ''),
    crew       TEXT NOT NULL CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    task       TEXT,
    gesture    TEXT CHECK (gesture IN ('stop','direct','door','lift','bow')),
    channel    TEXT,
    -- the step of the arrival relay that is tapped here, and the usual minutes from the step before
    position   TEXT CHECK (position IN ('gate','drop-off','lobby','lift','venue')),
    minutes    INTEGER NOT NULL CHECK (minutes BETWEEN 0 AND 240),
    from_at    TIMESTAMPTZ,
    struck     BOOLEAN NOT NULL,
    sort       INTEGER NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX posts_event ON posts (event_id, sort);

--bun:split

CREATE UNIQUE INDEX posts_code ON posts (event_id, code) WHERE NOT struck;

--bun:split

-- One person at one post. What is over stands in the log; a row is the present.
CREATE TABLE duties (
    id          TEXT PRIMARY KEY,
    event_id    TEXT NOT NULL REFERENCES events (id),
    post_id     TEXT NOT NULL REFERENCES posts (id),
    person_id   TEXT NOT NULL REFERENCES people (id),
    backup      BOOLEAN NOT NULL,
    stands_for  TEXT REFERENCES duties (id),
    state       TEXT NOT NULL CHECK (state IN ('planned','on','asked','away','replaced','released','back')),
    state_at    TIMESTAMPTZ NOT NULL,
    reported_at TIMESTAMPTZ,
    reported_by TEXT REFERENCES people (id),
    by_code     BOOLEAN NOT NULL,
    reason      TEXT,
    relief_id   TEXT REFERENCES people (id),
    return_at   TIMESTAMPTZ,
    handover    TEXT,
    released_at TIMESTAMPTZ,
    released_by TEXT REFERENCES people (id),
    override    TEXT,
    back_at     TIMESTAMPTZ,
    struck      BOOLEAN NOT NULL,
    seq         BIGINT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    CHECK (state NOT IN ('asked','away') OR (reason IS NOT NULL AND relief_id IS NOT NULL)),
    CHECK (state NOT IN ('released','back') OR released_at IS NOT NULL)
);

--bun:split

CREATE INDEX duties_event ON duties (event_id);

--bun:split

CREATE INDEX duties_person ON duties (person_id, event_id);

--bun:split

CREATE UNIQUE INDEX duties_once ON duties (post_id, person_id) WHERE NOT struck;

--bun:split

-- Who is told what when guests reach a place (回避, 迎宾, 送客 …), and whether
-- they said that they know.
CREATE TABLE cues (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    cause      TEXT NOT NULL CHECK (cause IN ('approach','gate','drop-off','lobby','lift','venue','seated','ending','left','early')),
    scope      TEXT NOT NULL CHECK (scope IN ('first','principal','all')),
    crew       TEXT NOT NULL CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    zh         TEXT NOT NULL CHECK (zh <> ''),
    en         TEXT,
    off        BOOLEAN NOT NULL,
    fired_at   TIMESTAMPTZ,
    fired_by   TEXT REFERENCES people (id),
    acked_at   TIMESTAMPTZ,
    acked_by   TEXT REFERENCES people (id),
    state_at   TIMESTAMPTZ NOT NULL,
    sort       INTEGER NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (acked_at IS NULL OR fired_at IS NOT NULL)
);

--bun:split

CREATE INDEX cues_event ON cues (event_id, sort);

--bun:split

CREATE TABLE vehicles (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    plate      TEXT NOT NULL CHECK (plate <> ''),
    kind       TEXT,
    bay        TEXT,
    driver     TEXT,
    phone      TEXT,
    arrives    INTEGER NOT NULL CHECK (arrives >= 0),
    leaves     INTEGER NOT NULL CHECK (leaves >= 0),
    state      TEXT NOT NULL CHECK (state IN ('expected','gate','drop-off','parked','called','door','gone')),
    state_at   TIMESTAMPTZ NOT NULL,
    state_by   TEXT REFERENCES people (id),
    previous   TEXT CHECK (previous IN ('expected','gate','drop-off','parked','called','door','gone')),
    struck     BOOLEAN NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE UNIQUE INDEX vehicles_plate ON vehicles (event_id, plate) WHERE NOT struck;

--bun:split

-- The building's lifts, as the control room sees them.
CREATE TABLE lifts (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE CHECK (name <> ''),
    state    TEXT NOT NULL CHECK (state IN ('normal','held','in-use','fault','trapped')),
    state_at TIMESTAMPTZ NOT NULL,
    state_by TEXT REFERENCES people (id),
    note     TEXT,
    sort     INTEGER NOT NULL,
    seq      BIGINT NOT NULL
);

--bun:split

-- When a guest on the way is expected at the next step.
ALTER TABLE guests ADD COLUMN next_at TIMESTAMPTZ;

--bun:split

CREATE INDEX guests_next ON guests (next_at) WHERE next_at IS NOT NULL;

--bun:split

-- What the commander decided when guests came before their time.
ALTER TABLE events ADD COLUMN early_at TIMESTAMPTZ;

--bun:split

ALTER TABLE events ADD COLUMN early_mode TEXT CHECK (early_mode IN ('lounge','go'));
