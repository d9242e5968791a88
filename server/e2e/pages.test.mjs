// Every page, for everybody: readable in both languages and themes, with large text, on a small phone, by keyboard, and
// as clean HTML under the strict policy.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HtmlValidate } from "html-validate";
import { axe, sticksOut, violations } from "./lib/axe.mjs";
import { newEvent } from "./lib/building.mjs";
import { PIN } from "./lib/demo.mjs";
import { pages } from "./lib/pages.mjs";
import { DESK, house, launch, PHONE } from "./lib/people.mjs";
import { sheets, unstyled } from "./lib/styles.mjs";

let all;
const home = house({
  opened: async (home) => {
    all = await pages(home);
  },
});
const missing = /status of 404/; // one of the pages is the one for addresses that do not exist

// browsers keeps one browser for each person.
function browsers(options) {
  const known = new Map();
  return async (who) => {
    if (!known.has(who)) known.set(who, home.person(who, options));
    return known.get(who);
  };
}

for (const locale of ["zh", "en"]) {
  test(`nothing is in the way of anybody (${locale})`, async () => {
    home.allow(missing);
    const at = browsers(PHONE);
    const said = [];
    for (const who of new Set(all.map((page) => page.who))) {
      const person = await at(who);
      const clerk = who && (await home.as(who));
      if (clerk) await clerk.must("PUT", "/me/locale", { locale });
      else await person.context.addCookies([{ name: "locale", value: locale, url: home.origin }]);
    }
    for (const { name, path, who, wide, lang = locale } of all) {
      const person = await at(who);
      await person.page.setViewportSize((wide ? DESK : PHONE).viewport);
      await person.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      await person.go(path);
      assert.equal(await person.page.getAttribute("html", "lang"), lang === "zh" ? "zh-CN" : "en", name);
      await person.page.evaluate(axe);
      await person.page.$$eval("#main details", (list) => {
        for (const el of list.slice(0, 3)) el.open = true;
      });
      said.push(...(await violations(person)).map((text) => `${name} ${text}`));
      await person.page.emulateMedia({ colorScheme: "dark" });
      said.push(...(await violations(person, { colours: true })).map((text) => `${name} dark ${text}`));
      if (name === "items-mine" || name === "event-board") {
        await person.page.evaluate(() => {
          document.documentElement.dataset.theme = "dim";
        });
        said.push(...(await violations(person, { colours: true })).map((text) => `${name} dim ${text}`));
      }
    }
    assert.deepEqual(said, []);
  });
}

test("dialogs are as open to everybody as pages are", async () => {
  const phone = await home.phone("commander");
  await phone.go(all.find((page) => page.name === "items").path);
  await phone.page.evaluate(axe);
  const said = [];
  for (const kind of ["reading", "reason", "confirm", "accept", "signin"]) {
    await phone.page.evaluate((id) => document.getElementById(id).showModal(), `dialog-${kind}`);
    for (const colorScheme of ["light", "dark"]) {
      await phone.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      said.push(
        ...(await violations(phone, { part: `#dialog-${kind}` })).map((text) => `${kind} ${colorScheme} ${text}`),
      );
    }
    await phone.page.evaluate((id) => document.getElementById(id).close(), `dialog-${kind}`);
  }
  assert.deepEqual(said, []);
});

test("a thumb finds everything, and nothing sticks out of a small phone", async () => {
  home.allow(missing);
  const at = browsers(PHONE);
  const said = [];
  for (const { name, path, who, wide } of all) {
    const person = await at(who);
    await person.page.setViewportSize(PHONE.viewport);
    await person.go(path);
    if (!wide) said.push(...(await person.page.evaluate(smallTargets)).map((text) => `${name}: small ${text}`));
    for (const width of [390, 320]) {
      await person.page.setViewportSize({ width, height: 700 });
      const out = await person.page.evaluate(sticksOut, width);
      if (out) said.push(`${name}: ${width} px: ${out}`);
    }
  }
  assert.deepEqual(said, []);
});

test("every page loads the styles of what stands on it", async () => {
  home.allow(missing);
  const at = browsers(PHONE);
  const built = sheets();
  const said = [];
  for (const { name, path, who } of all) {
    const person = await at(who);
    await person.go(path);
    const without = await person.page.evaluate(unstyled, built);
    if (without.length) said.push(`${name}: ${without}`);
  }
  assert.deepEqual(said, []);
});

test("text of double size still fits", async (t) => {
  home.allow(missing);
  const ordinary = home.browser;
  home.browser = await launch("--blink-settings=defaultFontSize=32"); // as people set it in their browser
  t.after(async () => {
    await home.browser.close();
    home.browser = ordinary;
  });
  const at = browsers(PHONE);
  const said = [];
  for (const { name, path, who } of all) {
    const person = await at(who);
    await person.go(path);
    assert.equal(await person.page.evaluate(() => getComputedStyle(document.documentElement).fontSize), "32px");
    const out = await person.page.evaluate(sticksOut, 390);
    if (out) said.push(`${name}: ${out}`);
  }
  assert.deepEqual(said, []);
});

// smallTargets names what can be touched and is smaller than a thumb. Links in running text are as large as the text.
function smallTargets() {
  const touchable = "a[href], button, summary, select, textarea, input:not([type=hidden]), label.tick, label.segment";
  const list = [];
  for (const el of document.querySelectorAll(touchable)) {
    const box = el.getBoundingClientRect();
    const style = getComputedStyle(el);
    if (!el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || style.clipPath !== "none") continue;
    if (el.matches("label input, .skip:not(:focus)") || (style.display === "inline" && el.matches("p a, li a, dd a")))
      continue;
    if (box.width < 43.5 || box.height < 43.5) {
      list.push(
        `${el.tagName.toLowerCase()}.${[...el.classList].join(".")}#${el.id} ${Math.round(box.width)}×${Math.round(box.height)} ${el.textContent.trim().slice(0, 20)}`,
      );
    }
  }
  return [...new Set(list.map((text) => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "…")))];
}

test("by keyboard alone: sign in, tick, accept", async () => {
  const event = await newEvent(home, { people: ["service"] });
  const item = (await (await home.as("supervisor")).items(event.id)).find((i) => i.template_id === "S4");
  // tab goes on until the focus is where it shall be.
  const tab = async (person, id) => {
    for (let n = 0; n < 400; n++) {
      await person.page.keyboard.press("Tab");
      const at = await person.page.evaluate(() => {
        const el = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(el);
        return { id: el.id, outline: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
      });
      if (at.id !== id) continue;
      assert.ok(at.outline, `the focus on ${id} can be seen`);
      return;
    }
    assert.fail(`${id} is not reached by Tab`);
  };
  const service = await home.desk();
  await service.page.goto(`${home.origin}/events/${event.id}/items?crew=SVC`);
  await tab(service, "f-login");
  await service.page.keyboard.type("service");
  await tab(service, "f-pin");
  await service.page.keyboard.type(PIN);
  await service.page.keyboard.press("Enter");
  await service.seen(`#item-${item.id}`);
  await service.live();
  await service.page.keyboard.press("Tab");
  assert.equal(await service.page.evaluate(() => document.activeElement.className), "skip");
  await service.page.keyboard.press("Enter"); // past the navigation
  await tab(service, `tick-${item.id}`);
  await service.page.keyboard.press("Space");
  await service.seen(`#item-${item.id}[data-state=submitted]`);
  assert.equal(await service.page.evaluate(() => document.activeElement.id), `tick-${item.id}`, "focus stays");

  const commander = await home.desk("commander");
  await commander.go(`/events/${event.id}/items?crew=SVC`);
  await tab(commander, `reject-${item.id}`);
  await commander.page.keyboard.press("Enter");
  await commander.seen("#dialog-reason[open]");
  await commander.page.keyboard.press("Escape");
  await commander.hidden("#dialog-reason");
  assert.equal(await commander.page.evaluate(() => document.activeElement.id), `reject-${item.id}`, "focus comes back");
  await tab(commander, `accept-${item.id}`);
  await commander.page.keyboard.press("Enter");
  await commander.seen(`#item-${item.id}[data-state=accepted]`);
  const now = await commander.page.evaluate(() => document.activeElement.closest("[id^=item-]")?.id);
  assert.equal(now, `item-${item.id}`, "focus stays in the row when its button is gone");
});

test("pages are clean HTML under the strict policy", async () => {
  const html = new HtmlValidate({
    extends: ["html-validate:recommended"],
    rules: {
      "doctype-style": "off", // lower case is as good
      "form-dup-name": "off", // lists of things
      "long-title": "off", // the names of events are theirs
      "no-trailing-whitespace": "off",
      "void-style": "off",
      "attribute-boolean-style": "off",
      "attribute-empty-style": "off",
    },
  });
  const said = [];
  for (const { name, path, who } of all) {
    const cookie = who ? (await home.as(who)).cookie : undefined;
    const answer = await fetch(home.origin + path, {
      headers: { Accept: "text/html", ...(cookie && { Cookie: `${cookie.name}=${cookie.value}` }) },
    });
    const policy = answer.headers.get("Content-Security-Policy") ?? "";
    assert.ok(!/unsafe|\*/.test(policy) && policy.includes("script-src 'self'"), `${name}: ${policy}`);
    const { results } = await html.validateString(await answer.text());
    const found = results.flatMap((r) => r.messages).map((m) => `${name}: ${m.ruleId}: ${m.message} ${m.selector}`);
    said.push(...new Set(found.map((text) => text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…"))));
  }
  assert.deepEqual([...new Set(said)], []);
});
