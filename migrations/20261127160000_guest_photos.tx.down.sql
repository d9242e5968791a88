ALTER TABLE sites DROP COLUMN no_guest_photos;

--bun:split

DROP TABLE guest_photos;
