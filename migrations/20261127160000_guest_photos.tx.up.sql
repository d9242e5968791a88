-- What a guest looks like, for who receives him. One stands for each; a struck one is here until its files are gone.
CREATE TABLE guest_photos (
    id        TEXT PRIMARY KEY,
    guest_id  TEXT NOT NULL REFERENCES guests (id),
    event_id  TEXT NOT NULL REFERENCES events (id),
    file      TEXT NOT NULL CHECK (file <> ''),
    added_at  TIMESTAMPTZ NOT NULL,
    added_by  TEXT NOT NULL REFERENCES people (id),
    struck_at TIMESTAMPTZ
);

--bun:split

CREATE UNIQUE INDEX guest_photos_one ON guest_photos (guest_id) WHERE struck_at IS NULL;

--bun:split

CREATE INDEX guest_photos_event ON guest_photos (event_id);

--bun:split

CREATE INDEX guest_photos_struck ON guest_photos (struck_at) WHERE struck_at IS NOT NULL;

--bun:split

ALTER TABLE sites ADD COLUMN no_guest_photos BOOLEAN NOT NULL DEFAULT FALSE;
