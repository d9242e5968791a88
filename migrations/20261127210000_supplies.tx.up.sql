-- What the house hands out for events, and how many of it there are.
CREATE TABLE supplies (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE CHECK (name <> ''),
    name_en  TEXT,
    stock    INTEGER NOT NULL CHECK (stock BETWEEN 0 AND 1000000),
    consumed BOOLEAN NOT NULL, -- used up: it does not come back
    sort     INTEGER NOT NULL
);

--bun:split

-- What an event needs of it, as typed: until now a line of its notes.
ALTER TABLE events ADD COLUMN supplies TEXT;

--bun:split

-- The lift that is held for its guests.
ALTER TABLE events ADD COLUMN lift_id TEXT REFERENCES lifts (id);
