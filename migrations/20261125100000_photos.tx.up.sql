-- Photos of how an item was done. The pictures lie in files (disk or S3); a
-- struck photo keeps its row, its files go some days later.
CREATE TABLE photos (
    id          TEXT PRIMARY KEY,
    item_id     TEXT NOT NULL REFERENCES items (id),
    event_id    TEXT NOT NULL REFERENCES events (id),
    file        TEXT NOT NULL CHECK (file <> ''),
    width       INTEGER NOT NULL CHECK (width > 0),
    height      INTEGER NOT NULL CHECK (height > 0),
    taken_at    TIMESTAMPTZ NOT NULL,
    taken_by    TEXT NOT NULL REFERENCES people (id),
    received_at TIMESTAMPTZ NOT NULL,
    struck_at   TIMESTAMPTZ,
    struck_by   TEXT REFERENCES people (id),
    erased      BOOLEAN NOT NULL,
    CHECK (NOT erased OR struck_at IS NOT NULL)
);

--bun:split

CREATE INDEX photos_item ON photos (item_id, taken_at);

--bun:split

CREATE INDEX photos_event ON photos (event_id);

--bun:split

CREATE INDEX photos_struck ON photos (struck_at) WHERE struck_at IS NOT NULL AND NOT erased;

--bun:split

-- A photo from before the last rejection shows what was wrong.
ALTER TABLE items ADD COLUMN rejected_at TIMESTAMPTZ;
