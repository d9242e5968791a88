ALTER TABLE items DROP COLUMN picture;

--bun:split

ALTER TABLE items DROP COLUMN guidance_en;

--bun:split

ALTER TABLE items DROP COLUMN guidance_zh;

--bun:split

ALTER TABLE items DROP COLUMN template_no;

--bun:split

ALTER TABLE events DROP COLUMN template_no;

--bun:split

DROP TABLE proposals;

--bun:split

DROP TABLE template_items;

--bun:split

DROP TABLE template_versions;
