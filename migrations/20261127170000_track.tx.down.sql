DROP TABLE milestones;

--bun:split

DROP TABLE kickoffs;

--bun:split

DROP TABLE milestone_rules;
