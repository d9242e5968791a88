// Every part in every state: open to everybody in both languages and themes, no wider than a phone, and alive: what waits
// in the outbox is marked, what asks opens its dialog. And no way to it from the product.
import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, sticksOut, violations } from "./lib/axe.mjs";
import { start } from "./lib/demo.mjs";
import { house, PHONE } from "./lib/people.mjs";
import { sheets, unstyled } from "./lib/styles.mjs";

const home = house({ args: ["gallery"] });

const groups = (person) =>
  person.page.$$eval(".gallery > nav:first-child a", (links) => links.map((a) => new URL(a.href).pathname));

for (const locale of ["zh", "en"]) {
  test(`parts are open to everybody and fit a phone (${locale})`, async () => {
    const phone = await home.phone();
    await phone.page.emulateMedia({ reducedMotion: "reduce" });
    await phone.go("/");
    const all = await groups(phone);
    assert.ok(all.length >= 7, `pages of the gallery: ${all}`);
    const said = [];
    const built = sheets();
    for (const path of all) {
      await phone.go(`${path}?lang=${locale}`);
      const without = await phone.page.evaluate(unstyled, built);
      if (without.length) said.push(`${path} does not load the styles of ${without}`);
      for (const theme of ["light", "dark", "dim"]) {
        await phone.go(`${path}?lang=${locale}&theme=${theme}`);
        assert.equal(await phone.page.getAttribute("html", "data-theme"), theme);
        await phone.page.evaluate(axe);
        const found = await violations(phone, { colours: theme !== "light" });
        said.push(...found.map((text) => `${path} ${theme} ${text}`));
        const out = await phone.page.evaluate(sticksOut, PHONE.viewport.width);
        if (out) said.push(`${path} ${theme} ${out}`);
      }
    }
    assert.deepEqual(said, []);
  });
}

test("rows of the outbox are drawn by the product's own scripts, and a row's button opens its dialog", async () => {
  const phone = await home.phone();
  await phone.go("/items?lang=zh");
  await phone.seen("#item-waiting[data-pending-as=done]");
  await phone.seen("#item-accepting[data-pending-as=accepted]");
  await phone.press("#reject-submitted");
  await phone.seen("#dialog-reason[open][data-kind=reject]");
  await phone.go("/told?lang=zh");
  await phone.seen("#outbox [data-outbox=declined]");
  assert.equal(await phone.count("#outbox > li"), 5);
});

test("the language switch stays on the page and its theme", async () => {
  const desk = await home.desk();
  await desk.go("/controls?lang=zh&theme=dim");
  await desk.press("#locale-switch");
  await desk.seen("html[lang=en][data-theme=dim]", { state: "attached" });
  await desk.go("/items?lang=en&theme=beside");
  assert.equal(await desk.count("iframe"), 3);
  const frame = desk.page.frames().find((f) => f.url().includes("theme=dark"));
  await frame.waitForSelector("html[data-theme=dark] .item");
});

test("the product has no way to it", async (t) => {
  const product = await start();
  t.after(() => product.stop());
  for (const path of ["/gallery", "/gallery.css", "/controls", "/items"]) {
    const { status } = await fetch(product.origin + path, { headers: { Accept: "text/html" }, redirect: "manual" });
    assert.ok([303, 404, 302].includes(status), `${path}: ${status}`);
  }
});
