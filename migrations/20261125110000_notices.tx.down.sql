DROP INDEX items_due;
--bun:split
DROP TABLE drills;
--bun:split
DROP TABLE posts_taken;
--bun:split
DROP TABLE channel_notices;
--bun:split
DROP TABLE channels;
--bun:split
DROP TABLE deliveries;
--bun:split
DROP TABLE push_devices;
--bun:split
DROP TABLE notices;
--bun:split
DROP TABLE notice_cursors;
--bun:split
DROP TABLE site_keys;
