-- Check items that events are made of (模板), in numbered versions. What is published never changes. Version 1 is what is
-- built in; the program writes it when it is first needed.
CREATE TABLE template_versions (
    id           TEXT PRIMARY KEY,
    number       INTEGER NOT NULL CHECK (number >= 0), -- 0 until it is published
    state        TEXT NOT NULL CHECK (state IN ('draft','published','dropped')),
    base_no      INTEGER NOT NULL CHECK (base_no >= 0), -- the version it was begun from; 0: none
    note         TEXT,
    made_by      TEXT REFERENCES people (id),
    made_at      TIMESTAMPTZ NOT NULL,
    published_by TEXT REFERENCES people (id),
    published_at TIMESTAMPTZ,
    CHECK ((state = 'published') = (published_at IS NOT NULL)),
    CHECK ((state = 'published') = (number > 0))
);

--bun:split

CREATE UNIQUE INDEX template_versions_number ON template_versions (number) WHERE number > 0;

--bun:split

-- One draft at a time: everybody works on the same one.
CREATE UNIQUE INDEX template_versions_draft ON template_versions (state) WHERE state = 'draft';

--bun:split

CREATE TABLE template_items (
    id          TEXT PRIMARY KEY,
    version_id  TEXT NOT NULL REFERENCES template_versions (id),
    code        TEXT NOT NULL CHECK (code <> ''),
    crew        TEXT NOT NULL CHECK (crew IN ('CMD','SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    phase       TEXT NOT NULL CHECK (phase IN ('pre','during','post','daily','visitor','weekend')),
    rules       TEXT NOT NULL, -- one a line: level=rule
    zh          TEXT NOT NULL CHECK (zh <> ''),
    en          TEXT,
    flag        TEXT CHECK (flag IN ('blocks_ready','blocks_close','cue')),
    evidence    TEXT CHECK (evidence IN ('number','photo','signature')),
    acceptance  TEXT CHECK (acceptance IN ('commander','supervisor','supervisor+commander','organiser')),
    clauses     TEXT, -- ids, one a line
    unit_zh     TEXT,
    unit_en     TEXT,
    reading_min DOUBLE PRECISION,
    reading_max DOUBLE PRECISION,
    guidance_zh TEXT,
    guidance_en TEXT,
    picture     TEXT, -- the file that shows how it is done
    struck      BOOLEAN NOT NULL,
    sort        INTEGER NOT NULL,
    rev         INTEGER NOT NULL CHECK (rev >= 1) -- grows with every change: two people never overwrite each other
);

--bun:split

CREATE UNIQUE INDEX template_items_code ON template_items (version_id, code);

--bun:split

-- What people on the floor would have different.
CREATE TABLE proposals (
    id          TEXT PRIMARY KEY,
    event_id    TEXT NOT NULL REFERENCES events (id),
    item_id     TEXT NOT NULL REFERENCES items (id),
    code        TEXT NOT NULL CHECK (code <> ''),
    text        TEXT NOT NULL CHECK (text <> ''),
    state       TEXT NOT NULL CHECK (state IN ('open','taken','declined')),
    by_id       TEXT REFERENCES people (id),
    at          TIMESTAMPTZ NOT NULL,
    answer      TEXT,
    answered_by TEXT REFERENCES people (id),
    answered_at TIMESTAMPTZ,
    CHECK ((state = 'open') = (answered_at IS NULL))
);

--bun:split

CREATE INDEX proposals_state ON proposals (state, at);

--bun:split

CREATE INDEX proposals_event ON proposals (event_id);

--bun:split

-- Which version an event runs; 0: it has no items yet.
ALTER TABLE events ADD COLUMN template_no INTEGER NOT NULL DEFAULT 0;

--bun:split

UPDATE events SET template_no = 1 WHERE EXISTS (SELECT 1 FROM items AS i WHERE i.event_id = events.id AND i.template_id IS NOT NULL);

--bun:split

-- Which version an item is of; 0: of none.
ALTER TABLE items ADD COLUMN template_no INTEGER NOT NULL DEFAULT 0;

--bun:split

UPDATE items SET template_no = 1 WHERE template_id IS NOT NULL;

--bun:split

ALTER TABLE items ADD COLUMN guidance_zh TEXT;

--bun:split

ALTER TABLE items ADD COLUMN guidance_en TEXT;

--bun:split

ALTER TABLE items ADD COLUMN picture TEXT;
