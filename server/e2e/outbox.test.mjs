// The outbox: what the crew does without network is on the phone's disk before it is sent, survives reload, kill and
// restart, counts once, and is never lost, doubled or sent under another's name.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { newEvent, VISIT } from "./lib/building.mjs";
import { start } from "./lib/demo.mjs";
import { entries, kept } from "./lib/outbox.mjs";
import { house, PHONE, starting, until } from "./lib/people.mjs";
import { wire } from "./lib/wire.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const away =
  /ERR_(CONNECTION|INTERNET|EMPTY|SOCKET|NETWORK|ADDRESS)|WebSocket connection|status of (40[19]|422|50\d)|Failed to fetch/;

const find = (items, template) => items.find((i) => i.template_id === template);
const doneRows = (log, id) => log.filter((row) => row.subject === `item:${id}` && row.verb === "item.done");

// apart gives a person a line of his own to the program.
async function apart(t, login, options) {
  const line = await wire(home.origin);
  t.after(() => line.close());
  const person = await home.phone(login, { serviceWorkers: "allow", ...options });
  person.origin = line.origin;
  await person.context.addCookies([{ ...(await home.as(login)).cookie, url: line.origin }]);
  return { person, line };
}

test("ticked without network, the page reloaded twice: still there, and sent once", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const item = find(await supervisor.items(event.id), "S9");
  const { person: phone, line } = await apart(t, "service");
  const path = `/events/${event.id}/items?mine=1`;
  await phone.go(path);
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await kept(phone, phone.origin + path);
  line.cut();
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-pending-as=done]`, { timeout: 500 });
  for (let n = 0; n < 2; n++) {
    await phone.page.reload();
    await phone.seen(`#item-${item.id}[data-pending-as=done]`);
  }
  assert.equal((await entries(phone)).length, 1);
  await phone.says("[data-unsent]", "1");
  line.mend();
  await phone.seen(`#item-${item.id}[data-state=submitted]:not([data-pending-as])`, { timeout: 40000 });
  await until("nothing is left", async () => (await entries(phone)).length === 0);
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  assert.equal(doneRows(log, item.id).length, 1);
});

test("the app is killed with acts in the outbox: the next start sends them", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const items = await supervisor.items(event.id);
  const line = await wire(home.origin);
  t.after(() => line.close());
  const dir = mkdtempSync(join(tmpdir(), "huiwu-phone-"));
  const open = () =>
    chromium.launchPersistentContext(dir, {
      ...PHONE,
      ...starting,
    });
  let context = await open();
  const signedIn = { ...(await home.as("service")).cookie, url: line.origin, expires: Date.now() / 1000 + 3600 };
  await context.addCookies([signedIn]);
  let page = await context.newPage();
  await page.goto(`${line.origin}/events/${event.id}/items?mine=1`);
  await page.waitForSelector("#conn[data-conn=live]", { state: "attached" });
  line.cut();
  for (const id of ["S1", "S9"]) {
    await page.click(`#tick-${find(items, id).id}`);
    await page.waitForSelector(`#item-${find(items, id).id}[data-pending-as=done]`);
  }
  await page.waitForTimeout(300); // to disk
  const browserPid = await pidOf(context);
  process.kill(browserPid, "SIGKILL");
  await context.close().catch(() => {});
  line.mend();
  context = await open();
  t.after(async () => {
    await context.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  await context.addCookies([signedIn]); // the browser may have been killed before it wrote the first one down
  page = await context.newPage();
  await page.goto(`${line.origin}/today`);
  await until("sent", async () => {
    const now = await supervisor.items(event.id);
    return ["S1", "S9"].every((id) => find(now, id).status === "submitted");
  });
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  for (const id of ["S1", "S9"]) assert.equal(doneRows(log, find(items, id).id).length, 1);
});

// pidOf asks the browser itself for its process.
async function pidOf(context) {
  const session = await context.browser()?.newBrowserCDPSession();
  if (session) {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.find(({ type }) => type === "browser").id;
  }
  const page = await context.newCDPSession(context.pages()[0]);
  const { processInfo } = await page.send("SystemInfo.getProcessInfo");
  return processInfo.find(({ type }) => type === "browser").id;
}

test("two pages of one phone drain one outbox: each act once, and both pages know", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const items = await supervisor.items(event.id);
  const { person: phone, line } = await apart(t, "service");
  await phone.go(`/events/${event.id}/items?mine=1`);
  const second = await phone.context.newPage();
  await second.goto(`${phone.origin}/events/${event.id}/items?mine=1`);
  await second.waitForSelector("#conn[data-conn=live]", { state: "attached" });
  line.cut();
  const mine = ["S1", "S9", "S11", "S12"].map((id) => find(items, id)).filter(Boolean);
  for (const [n, item] of mine.entries()) await (n % 2 ? second : phone.page).click(`#tick-${item.id}`);
  for (const page of [phone.page, second]) {
    for (const item of mine)
      await page.waitForSelector(`#item-${item.id}[data-pending-as=done]`, { state: "attached" });
  }
  line.mend();
  for (const page of [phone.page, second]) {
    for (const item of mine) {
      await page.waitForSelector(
        `#item-${item.id}:is([data-state=submitted], [data-state=done]):not([data-pending-as])`,
        {
          state: "attached",
          timeout: 40000,
        },
      );
    }
  }
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  for (const item of mine) assert.equal(doneRows(log, item.id).length, 1);
});

test("undo without network: it follows its tick, and the order is kept", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const item = find(await supervisor.items(event.id), "S9");
  const { person: phone, line } = await apart(t, "service");
  await phone.go(`/events/${event.id}/items?mine=1`);
  line.cut();
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-pending-as=done]`);
  await phone.page.waitForTimeout(1000);
  await phone.press(`#tick-${item.id}`); // impatient: it is told that it is safe, and may take it back
  await phone.toast(say("js.unsent_safe"));
  await phone.press(`#toasts .toast-act >> text=${say("js.undo")}`);
  await phone.seen(`#item-${item.id}[data-pending-as=undone]`);
  assert.equal((await entries(phone)).length, 2);
  line.mend();
  await until("both are through", async () => (await entries(phone)).length === 0, 40000);
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  const verbs = log.filter((row) => row.subject === `item:${item.id}`).map((row) => row.verb);
  assert.deepEqual(
    verbs.filter((v) => v !== "item.added"),
    ["item.undone", "item.done"],
  );
});

test("a reading, a rejection, a guest's move and a new item wait as well", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["engineering", "service"] });
  const [supervisor, commander] = await Promise.all([home.as("supervisor"), home.as("commander")]);
  const items = await supervisor.items(event.id);
  await supervisor.must("PUT", `/items/${find(items, "S9").id}/done`);
  const guest = await commander.must("POST", `/events/${event.id}/guests`, { name: "沉香", party: "一号车" });
  const { person: phone, line } = await apart(t, "commander");
  await phone.go(`/events/${event.id}/guests`);
  line.cut();
  const row = `#guest-${guest.created}`;
  await phone.press(`${row} [data-next]`);
  await phone.seen(`${row}[data-pending-as=moved]`);
  line.mend();
  await phone.seen(`${row}[data-position=gate]:not([data-pending-as])`, { timeout: 40000 });

  await phone.go(`/events/${event.id}/items`);
  line.cut();
  await phone.press(`#reject-${find(items, "S9").id}`);
  await phone.press("#dialog-reason [data-kind=reject] [data-choice] >> nth=0");
  await phone.press("#dialog-reason [type=submit]");
  await phone.seen(`#item-${find(items, "S9").id}[data-pending-as=rejected]`);
  await phone.press("#item-add > summary");
  await phone.fill("#f-text", "加两把伞");
  await phone.press("#item-add [type=submit]");
  await until("the form is free again", async () => (await phone.page.inputValue("#f-text")) === "");
  line.mend();
  await phone.page.goto(`${phone.origin}/outbox`);
  await until("all is through", async () => (await entries(phone)).length === 0, 40000);
  const now = await supervisor.items(event.id);
  assert.equal(find(now, "S9").status, "rejected");
  assert.ok(now.find((i) => i.zh === "加两把伞"));
});

test("somebody else did it first: the late act is flagged, and undoes nothing", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const item = find(await supervisor.items(event.id), "S9");
  const { person: phone, line } = await apart(t, "service");
  await phone.go(`/events/${event.id}/items?mine=1`);
  line.cut();
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-pending-as=done]`);
  await phone.page.waitForTimeout(5500);
  await supervisor.must("PUT", `/items/${item.id}/blocked`, { reason: "钥匙不在" });
  line.mend();
  await until("answered", async () => (await entries(phone)).every((e) => e.state !== "waiting"), 40000);
  assert.equal(find(await supervisor.items(event.id), "S9").status, "blocked");
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  assert.ok(
    log.some((row) => row.subject === `item:${item.id}` && row.verb === "item.overtaken"),
    "it stays in the log",
  );
});

test("a refusal that nobody saw is kept to be read, and let go on the person's word", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const item = find(await supervisor.items(event.id), "S9");
  const { person: phone, line } = await apart(t, "service");
  await phone.go(`/events/${event.id}/items?mine=1`);
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await kept(phone, `${phone.origin}/events/${event.id}/items?mine=1`);
  line.cut();
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-pending-as=done]`);
  await phone.page.reload();
  await supervisor.must("PUT", `/events/${event.id}/status`, { status: "cancelled", reason: "改期" });
  line.mend();
  await until("refused", async () => (await entries(phone))[0]?.state === "declined", 40000);
  await phone.go("/outbox");
  await phone.says(".outbox-said", say("event.not_working"));
  await phone.press("[data-outbox-act=discard]");
  await phone.press("#dialog-confirm [type=submit]");
  await until("gone", async () => (await entries(phone)).length === 0);
  await phone.seen("[data-outbox-empty]"); // drawn after the disk has let it go
});

test("what one person did waits for him: another who signs in neither sends nor sees it", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service", "engineering"] });
  const supervisor = await home.as("supervisor");
  const item = find(await supervisor.items(event.id), "S9");
  const { person: phone, line } = await apart(t, "service");
  await phone.go(`/events/${event.id}/items?mine=1`);
  line.cut();
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-pending-as=done]`);
  await until("on disk", async () => (await entries(phone)).length === 1);
  await phone.page.goto("about:blank");
  line.mend();
  const [engineer, service] = await Promise.all([home.as("engineering"), home.as("service")]);
  await phone.context.addCookies([{ ...engineer.cookie, url: line.origin }]);
  await phone.go("/today");
  await phone.page.waitForTimeout(1500);
  assert.equal(find(await supervisor.items(event.id), "S9").status, "open");
  await phone.go("/outbox");
  await phone.seen("#outbox-others:not([hidden])");
  assert.equal(await phone.count("#outbox > li"), 0);
  await phone.context.addCookies([{ ...service.cookie, url: line.origin }]);
  await phone.go("/today");
  await until(
    "sent by its owner",
    async () => find(await supervisor.items(event.id), "S9").status === "submitted",
    20000,
  );
});

test("an old page of one person under the cookie of another acts for nobody", async () => {
  const event = await newEvent(home, { people: ["service", "engineering"] });
  const [service, engineer] = await Promise.all([home.as("service"), home.as("engineering")]);
  const items = await (await home.as("supervisor")).items(event.id);
  const answer = await engineer.call(
    "PUT",
    `/items/${find(items, "E2").id}/done`,
    { reading: "1" },
    { "X-Person": service.id, "Idempotency-Key": "other" },
  );
  assert.equal(answer.status, 401);
  assert.equal(find(await (await home.as("supervisor")).items(event.id), "E2").status, "open");
});

test("the hotel's login page is no answer, and a clock that is wrong by two hours does no harm", async (t) => {
  home.allow(away);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const item = find(await supervisor.items(event.id), "S9");
  const { person: phone } = await apart(t, "service", { serviceWorkers: "block" });
  await phone.context.addInitScript(() => {
    const real = Date;
    const wrong = 2 * 3600000;
    globalThis.Date = class extends real {
      constructor(...args) {
        super(...(args.length ? args : [real.now() + wrong]));
      }
      static now() {
        return real.now() + wrong;
      }
    };
  });
  await phone.go(`/events/${event.id}/items?mine=1`);
  let portal = true;
  await phone.context.route(`**/items/${item.id}/done`, (route) =>
    portal
      ? route.fulfill({ status: 200, contentType: "text/html", body: "<h1>Welcome to the hotel</h1>" })
      : route.continue(),
  );
  const tapped = Date.now();
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-pending-as=done]`);
  await phone.page.waitForTimeout(2500);
  assert.equal((await entries(phone)).length, 1, "kept");
  portal = false;
  await phone.seen(`#item-${item.id}[data-state=submitted]:not([data-pending-as])`, { timeout: 40000 });
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  const [row] = doneRows(log, item.id);
  assert.ok(
    Math.abs(Date.parse(row.acted_at) - tapped) < 1500,
    `acted ${Date.parse(row.acted_at) - tapped} ms after the tap`,
  );
});

test("the program is killed and comes back while the outbox drains: each act once", async (t) => {
  home.allow(away);
  const dir = mkdtempSync(join(tmpdir(), "huiwu-data-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  let server = await start({ args: ["demo", "--data", dir] });
  t.after(() => server.stop());
  const origin = server.origin;
  const [supervisor, boss] = await Promise.all([home.as("supervisor", origin), home.as("admin", origin)]);
  assert.ok(boss);
  const visit = await supervisor.event("考察团");
  const phone = await home.phone("service", { origin });
  await phone.go(`/events/${visit.id}/items?mine=1`);
  const open = (await supervisor.items(visit.id)).filter(
    (i) => i.crew === "SVC" && i.status === "open" && !i.evidence && !i.round_no,
  );
  assert.ok(open.length >= 3, `${open.length} items to tick`);
  await phone.context.setOffline(true);
  for (const item of open) await phone.page.$eval(`#tick-${item.id}`, (el) => el.click());
  await until("all on disk", async () => (await entries(phone)).length === open.length);
  await phone.context.setOffline(false);
  await until("the first is through", async () => (await entries(phone)).length < open.length, 40000);
  await server.kill();
  server = await start({ args: ["serve"], env: { DATA_DIR: dir }, port: server.port });
  await until("all are through", async () => (await entries(phone)).length === 0, 60000);
  const after = await new supervisor.constructor(origin, "supervisor").signIn();
  const { log } = await after.get(`/events/${visit.id}/log`);
  for (const item of open) assert.equal(doneRows(log, item.id).length, 1, item.zh);
});

test("200 acts of four phones without network, replayed and reordered: each once, all pages agree", async (t) => {
  home.allow(away);
  const crews = { service: "SVC", engineering: "ENG", security: "SEC", cleaning: "CLN" };
  const event = await newEvent(home, { people: Object.keys(crews) });
  const supervisor = await home.as("supervisor");
  const each = 50;
  for (const [login, crew] of Object.entries(crews)) {
    for (let n = 0; n < each; n++) {
      await supervisor.must("POST", `/events/${event.id}/items`, { text: `${login} ${n}`, crew, phase: "during" });
    }
  }
  const items = (await supervisor.items(event.id)).filter((i) => /^[a-z]+ \d+$/.test(i.zh));
  assert.equal(items.length, 4 * each);
  const phones = await Promise.all(
    Object.entries(crews).map(async ([login, crew]) => {
      const { person, line } = await apart(t, login, { serviceWorkers: "block" });
      await person.go(`/events/${event.id}/items?crew=${crew}`);
      const sent = [];
      person.page.on("request", (request) => {
        if (request.method() !== "GET") sent.push(request);
      });
      return { login, person, line, sent, ids: items.filter((i) => i.crew === crew).map((i) => i.id) };
    }),
  );
  for (const { person, line, ids } of phones) {
    line.cut();
    await person.page.evaluate((list) => {
      for (const id of list) document.getElementById(`tick-${id}`).click();
    }, ids);
    await until("all on disk", async () => (await entries(person)).length === each, 20000);
  }
  for (const { line } of phones) line.mend();
  for (const { person } of phones) await until("drained", async () => (await entries(person)).length === 0, 90000);

  const head = async () => (await supervisor.get(`/events/${event.id}`)).event.seq;
  const before = await head();
  // The same requests once more, the last first, each twice: as a network that stammers would.
  for (const { login, sent } of phones) {
    const { cookie } = await home.as(login);
    const replay = [...new Map(sent.map((r) => [r.headers()["idempotency-key"], r])).values()].reverse();
    assert.equal(replay.length, each);
    for (const request of replay.flatMap((r) => [r, r])) {
      const headers = { ...request.headers(), cookie: `${cookie.name}=${cookie.value}`, accept: "application/json" };
      const path = new URL(request.url()).pathname;
      const answer = await fetch(home.origin + path, { method: request.method(), headers, body: request.postData() });
      assert.equal(answer.status, 200);
      assert.equal((await answer.json()).repeated, true);
    }
  }
  assert.equal(await head(), before, "nothing was done twice");
  const now = await supervisor.items(event.id);
  for (const { id } of items) assert.equal(now.find((i) => i.id === id).status, "done");

  const watcher = await home.desk("supervisor");
  await watcher.go(`/events/${event.id}/items`);
  for (const { person, ids } of [...phones, { person: watcher, ids: items.map((i) => i.id) }]) {
    await person.live();
    const wrong = () =>
      person.page.$$eval("li.item", (rows) => rows.filter((r) => r.dataset.pendingAs).map((r) => r.id));
    await until("no row waits", async () => (await wrong()).length === 0);
    const shown = await person.page.$$eval("li.item", (rows) =>
      Object.fromEntries(rows.map((r) => [r.id.slice(5), r.dataset.state])),
    );
    for (const id of ids) assert.equal(shown[id], "done");
  }
});

// Whatever is a card of its own says that its act waits: a post, a cue, what the commander decided; and reload loses none.
test("a post, a cue and the decision about early guests wait as rows of a list do", async (t) => {
  home.allow(away);
  const visit = (await (await home.as("commander")).event(VISIT)).id;
  const commander = await home.as("commander");
  const staff = await (await home.as("admin")).staff();
  const { posts } = await commander.get(`/events/${visit}/posts`);
  const duty = posts.flatMap((p) => p.Duties).find((d) => d.person_id === staff.xionghuang).id;
  const guard = await apart(t, "xionghuang");
  const head = await apart(t, "commander");
  await guard.person.go("/today");
  await guard.person.seen(`#report-${duty}`);
  const guest = (await commander.guests(visit)).find((g) => g.name === "杜仲");
  await (await home.as("xionghuang")).must("PUT", `/guests/${guest.id}/position`, { position: "gate" });
  const { cues } = await commander.get(`/events/${visit}/cues`);
  const cue = cues.find((c) => c.crew === "SEC" && c.fired_at && !c.acknowledged_at);
  await guard.person.seen(`#my-cue-${cue.id}`);
  await head.person.go(`/events/${visit}/board`);
  const go = `#early-go-${visit}`;
  await head.person.seen(go);
  guard.line.cut();
  head.line.cut();

  await guard.person.press(`#report-${duty}`);
  await guard.person.seen(`#my-${duty}[data-pending-as]`);
  await guard.person.press(`#my-cue-${cue.id} button`);
  await guard.person.seen(`#my-cue-${cue.id}[data-pending-as]`);
  await guard.person.seen(`#my-${duty}[data-pending="${say("js.waiting")}"]`);
  const [reported, ...more] = await entries(guard.person);
  assert.equal(more.length, 1);
  assert.ok(reported.about.startsWith(say("duty.report")), reported.about);
  await guard.person.page.reload();
  await guard.person.seen(`#my-${duty}[data-pending-as]`);

  await head.person.press(go);
  await head.person.seen(`#early-${visit}[data-pending-as]`);
  assert.equal((await entries(head.person)).length, 1);

  guard.line.mend();
  head.line.mend();
  await guard.person.gone(`#my-cue-${cue.id}`, { timeout: 40000 });
  await guard.person.seen(`#my-${duty}[data-duty=on]:not([data-pending])`, { timeout: 40000 });
  await head.person.seen(`#early-${visit}:not([data-pending]) [data-mode=go]`, { timeout: 40000 });
  const after = await commander.get(`/events/${visit}/cues`);
  assert.ok(after.cues.find((c) => c.id === cue.id).acknowledged_at);
});
