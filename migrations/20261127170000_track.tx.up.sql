-- The planned track of an event (D-30 … D-1): its milestones, and the meetings that prepare it.
CREATE TABLE milestone_rules (
    id     TEXT PRIMARY KEY,
    step   TEXT NOT NULL CHECK (step <> ''),
    zh     TEXT NOT NULL CHECK (zh <> ''),
    en     TEXT NOT NULL CHECK (en <> ''),
    type   TEXT,
    levels TEXT NOT NULL CHECK (levels <> ''),
    crew   TEXT NOT NULL,
    days   INTEGER NOT NULL CHECK (days BETWEEN 0 AND 365),
    lead   INTEGER NOT NULL CHECK (lead BETWEEN 0 AND 365),
    sort   INTEGER NOT NULL
);

--bun:split

-- A site that is there already starts with them, a new one by Store.Found.
INSERT INTO milestone_rules (id, step, zh, en, type, levels, crew, days, lead, sort)
SELECT 'step-01', 'kickoff', '召开筹备启动会', 'Hold the kick-off meeting', 'conference', '3', 'CMD', 20, 0, 1 FROM sites
UNION ALL SELECT 'step-02', 'kickoff', '召开筹备启动会', 'Hold the kick-off meeting', NULL, '12', 'CMD', 30, 0, 2 FROM sites
UNION ALL SELECT 'step-03', 'kickoff', '召开筹备启动会', 'Hold the kick-off meeting', NULL, '3', 'CMD', 10, 0, 3 FROM sites
UNION ALL SELECT 'step-04', 'topic', '确定主题与需求', 'Settle topic and needs', NULL, '12', 'SUP', 28, 2, 4 FROM sites
UNION ALL SELECT 'step-05', 'topic', '确定主题与需求', 'Settle topic and needs', NULL, '3', 'SUP', 9, 1, 5 FROM sites
UNION ALL SELECT 'step-06', 'plan', '制定并批准工作方案', 'Write the work plan and have it approved', NULL, '12', 'CMD', 25, 4, 6 FROM sites
UNION ALL SELECT 'step-07', 'plan', '制定并批准工作方案', 'Write the work plan and have it approved', NULL, '3', 'CMD', 8, 2, 7 FROM sites
UNION ALL SELECT 'step-08', 'agenda', '拟定议程', 'Draft the agenda', NULL, '12', 'SUP', 22, 3, 8 FROM sites
UNION ALL SELECT 'step-09', 'agenda', '拟定议程', 'Draft the agenda', NULL, '3', 'SUP', 7, 2, 9 FROM sites
UNION ALL SELECT 'step-10', 'venue', '落实时间与会场', 'Settle time and venue', NULL, '12', 'SUP', 20, 5, 10 FROM sites
UNION ALL SELECT 'step-11', 'venue', '落实时间与会场', 'Settle time and venue', NULL, '3', 'SUP', 7, 2, 11 FROM sites
UNION ALL SELECT 'step-12', 'lodging', '预订住宿与车辆', 'Book lodging and vehicles', NULL, '12', 'ADM', 20, 5, 12 FROM sites
UNION ALL SELECT 'step-13', 'letters', '发出邀请函', 'Send the invitations', 'training', '34', 'SVC', 7, 3, 13 FROM sites
UNION ALL SELECT 'step-14', 'letters', '发出邀请函', 'Send the invitations', NULL, '12', 'SVC', 15, 4, 14 FROM sites
UNION ALL SELECT 'step-15', 'letters', '发出邀请函', 'Send the invitations', NULL, '3', 'SVC', 5, 2, 15 FROM sites
UNION ALL SELECT 'step-16', 'names', '名单截止，排出座次', 'Close the list of names, draft the seats', NULL, '12', 'SVC', 7, 5, 16 FROM sites
UNION ALL SELECT 'step-17', 'papers', '资料、条幅、证件制作完成', 'Papers, banner and badges are made', NULL, '12', 'ADM', 3, 5, 17 FROM sites
UNION ALL SELECT 'step-18', 'papers', '资料、条幅、证件制作完成', 'Papers, banner and badges are made', 'training', '34', 'ADM', 2, 3, 18 FROM sites
UNION ALL SELECT 'step-19', 'papers', '资料、条幅、证件制作完成', 'Papers, banner and badges are made', NULL, '3', 'ADM', 2, 2, 19 FROM sites
UNION ALL SELECT 'step-20', 'rehearsal', '彩排，检查各项准备', 'Rehearse, and check what is prepared', NULL, '12', 'CMD', 1, 0, 20 FROM sites
UNION ALL SELECT 'step-21', 'rehearsal', '彩排，检查各项准备', 'Rehearse, and check what is prepared', 'signing', '3', 'CMD', 1, 0, 21 FROM sites
UNION ALL SELECT 'step-22', 'rehearsal', '彩排，检查各项准备', 'Rehearse, and check what is prepared', 'ceremony', '3', 'CMD', 1, 0, 22 FROM sites;

--bun:split

-- 启动会、协调会 (C.8.1): what was decided there are milestones.
CREATE TABLE kickoffs (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    kind       TEXT NOT NULL CHECK (kind IN ('kickoff','coordination')),
    held_at    TIMESTAMPTZ NOT NULL,
    people     TEXT NOT NULL CHECK (people <> ''),
    notes      TEXT,
    struck     BOOLEAN NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

--bun:split

CREATE INDEX kickoffs_event ON kickoffs (event_id, held_at);

--bun:split

CREATE TABLE milestones (
    id         TEXT PRIMARY KEY,
    event_id   TEXT NOT NULL REFERENCES events (id),
    kind       TEXT NOT NULL CHECK (kind IN ('step','decision','own')),
    step       TEXT, -- of the rule
    kickoff_id TEXT REFERENCES kickoffs (id),
    zh         TEXT NOT NULL CHECK (zh <> ''),
    en         TEXT,
    crew       TEXT NOT NULL,
    owner_id   TEXT REFERENCES people (id), -- NULL: the crew's
    start_at   TIMESTAMPTZ NOT NULL,
    due_at     TIMESTAMPTZ NOT NULL,
    by_hand    BOOLEAN NOT NULL, -- somebody chose the date
    late_start BOOLEAN NOT NULL, -- the date was over when it was set
    status     TEXT NOT NULL CHECK (status IN ('open','done','waived')),
    state_at   TIMESTAMPTZ NOT NULL,
    done_at    TIMESTAMPTZ,
    done_by    TEXT REFERENCES people (id),
    reason     TEXT,
    reason_by  TEXT REFERENCES people (id),
    struck     BOOLEAN NOT NULL,
    seq        BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (start_at <= due_at),
    CHECK ((kind = 'step') = (step IS NOT NULL)),
    CHECK ((kind = 'decision') = (kickoff_id IS NOT NULL)),
    CHECK ((status = 'done') = (done_at IS NOT NULL)),
    CHECK ((status = 'waived') = (reason IS NOT NULL))
);

--bun:split

CREATE INDEX milestones_event ON milestones (event_id, due_at);

--bun:split

-- An event has each step once.
CREATE UNIQUE INDEX milestones_step ON milestones (event_id, step) WHERE step IS NOT NULL;

--bun:split

CREATE INDEX milestones_due ON milestones (due_at) WHERE status = 'open';

--bun:split

CREATE INDEX milestones_owner ON milestones (owner_id) WHERE status = 'open';
