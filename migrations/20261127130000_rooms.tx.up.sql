-- What a room has, how it can be set, when it is out of use, and who reads its
-- calendar elsewhere.

-- Between two events of a room lie the clear-out of the one and the set-up of the
-- other. A site that is there already keeps its bookings as they are: 0 minutes.
ALTER TABLE sites ADD COLUMN setup_min INTEGER NOT NULL DEFAULT 0 CHECK (setup_min BETWEEN 0 AND 480);

--bun:split

ALTER TABLE sites ADD COLUMN clear_min INTEGER NOT NULL DEFAULT 0 CHECK (clear_min BETWEEN 0 AND 480);

--bun:split

ALTER TABLE rooms ADD COLUMN setup_min INTEGER CHECK (setup_min BETWEEN 0 AND 480); -- NULL: the site's

--bun:split

ALTER TABLE rooms ADD COLUMN clear_min INTEGER CHECK (clear_min BETWEEN 0 AND 480);

--bun:split

ALTER TABLE rooms ADD COLUMN out_of_use BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

ALTER TABLE rooms ADD COLUMN photo_file TEXT; -- see server/photos

--bun:split

ALTER TABLE rooms ADD COLUMN photo_width INTEGER NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE rooms ADD COLUMN photo_height INTEGER NOT NULL DEFAULT 0;

--bun:split

-- An event that needs neither set-up nor clear-out: it meets in the room as it stands.
ALTER TABLE events ADD COLUMN no_buffer BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

CREATE TABLE room_fixtures (
    room_id TEXT NOT NULL REFERENCES rooms (id),
    kind    TEXT NOT NULL CHECK (kind <> ''),
    n       INTEGER NOT NULL CHECK (n >= 1),
    PRIMARY KEY (room_id, kind)
);

--bun:split

CREATE TABLE room_layouts (
    room_id TEXT NOT NULL REFERENCES rooms (id),
    layout  TEXT NOT NULL CHECK (layout <> ''),
    heads   INTEGER NOT NULL CHECK (heads >= 1),
    PRIMARY KEY (room_id, layout)
);

--bun:split

-- Times at which a room is not to be had, for another reason than an event.
CREATE TABLE blockings (
    id         TEXT PRIMARY KEY,
    room_id    TEXT NOT NULL REFERENCES rooms (id),
    start_at   TIMESTAMPTZ NOT NULL,
    end_at     TIMESTAMPTZ NOT NULL,
    reason     TEXT NOT NULL CHECK (reason <> ''),
    struck     BOOLEAN NOT NULL,
    created_by TEXT REFERENCES people (id),
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (end_at > start_at)
);

--bun:split

CREATE INDEX blockings_room ON blockings (room_id, end_at) WHERE NOT struck;

--bun:split

-- Addresses at which other calendars read a room's or a person's events. The
-- address is a pass with this id and number: a higher number revokes it.
CREATE TABLE calendar_links (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id), -- whose link it is: it shows what he may see
    room_id    TEXT REFERENCES rooms (id),           -- NULL: his own events
    pass_no    INTEGER NOT NULL CHECK (pass_no >= 0),
    created_at TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE UNIQUE INDEX calendar_links_own ON calendar_links (person_id) WHERE room_id IS NULL;

--bun:split

CREATE UNIQUE INDEX calendar_links_room ON calendar_links (person_id, room_id) WHERE room_id IS NOT NULL;
