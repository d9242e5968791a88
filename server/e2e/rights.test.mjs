// Who is not concerned finds nothing: no page, no push, no trace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newEvent, VISIT } from "./lib/building.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const missing = /status of 404|WebSocket connection .* failed/; // the browser itself notes what it was refused

// listen opens a socket as a page does, and tells what came of it.
const listen = (person, query) =>
  person.page.evaluate(
    (path) =>
      new Promise((resolve) => {
        const frames = [];
        const socket = new WebSocket(`${location.origin.replace("http", "ws")}${path}`);
        socket.onmessage = ({ data }) => frames.push(data);
        socket.onclose = ({ code }) => resolve({ frames, code });
        setTimeout(() => resolve({ frames, code: 0 }), 1500);
      }),
    `/live?${query}`,
  );

test("a secret event is not there for who is not on it: no page, no list, no frame; on the wall a number", async () => {
  home.allow(missing);
  const event = await newEvent(home, { people: ["service"], secrecy: "secret", name: "并购闭门会" });
  const cleaner = await home.phone("cleaning");
  const service = await home.phone("service");
  for (const path of ["", "/items", "/guests", "/board", "/edit", "/log"]) {
    const answer = await cleaner.page.goto(`${home.origin}/events/${event.id}${path}`);
    assert.equal(answer.status(), 404, path);
    assert.ok(!(await cleaner.text("body")).includes("并购"), path);
  }
  await cleaner.says("main", say("error.not_found"));
  await cleaner.go("/events");
  assert.ok(!(await cleaner.text("main")).includes("并购"));
  const heard = await listen(cleaner, `topic=event:${event.id}&since=0&view=items`);
  assert.deepEqual(heard.frames, []);
  assert.notEqual(heard.code, 0, "the socket was refused");

  await service.go(`/events/${event.id}/items`);
  const wall = await home.desk("cleaning");
  await wall.go("/board");
  assert.match(await wall.text(`#card-${event.id} .wcard-name`), /^\d\d号会议$/);
  assert.ok(!(await wall.page.content()).includes("并购"));
  const item = (await (await home.as("service")).items(event.id)).find((i) => i.template_id === "S4");
  const seq = await wall.data(`#card-${event.id}`, "seq");
  await service.press(`#tick-${item.id}`);
  await wall.seen(`#card-${event.id}:not([data-seq="${seq}"])`, { state: "attached" });
  assert.ok(!(await wall.page.content()).includes("并购"), "nor in what is pushed");
  const act = await (await home.as("cleaning")).call("PUT", `/items/${item.id}/done`);
  assert.equal(act.status, 404, "an item of an unseen event does not exist");
});

test("crews that do not meet guests get neither their names nor their frames", async () => {
  home.allow(missing);
  const { id } = await (await home.as("commander")).event(VISIT);
  const cleaner = await home.phone("cleaning");
  assert.equal((await cleaner.page.goto(`${home.origin}/events/${id}/guests`)).status(), 404);
  assert.equal((await cleaner.page.goto(`${home.origin}/lobby`)).status(), 404);
  assert.equal(await cleaner.count(".nav-entry[href='/lobby']"), 0);
  await cleaner.go(`/events/${id}`);
  assert.ok(!(await cleaner.text("body")).includes("木香"));
  for (const view of ["guests", "lobby", "board", "all"]) {
    const heard = await listen(cleaner, `topic=event:${id}&since=0&view=${view}`);
    assert.deepEqual(heard.frames, [], view);
    assert.notEqual(heard.code, 0, view);
  }
  const guard = await home.as("security");
  const guest = (await guard.guests(id)).find((g) => g.name === "木香");
  await guard.must("PUT", `/guests/${guest.id}/position`, { position: "gate" });
  const feed = cleaner.page.locator(`#feed-${id}`);
  const engineer = (await (await home.as("supervisor")).items(id)).find((i) => i.template_id === "E7");
  await (await home.as("engineering")).tick(engineer);
  await cleaner.says(`#feed-${id}`, "锡石");
  assert.ok(!(await feed.textContent()).includes(guest.name));
});

test("pages of the office are for the office", async () => {
  home.allow(missing);
  const service = await home.phone("service");
  for (const path of ["/people", "/people/new", "/events/new"]) {
    assert.equal((await service.page.goto(home.origin + path)).status(), 404, path);
  }
  assert.equal(await service.count(".nav-entry[href='/people']"), 0);
});

test("who is taken off an event loses the page that he has open", async () => {
  home.allow(missing);
  const event = await newEvent(home, { people: ["service"], secrecy: "secret" });
  const service = await home.phone("service");
  await service.go(`/events/${event.id}/items`);
  const supervisor = await home.desk("supervisor");
  await supervisor.go(`/events/${event.id}/edit`);
  await supervisor.page.uncheck(`#picker [value="${service.id}"]`, { force: true });
  await supervisor.press("#event-form [type=submit]");
  await supervisor.seen(".event .head");
  await service.says("main", say("error.not_found"));
});
