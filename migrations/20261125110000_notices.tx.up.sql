-- What people and chat groups are told, and how far each telling has come.

-- Keys that all instances share: the push services know the site by them.
CREATE TABLE site_keys (
    name    TEXT PRIMARY KEY,
    value   TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL
);

--bun:split

-- How far the log of a topic was read for notices: what happened while nobody
-- listened is found here.
CREATE TABLE notice_cursors (
    topic TEXT PRIMARY KEY REFERENCES topics (id),
    seq   BIGINT NOT NULL CHECK (seq >= 0)
);

--bun:split

-- Nobody is told the same twice: the key names what happened.
CREATE TABLE notices (
    id              TEXT PRIMARY KEY,
    person_id       TEXT NOT NULL REFERENCES people (id),
    key             TEXT NOT NULL CHECK (key <> ''),
    event_id        TEXT REFERENCES events (id),
    kind            TEXT NOT NULL,
    args            TEXT NOT NULL,
    subjects        TEXT,
    url             TEXT NOT NULL,
    grave           BOOLEAN NOT NULL,
    quiet           BOOLEAN NOT NULL,
    made_at         TIMESTAMPTZ NOT NULL,
    acknowledged_at TIMESTAMPTZ,
    settled_at      TIMESTAMPTZ,
    repeat_at       TIMESTAMPTZ,
    repeats         INTEGER NOT NULL CHECK (repeats >= 0),
    UNIQUE (person_id, key)
);

--bun:split

CREATE INDEX notices_key ON notices (key);

--bun:split

CREATE INDEX notices_made ON notices (made_at);

--bun:split

CREATE INDEX notices_open ON notices (person_id, made_at) WHERE acknowledged_at IS NULL AND settled_at IS NULL;

--bun:split

CREATE INDEX notices_repeat ON notices (repeat_at) WHERE repeat_at IS NOT NULL;

--bun:split

-- A device that wants to be woken. It belongs to a session and goes with it.
CREATE TABLE push_devices (
    id            TEXT PRIMARY KEY,
    person_id     TEXT NOT NULL REFERENCES people (id),
    session_id    TEXT NOT NULL UNIQUE REFERENCES sessions (id),
    device        TEXT NOT NULL,
    endpoint      TEXT NOT NULL UNIQUE CHECK (endpoint LIKE 'https://%'),
    p256dh        TEXT NOT NULL,
    auth          TEXT NOT NULL,
    made_at       TIMESTAMPTZ NOT NULL,
    delivered_at  TIMESTAMPTZ,
    failing_since TIMESTAMPTZ,
    failure       TEXT
);

--bun:split

CREATE INDEX push_devices_person ON push_devices (person_id);

--bun:split

-- One notice on its way to one device. claimed_until is a lease: who holds it sends.
CREATE TABLE deliveries (
    id            TEXT PRIMARY KEY,
    notice_id     TEXT NOT NULL REFERENCES notices (id),
    device_id     TEXT NOT NULL,
    round         INTEGER NOT NULL CHECK (round >= 0),
    state         TEXT NOT NULL CHECK (state IN ('waiting','sent','failed','gone')),
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    next_at       TIMESTAMPTZ NOT NULL,
    claimed_until TIMESTAMPTZ,
    made_at       TIMESTAMPTZ NOT NULL,
    UNIQUE (notice_id, device_id, round)
);

--bun:split

CREATE INDEX deliveries_waiting ON deliveries (next_at) WHERE state = 'waiting';

--bun:split

-- A robot of a chat group. claimed_until and next_at pace it over all instances.
CREATE TABLE channels (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('wecom','dingtalk','feishu')),
    name          TEXT NOT NULL CHECK (name <> ''),
    url           TEXT NOT NULL CHECK (url LIKE 'https://%'),
    secret        TEXT,
    topics        TEXT NOT NULL,
    locale        TEXT NOT NULL CHECK (locale IN ('zh','en')),
    made_at       TIMESTAMPTZ NOT NULL,
    next_at       TIMESTAMPTZ NOT NULL,
    claimed_until TIMESTAMPTZ,
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    delivered_at  TIMESTAMPTZ,
    failing_since TIMESTAMPTZ,
    failure       TEXT
);

--bun:split

-- What a group is told, once; everything that waits goes as one message.
CREATE TABLE channel_notices (
    id         TEXT PRIMARY KEY,
    channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    key        TEXT NOT NULL CHECK (key <> ''),
    event_id   TEXT REFERENCES events (id),
    kind       TEXT NOT NULL,
    args       TEXT NOT NULL,
    url        TEXT NOT NULL,
    grave      BOOLEAN NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting','sent','failed')),
    UNIQUE (channel_id, key)
);

--bun:split

CREATE INDEX channel_notices_waiting ON channel_notices (channel_id, made_at) WHERE state = 'waiting';

--bun:split

-- Where somebody stands in the arrival relay, as he said last.
CREATE TABLE posts_taken (
    person_id TEXT PRIMARY KEY REFERENCES people (id),
    post      TEXT NOT NULL CHECK (post IN ('gate','drop-off','lobby','lift','venue','left')),
    at        TIMESTAMPTZ NOT NULL
);

--bun:split

-- A reachability drill: everybody on duty is asked to tap.
CREATE TABLE drills (
    id       TEXT PRIMARY KEY,
    event_id TEXT NOT NULL REFERENCES events (id),
    made_by  TEXT REFERENCES people (id),
    made_at  TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX drills_event ON drills (event_id, made_at);

--bun:split

-- Items by due time, for what is due or late now.
CREATE INDEX items_due ON items (due_at) WHERE status = 'open' AND due_at IS NOT NULL;
