// The oldest engine that people still carry: the central things in a real Chromium 114 (HarmonyOS, Huawei Browser). It
// comes from npm, packed with brotli.
import assert from "node:assert/strict";
import { chmodSync, createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import { createBrotliDecompress } from "node:zlib";
import { chromium } from "playwright-core";
import { newEvent } from "./lib/building.mjs";
import { PIN } from "./lib/demo.mjs";
import { house, PHONE, starting } from "./lib/people.mjs";

const home = house();
const dir = mkdtempSync(join(tmpdir(), "huiwu-floor-"));
let old;

before(async () => {
  let at = dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium"));
  while (!existsSync(join(at, "bin", "chromium.br"))) at = dirname(at);
  const executablePath = join(dir, "chromium");
  await pipeline(
    createReadStream(join(at, "bin", "chromium.br")),
    createBrotliDecompress(),
    createWriteStream(executablePath),
  );
  chmodSync(executablePath, 0o755);
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"];
  old = await chromium.launch({ ...starting, executablePath, args });
});

after(async () => {
  await old?.close();
  rmSync(dir, { recursive: true, force: true });
});

// ancient opens a phone with the old engine.
async function ancient(login, options) {
  const newer = home.browser;
  home.browser = old;
  try {
    return await home.person(login, { ...PHONE, ...options });
  } finally {
    home.browser = newer;
  }
}

test("it is the old engine", () => assert.match(old.version(), /^114\./));

test("sign in, tick, and the others see it", async () => {
  const event = await newEvent(home, { people: ["service"] });
  const item = (await (await home.as("supervisor")).items(event.id)).find((i) => i.template_id === "S4");
  const phone = await ancient();
  await phone.page.goto(`${home.origin}/events/${event.id}/items?mine=1`);
  await phone.fill("#f-login", "service");
  await phone.fill("#f-pin", PIN);
  await phone.page.click("#main form button[type=submit]");
  await phone.seen(`#item-${item.id}`);
  await phone.live();
  const commander = await home.desk("commander");
  await commander.go(`/events/${event.id}/items`);
  await phone.press(`#tick-${item.id}`);
  await phone.seen(`#item-${item.id}[data-state=submitted]`);
  await commander.soon(`#item-${item.id}[data-state=submitted]`);
  await commander.press(`#accept-${item.id}`);
  await phone.soon(`#item-${item.id}[data-state=accepted]`);
});

test("every page of a phone is whole", async () => {
  const phone = await ancient("security");
  for (const path of ["/today", "/events", "/lobby?post=lobby", "/activity", "/board", "/me"]) {
    await phone.go(path);
    const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= PHONE.viewport.width, `${path}: ${wide} px wide`);
    assert.notEqual(
      await phone.page.$eval(".nav", (nav) => getComputedStyle(nav).position),
      "static",
      `${path} has its style`,
    );
  }
});

test("a page seen before opens without network", async () => {
  home.allow(/ERR_INTERNET_DISCONNECTED/, /WebSocket connection/);
  const phone = await ancient("service", { serviceWorkers: "allow" });
  await phone.go("/today");
  await phone.page.evaluate(() => navigator.serviceWorker.ready);
  await phone.go("/today"); // now through the worker
  await phone.page.evaluate(async () => {
    for (let n = 0; n < 100 && !(await caches.match("/today", { ignoreVary: true })); n++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  await phone.context.setOffline(true);
  await phone.page.reload();
  await phone.seen(".today");
});
