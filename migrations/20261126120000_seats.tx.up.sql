-- Hosts who are seated beside the guests: in no relay and no count of guests.
CREATE TABLE hosts (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    name       TEXT NOT NULL CHECK (name <> ''),
    title      TEXT,
    sort       INTEGER NOT NULL,
    struck     BOOLEAN NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX hosts_event ON hosts (event_id, sort);

--bun:split

-- How people sit in one part of an event: dais, audience, talks.
CREATE TABLE seat_plans (
    id          TEXT PRIMARY KEY,
    event_id    TEXT NOT NULL REFERENCES events (id),
    name        TEXT NOT NULL CHECK (name <> ''),
    function    TEXT,
    room_id     TEXT REFERENCES rooms (id),
    place       TEXT,
    layout      TEXT NOT NULL CHECK (layout IN ('dais','theatre','classroom','u','board','banquet','talks','signing','photo','car')),
    seats       INTEGER NOT NULL CHECK (seats BETWEEN 1 AND 400),
    split       INTEGER NOT NULL CHECK (split >= 0),
    variant     TEXT,
    rule        TEXT NOT NULL CHECK (rule IN ('A','B')),
    sort        INTEGER NOT NULL,
    change_no   INTEGER NOT NULL,
    changed_by  TEXT REFERENCES people (id),
    change_item TEXT REFERENCES items (id),
    cards_at    TIMESTAMPTZ,
    struck      BOOLEAN NOT NULL,
    seq         BIGINT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX seat_plans_event ON seat_plans (event_id, sort);

--bun:split

-- One place of a plan, and who sits there. was_… is who sat there before the act
-- change_no: that can be taken back while it is the plan's last one.
CREATE TABLE seats (
    id           TEXT PRIMARY KEY,
    plan_id      TEXT NOT NULL REFERENCES seat_plans (id),
    event_id     TEXT NOT NULL REFERENCES events (id),
    place_no     INTEGER NOT NULL,
    side         TEXT NOT NULL CHECK (side IN ('','guest','host')),
    label        TEXT NOT NULL CHECK (label <> ''),
    line_no      INTEGER NOT NULL,
    wing         INTEGER NOT NULL CHECK (wing BETWEEN -1 AND 1),
    depth        INTEGER NOT NULL,
    x            INTEGER NOT NULL,
    y            INTEGER NOT NULL,
    facing       TEXT NOT NULL CHECK (facing IN ('viewer','away','left','right')),
    guest_id     TEXT REFERENCES guests (id),
    host_id      TEXT REFERENCES hosts (id),
    card         TEXT,
    was_guest_id TEXT REFERENCES guests (id),
    was_host_id  TEXT REFERENCES hosts (id),
    was_card     TEXT,
    change_no    INTEGER NOT NULL,
    changed_at   TIMESTAMPTZ NOT NULL,
    changed_by   TEXT REFERENCES people (id),
    seq          BIGINT NOT NULL,
    CHECK (guest_id IS NULL OR host_id IS NULL),
    CHECK (was_guest_id IS NULL OR was_host_id IS NULL)
);

--bun:split

CREATE INDEX seats_event ON seats (event_id, plan_id);

--bun:split

-- Nobody sits twice in one plan.
CREATE UNIQUE INDEX seats_guest ON seats (guest_id, plan_id) WHERE guest_id IS NOT NULL;

--bun:split

CREATE UNIQUE INDEX seats_host ON seats (host_id, plan_id) WHERE host_id IS NOT NULL;

--bun:split

CREATE UNIQUE INDEX seats_place ON seats (plan_id, x, y);

--bun:split

-- Which of the two published rules an even row on the dais follows.
ALTER TABLE sites ADD COLUMN dais_rule TEXT NOT NULL DEFAULT 'A' CHECK (dais_rule IN ('A','B'));
