DROP TABLE calendar_links;

--bun:split

DROP TABLE blockings;

--bun:split

DROP TABLE room_layouts;

--bun:split

DROP TABLE room_fixtures;

--bun:split

ALTER TABLE events DROP COLUMN no_buffer;

--bun:split

ALTER TABLE rooms DROP COLUMN photo_height;

--bun:split

ALTER TABLE rooms DROP COLUMN photo_width;

--bun:split

ALTER TABLE rooms DROP COLUMN photo_file;

--bun:split

ALTER TABLE rooms DROP COLUMN out_of_use;

--bun:split

ALTER TABLE rooms DROP COLUMN clear_min;

--bun:split

ALTER TABLE rooms DROP COLUMN setup_min;

--bun:split

ALTER TABLE sites DROP COLUMN clear_min;

--bun:split

ALTER TABLE sites DROP COLUMN setup_min;
