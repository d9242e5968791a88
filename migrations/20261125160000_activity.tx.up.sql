-- What one act changed together ("2号车"), for feeds that show an act as one line.
ALTER TABLE changes ADD COLUMN lot TEXT;

--bun:split

-- The activity of the building is read by time, across topics.
CREATE INDEX changes_received ON changes (received_at, topic, seq);
