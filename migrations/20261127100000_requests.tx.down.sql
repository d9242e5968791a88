CREATE TABLE mails_old (
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

INSERT INTO mails_old (id, event_id, guest_id, kind, address, made_at, made_by, state, attempts, next_at, claimed_until, ended_at, failure, detail)
    SELECT id, event_id, guest_id, kind, address, made_at, made_by, state, attempts, next_at, claimed_until, ended_at, failure, detail FROM mails WHERE guest_id IS NOT NULL;

--bun:split

DROP TABLE mails;

--bun:split

ALTER TABLE mails_old RENAME TO mails;

--bun:split

CREATE INDEX mails_event ON mails (event_id);

--bun:split

CREATE INDEX mails_guest ON mails (guest_id, id);

--bun:split

CREATE INDEX mails_ready ON mails (next_at) WHERE state = 'waiting';

--bun:split

CREATE UNIQUE INDEX mails_waiting ON mails (guest_id) WHERE state = 'waiting';

--bun:split

DROP TABLE request_files;

--bun:split

DROP TABLE request_questions;

--bun:split

DROP TABLE request_offers;

--bun:split

DROP TABLE request_needs;

--bun:split

DROP TABLE request_choices;

--bun:split

DROP TABLE requests;

--bun:split

DELETE FROM changes WHERE topic = 'requests';

--bun:split

DELETE FROM topics WHERE id = 'requests';

--bun:split

ALTER TABLE sites DROP COLUMN house_days;

--bun:split

ALTER TABLE sites DROP COLUMN house_closes;

--bun:split

ALTER TABLE sites DROP COLUMN house_opens;

--bun:split

ALTER TABLE sites DROP COLUMN reply_minutes;
