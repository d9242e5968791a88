ALTER TABLE sites DROP COLUMN dais_rule;

--bun:split

DROP TABLE seats;

--bun:split

DROP TABLE seat_plans;

--bun:split

DROP TABLE hosts;
