-- The door: who signed in, what he was given, and who came without standing on a list.
ALTER TABLE guests ADD COLUMN phone TEXT; -- digits, + before a country's

--bun:split

ALTER TABLE guests ADD COLUMN signed_in_at TIMESTAMPTZ;

--bun:split

-- NULL while signed_in_at is there: at the screen at the door, by himself.
ALTER TABLE guests ADD COLUMN signed_in_by TEXT REFERENCES people (id);

--bun:split

-- The last sign-in or undo of one: a late act from before it changes nothing.
ALTER TABLE guests ADD COLUMN sign_at TIMESTAMPTZ;

--bun:split

ALTER TABLE guests ADD COLUMN pack BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

ALTER TABLE guests ADD COLUMN badge BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

-- Organisations are found at the door as well: as search.Fold writes them, as far as SQL can.
UPDATE guests SET search = search || ' ' || lower(replace(replace(replace(organisation, ' ', ''), '·', ''), '-', '')) WHERE organisation IS NOT NULL;

--bun:split

CREATE TABLE strays (
    id           TEXT PRIMARY KEY,
    event_id     TEXT NOT NULL REFERENCES events (id), -- where he turned up
    name         TEXT NOT NULL CHECK (name <> ''), -- or how he looks
    organisation TEXT,
    host         TEXT, -- whom he comes to see
    state        TEXT NOT NULL CHECK (state IN ('asked', 'admitted', 'refused', 'redirected')),
    to_event_id  TEXT REFERENCES events (id),
    consent      BOOLEAN NOT NULL, -- the client agreed that he is moved on (J.5.1.3d)
    guest_id     TEXT REFERENCES guests (id), -- what he became
    at           TIMESTAMPTZ NOT NULL,
    met_by       TEXT REFERENCES people (id),
    judged_at    TIMESTAMPTZ,
    judged_by    TEXT REFERENCES people (id),
    seq          BIGINT NOT NULL,
    CHECK ((state = 'redirected') = (to_event_id IS NOT NULL)),
    CHECK ((state = 'admitted') = (guest_id IS NOT NULL))
);

--bun:split

CREATE INDEX strays_event ON strays (event_id, at);
