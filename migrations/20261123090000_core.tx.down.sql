DROP TABLE guests;
--bun:split
DROP TABLE parties;
--bun:split
DROP TABLE rounds;
--bun:split
DROP TABLE items;
--bun:split
DROP TABLE assignments;
--bun:split
DROP TABLE event_rooms;
--bun:split
DROP TABLE events;
--bun:split
DROP TABLE acts;
--bun:split
DROP TABLE changes;
--bun:split
DROP TABLE topics;
--bun:split
DROP TABLE sessions;
--bun:split
DROP TABLE people;
--bun:split
DROP TABLE rooms;
--bun:split
DROP TABLE sites;
