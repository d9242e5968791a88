// Phones in basements and silent halls: what was missed comes by itself, what was tapped is not lost, and nobody's typing
// is disturbed by what the others do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newEvent, VISIT } from "./lib/building.mjs";
import { house, until } from "./lib/people.mjs";
import { wire } from "./lib/wire.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const away = /ERR_(CONNECTION|INTERNET|EMPTY|SOCKET|NETWORK|ADDRESS)|WebSocket connection|status of 40[49]/;

// apart gives a person a line of his own to the program.
async function apart(t, login, options) {
  const line = await wire(home.origin);
  t.after(() => line.close());
  const person = await home.phone(login, { ...options });
  person.origin = line.origin;
  return { person, line };
}

const find = (items, template) => items.find((i) => i.template_id === template);

test("while the phone is away the others work; back again it has all of it, without a reload", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service", "engineering"] });
  const [supervisor, commander] = await Promise.all([home.as("supervisor"), home.as("commander")]);
  const items = await supervisor.items(event.id);
  const { person: phone, line } = await apart(t, "service");
  await phone.go(`/events/${event.id}/items`);
  await phone.page.evaluate("window.same = true");
  line.cut();
  await phone.context.setOffline(true);
  await phone.seen("#conn[data-conn=offline]", { state: "attached" });
  const [s4, e4, c4] = ["S4", "E4", "C4"].map((id) => find(items, id));
  for (const item of [s4, e4, c4]) await supervisor.tick(item);
  await commander.must("PUT", `/items/${s4.id}/acceptance`);
  await commander.must("PUT", `/items/${e4.id}/acceptance`, { verdict: "rejected", reason: "画面偏色" });
  const added = await commander.must("POST", `/events/${event.id}/items`, {
    text: "加一把椅子",
    crew: "SVC",
    phase: "pre",
  });
  assert.equal(await phone.data(`#item-${s4.id}`, "state"), "not-due");

  await phone.context.setOffline(false);
  line.mend();
  await phone.seen(`#item-${s4.id}[data-state=accepted]`);
  await phone.seen(`#item-${e4.id}[data-state=rejected]`);
  await phone.says(`#item-${e4.id} .reason`, "画面偏色");
  await phone.seen(`#item-${c4.id}[data-state=submitted]`);
  await phone.seen(`#item-${added.created}`);
  await phone.live();
  assert.equal(await phone.page.evaluate("window.same"), true);
});

test("what is tapped without network is kept, and counts once, at the moment of the tap", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const items = await supervisor.items(event.id);
  const { person: phone, line } = await apart(t, "service");
  await phone.go(`/events/${event.id}/items?mine=1`);
  line.cut();
  for (const id of ["S3", "S4"]) await phone.press(`#tick-${find(items, id).id}`);
  const tapped = Date.now();
  await phone.seen(`#item-${find(items, "S3").id}[data-pending]`);
  await phone.seen("#conn:is([data-conn=sending], [data-conn=offline])", { state: "attached" });
  await until("some seconds have passed", () => Date.now() - tapped > 2500);
  line.mend();
  for (const id of ["S3", "S4"]) {
    await phone.seen(`#item-${find(items, id).id}[data-state=submitted]:not([data-pending])`, { timeout: 20000 });
  }
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  for (const id of ["S3", "S4"]) {
    const rows = log.filter((row) => row.subject === `item:${find(items, id).id}` && row.verb !== "item.added");
    assert.equal(rows.map((row) => row.verb).join(), "item.done,item.photo_added"); // the newest first, each once
    const [acted, received] = [Date.parse(rows[0].acted_at), Date.parse(rows[0].received_at)];
    assert.ok(
      received - acted > 2000,
      `acted ${acted - tapped} ms after the tap, received ${received - acted} ms later`,
    );
  }
});

test("a path that died without a word is noticed when the person looks again", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const item = find(await supervisor.items(event.id), "S4");
  const { person: phone, line } = await apart(t, "service");
  await phone.go(`/events/${event.id}/items`);
  line.freeze();
  await supervisor.tick(item);
  line.thaw(); // the network is back, but the push is lost
  await phone.page.evaluate(() => window.dispatchEvent(new Event("online")));
  await phone.seen(`#item-${item.id}[data-state=submitted]`);
});

test("without network the list seen last is shown, and it is live again by itself", async (t) => {
  home.allow(away);
  const { id } = await (await home.as("service")).event(VISIT);
  const { person: phone, line } = await apart(t, "service", { serviceWorkers: "allow" });
  await phone.go(`/events/${id}/items?mine=1`);
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await until("the page is kept", () =>
    phone.page.evaluate(async () => Boolean(await (await caches.open("pages")).match(location.href))),
  );
  line.cut();
  await phone.page.reload();
  await phone.seen(`#items-${id} .item`);
  await phone.page.goto(`${line.origin}/me`); // never seen
  await phone.says("main", say("offline.title"));
  await phone.page.goto(`${line.origin}/events/${id}/items?mine=1`);
  await phone.seen(`#items-${id} .item`);
  line.mend();
  await phone.live(20000);
});

test("a quick network is asked every time; a slow one is waited for once, and then not for a while", async (t) => {
  home.allow(away);
  const { id } = await (await home.as("service")).event(VISIT);
  const { person: phone, line } = await apart(t, "service", { serviceWorkers: "allow" });
  const path = `/events/${id}/items?mine=1`;
  await phone.go(path);
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await until("the page is kept", () =>
    phone.page.evaluate(async () => Boolean(await (await caches.open("pages")).match(location.href))),
  );
  const seenLast = async () => {
    const asked = performance.now();
    const answer = await phone.page.goto(phone.origin + path, { waitUntil: "commit" });
    return [Boolean(await answer.headerValue("X-Kept-At")), performance.now() - asked];
  };
  for (let n = 0; n < 3; n++) {
    assert.equal((await seenLast())[0], false, `time ${n}: from the network`);
    await phone.live();
    await phone.page.waitForTimeout(900); // longer than any page waits
  }
  line.freeze();
  const [first, waited] = await seenLast();
  assert.ok(first && waited > 600, `kept: ${first}, after ${waited} ms`);
  await until("it is not waited for", async () => {
    const [again, ms] = await seenLast();
    assert.ok(again);
    return ms < 600; // a busy machine may need another try
  });
});

test("typing, caret, open details and the place on the page survive what the others do", async () => {
  const event = await newEvent(home, { people: ["service", "engineering"] });
  const [supervisor, commander] = await Promise.all([home.as("supervisor"), home.as("commander")]);
  const items = await supervisor.items(event.id);
  const open = find(items, "E6");
  const phone = await home.phone("commander");
  await phone.go(`/events/${event.id}/items`);
  await phone.press("#item-add > summary");
  await phone.press(`#sum-${open.id}`);
  await phone.page.locator("#f-text").scrollIntoViewIfNeeded();
  await phone.press("#f-text");
  await phone.page.keyboard.type("主席台添水杯");
  await phone.page.keyboard.press("ArrowLeft");
  const look = () =>
    phone.page.evaluate((id) => {
      const field = document.querySelector("#f-text");
      return {
        typed: field.value,
        caret: field.selectionStart,
        focus: document.activeElement.id,
        open: document.querySelector(`#more-${id}`).open && document.querySelector("#item-add").open,
        top: Math.round(field.getBoundingClientRect().top),
      };
    }, open.id);
  const before = await look();
  assert.equal(before.focus, "f-text");
  for (const id of ["S4", "E4", "E6", "E5"]) {
    const item = find(items, id);
    await supervisor.tick(item, { reading: "25" });
    await phone.seen(`#item-${item.id}[data-state=submitted]`, { state: "attached" });
  }
  await commander.must("PUT", `/items/${open.id}/acceptance`);
  await phone.seen(`#item-${open.id}[data-state=accepted]`, { state: "attached" });
  const after = await look();
  assert.ok(Math.abs(after.top - before.top) < 120, `the field moved by ${after.top - before.top} px`);
  assert.deepEqual({ ...after, top: 0 }, { ...before, top: 0 });
  await phone.page.keyboard.type("x");
  assert.equal(await phone.page.inputValue("#f-text"), "主席台添水x杯");
});

test("an older state that comes late never replaces a newer one", async (t) => {
  const event = await newEvent(home, { people: ["service"] });
  const [supervisor, commander] = await Promise.all([home.as("supervisor"), home.as("commander")]);
  const item = find(await supervisor.items(event.id), "S4");
  const { person: phone, line } = await apart(t, "service");
  const frames = [];
  phone.page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(payload)));
  await phone.go(`/events/${event.id}/items`);
  await supervisor.tick(item);
  await phone.seen(`#item-${item.id}[data-state=submitted]`);
  const old = frames
    .flatMap((text) => text.split("\n"))
    .find((text) => text.includes(`item-${item.id}`) && text.includes("submitted"));
  assert.ok(old, "the frame was seen");
  await commander.must("PUT", `/items/${item.id}/acceptance`);
  await phone.seen(`#item-${item.id}[data-state=accepted]`);
  const seq = await phone.data(`#item-${item.id}`, "seq");
  const heard = frames.length;
  line.say(old);
  line.say(JSON.stringify({ hb: {}, now: new Date().toISOString() }));
  await until("the old frame came", () => frames.length >= heard + 2);
  await phone.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  assert.equal(await phone.data(`#item-${item.id}`, "state"), "accepted");
  assert.equal(await phone.data(`#item-${item.id}`, "seq"), seq);
});
