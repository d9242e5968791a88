DROP TABLE checkpoints;

--bun:split

DROP TABLE patrols;
