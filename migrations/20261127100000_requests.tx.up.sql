-- Booking requests (预订申请, D.4.1): what an organiser asks for, what the house offers, and what he signs.
CREATE TABLE requests (
    id           TEXT PRIMARY KEY,
    number       TEXT NOT NULL UNIQUE CHECK (number <> ''),
    state        TEXT NOT NULL CHECK (state IN ('waiting','offered','accepted','declined','withdrawn')),
    purpose      TEXT NOT NULL CHECK (purpose <> ''),
    type         TEXT NOT NULL,
    organiser    TEXT NOT NULL,
    contact      TEXT NOT NULL,
    phone        TEXT,
    email        TEXT,
    locale       TEXT NOT NULL CHECK (locale IN ('zh', 'en')),
    heads        INTEGER NOT NULL CHECK (heads BETWEEN 1 AND 100000),
    layout       TEXT,
    room_id      TEXT REFERENCES rooms (id), -- wished for
    notes        TEXT,
    secrecy      TEXT NOT NULL CHECK (secrecy IN ('normal','internal','secret')),
    made_by      TEXT REFERENCES people (id), -- who wrote it down for him; NULL: he himself
    assignee_id  TEXT REFERENCES people (id),
    reply_by     TIMESTAMPTZ, -- the house owes a word until then; NULL: it owes none
    replied_at   TIMESTAMPTZ, -- the first word
    decided_at   TIMESTAMPTZ,
    decided_by   TEXT REFERENCES people (id),
    reason       TEXT, -- of a refusal, or of a withdrawal
    event_id     TEXT UNIQUE REFERENCES events (id),
    plan_at      TIMESTAMPTZ,
    plan_by      TEXT,
    plan_mark    TEXT, -- of the plan that was confirmed
    hall_at      TIMESTAMPTZ,
    hall_by      TEXT,
    record_at    TIMESTAMPTZ,
    record_by    TEXT,
    satisfaction INTEGER NOT NULL CHECK (satisfaction BETWEEN 0 AND 5), -- 0: not said
    words        TEXT,
    pass_no      INTEGER NOT NULL CHECK (pass_no >= 0),
    erased_at    TIMESTAMPTZ,
    state_at     TIMESTAMPTZ NOT NULL,
    seq          BIGINT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    CHECK ((state = 'accepted') = (event_id IS NOT NULL)),
    CHECK (state IN ('waiting','offered') OR reply_by IS NULL),
    CHECK (state <> 'declined' OR reason IS NOT NULL),
    CHECK ((record_at IS NULL) = (satisfaction = 0))
);

--bun:split

CREATE INDEX requests_state ON requests (state, created_at);

--bun:split

CREATE INDEX requests_reply ON requests (reply_by) WHERE reply_by IS NOT NULL;

--bun:split

-- When it may be: the first choice first.
CREATE TABLE request_choices (
    request_id TEXT NOT NULL REFERENCES requests (id),
    no         INTEGER NOT NULL CHECK (no BETWEEN 1 AND 3),
    start_at   TIMESTAMPTZ NOT NULL,
    end_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (request_id, no),
    CHECK (end_at > start_at)
);

--bun:split

CREATE TABLE request_needs (
    request_id TEXT NOT NULL REFERENCES requests (id),
    kind       TEXT NOT NULL CHECK (kind IN ('tea','banner','welcome','flowers','seats','photo','av','meals','transport','lodging','secrecy','supplies')),
    detail     TEXT,
    PRIMARY KEY (request_id, kind)
);

--bun:split

-- Another room or another time; of several the organiser takes one.
CREATE TABLE request_offers (
    id         TEXT PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES requests (id),
    room_id    TEXT NOT NULL REFERENCES rooms (id),
    start_at   TIMESTAMPTZ NOT NULL,
    end_at     TIMESTAMPTZ NOT NULL,
    level      INTEGER NOT NULL CHECK (level BETWEEN 1 AND 4),
    note       TEXT,
    state      TEXT NOT NULL CHECK (state IN ('open','taken','refused','gone')),
    made_at    TIMESTAMPTZ NOT NULL,
    made_by    TEXT REFERENCES people (id),
    CHECK (end_at > start_at)
);

--bun:split

CREATE INDEX request_offers_request ON request_offers (request_id, made_at);

--bun:split

-- What the house still has to know (B.18).
CREATE TABLE request_questions (
    id          TEXT PRIMARY KEY,
    request_id  TEXT NOT NULL REFERENCES requests (id),
    question    TEXT NOT NULL CHECK (question <> ''),
    asked_at    TIMESTAMPTZ NOT NULL,
    asked_by    TEXT REFERENCES people (id),
    answer      TEXT,
    answered_at TIMESTAMPTZ,
    answered_by TEXT REFERENCES people (id), -- who wrote it down for him; NULL: he himself
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);

--bun:split

CREATE INDEX request_questions_request ON request_questions (request_id, asked_at);

--bun:split

-- What came with a request; the file lies where photos lie.
CREATE TABLE request_files (
    id         TEXT PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES requests (id),
    name       TEXT NOT NULL CHECK (name <> ''),
    kind       TEXT NOT NULL CHECK (kind IN ('pdf','jpg','png','docx','xlsx')),
    size       INTEGER NOT NULL CHECK (size > 0),
    file       TEXT NOT NULL UNIQUE,
    made_at    TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX request_files_request ON request_files (request_id);

--bun:split

-- Within how many minutes of house hours a request is answered; minutes after midnight; 1 is Monday.
ALTER TABLE sites ADD COLUMN reply_minutes INTEGER NOT NULL DEFAULT 120 CHECK (reply_minutes BETWEEN 10 AND 10080);

--bun:split

ALTER TABLE sites ADD COLUMN house_opens INTEGER NOT NULL DEFAULT 510 CHECK (house_opens BETWEEN 0 AND 1439);

--bun:split

ALTER TABLE sites ADD COLUMN house_closes INTEGER NOT NULL DEFAULT 1050 CHECK (house_closes BETWEEN 1 AND 1440);

--bun:split

ALTER TABLE sites ADD COLUMN house_days TEXT NOT NULL DEFAULT '12345' CHECK (house_days <> '');

--bun:split

INSERT INTO topics (id, seq) SELECT 'requests', 0 FROM sites;

--bun:split

-- Mails go to guests, and to organisers: of either kind it is one or the other.
CREATE TABLE mails_new (
    id            TEXT PRIMARY KEY,
    event_id      TEXT REFERENCES events (id),
    guest_id      TEXT REFERENCES guests (id),
    request_id    TEXT REFERENCES requests (id),
    kind          TEXT NOT NULL CHECK (kind IN ('invitation', 'reminder', 'request_received', 'request_offered', 'request_accepted', 'request_declined', 'request_question')),
    address       TEXT NOT NULL,
    made_at       TIMESTAMPTZ NOT NULL,
    made_by       TEXT REFERENCES people (id),
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'gone')),
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    next_at       TIMESTAMPTZ NOT NULL,
    claimed_until TIMESTAMPTZ,
    ended_at      TIMESTAMPTZ,
    failure       TEXT,
    detail        TEXT,
    CHECK ((guest_id IS NULL) <> (request_id IS NULL)),
    CHECK ((guest_id IS NULL) = (event_id IS NULL))
);

--bun:split

INSERT INTO mails_new (id, event_id, guest_id, kind, address, made_at, made_by, state, attempts, next_at, claimed_until, ended_at, failure, detail)
    SELECT id, event_id, guest_id, kind, address, made_at, made_by, state, attempts, next_at, claimed_until, ended_at, failure, detail FROM mails;

--bun:split

DROP TABLE mails;

--bun:split

ALTER TABLE mails_new RENAME TO mails;

--bun:split

CREATE INDEX mails_event ON mails (event_id);

--bun:split

CREATE INDEX mails_guest ON mails (guest_id, id);

--bun:split

CREATE INDEX mails_request ON mails (request_id, id);

--bun:split

CREATE INDEX mails_ready ON mails (next_at) WHERE state = 'waiting';

--bun:split

CREATE UNIQUE INDEX mails_waiting ON mails (guest_id) WHERE state = 'waiting';
