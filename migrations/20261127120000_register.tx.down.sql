DROP TABLE level_rules;

--bun:split

DROP TABLE agenda_items;

--bun:split

DROP TABLE functions;

--bun:split

ALTER TABLE events DROP COLUMN followed_by;

--bun:split

ALTER TABLE events DROP COLUMN follow_done;

--bun:split

ALTER TABLE events DROP COLUMN follow_said;

--bun:split

ALTER TABLE events DROP COLUMN follow_with;

--bun:split

ALTER TABLE events DROP COLUMN follow_way;

--bun:split

ALTER TABLE events DROP COLUMN followed_at;

--bun:split

ALTER TABLE events DROP COLUMN registered_by;

--bun:split

ALTER TABLE events DROP COLUMN photo_wish;

--bun:split

ALTER TABLE events DROP COLUMN seat_wish;

--bun:split

ALTER TABLE events DROP COLUMN flowers;

--bun:split

ALTER TABLE events DROP COLUMN banner;

--bun:split

ALTER TABLE events DROP COLUMN welcome_text;

--bun:split

ALTER TABLE events DROP COLUMN tea_wish;

--bun:split

ALTER TABLE events DROP COLUMN layout;

--bun:split

ALTER TABLE events DROP COLUMN expense_class;

--bun:split

ALTER TABLE events DROP COLUMN escort_heads;

--bun:split

ALTER TABLE events DROP COLUMN guest_heads;

--bun:split

ALTER TABLE events DROP COLUMN host_rank;

--bun:split

ALTER TABLE events DROP COLUMN guest_rank;

--bun:split

ALTER TABLE events DROP COLUMN principal_title;

--bun:split

ALTER TABLE events DROP COLUMN wishes;

--bun:split

ALTER TABLE events DROP COLUMN needs;

--bun:split

ALTER TABLE events DROP COLUMN purpose;

--bun:split

ALTER TABLE events DROP COLUMN undertaker;
