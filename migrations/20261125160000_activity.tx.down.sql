DROP INDEX changes_received;
--bun:split
ALTER TABLE changes DROP COLUMN lot;
