// The pages as an app: an act shows in the next frame, the arrow goes back, a slow page shows its outline, the phone
// vibrates on cue, and all of it can be installed.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { newEvent, VISIT } from "./lib/building.mjs";
import { house, PHONE, SOON, starting, until } from "./lib/people.mjs";

const home = house();
const CHAT =
  "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/134.0 Mobile Safari/537.36 MicroMessenger/8.0.58";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile Safari/604.1";

const ticked = async () => {
  const event = await newEvent(home, { people: ["service"] });
  const items = await (await home.as("supervisor")).items(event.id);
  return { event, item: items.find((i) => i.template_id === "S9") };
};

// buzz records what the phone would do.
const buzz = (person) =>
  person.context.addInitScript(() => {
    window.buzzed = [];
    Object.defineProperty(navigator, "vibrate", { value: (pattern) => window.buzzed.push([pattern].flat()[0]) });
  });

test("a tick shows within 50 ms whatever the network", async () => {
  const { event, item } = await ticked();
  for (const motion of ["no-preference", "reduce"]) {
    const phone = await home.phone("service");
    await phone.page.emulateMedia({ reducedMotion: motion });
    await phone.go(`/events/${event.id}/items?mine=1`);
    let free;
    await phone.page.route("**/items/*/done", async (route) => {
      await new Promise((resolve) => {
        free = resolve;
      });
      await route.continue();
    });
    const ms = await phone.page.evaluate(async (id) => {
      const button = document.getElementById(`tick-${id}`);
      const face = button.querySelector(".i");
      const look = () => [getComputedStyle(face).backgroundColor, getComputedStyle(face).borderTopStyle].join();
      const before = look();
      const tapped = performance.now();
      button.click();
      await new Promise(requestAnimationFrame);
      return look() === before ? Number.POSITIVE_INFINITY : performance.now() - tapped;
    }, item.id);
    console.log(`tick shows after ${ms.toFixed(1)} ms (motion: ${motion})`);
    assert.ok(ms < 50 * (SOON / 1000), `${ms} ms`);
    await until("the act is on its way", () => free);
    free();
    await phone.seen(`#item-${item.id}[data-state=submitted]`);
    await (await home.as("service")).must("DELETE", `/items/${item.id}/done`);
  }
});

test("the arrow goes back to where the person came from, else up, and never into a form", async () => {
  const phone = await home.phone("commander");
  await phone.go("/today");
  const event = await phone.page.getAttribute(".today-events a[href^='/events/']", "href");
  await phone.page.click(`.today-events a[href='${event}']`);
  await phone.page.waitForURL(`**${event}`);
  await phone.press(".top-back");
  await phone.page.waitForURL("**/today");
  await phone.page.goto(`${home.origin}${event}`);
  await phone.press(".top-back");
  await phone.page.waitForURL("**/events");
  await phone.page.goto(`${home.origin}${event}`);
  await phone.page.click(`a[href='${event}/edit']`);
  await phone.page.waitForURL("**/edit");
  await phone.page.click("#main form button[type=submit]");
  await phone.page.waitForURL(`**${event}`);
  await phone.press(".top-back");
  await phone.page.waitForURL("**/events");
});

test("a slow page shows its outline, a fast one does not", async () => {
  const phone = await home.phone("service");
  // The leaving page notes it itself: nobody can look into it from outside while it leaves.
  await phone.context.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => {
      new MutationObserver(() => {
        if ("away" in document.body.dataset)
          sessionStorage.away = getComputedStyle(document.getElementById("main"), "::after").content;
      }).observe(document.body, { attributes: true });
    });
  });
  for (const [slow, outline] of [
    [0, undefined],
    [2000, '""'],
  ]) {
    await phone.go("/today");
    await phone.page.route("**/events", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, slow));
      await route.continue();
    });
    await phone.page.$eval(".nav a[href='/events']", (link) => setTimeout(() => link.click()));
    await phone.page.waitForURL("**/events");
    await phone.seen(".events");
    const seen = await phone.page.evaluate(() => [sessionStorage.away, "away" in document.body.dataset]);
    assert.deepEqual(seen, [outline, false], `after ${slow} ms`);
    await phone.page.unroute("**/events");
  }
});

test("the phone vibrates when an act is through or refused, not before a touch, and not when that is switched off", async () => {
  const { event, item } = await ticked();
  const phone = await home.person("service", { ...PHONE });
  await buzz(phone);
  await phone.go(`/events/${event.id}/items?mine=1`);
  await (await home.as("commander")).must("PUT", `/items/${item.id}/exemption`, { reason: "不用" });
  await phone.seen(`#item-${item.id}[data-state=not-needed]`);
  await (await home.as("commander")).must("DELETE", `/items/${item.id}/exemption`);
  await phone.seen(`#item-${item.id}:not([data-state=not-needed])`);
  const buzzed = () => phone.page.evaluate(() => window.buzzed);
  assert.deepEqual(await buzzed(), []);
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-state=submitted]`);
  await until("it is felt", async () => (await buzzed()).includes(15));
  home.allow(/status of 409/);
  await phone.page.route("**/items/*/done", (route) =>
    route.fulfill({
      status: 409,
      contentType: "text/html",
      body: '<p data-error="">不行</p>',
      headers: { "X-Ack": route.request().headers()["idempotency-key"] },
    }),
  );
  await phone.page.evaluate(() => {
    window.buzzed = [];
  });
  await phone.press(`#tick-${item.id}`);
  await until("the refusal is felt", async () => (await buzzed()).includes(40));
  await phone.page.unroute("**/items/*/done");
  await phone.go("/me");
  await phone.page.uncheck("[data-haptics-choice]");
  await phone.go(`/events/${event.id}/items?mine=1`);
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}:not([data-state=submitted])`);
  assert.deepEqual(await buzzed(), []);
});

test("an item of mine that falls due is felt, another crew's is not", async () => {
  const phone = await home.phone("service");
  await buzz(phone);
  await phone.go(`/events/${(await (await home.as("commander")).event(VISIT)).id}/items`);
  await phone.press(".section-title");
  const turn = (crew) =>
    phone.page.evaluate((c) => {
      const row = document.querySelector(`.item[data-crew="${c}"]`);
      row.dataset.state = "not-due";
      row.dataset.due = new Date(Date.now() - 36e5).toISOString();
    }, crew);
  await turn("SEC");
  await phone.seen(".item[data-crew=SEC][data-state=late]");
  assert.deepEqual(await phone.page.evaluate(() => window.buzzed), []);
  await turn("SVC");
  await until("the cue", () => phone.page.evaluate(() => window.buzzed.includes(90)));
});

test("pulled down, an installed app fetches the newest; a tab leaves that to the browser", async () => {
  for (const installed of [true, false]) {
    const phone = await home.phone("service");
    await phone.context.addInitScript((yes) => {
      Object.defineProperty(navigator, "standalone", { value: yes });
    }, installed);
    await phone.go("/today");
    let fetched = 0;
    phone.page.on("request", (request) => {
      if (request.url().endsWith("/today")) fetched++;
    });
    const cdp = await phone.context.newCDPSession(phone.page);
    const touch = (type, y) =>
      cdp.send("Input.dispatchTouchEvent", { type, touchPoints: y === undefined ? [] : [{ x: 200, y }] });
    await touch("touchStart", 120);
    for (const y of [140, 180, 240]) await touch("touchMove", y);
    if (installed) await phone.seen(".pull[data-far]");
    await touch("touchEnd");
    if (installed) {
      await until("the page is fetched", () => fetched > 0);
      await phone.gone(".pull");
    } else assert.equal(await phone.count(".pull"), 0);
  }
});

test("the status bar has the colour of the top bar in every theme", async () => {
  const phone = await home.phone("service");
  for (const theme of ["light", "dark", "dim"]) {
    await phone.context.addCookies([{ name: "theme", value: theme, url: home.origin }]);
    await phone.page.goto(`${home.origin}/today`);
    await phone.page.evaluate(() => localStorage.clear());
    await phone.page.reload();
    const [said, bar] = await phone.page.evaluate(() => {
      const el = document.createElement("i");
      el.style.color = document.querySelector("meta[name=theme-color]").content;
      document.body.append(el);
      return [getComputedStyle(el).color, getComputedStyle(document.querySelector(".top")).backgroundColor];
    });
    assert.equal(said, bar, theme);
  }
  await phone.go("/me");
  await phone.page.check("[data-theme-choice][value=light]", { force: true });
  await until("the choice is followed", () =>
    phone.page.$$eval("meta[name=theme-color]", (list) => list.every((meta) => meta.content === "rgb(255, 255, 255)")),
  );
});

test("how to install is said once on the third visit, in each browser's own way", async () => {
  for (const [userAgent, way] of [
    [CHAT, "chat"],
    [IPHONE, "ios"],
  ]) {
    const phone = await home.phone("service", { userAgent });
    const visit = async () => {
      await phone.page.evaluate(() => sessionStorage.clear()).catch(() => {});
      await phone.go("/today");
    };
    const hints = () => phone.count("#toasts [data-toast=install]");
    await phone.page.clock.install();
    for (let n = 1; n <= 4; n++) {
      await visit();
      await phone.page.clock.runFor(4500);
      assert.equal(await hints(), n === 3 ? 1 : 0, `${way}, visit ${n}`);
      if (n === 3) {
        await phone.page.click("#toasts [data-toast=install] .toast-act");
        await phone.page.waitForURL("**/me#install");
        assert.deepEqual(
          await phone.page.$$eval("#install [data-way]", (list) =>
            list.filter((el) => !el.hidden).map((el) => el.dataset.way),
          ),
          [way],
        );
      }
    }
  }
});

test("the program can be installed, in the reader's language and with the places of his role", async () => {
  const dir = mkdtempSync(join(tmpdir(), "huiwu-profile-"));
  const context = await chromium.launchPersistentContext(dir, {
    ...starting,
    ...PHONE,
  });
  try {
    await context.addCookies([(await home.as("service")).cookie]);
    const page = await context.newPage();
    await page.goto(`${home.origin}/today`);
    const cdp = await context.newCDPSession(page);
    assert.deepEqual((await cdp.send("Page.getInstallabilityErrors")).installabilityErrors, []);
    const { errors, data } = await cdp.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    const manifest = JSON.parse(data);
    assert.deepEqual(
      [manifest.id, manifest.lang, manifest.name, manifest.start_url],
      ["/", "zh-CN", "会务台", "/today"],
    );
    assert.deepEqual(
      manifest.shortcuts.map((s) => s.url),
      ["/today", "/events", "/lobby", "/door"],
    );
    for (const { src, sizes } of [...manifest.icons, ...manifest.screenshots]) {
      const { ok, w, h } = await page.evaluate(async (url) => {
        const img = Object.assign(new Image(), { src: url });
        await img.decode();
        return { ok: true, w: img.naturalWidth, h: img.naturalHeight };
      }, src);
      assert.ok(ok && (sizes === "any" || sizes === `${w}x${h}`), `${src} is ${w}x${h}, not ${sizes}`);
    }
  } finally {
    await context.close();
    rmSync(dir, { recursive: true, force: true });
  }
  for (const [query, lang, name, start, first] of [
    ["lang=en&role=supervisor&crew=SUP", "en", "Huiwu", "/board", "/today"],
    ["lang=zh&role=board", "zh-CN", "会务台", "/board?tv=1", "/board"],
    ["lang=xx&role=nobody", "zh-CN", "会务台", "/today", undefined],
  ]) {
    const answer = await fetch(`${home.origin}/manifest.webmanifest?${query}`);
    assert.match(answer.headers.get("Content-Type"), /^application\/manifest\+json/);
    const m = await answer.json();
    assert.deepEqual(
      [m.lang, m.name, m.start_url, m.shortcuts?.[0].url, m.screenshots.length],
      [lang, name, start, first, 3],
      query,
    );
  }
});
