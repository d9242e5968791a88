-- Quick sign-in: invitations that bind a phone to a person, devices that remember who used them.

CREATE TABLE invites (
    id         TEXT PRIMARY KEY, -- SHA-256 of the link's token
    code       TEXT NOT NULL UNIQUE, -- keyed hash of the code that can be typed instead
    person_id  TEXT NOT NULL REFERENCES people (id),
    created_by TEXT REFERENCES people (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ,
    used_by    TEXT, -- SHA-256 of what the accepting page sent along: the same tap may come twice
    used_on    TEXT,
    revoked_at TIMESTAMPTZ,
    CHECK (used_at IS NULL OR revoked_at IS NULL)
);

--bun:split

-- A newer one replaces the older.
CREATE UNIQUE INDEX invites_open ON invites (person_id) WHERE used_at IS NULL AND revoked_at IS NULL;

--bun:split

CREATE INDEX invites_person ON invites (person_id, created_at);

--bun:split

CREATE TABLE devices (
    id         TEXT PRIMARY KEY, -- SHA-256 of the cookie
    person_id  TEXT NOT NULL REFERENCES people (id),
    session_id TEXT NOT NULL REFERENCES sessions (id), -- the last one on it
    label      TEXT NOT NULL,
    digits     BOOLEAN NOT NULL, -- the PIN is figures only: which keyboard to show
    created_at TIMESTAMPTZ NOT NULL, -- the last sign-in: each gives the device a new cookie, and a new row
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);

--bun:split

CREATE INDEX devices_person ON devices (person_id) WHERE revoked_at IS NULL;

--bun:split

CREATE INDEX devices_session ON devices (session_id);

--bun:split

ALTER TABLE sessions ADD COLUMN via TEXT NOT NULL DEFAULT 'pin' CHECK (via IN ('pin', 'invite', 'oidc'));

--bun:split

-- The person chose this PIN himself.
ALTER TABLE people ADD COLUMN pin_own BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

-- Hours without use after which a device locks itself; 0 = never.
ALTER TABLE people ADD COLUMN lock_after INTEGER NOT NULL DEFAULT 0 CHECK (lock_after BETWEEN 0 AND 24);
