-- The register of event service 《会务服务登记表》: what the first form did not ask for.
ALTER TABLE events ADD COLUMN undertaker TEXT;

--bun:split

ALTER TABLE events ADD COLUMN purpose TEXT;

--bun:split

ALTER TABLE events ADD COLUMN needs TEXT;

--bun:split

ALTER TABLE events ADD COLUMN wishes TEXT;

--bun:split

ALTER TABLE events ADD COLUMN principal_title TEXT;

--bun:split

ALTER TABLE events ADD COLUMN guest_rank TEXT CHECK (guest_rank IN ('state','city','county','internal'));

--bun:split

ALTER TABLE events ADD COLUMN host_rank TEXT CHECK (host_rank IN ('chair','deputy','department'));

--bun:split

ALTER TABLE events ADD COLUMN guest_heads INTEGER NOT NULL DEFAULT 0 CHECK (guest_heads >= 0);

--bun:split

ALTER TABLE events ADD COLUMN escort_heads INTEGER NOT NULL DEFAULT 0 CHECK (escort_heads >= 0);

--bun:split

-- Of the law on expenses; another thing than the level of the reception. 0: not said.
ALTER TABLE events ADD COLUMN expense_class INTEGER NOT NULL DEFAULT 0 CHECK (expense_class BETWEEN 0 AND 4);

--bun:split

ALTER TABLE events ADD COLUMN layout TEXT CHECK (layout IN ('dais','theatre','classroom','u','board','banquet','talks','signing','photo','car'));

--bun:split

ALTER TABLE events ADD COLUMN tea_wish TEXT;

--bun:split

ALTER TABLE events ADD COLUMN welcome_text TEXT;

--bun:split

ALTER TABLE events ADD COLUMN banner TEXT;

--bun:split

ALTER TABLE events ADD COLUMN flowers TEXT;

--bun:split

ALTER TABLE events ADD COLUMN seat_wish TEXT;

--bun:split

ALTER TABLE events ADD COLUMN photo_wish TEXT;

--bun:split

ALTER TABLE events ADD COLUMN registered_by TEXT REFERENCES people (id);

--bun:split

-- The call or visit afterwards (J.7.2): when, how, to whom, what was said, what is done about it.
ALTER TABLE events ADD COLUMN followed_at TIMESTAMPTZ;

--bun:split

ALTER TABLE events ADD COLUMN follow_way TEXT CHECK (follow_way IN ('visit','phone','code'));

--bun:split

ALTER TABLE events ADD COLUMN follow_with TEXT;

--bun:split

ALTER TABLE events ADD COLUMN follow_said TEXT;

--bun:split

ALTER TABLE events ADD COLUMN follow_done TEXT;

--bun:split

ALTER TABLE events ADD COLUMN followed_by TEXT REFERENCES people (id);

--bun:split

-- The parts of an event (环节), each with a place, a layout and a clock of its own. One with a room holds it.
CREATE TABLE functions (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    name       TEXT NOT NULL CHECK (name <> ''),
    kind       TEXT NOT NULL CHECK (kind IN ('arrival','talks','photo','meeting','signing','banquet','tour','break','rest','departure','other')),
    room_id    TEXT REFERENCES rooms (id),
    place      TEXT, -- where there is no room: a stair, the drop-off
    layout     TEXT CHECK (layout IN ('dais','theatre','classroom','u','board','banquet','talks','signing','photo','car')),
    start_at   TIMESTAMPTZ NOT NULL,
    end_at     TIMESTAMPTZ NOT NULL,
    notes      TEXT,
    struck     BOOLEAN NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (end_at > start_at),
    CHECK (room_id IS NULL OR place IS NULL)
);

--bun:split

CREATE INDEX functions_event ON functions (event_id, start_at);

--bun:split

CREATE INDEX functions_room ON functions (room_id, end_at);

--bun:split

CREATE TABLE agenda_items (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    start_at   TIMESTAMPTZ NOT NULL,
    minutes    INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
    title      TEXT NOT NULL CHECK (title <> ''),
    speaker    TEXT,
    needs      TEXT, -- a handheld microphone, the lectern
    struck     BOOLEAN NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX agenda_items_event ON agenda_items (event_id, start_at);

--bun:split

-- Which level an event is suggested to have: the first rule that fits decides, those that give 0 raise by one.
CREATE TABLE level_rules (
    id         TEXT PRIMARY KEY,
    guest_rank TEXT CHECK (guest_rank IN ('state','city','county','internal')),
    host_rank  TEXT CHECK (host_rank IN ('chair','deputy','department')),
    type       TEXT,
    secrecy    TEXT CHECK (secrecy IN ('normal','internal','secret')),
    heads_over INTEGER NOT NULL CHECK (heads_over BETWEEN 0 AND 100000),
    gives      INTEGER NOT NULL CHECK (gives BETWEEN 0 AND 4),
    sort       INTEGER NOT NULL
);

--bun:split

-- After what others do (domain.md §2.1); a site that is there already starts with them, a new one by Store.Found.
INSERT INTO level_rules (id, guest_rank, host_rank, type, secrecy, heads_over, gives, sort)
SELECT 'level-01', 'state', NULL, NULL, NULL, 0, 1, 1 FROM sites
UNION ALL SELECT 'level-02', 'city', 'chair', NULL, NULL, 0, 1, 2 FROM sites
UNION ALL SELECT 'level-03', 'city', 'department', NULL, NULL, 0, 3, 3 FROM sites
UNION ALL SELECT 'level-04', 'city', NULL, NULL, NULL, 0, 2, 4 FROM sites
UNION ALL SELECT 'level-05', 'county', 'chair', NULL, NULL, 0, 2, 5 FROM sites
UNION ALL SELECT 'level-06', 'county', 'department', NULL, NULL, 0, 4, 6 FROM sites
UNION ALL SELECT 'level-07', 'county', NULL, NULL, NULL, 0, 3, 7 FROM sites
UNION ALL SELECT 'level-08', 'internal', 'chair', NULL, NULL, 0, 3, 8 FROM sites
UNION ALL SELECT 'level-09', 'internal', NULL, NULL, NULL, 0, 4, 9 FROM sites
UNION ALL SELECT 'level-10', NULL, NULL, 'signing', NULL, 0, 0, 10 FROM sites
UNION ALL SELECT 'level-11', NULL, NULL, NULL, NULL, 100, 0, 11 FROM sites
UNION ALL SELECT 'level-12', NULL, NULL, NULL, 'secret', 0, 0, 12 FROM sites;
