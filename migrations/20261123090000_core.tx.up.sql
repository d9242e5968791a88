-- One file serves PostgreSQL and SQLite: text ids made by the program, UTC times,
-- checks and keys in the schema.

CREATE TABLE sites (
    id     TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    office TEXT NOT NULL,
    client TEXT NOT NULL
);

--bun:split

CREATE TABLE rooms (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    name_en  TEXT NOT NULL,
    floor    INTEGER NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity >= 0),
    sort     INTEGER NOT NULL,
    -- raised by every booking of the room: the row is the lock that keeps two
    -- bookings made at once from both finding it free
    bookings BIGINT NOT NULL DEFAULT 0
);

--bun:split

CREATE TABLE people (
    id           TEXT PRIMARY KEY,
    staff_no     TEXT NOT NULL UNIQUE CHECK (staff_no <> ''),
    phone        TEXT UNIQUE,
    name         TEXT NOT NULL CHECK (name <> ''),
    role         TEXT NOT NULL CHECK (role IN ('admin','commander','supervisor','centre_head','crew_lead','crew_member','control_room','supply_clerk','board')),
    crew         TEXT CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    locale       TEXT NOT NULL CHECK (locale IN ('zh','en')),
    pin_hash     TEXT NOT NULL,
    disabled     BOOLEAN NOT NULL,
    failed_count INTEGER NOT NULL,
    locked_until TIMESTAMPTZ,
    seq          BIGINT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    person_id    TEXT NOT NULL REFERENCES people (id),
    device       TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    revoked_at   TIMESTAMPTZ
);

--bun:split

CREATE INDEX sessions_person ON sessions (person_id) WHERE revoked_at IS NULL;

--bun:split

-- One counter per topic. Its row is the mutex of the topic: a number is given
-- only after the one before it has become visible.
CREATE TABLE topics (
    id  TEXT PRIMARY KEY,
    seq BIGINT NOT NULL CHECK (seq >= 0)
);

--bun:split

-- The log: who, what, old and new, when on the device and when received. Append-only.
CREATE TABLE changes (
    topic       TEXT NOT NULL REFERENCES topics (id),
    seq         BIGINT NOT NULL CHECK (seq > 0),
    event_id    TEXT,
    subject     TEXT NOT NULL,
    verb        TEXT NOT NULL,
    label       TEXT NOT NULL,
    label_en    TEXT,
    old         TEXT,
    new         TEXT,
    note        TEXT,
    crew        TEXT,
    minor       BOOLEAN NOT NULL,
    person_id   TEXT,
    person      TEXT,
    post        TEXT,
    device      TEXT,
    act_key     TEXT,
    acted_at    TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (topic, seq)
);

--bun:split

CREATE INDEX changes_subject ON changes (subject, topic, seq);

--bun:split

-- Answers already given, by the key the client made: the same key gets the same
-- answer again and has one effect.
CREATE TABLE acts (
    person_id TEXT NOT NULL,
    key       TEXT NOT NULL,
    receipt   TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, key)
);

--bun:split

CREATE INDEX acts_at ON acts (at);

--bun:split

CREATE TABLE events (
    id                TEXT PRIMARY KEY,
    number            TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL CHECK (name <> ''),
    type              TEXT NOT NULL,
    organiser         TEXT NOT NULL,
    contact           TEXT NOT NULL,
    contact_phone     TEXT,
    principal_guest   TEXT,
    notes             TEXT,
    level             INTEGER NOT NULL CHECK (level BETWEEN 1 AND 4),
    level_reason      TEXT,
    secrecy           TEXT NOT NULL CHECK (secrecy IN ('normal','internal','secret')),
    status            TEXT NOT NULL CHECK (status IN ('draft','requested','confirmed','preparing','ready','live','clearing','released','closed','cancelled')),
    heads             INTEGER NOT NULL CHECK (heads >= 0),
    arrival_at        TIMESTAMPTZ,
    start_at          TIMESTAMPTZ NOT NULL,
    end_at            TIMESTAMPTZ NOT NULL,
    break_at          TIMESTAMPTZ,
    actual_arrival_at TIMESTAMPTZ,
    actual_start_at   TIMESTAMPTZ,
    actual_end_at     TIMESTAMPTZ,
    left_at           TIMESTAMPTZ,
    commander_id      TEXT REFERENCES people (id),
    photo             BOOLEAN NOT NULL,
    recording         BOOLEAN NOT NULL,
    tea_minutes       INTEGER NOT NULL CHECK (tea_minutes >= 0),
    ready_at          TIMESTAMPTZ,
    ready_by          TEXT REFERENCES people (id),
    seq               BIGINT NOT NULL,
    state_at          TIMESTAMPTZ NOT NULL,
    created_at        TIMESTAMPTZ NOT NULL,
    CHECK (end_at > start_at),
    CHECK (arrival_at IS NULL OR arrival_at <= start_at),
    -- J.3.5: nobody works on an event without a commander
    CHECK (commander_id IS NOT NULL OR status IN ('draft','requested','cancelled'))
);

--bun:split

CREATE INDEX events_end ON events (end_at, start_at);

--bun:split

CREATE INDEX events_commander ON events (commander_id, end_at);

--bun:split

CREATE TABLE event_rooms (
    event_id TEXT NOT NULL REFERENCES events (id),
    room_id  TEXT NOT NULL REFERENCES rooms (id),
    PRIMARY KEY (event_id, room_id)
);

--bun:split

CREATE INDEX event_rooms_room ON event_rooms (room_id, event_id);

--bun:split

CREATE TABLE assignments (
    event_id  TEXT NOT NULL REFERENCES events (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    crew      TEXT NOT NULL CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    post      TEXT,
    PRIMARY KEY (event_id, person_id)
);

--bun:split

CREATE INDEX assignments_person ON assignments (person_id, event_id);

--bun:split

CREATE TABLE items (
    id               TEXT PRIMARY KEY,
    event_id         TEXT NOT NULL REFERENCES events (id),
    template_id      TEXT,
    crew             TEXT NOT NULL CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    phase            TEXT NOT NULL CHECK (phase IN ('pre','during','post')),
    zh               TEXT NOT NULL CHECK (zh <> ''),
    en               TEXT,
    anchor           TEXT NOT NULL,
    offset_min       INTEGER NOT NULL,
    clock            TEXT,
    every_min        INTEGER NOT NULL CHECK (every_min >= 0),
    until_anchor     TEXT,
    due_at           TIMESTAMPTZ,
    flag             TEXT CHECK (flag IN ('blocks_ready','blocks_close','cue')),
    evidence         TEXT CHECK (evidence IN ('number','photo','signature')),
    acceptance       TEXT CHECK (acceptance IN ('commander','supervisor','supervisor+commander','organiser')),
    clauses          TEXT,
    unit_zh          TEXT,
    unit_en          TEXT,
    reading_min      DOUBLE PRECISION,
    reading_max      DOUBLE PRECISION,
    sort             INTEGER NOT NULL,
    assignee_id      TEXT REFERENCES people (id),
    status           TEXT NOT NULL CHECK (status IN ('open','done','submitted','accepted','rejected','not-needed','blocked')),
    state_at         TIMESTAMPTZ NOT NULL,
    done_at          TIMESTAMPTZ,
    done_by          TEXT REFERENCES people (id),
    done_received_at TIMESTAMPTZ,
    reading          TEXT,
    checked_at       TIMESTAMPTZ,
    checked_by       TEXT REFERENCES people (id),
    accepted_at      TIMESTAMPTZ,
    accepted_by      TEXT REFERENCES people (id),
    reason           TEXT,
    reason_by        TEXT REFERENCES people (id),
    redo             INTEGER NOT NULL CHECK (redo >= 0),
    round_no         INTEGER NOT NULL,
    rounds_total     INTEGER NOT NULL,
    rounds_done      INTEGER NOT NULL CHECK (rounds_done >= 0),
    rounds_missed    INTEGER NOT NULL CHECK (rounds_missed >= 0),
    seq              BIGINT NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    -- J.6.1: the performer never accepts his own item
    CHECK (accepted_by IS NULL OR done_by IS NULL OR accepted_by <> done_by),
    CHECK (status <> 'accepted' OR accepted_at IS NOT NULL),
    CHECK (status NOT IN ('rejected','not-needed','blocked') OR reason IS NOT NULL)
);

--bun:split

CREATE INDEX items_event ON items (event_id, crew);

--bun:split

CREATE UNIQUE INDEX items_template ON items (event_id, template_id) WHERE template_id IS NOT NULL;

--bun:split

CREATE TABLE rounds (
    item_id  TEXT NOT NULL REFERENCES items (id),
    n        INTEGER NOT NULL CHECK (n > 0),
    from_no  INTEGER NOT NULL CHECK (from_no > 0),
    due_at   TIMESTAMPTZ NOT NULL,
    done_at  TIMESTAMPTZ NOT NULL,
    done_by  TEXT NOT NULL REFERENCES people (id),
    reading  TEXT,
    deferred TEXT,
    PRIMARY KEY (item_id, n)
);

--bun:split

CREATE TABLE parties (
    id       TEXT PRIMARY KEY,
    event_id TEXT NOT NULL REFERENCES events (id),
    name     TEXT NOT NULL CHECK (name <> ''),
    sort     INTEGER NOT NULL,
    UNIQUE (event_id, name)
);

--bun:split

CREATE TABLE guests (
    id           TEXT PRIMARY KEY,
    event_id     TEXT NOT NULL REFERENCES events (id),
    party_id     TEXT REFERENCES parties (id),
    name         TEXT NOT NULL CHECK (name <> ''),
    title        TEXT,
    organisation TEXT,
    rank         INTEGER NOT NULL CHECK (rank >= 0),
    plate        TEXT,
    bay          TEXT,
    needs        TEXT,
    search       TEXT NOT NULL,
    position     TEXT NOT NULL CHECK (position IN ('expected','gate','drop-off','lobby','lift','venue','left')),
    previous     TEXT CHECK (previous IN ('expected','gate','drop-off','lobby','lift','venue','left')),
    position_at  TIMESTAMPTZ NOT NULL,
    position_by  TEXT REFERENCES people (id),
    struck       BOOLEAN NOT NULL,
    sort         INTEGER NOT NULL,
    seq          BIGINT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX guests_event ON guests (event_id, sort);

--bun:split

CREATE INDEX guests_party ON guests (party_id);
