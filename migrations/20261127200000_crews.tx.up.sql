-- How many people of each crew an event of a level needs, from so many heads on.
CREATE TABLE staffing_rules (
    id         TEXT PRIMARY KEY,
    level      INTEGER NOT NULL CHECK (level BETWEEN 1 AND 4),
    crew       TEXT NOT NULL CHECK (crew IN ('SUP','SVC','SEC','CLN','ENG','CTL','ADM','PHO','LDR')),
    heads_from INTEGER NOT NULL CHECK (heads_from BETWEEN 0 AND 100000),
    needed     INTEGER NOT NULL CHECK (needed BETWEEN 0 AND 200),
    skill      TEXT, -- one of them must have it
    UNIQUE (level, crew, heads_from)
);

--bun:split

-- Domain notes §2.1, §4.2 and §4.3, and defaults between them; a site that is there already starts with them, a new one by Store.Found.
INSERT INTO staffing_rules (id, level, crew, heads_from, needed, skill)
SELECT 'staff-1-SUP-0', 1, 'SUP', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-1-SVC-0', 1, 'SVC', 0, 4, NULL FROM sites
UNION ALL SELECT 'staff-1-SVC-31', 1, 'SVC', 31, 6, NULL FROM sites
UNION ALL SELECT 'staff-1-SVC-101', 1, 'SVC', 101, 10, NULL FROM sites
UNION ALL SELECT 'staff-1-SEC-0', 1, 'SEC', 0, 6, NULL FROM sites
UNION ALL SELECT 'staff-1-SEC-31', 1, 'SEC', 31, 10, NULL FROM sites
UNION ALL SELECT 'staff-1-SEC-101', 1, 'SEC', 101, 14, NULL FROM sites
UNION ALL SELECT 'staff-1-CLN-0', 1, 'CLN', 0, 2, NULL FROM sites
UNION ALL SELECT 'staff-1-CLN-31', 1, 'CLN', 31, 4, NULL FROM sites
UNION ALL SELECT 'staff-1-CLN-101', 1, 'CLN', 101, 6, NULL FROM sites
UNION ALL SELECT 'staff-1-ENG-0', 1, 'ENG', 0, 2, 'av' FROM sites
UNION ALL SELECT 'staff-1-ENG-31', 1, 'ENG', 31, 3, 'av' FROM sites
UNION ALL SELECT 'staff-1-ENG-101', 1, 'ENG', 101, 4, 'av' FROM sites
UNION ALL SELECT 'staff-1-CTL-0', 1, 'CTL', 0, 2, 'fire' FROM sites
UNION ALL SELECT 'staff-1-ADM-0', 1, 'ADM', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-1-ADM-101', 1, 'ADM', 101, 2, NULL FROM sites
UNION ALL SELECT 'staff-1-PHO-0', 1, 'PHO', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-1-LDR-0', 1, 'LDR', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-2-SUP-0', 2, 'SUP', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-2-SVC-0', 2, 'SVC', 0, 2, NULL FROM sites
UNION ALL SELECT 'staff-2-SVC-31', 2, 'SVC', 31, 4, NULL FROM sites
UNION ALL SELECT 'staff-2-SVC-101', 2, 'SVC', 101, 8, NULL FROM sites
UNION ALL SELECT 'staff-2-SEC-0', 2, 'SEC', 0, 3, NULL FROM sites
UNION ALL SELECT 'staff-2-SEC-31', 2, 'SEC', 31, 5, NULL FROM sites
UNION ALL SELECT 'staff-2-SEC-101', 2, 'SEC', 101, 8, NULL FROM sites
UNION ALL SELECT 'staff-2-CLN-0', 2, 'CLN', 0, 2, NULL FROM sites
UNION ALL SELECT 'staff-2-CLN-101', 2, 'CLN', 101, 4, NULL FROM sites
UNION ALL SELECT 'staff-2-ENG-0', 2, 'ENG', 0, 1, 'av' FROM sites
UNION ALL SELECT 'staff-2-ENG-31', 2, 'ENG', 31, 2, 'av' FROM sites
UNION ALL SELECT 'staff-2-ENG-101', 2, 'ENG', 101, 3, 'av' FROM sites
UNION ALL SELECT 'staff-2-CTL-0', 2, 'CTL', 0, 1, 'fire' FROM sites
UNION ALL SELECT 'staff-2-ADM-0', 2, 'ADM', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-2-PHO-0', 2, 'PHO', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-2-LDR-0', 2, 'LDR', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-3-SVC-0', 3, 'SVC', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-3-SVC-31', 3, 'SVC', 31, 2, NULL FROM sites
UNION ALL SELECT 'staff-3-SVC-101', 3, 'SVC', 101, 4, NULL FROM sites
UNION ALL SELECT 'staff-3-SEC-0', 3, 'SEC', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-3-SEC-31', 3, 'SEC', 31, 2, NULL FROM sites
UNION ALL SELECT 'staff-3-SEC-101', 3, 'SEC', 101, 4, NULL FROM sites
UNION ALL SELECT 'staff-3-CLN-0', 3, 'CLN', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-3-CLN-101', 3, 'CLN', 101, 2, NULL FROM sites
UNION ALL SELECT 'staff-3-ENG-0', 3, 'ENG', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-3-ADM-0', 3, 'ADM', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-4-SVC-0', 4, 'SVC', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-4-SVC-101', 4, 'SVC', 101, 3, NULL FROM sites
UNION ALL SELECT 'staff-4-CLN-0', 4, 'CLN', 0, 1, NULL FROM sites
UNION ALL SELECT 'staff-4-CLN-101', 4, 'CLN', 101, 2, NULL FROM sites
UNION ALL SELECT 'staff-4-ENG-0', 4, 'ENG', 0, 1, NULL FROM sites;

--bun:split

-- What a person can do, with the certificate that says so and its last good day.
CREATE TABLE person_skills (
    id          TEXT PRIMARY KEY,
    person_id   TEXT NOT NULL REFERENCES people (id),
    skill       TEXT NOT NULL CHECK (skill <> ''),
    certificate TEXT,
    expires_on  TEXT CHECK (length(expires_on) = 10),
    created_at  TIMESTAMPTZ NOT NULL,
    CHECK (skill <> 'other' OR certificate IS NOT NULL)
);

--bun:split

CREATE UNIQUE INDEX person_skills_skill ON person_skills (person_id, skill) WHERE skill <> 'other';

--bun:split

-- When a person is on shift, on leave or away.
CREATE TABLE roster_entries (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id),
    kind       TEXT NOT NULL CHECK (kind IN ('shift','leave','training')),
    from_at    TIMESTAMPTZ NOT NULL,
    till_at    TIMESTAMPTZ NOT NULL,
    note       TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (till_at > from_at)
);

--bun:split

CREATE INDEX roster_entries_person ON roster_entries (person_id, till_at);

--bun:split

CREATE INDEX roster_entries_time ON roster_entries (till_at);

--bun:split

-- Who leads a crew at an event, and since which seq of the event's topic somebody is in it (0: by the event's form).
ALTER TABLE assignments ADD COLUMN lead BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

ALTER TABLE assignments ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;

--bun:split

CREATE UNIQUE INDEX assignments_lead ON assignments (event_id, crew) WHERE lead;

--bun:split

-- A post that must never be empty has a backup (B岗).
ALTER TABLE posts ADD COLUMN key_post BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

-- Hours of work on one day beyond which a person is overloaded.
ALTER TABLE sites ADD COLUMN day_hours INTEGER NOT NULL DEFAULT 10 CHECK (day_hours BETWEEN 1 AND 24);
