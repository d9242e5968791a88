// Rooms and events come from workbooks: what they would change is shown first, then it is there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { axe, sticksOut, violations } from "./lib/axe.mjs";
import { local } from "./lib/building.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";
import { workbook } from "./lib/workbook.mjs";

const home = house();
const refused = /status of 422/; // the browser itself notes every refused request

async function sends(desk, rows) {
  const buffer = Buffer.isBuffer(rows) ? rows : workbook(rows);
  await desk.page.setInputFiles("#sheet-file [name=file]", { name: "x.xlsx", mimeType: "application/zip", buffer });
  await desk.page.click("#sheet-file [type=submit]");
}

// fits: what the page shows of a workbook can be read by everybody, and on a small phone.
async function fits(desk) {
  await desk.page.evaluate(axe);
  assert.deepEqual(await violations(desk), []);
  const was = desk.page.viewportSize();
  await desk.page.setViewportSize({ width: 320, height: 640 });
  assert.equal(await desk.page.evaluate(sticksOut, 320), "");
  await desk.page.setViewportSize(was);
}

test("rooms: the export changes nothing, a new room and a larger one are shown and then there, live", async () => {
  home.allow(refused);
  const desk = await home.desk("admin");
  const other = await home.desk("supervisor");
  await other.go("/rooms");
  await desk.go("/rooms");
  await desk.page.click("#rooms-import");
  const [download] = await Promise.all([
    desk.page.waitForEvent("download"),
    desk.page.click('#sheet-file a[href="/rooms/export"]'),
  ]);
  await sends(desk, readFileSync(await download.path()));
  const { rooms } = await (await home.as("admin")).get("/rooms");
  await desk.says("#rooms-plan", say("workbook.rooms_n", { n: rooms.length, added: 0, changed: 0 }));
  assert.equal(await desk.count("#rooms-plan form"), 0, "there is nothing to do");

  const head = ["rooms.name", "rooms.name_en", "rooms.floor", "rooms.capacity"].map((key) => say(key));
  const [first] = rooms;
  await sends(desk, [head, ["竹厅", "Bamboo", 3, 0]]);
  await desk.says(".import-errors", "D2");
  await desk.says(".import-errors", say("room.heads_range"));
  await sends(desk, [head, ["竹厅", "Bamboo", 3, 16], [first.name, first.name_en, first.floor, first.capacity + 1]]);
  await desk.says("#rooms-plan del", String(first.capacity));
  await desk.says("#rooms-plan ins", String(first.capacity + 1));
  await fits(desk);
  await desk.page.click("#rooms-plan [type=submit]");
  await desk.page.waitForURL("**/rooms");
  await desk.says(".rooms .list", "竹厅");
  await other.says(".rooms .list", "竹厅");
});

test("events: two rows that meet name their cell; mended, they are registered at once, and not again", async () => {
  home.allow(refused);
  const desk = await home.desk("supervisor");
  const [from, to, later] = [9, 10, 11].map((hour) =>
    local(20 * 1440).replace(/T.*/, ` ${String(hour).padStart(2, "0")}:00`),
  );
  const { rooms } = await (await home.as("supervisor")).get("/rooms");
  const keys = ["name", "type", "level", "start_at", "end_at", "rooms", "heads"];
  const head = keys.map((key) => say(`event_form.${key}`));
  const row = (name, start, end, room) => [name, say("type.meeting"), say("level.4"), start, end, room.name, 8];
  await desk.go("/events");
  await desk.page.click("#events-import");
  const [download] = await Promise.all([
    desk.page.waitForEvent("download"),
    desk.page.click('#sheet-file a[href="/events/import/form"]'),
  ]);
  assert.equal(download.suggestedFilename(), `${say("workbook.events_form")}.xlsx`);
  await sends(desk, readFileSync(await download.path()));
  await desk.says(".form-errors", say("import.empty"));
  await sends(desk, [head, row("茶艺交流会", from, to, rooms[0]), row("花艺交流会", from, later, rooms[0])]);
  await desk.says(".import-errors", "F3");
  await fits(desk);
  await desk.says(".import-errors", rooms[0].name);
  const good = [head, row("茶艺交流会", from, to, rooms[0]), row("花艺交流会", from, later, rooms[1])];
  await sends(desk, good);
  await desk.says("#events-plan", say("workbook.events_n", { n: 2 }));
  await desk.says("#events-plan", `${from}–${to.slice(11)}`);
  await fits(desk);
  await desk.page.click("#events-plan [type=submit]");
  await desk.page.waitForURL("**/events?from=*");
  await desk.says(".event-row", "花艺交流会");
  await desk.go("/events/import");
  await sends(desk, good);
  await desk.says(".import-errors", "A2");
  await desk.says(".import-errors", say("event.known"));
});

test("who may not change rooms or register events is shown no way to import them", async () => {
  const phone = await home.phone("service");
  await phone.go("/events");
  assert.equal(await phone.count("#events-import"), 0);
  const control = await home.desk("control");
  await control.go("/rooms");
  assert.equal(await control.visible("#rooms-import"), false);
  assert.equal(await control.visible('a[href="/rooms/export"]'), true);
});
