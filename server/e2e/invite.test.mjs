// Ways in without typing: a code on a supervisor's screen, a device that remembers, the organisation's own accounts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { newEvent } from "./lib/building.mjs";
import { PIN, start } from "./lib/demo.mjs";
import { oidcProvider } from "./lib/oidc.mjs";
import { house, until } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refusals = /status of 4(01|09|22)/; // the browser itself notes every refused request
const path = (person) => new URL(person.page.url()).pathname;

// shown is the link that the drawn code stands for.
async function shown(desk, login) {
  const { id } = (await (await home.as("admin")).get("/people")).people.find((p) => p.staff_no === login);
  await desk.go("/invites/new");
  await desk.fill("#search-people", login);
  await desk.press(`#invite-${id}`);
  await desk.seen("#invite[data-state=open] .qr");
  await desk.live();
  const cookies = await desk.context.cookies(desk.page.url());
  return { id, link: `${home.origin}/invites/${cookies.find((c) => c.name === "invite").value}` };
}

test("a supervisor shows a code, a phone takes it by one tap, and nobody takes it twice", async () => {
  home.allow(refusals);
  const desk = await home.desk("supervisor", { own: true });
  const { link } = await shown(desk, "manao");
  const phone = await home.phone();
  await phone.go(link.slice(home.origin.length));
  await phone.says("#accept", say("invite.accept"));
  assert.equal((await phone.context.cookies()).length, 0, "looking at it changes nothing");
  await phone.press("#accept-yes");
  await phone.seen("#pin-form");
  assert.equal(path(phone), "/me/pin");
  await desk.soon("#invite[data-state=used]", { timeout: 8000 });
  await desk.says("#invite h2", "Chrome");

  await phone.fill("#f-pin", "864209");
  await phone.fill("#f-again", "864208");
  await phone.press("#pin-form [type=submit]");
  await phone.says("#f-again-error", say("pin.not_same"));
  await phone.fill("#f-again", "864209");
  await phone.press("#pin-form [type=submit]");
  await phone.seen(".today");

  const second = await home.phone();
  await second.go(link.slice(home.origin.length));
  await second.says("#invite-refused", say("invite.used"));
});

test("who cannot scan types the code, and the code is read from the screen", async () => {
  home.allow(refusals, /status of 404/);
  const desk = await home.desk("supervisor", { own: true });
  await shown(desk, "yinzhu");
  const code = await desk.text("#invite-code");
  const phone = await home.phone();
  await phone.go("/session/new");
  await phone.press("#have-code");
  await phone.fill("#f-code", "1234");
  await phone.press("form.card [type=submit]");
  await phone.says("#f-code-error", say("invite.code_form"));
  await phone.fill("#f-code", code.trim().toLowerCase());
  await phone.press("form.card [type=submit]");
  await phone.press("#accept-yes");
  await phone.press("#pin-later");
  await phone.seen(".today");
  await desk.soon("#invite[data-state=used]", { timeout: 8000 });
});

test("the code goes with the supervisor's tap, and a reload keeps it", async () => {
  home.allow(refusals);
  const desk = await home.desk("supervisor", { own: true });
  const { link } = await shown(desk, "security");
  const before = await desk.text("#invite-code");
  await desk.page.reload();
  assert.equal(await desk.text("#invite-code"), before);
  await desk.press("#invite-revoke");
  await desk.seen("#invite[data-state=revoked]");
  const phone = await home.phone();
  await phone.go(link.slice(home.origin.length));
  await phone.says("#invite-refused", say("invite.revoked"));
});

test("a locked phone shows whose it is and opens by the PIN alone", async () => {
  home.allow(refusals);
  const guard = await home.phone();
  await guard.go("/session/new");
  await guard.fill("#f-login", "security");
  await guard.fill("#f-pin", PIN);
  await guard.press("form.card button[type=submit]");
  await guard.seen("#main");
  await guard.go("/me");
  await guard.press("#lock");
  await guard.seen("#unlock");
  assert.equal(await guard.count("#f-login"), 0);
  assert.equal(await guard.page.getAttribute("#f-pin", "inputmode"), "numeric");
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await guard.page.evaluate(axe);
  for (const colorScheme of ["light", "dark"]) {
    await guard.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const found = await guard.page.evaluate(async () => (await window.axe.run()).violations.map(({ id }) => id));
    assert.deepEqual(found, [], colorScheme);
  }
  await guard.page.goto(`${home.origin}/lobby`);
  await guard.fill("#f-pin", "999999");
  await guard.press("#unlock [type=submit]");
  await guard.says("#f-pin-error", say("session.wrong_pin"));
  await guard.fill("#f-pin", PIN);
  await guard.press("#unlock [type=submit]");
  await guard.seen("#lobby");
  // Signed out, it has forgotten him.
  await guard.go("/me");
  await guard.press("#sign-out");
  await guard.seen("#f-login");
});

test("somebody else takes a locked phone over, and it is his from then on", async () => {
  const phone = await home.phone();
  const enter = async (login) => {
    await phone.fill("#f-login", login);
    await phone.fill("#f-pin", PIN);
    await phone.press("form.card button[type=submit]");
    await phone.seen(".nav");
    await phone.go("/me");
  };
  const lock = async () => {
    await phone.press("#lock");
    await phone.seen("#unlock");
    return phone.text("#unlock .signin-me b");
  };
  await phone.go("/session/new");
  await enter("cleaning");
  const first = await lock();
  await phone.press("#somebody-else");
  await enter("service");
  assert.notEqual(await lock(), first);
});

test("a session that ended with a tap waiting goes on after the PIN alone", async () => {
  home.allow(refusals);
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.as("supervisor");
  const item = (await supervisor.items(event.id)).find((i) => i.template_id === "S1");
  const service = await home.phone("service", { own: true });
  await service.go(`/events/${event.id}/items`);
  await service.context.clearCookies();
  await service.press(`#tick-${item.id}`);
  await service.seen("#dialog-signin[open]");
  await service.fill("#dialog-signin-pin", PIN);
  await service.press("#dialog-signin [type=submit]");
  await service.hidden("#dialog-signin");
  await service.seen(`#item-${item.id}[data-state=submitted]:not([data-pending])`);
  const { log } = await supervisor.get(`/events/${event.id}/log`);
  assert.equal(log.filter((row) => row.subject === `item:${item.id}` && row.verb === "item.done").length, 1);
});

test("the service worker lets sign-in pages through and keeps no code", async () => {
  home.allow(refusals);
  const phone = await home.phone("supervisor", { own: true, serviceWorkers: "allow" });
  await phone.go("/me");
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await until("the worker is in charge", () => phone.page.evaluate(() => Boolean(navigator.serviceWorker.controller)));
  await phone.go("/me");
  const { link } = await shown(phone, "cleaning");
  const kept = await phone.page.evaluate(async () => {
    const cache = await caches.open("pages");
    return (await cache.keys()).map(({ url }) => new URL(url).pathname);
  });
  assert.ok(kept.includes("/me"), `pages are kept: ${kept}`);
  assert.deepEqual(
    kept.filter((p) => p.includes("invite") && p !== "/invites/new"),
    [],
  );
  // The supervisor's own phone takes it: what was kept for him is gone.
  await phone.go(link.slice(home.origin.length));
  await phone.press("#accept-yes");
  await phone.seen("#pin-form");
  const left = await phone.page.evaluate(async () => (await (await caches.open("pages")).keys()).map(({ url }) => url));
  assert.deepEqual(
    left.filter((url) => url.endsWith("/me")),
    [],
  );
});

let provider;
let sso;
before(async () => {
  provider = await oidcProvider();
  const port = 20000 + Math.floor(Math.random() * 20000);
  const env = { BASE_URL: `http://127.0.0.1:${port}`, OIDC_ISSUER: provider.origin, OIDC_CLIENT_ID: "huiwu" };
  sso = await start({ env: { ...env, OIDC_CLIENT_SECRET: "quartz", OIDC_NAME: "云门" }, port });
});
after(async () => {
  await sso?.stop();
  await provider?.close();
});

for (const serviceWorkers of ["block", "allow"]) {
  test(`the organisation's account leads to the page that was asked for (service workers: ${serviceWorkers})`, async () => {
    home.allow(/status of 403/);
    const guard = await home.phone(undefined, { origin: sso.origin, serviceWorkers });
    await guard.go("/lobby");
    if (serviceWorkers === "allow") {
      await until("the worker is in charge", () =>
        guard.page.evaluate(() => Boolean(navigator.serviceWorker.controller)),
      );
    }
    provider.person = "security";
    await guard.press("#oidc");
    await guard.page.click("#agree");
    await guard.seen("#lobby");
    assert.equal(path(guard), "/lobby");
    await guard.go("/me");
    await guard.press("#sign-out");
    provider.person = "nobody.here";
    await guard.press("#oidc");
    await guard.page.click("#agree");
    await guard.says(".signin-notice", "nobody.here");
  });
}
