-- Letters to guests, what became of each guest's, and the mails that carry them.

-- What an event's letter says; no row: the letter that comes with the program.
CREATE TABLE letters (
    event_id    TEXT PRIMARY KEY REFERENCES events (id),
    subject_zh  TEXT NOT NULL,
    subject_en  TEXT NOT NULL,
    zh          TEXT NOT NULL,
    en          TEXT NOT NULL,
    remind      BOOLEAN NOT NULL,
    reminded_at TIMESTAMPTZ
);

--bun:split

-- One a guest, from the first thing that is known of it.
CREATE TABLE invitations (
    guest_id        TEXT PRIMARY KEY REFERENCES guests (id),
    event_id        TEXT NOT NULL REFERENCES events (id),
    locale          TEXT NOT NULL CHECK (locale IN ('zh', 'en')),
    email           TEXT,
    sent_at         TIMESTAMPTZ,
    sent_by         TEXT REFERENCES people (id),
    channel         TEXT CHECK (channel IN ('email', 'message', 'letter', 'phone')),
    reminded_at     TIMESTAMPTZ,
    opened_at       TIMESTAMPTZ,
    answered_at     TIMESTAMPTZ,
    answered_by     TEXT REFERENCES people (id),
    answer          TEXT CHECK (answer IN ('accepted', 'declined')),
    companions      INTEGER NOT NULL CHECK (companions BETWEEN 0 AND 20),
    companion_names TEXT,
    diets           TEXT,
    diet_note       TEXT,
    transport       TEXT,
    arrive_at       TIMESTAMPTZ,
    plate           TEXT,
    message         TEXT,
    confirmed_at    TIMESTAMPTZ,
    confirmed_by    TEXT REFERENCES people (id),
    CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CHECK (channel IS NOT NULL OR sent_at IS NULL)
);

--bun:split

CREATE INDEX invitations_event ON invitations (event_id);

--bun:split

-- H.5.2: who was asked by telephone or mail, and what he said.
CREATE TABLE confirmations (
    id        TEXT PRIMARY KEY,
    guest_id  TEXT NOT NULL REFERENCES guests (id),
    event_id  TEXT NOT NULL REFERENCES events (id),
    person_id TEXT REFERENCES people (id),
    at        TIMESTAMPTZ NOT NULL,
    way       TEXT NOT NULL CHECK (way IN ('phone', 'email')),
    result    TEXT NOT NULL CHECK (result IN ('accepted', 'declined', 'open')),
    spoke_to  TEXT,
    note      TEXT
);

--bun:split

CREATE INDEX confirmations_guest ON confirmations (guest_id, at);

--bun:split

-- Mails on their way. The id is also the Message-ID: a mail that was sent twice,
-- because its sender died in between, is one mail to the reader's program.
CREATE TABLE mails (
    id            TEXT PRIMARY KEY,
    event_id      TEXT NOT NULL REFERENCES events (id),
    guest_id      TEXT NOT NULL REFERENCES guests (id),
    kind          TEXT NOT NULL CHECK (kind IN ('invitation', 'reminder')),
    address       TEXT NOT NULL,
    made_at       TIMESTAMPTZ NOT NULL,
    made_by       TEXT REFERENCES people (id),
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'gone')),
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    next_at       TIMESTAMPTZ NOT NULL,
    claimed_until TIMESTAMPTZ,
    ended_at      TIMESTAMPTZ,
    failure       TEXT,
    detail        TEXT
);

--bun:split

CREATE INDEX mails_event ON mails (event_id);

--bun:split

CREATE INDEX mails_guest ON mails (guest_id, id);

--bun:split

CREATE INDEX mails_ready ON mails (next_at) WHERE state = 'waiting';

--bun:split

-- A guest has one mail on its way, however often the button was tapped.
CREATE UNIQUE INDEX mails_waiting ON mails (guest_id) WHERE state = 'waiting';
