// A new version is deployed while acts wait on a phone: they go through once, before the update and after it; the new
// version is offered and never forced; and taking it where there is no network costs the phone nothing that it shows.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newEvent } from "./lib/building.mjs";
import { nextVersion } from "./lib/bundle.mjs";
import { start } from "./lib/demo.mjs";
import { entries, kept } from "./lib/outbox.mjs";
import { house, until } from "./lib/people.mjs";
import { wire } from "./lib/wire.mjs";
import { say } from "./lib/words.mjs";

const dir = mkdtempSync(join(tmpdir(), "huiwu-data-"));
const home = house({ args: ["demo", "--data", dir] });
const away =
  /ERR_(CONNECTION|INTERNET|EMPTY|SOCKET|NETWORK|ADDRESS|FAILED)|WebSocket connection|status of 50\d|Failed to fetch/;
let next;

before(() => {
  next = nextVersion();
});
after(() => {
  next?.remove();
  rmSync(dir, { recursive: true, force: true });
});

// deploy puts another program in the place of the one that runs, over the same data; undefined: the first one again.
async function deploy(program) {
  const { port } = home.server;
  await home.server.stop();
  home.server = await start({ args: ["serve"], env: { DATA_DIR: dir }, port, program });
}

// ready is a supervisor's phone, on a line of its own, that has seen the lists of a new event.
async function ready(t) {
  home.allow(away);
  const event = await newEvent(home, { people: ["service", "engineering"] });
  const [supervisor, commander] = await Promise.all([home.as("supervisor"), home.as("commander")]);
  const { created: guest } = await commander.must("POST", `/events/${event.id}/guests`, {
    name: "沉香",
    party: "一号车",
  });
  const all = await supervisor.items(event.id);
  const item = Object.fromEntries(all.map((i) => [i.template_id, i]));
  const line = await wire(home.origin);
  t.after(() => line.close());
  const phone = await home.phone("supervisor", { serviceWorkers: "allow" });
  phone.origin = line.origin;
  await phone.context.addCookies([{ ...supervisor.cookie, url: line.origin }]);
  const [items, guests] = [`/events/${event.id}/items`, `/events/${event.id}/guests`];
  await phone.go(items);
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  for (const path of [guests, items]) {
    await phone.go(path);
    await kept(phone, phone.origin + path);
  }
  return { event, item, guest, line, phone, items, guests, supervisor };
}

// versions are those of which the phone has files: "static-…".
const versions = (phone) =>
  phone.page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith("static-")));

const isNext = (phone) => phone.page.evaluate(() => Boolean(globalThis.nextVersion));

// seenLast tells whether the copy that the phone keeps of a page is of that version. A phone that came back after a
// deploy may have fetched it anew by then.
const seenLast = (phone, path) =>
  phone.page.evaluate(
    async ([url, file]) => (await (await (await caches.open("pages")).match(url)).text()).includes(file),
    [phone.origin + path, next.app],
  );

// shows opens a page and tells whether it is of that version. On a slow line it is the one seen last, for once.
async function shows(phone, path, nextOne) {
  await phone.go(path);
  return (await isNext(phone)) === nextOne;
}

const waits = (phone) =>
  phone.page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting));
const drained = (phone) => until("all is through", async () => (await entries(phone)).length === 0, 60000);

// tick taps an item, and waits until that is on the phone's disk.
async function tick(phone, item) {
  const n = (await entries(phone)).length;
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-pending-as=done]`);
  await until("it is on disk", async () => (await entries(phone)).length > n);
}

// once checks in the event's log what became of something: these verbs, each once.
async function once({ supervisor, event }, subject, ...verbs) {
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  const found = log.filter((row) => row.subject === subject && !row.verb.endsWith(".added")).map((row) => row.verb);
  assert.deepEqual(found.sort(), verbs.sort(), subject);
}

test("acts wait, a new version comes: they go through once, and it is offered, not forced", async (t) => {
  const x = await ready(t);
  const { phone, line, item, guest } = x;
  const [first] = await versions(phone);
  line.cut();
  await tick(phone, item.S9);
  await phone.press(`#tick-${item.E2.id}`);
  await phone.fill("#dialog-reading-input", "12");
  await phone.press("#dialog-reading [type=submit]");
  await phone.seen(`#item-${item.E2.id}[data-pending-as=done]`);
  await phone.press(`#tick-${item.S4.id}`); // takes a photo, and ticks
  await until("four are on disk", async () => (await entries(phone)).length >= 4);
  await phone.page.goto(phone.origin + x.guests);
  await phone.press(`#guest-${guest} [data-next]`);
  await phone.seen(`#guest-${guest}[data-pending-as=moved]`);
  await until("five are on disk", async () => (await entries(phone)).length === 5);

  await deploy(next.program);
  await phone.page.goto(phone.origin + x.items);
  await phone.seen(`#item-${item.E2.id}[data-pending-as=done]`);
  await phone.page.close(); // and opened again
  phone.page = await phone.context.newPage();
  line.mend();
  await phone.go(x.items);
  await drained(phone);
  const now = await x.supervisor.items(x.event.id);
  const is = (id) => now.find((i) => i.id === item[id].id);
  for (const id of ["S9", "E2", "S4"]) assert.equal(is(id).status, "submitted", id);
  assert.equal(is("E2").reading, "12");
  assert.equal(is("S4").photos.length, 1);
  for (const id of ["S9", "E2"]) await once(x, `item:${item[id].id}`, "item.done");
  await once(x, `item:${item.S4.id}`, "item.done", "item.photo_added");
  await once(x, `guest:${guest}`, "guest.moved");

  // It is offered: the page of the new version runs under the worker of the old one, and nothing reloads it.
  await phone.toast(say("js.update_ready"));
  await until("the page is the new program's", () => shows(phone, x.items, true), 30000);
  await phone.toast(say("js.update_ready"));
  await phone.page.evaluate("window.same = true");
  await phone.page.waitForTimeout(1500);
  assert.equal(await phone.page.evaluate("window.same"), true);
  assert.equal(await waits(phone), true);
  assert.deepEqual((await versions(phone)).sort(), [first, `static-${next.version}`].sort());

  // Taken in the basement, with an act that waits: the phone still shows what it has seen, and the act is still there.
  await kept(phone, phone.origin + x.items);
  line.cut();
  await tick(phone, item.S1);
  await phone.press(`#toasts .toast-act >> text=${say("js.update_now")}`);
  await phone.page.waitForFunction(() => !window.same);
  await phone.seen(`#item-${item.S1.id}[data-pending-as=done]`);
  assert.equal(await waits(phone), false, "it is taken");
  assert.equal((await entries(phone)).length, 1);
  await phone.page.goto(phone.origin + x.guests);
  await phone.seen(`#guest-${guest}`);
  await phone.page.goto(phone.origin + x.items);
  line.mend();
  await drained(phone);
  await once(x, `item:${item.S1.id}`, "item.done");
  await phone.live(20000);
  await until("the old files are gone", async () => (await versions(phone)).join() === `static-${next.version}`, 20000);
  await kept(phone, `${phone.origin}/today`);
});

test("the phone is put away while a new version waits, and started in the basement: lists and acts are there", async (t) => {
  await deploy(next.program);
  const x = await ready(t);
  const { phone, line, item } = x;
  await deploy(); // back to the version before, which is another one too
  await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await until("the other version waits", () => waits(phone));
  line.cut();
  await tick(phone, item.S9);
  await phone.page.goto("about:blank"); // no page of ours is open: the one that waits takes over
  await until("it has taken over", async () => {
    await phone.page.goto(`${phone.origin}/outbox`);
    if (!(await waits(phone))) return true;
    await phone.page.goto("about:blank");
    await phone.page.waitForTimeout(500);
    return false;
  });
  await phone.page.goto(phone.origin + x.items);
  await phone.seen(`#item-${item.S9.id}[data-pending-as=done]`);
  assert.equal(
    await isNext(phone),
    await seenLast(phone, x.items),
    "the page seen last, with the files it was made for",
  );
  line.mend();
  await drained(phone);
  await once(x, `item:${item.S9.id}`, "item.done");
  await until("the page is the first program's", () => shows(phone, x.items, false), 30000);
  await until("the old files are gone", async () => (await versions(phone)).length === 1, 20000);
});
