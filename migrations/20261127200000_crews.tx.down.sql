ALTER TABLE sites DROP COLUMN day_hours;

--bun:split

ALTER TABLE posts DROP COLUMN key_post;

--bun:split

DROP INDEX assignments_lead;

--bun:split

ALTER TABLE assignments DROP COLUMN seq;

--bun:split

ALTER TABLE assignments DROP COLUMN lead;

--bun:split

DROP TABLE roster_entries;

--bun:split

DROP TABLE person_skills;

--bun:split

DROP TABLE staffing_rules;
