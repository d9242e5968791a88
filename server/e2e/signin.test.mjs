// Signing in, out, and in again without losing what was being done.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newEvent, VISIT } from "./lib/building.mjs";
import { PIN } from "./lib/demo.mjs";
import { house, until } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refusals = /status of 4(01|22|29)/; // the browser itself notes every refused request

test("one tap signs a demo person in, on the page that was asked for", async () => {
  const guard = await home.phone();
  await guard.go("/lobby");
  assert.match(guard.page.url(), /\/session\/new\?next=%2Flobby$/);
  await guard.press("form:has([value=security]) button");
  await guard.seen("#lobby");
  assert.equal(new URL(guard.page.url()).pathname, "/lobby");
});

test("number and PIN: a wrong one says so and keeps the number, a right one leads to the work of the role", async () => {
  home.allow(refusals);
  const cleaner = await home.phone();
  await cleaner.go("/");
  await cleaner.fill("#f-login", " CLEANING ");
  await cleaner.fill("#f-pin", "111111");
  await cleaner.press("form.card button[type=submit]");
  await cleaner.says("#f-pin-error", say("session.wrong"));
  assert.equal((await cleaner.page.inputValue("#f-login")).trim(), "CLEANING");
  assert.equal(await cleaner.page.inputValue("#f-pin"), "");
  await cleaner.fill("#f-pin", PIN);
  await cleaner.press("form.card button[type=submit]");
  await cleaner.seen(".today");
  assert.equal(new URL(cleaner.page.url()).pathname, "/today");
});

test("after five wrong PINs the door stays shut for a minute, for the right PIN, too", async () => {
  home.allow(refusals);
  const guess = (pin) =>
    fetch(`${home.origin}/session`, { method: "POST", body: new URLSearchParams({ login: "xuanwu", pin }) });
  for (let n = 0; n < 4; n++) assert.equal((await guess("000000")).status, 401);
  const thief = await home.phone();
  await thief.go("/session/new");
  for (const pin of ["000000", PIN]) {
    await thief.fill("#f-login", "xuanwu");
    await thief.fill("#f-pin", pin);
    await thief.press("form.card button[type=submit]");
    await thief.says("#f-pin-error", say("session.locked", { minutes: 1 }));
  }
});

test("the language follows the choice: before signing in by the device, then by the person", async () => {
  const engineer = await home.phone();
  await engineer.go("/session/new");
  assert.equal(await engineer.page.getAttribute("html", "lang"), "zh-CN");
  await engineer.press(".top-lang");
  await engineer.seen("html[lang=en]", { state: "attached" });
  await engineer.says("form.card button", "Sign in");
  await engineer.press("form:has([value=engineering]) button");
  await engineer.seen(".today");
  await engineer.go("/me");
  await engineer.press("#locale-en");
  await engineer.seen("html[lang=en]", { state: "attached" });
  await engineer.press("#locale-zh");
  await engineer.seen("html[lang=zh-CN]", { state: "attached" });
});

test("signing out ends the session and its socket; the way back asks who it is", async () => {
  const photographer = await home.phone("yinzhu", { own: true });
  await photographer.go("/me");
  await photographer.press("#sign-out");
  await photographer.seen("#f-login");
  const session = (await photographer.context.cookies()).find((c) => c.name === "sid");
  assert.equal(session?.value || "", "");
  await photographer.page.goto(`${home.origin}/today`);
  assert.match(photographer.page.url(), /\/session\/new\?next=%2Ftoday$/);
});

test("a session that ended asks in place, and the tap is carried out once", async () => {
  home.allow(refusals);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const item = (await supervisor.items(event.id)).find((i) => i.template_id === "S1");
  const service = await home.phone("service", { own: true });
  await service.go(`/events/${event.id}/items`);
  await service.context.clearCookies();
  await service.press(`#tick-${item.id}`);
  await service.seen("#dialog-signin[open]");
  assert.equal(await service.count(`#item-${item.id}[data-pending]`), 1);

  await service.fill("#dialog-signin-login", "service");
  await service.fill("#dialog-signin-pin", "999999");
  await service.press("#dialog-signin [type=submit]");
  await service.says("#dialog-signin [data-slot=error]", say("session.wrong"));
  await service.fill("#dialog-signin-pin", PIN);
  await service.press("#dialog-signin [type=submit]");
  await service.hidden("#dialog-signin");
  await service.seen(`#item-${item.id}[data-state=submitted]:not([data-pending])`);
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  assert.equal(log.filter((row) => row.subject === `item:${item.id}` && row.verb === "item.done").length, 1);
  await service.live();
});

test("a device that is signed out from another one is told at once, and may come back", async () => {
  home.allow(refusals);
  const at = await home.as("commander");
  const { id } = await at.event(VISIT);
  const phone = await home.phone("commander", { own: true });
  await phone.go(`/events/${id}/items`);
  const desk = await home.desk("commander", { own: true });
  await desk.go("/me");
  const mine = await phone.session();
  await desk.press(`#revoke-${mine}`);
  await desk.seen("#dialog-confirm[open]"); // a tap asks
  await desk.press("#dialog-confirm [data-close]");
  assert.equal(await desk.count(`#session-${mine}`), 1);
  await desk.hold(`#revoke-${mine}`);
  await phone.seen("#dialog-signin[open]", { timeout: 2000 });
  await desk.gone(`#session-${mine}`);
  await phone.fill("#dialog-signin-login", "commander");
  await phone.fill("#dialog-signin-pin", PIN);
  await phone.press("#dialog-signin [type=submit]");
  await phone.live();
  await until("the page is still the checklist", () => phone.visible(`#items-${id}`));
});

test("an administrator holds to sign somebody else's phone out; a tap asks", async () => {
  home.allow(refusals);
  const { id } = await home.as("service");
  const phone = await home.phone("service", { own: true });
  await phone.go("/today");
  const theirs = await phone.session();
  const admin = await home.desk("admin");
  await admin.go(`/people/${id}`);
  await admin.page.focus(`#revoke-${theirs}`);
  await admin.page.keyboard.press("Enter");
  await admin.seen("#dialog-confirm[open]");
  await admin.page.keyboard.press("Escape");
  await admin.hold(`#revoke-${theirs}`);
  await admin.gone(`#session-${theirs}`);
  await phone.seen("#dialog-signin[open]");
});

test("a locked device is forgotten by holding", async () => {
  const phone = await home.phone();
  await phone.go("/session/new");
  await phone.fill("#f-login", "manao");
  await phone.fill("#f-pin", PIN);
  await phone.press("form.card button[type=submit]");
  await phone.seen(".today");
  await phone.go("/me");
  await phone.press("#lock");
  await phone.seen("#unlock");
  const desk = await home.desk("manao", { own: true });
  await desk.go("/me");
  const forget = "#locked-devices [id^=forget-]";
  await desk.press(forget);
  await desk.seen("#dialog-confirm[open]");
  await desk.press("#dialog-confirm [data-close]");
  assert.equal(await desk.count(forget), 1);
  await desk.hold(forget);
  await desk.gone(forget);
});
