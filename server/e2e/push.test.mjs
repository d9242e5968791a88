// What wakes the phone: a push becomes a notice in its person's language, a tap on it leads to its page and says that he
// knows, and nothing that comes by push leaves the phone silent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newEvent } from "./lib/building.mjs";
import { house, until, within } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();

// woken opens a person's phone that may be woken: { phone, inWorker(), push(), shown() }.
async function woken(login, path = "/today") {
  const phone = await home.phone(login, { serviceWorkers: "allow", permissions: ["notifications"] });
  await phone.go(path);
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await until("the page is the worker's", () => phone.page.evaluate(() => Boolean(navigator.serviceWorker.controller)));
  const worker = phone.context.serviceWorkers()[0] ?? (await phone.context.waitForEvent("serviceworker"));
  const cdp = await phone.context.newCDPSession(phone.page);
  const registered = new Promise((resolve) => {
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const ours = registrations.find(({ scopeURL }) => scopeURL === `${phone.origin}/`);
      if (ours) resolve(ours.registrationId);
    });
  });
  await cdp.send("ServiceWorker.enable");
  const registrationId = await within("the worker's registration", registered);
  const inWorker = (what, ...code) => within(`the worker ${what}`, worker.evaluate(...code));
  // Asked too early what it shows, the browser forgets what it is about to show: so the worker says when it has.
  await inWorker("counts what it shows", () => {
    self.told = 0;
    const { showNotification } = self.registration;
    self.registration.showNotification = async (...what) => {
      await showNotification.apply(self.registration, what);
      self.told++;
    };
  });
  const push = async (message) => {
    const data = typeof message === "string" ? message : JSON.stringify(message);
    const before = await inWorker("says what it showed", () => self.told);
    await cdp.send("ServiceWorker.deliverPushMessage", { origin: phone.origin, registrationId, data });
    await until(`something is shown for ${data.slice(0, 60)}`, () => worker.evaluate((n) => self.told > n, before));
  };
  const shown = () =>
    inWorker("says what is shown", async () => {
      const list = await self.registration.getNotifications();
      return list.map((n) => ({
        title: n.title,
        body: n.body,
        tag: n.tag,
        stays: n.requireInteraction,
        again: n.renotify,
        silent: n.silent,
        buzz: [...n.vibrate],
        at: n.timestamp,
        icon: n.icon,
        badge: n.badge,
        url: n.data?.url,
      }));
    });
  return { phone, inWorker, push, shown };
}

// message is what the server sends of a notice (server/notify/push.go), as it words it for this person.
async function message(person, kind) {
  let notice;
  await until(`${person.login} is told`, async () => {
    notice = (await person.get("/notices")).notices.find((n) => n.kind === kind);
    return notice;
  });
  const { id, url, key, grave, made_at, Title, Body } = notice;
  const at = Date.parse(made_at);
  return { notice: id, title: Title, body: Body, url, tag: key, grave, at, icon: "/icon.png", badge: "/badge.png" };
}

// tap taps a notice that is shown. No finger reaches a headless browser's notices, so the event is made in the worker,
// and what needs a finger is noted instead of done: which page is brought to the front, and what is opened beside it.
const tap = (inWorker, tag) =>
  inWorker(
    "is tapped",
    async (wanted) => {
      const did = [];
      const { focus, navigate } = WindowClient.prototype;
      const { openWindow } = Clients.prototype;
      WindowClient.prototype.focus = async function () {
        did.push(`focus ${new URL(this.url).pathname}`);
        return this;
      };
      WindowClient.prototype.navigate = function (url) {
        did.push(`navigate ${url.replace(self.location.origin, "")}`);
        return navigate.call(this, url);
      };
      Clients.prototype.openWindow = async (url) => {
        did.push(`open ${url.replace(self.location.origin, "")}`);
      };
      try {
        const [notification] = await self.registration.getNotifications({ tag: wanted });
        const event = new self.NotificationEvent("notificationclick", { notification });
        const waits = [];
        Object.defineProperty(event, "waitUntil", { value: (work) => waits.push(work) });
        self.dispatchEvent(event);
        await Promise.all(waits);
        return did;
      } finally {
        Object.assign(WindowClient.prototype, { focus, navigate });
        Clients.prototype.openWindow = openWindow;
      }
    },
    tag,
  );

// rejected makes an event, and a rejection of an item that this person has done.
async function rejected(locale = "zh") {
  const event = await newEvent(home, { people: ["service"] });
  const [service, commander] = await Promise.all([home.as("service"), home.as("commander")]);
  await service.must("PUT", "/me/locale", { locale });
  const item = (await service.items(event.id)).find((i) => i.template_id === "S9");
  await service.must("PUT", `/items/${item.id}/done`);
  await commander.must("PUT", `/items/${item.id}/acceptance`, { verdict: "rejected", reason: "左右放反" });
  return { event, item, service };
}

test("a push shows what the server says, in the language of its person", async () => {
  for (const locale of ["zh", "en"]) {
    const { event, item, service } = await rejected(locale);
    const { phone, push, shown } = await woken("service");
    const m = await message(service, "rejected");
    await push(m);
    assert.deepEqual(await shown(), [
      {
        title: say("notice.rejected", { item: locale === "en" ? item.en : item.zh }, locale),
        body: `左右放反 · ${event.name}`,
        tag: m.tag,
        stays: false,
        again: false,
        silent: false,
        buzz: [200],
        at: m.at,
        icon: `${home.origin}/icon.png`,
        badge: `${home.origin}/badge.png`,
        url: `/events/${event.id}/items?crew=SVC#item-${item.id}`,
      },
    ]);
    await phone.context.close();
  }
  await (await home.as("service")).must("PUT", "/me/locale", { locale: "zh" });
});

test("a grave one stays until it is seen and rings again; the same one takes its own place", async () => {
  const { push, shown } = await woken("service");
  const grave = { title: "★ 话筒超时", body: "10:00", url: "/today", tag: "late:1", grave: true, at: 1000 };
  await push(grave);
  await push({ ...grave, title: "★ 话筒还是超时" });
  await push({ title: "别的", tag: "due:1", url: "/today" });
  const look = (await shown()).map(({ title, stays, again, buzz }) => [title, stays, again, buzz.length]);
  assert.deepEqual(
    look.sort(),
    [
      ["★ 话筒还是超时", true, true, 5],
      ["别的", false, false, 1],
    ].sort(),
  );
});

test("whatever comes by push, something is shown, and a tap on it opens the notices", async () => {
  const { inWorker, push, shown } = await woken("service");
  const bad = [
    "",
    "not json",
    "null",
    "5",
    '"text"',
    "[]",
    "{}",
    '{"title":null,"body":null,"tag":null,"url":null}',
    '{"title":"","tag":"","grave":true}',
    '{"title":{"a":1},"body":[1],"tag":7,"grave":"yes","at":"soon","icon":"http://[","badge":5}',
    `{"title":"long","body":"${"长".repeat(1200)}"}`,
  ];
  for (const text of bad) {
    await push(text);
    const [{ title, tag }] = await shown();
    assert.ok(title, text);
    const did = await tap(inWorker, tag || undefined);
    assert.match(did.at(-1) ?? "nothing", /^(navigate|focus) \/notices$/, text.slice(0, 60));
    await until("it is gone", async () => (await shown()).length === 0);
  }
});

test("a tap leads the page there is to the notice's page, and says that the person knows", async () => {
  const { event, item, service } = await rejected();
  const { phone, inWorker, push, shown } = await woken("service");
  const m = await message(service, "rejected");
  await push(m);
  assert.deepEqual(await tap(inWorker, m.tag), ["focus /today", `navigate ${m.url}`]);
  await phone.page.waitForURL(`**/events/${event.id}/items?crew=SVC#item-${item.id}`);
  await phone.seen(`#item-${item.id}`);
  assert.equal((await shown()).length, 0, "it is gone from the screen");
  const known = (await service.get("/notices")).notices.find((n) => n.id === m.notice);
  assert.ok(known.acknowledged_at, "he knows");
});

test("a tap brings the very page to the front; without any page, or to another site, as it should be", async () => {
  const { phone, inWorker, push } = await woken("service", "/notices");
  const other = await phone.context.newPage();
  await other.goto(`${phone.origin}/today`);
  const tapped = async (url) => {
    await push({ title: "t", tag: "t", url });
    return tap(inWorker, "t");
  };
  assert.deepEqual(await tapped("/notices"), ["focus /notices"], "it is there: no other page is led away");
  assert.deepEqual(await tapped("https://evil.example/x"), [], "never to another site");
  assert.deepEqual(await tapped("//evil.example/x"), []);
  await other.close();
  await phone.page.goto("about:blank");
  assert.deepEqual(await tapped("/today"), ["open /today"]);
});

test("a new address from the push service is told to the server", async () => {
  const { inWorker } = await woken("service");
  // The browser has no push service to give it an address: what it would ask for, and give, is made here.
  const sent = await inWorker("is given a new address", async () => {
    const asked = [];
    const { subscribe } = PushManager.prototype;
    const { fetch } = self;
    PushManager.prototype.subscribe = async (options) => {
      asked.push(options);
      return { toJSON: () => ({ endpoint: "https://push.example.com/new", keys: { p256dh: "P", auth: "A" } }) };
    };
    self.fetch = async (url, { method, body }) => {
      asked.push(`${method} ${url} ${body}`);
      return new Response();
    };
    try {
      for (const change of [
        { oldSubscription: { options: { key: "old" } } },
        { newSubscription: { options: { key: "new" } }, oldSubscription: null },
        {},
      ]) {
        const event = Object.assign(new ExtendableEvent("pushsubscriptionchange"), change);
        const waits = [];
        Object.defineProperty(event, "waitUntil", { value: (work) => waits.push(work) });
        self.dispatchEvent(event);
        await Promise.all(waits);
      }
      return asked;
    } finally {
      PushManager.prototype.subscribe = subscribe;
      self.fetch = fetch;
    }
  });
  const saved = "PUT /me/push endpoint=https%3A%2F%2Fpush.example.com%2Fnew&p256dh=P&auth=A";
  assert.deepEqual(sent, [{ key: "old" }, saved, { key: "new" }, saved]);
});
