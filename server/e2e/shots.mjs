// Pictures of every page: `make shots`, into shots/, names that stay: <page>-<phone|wide>-<light|dark|dim>-<zh|en>.png. The
// overview of the README is put together from two of them into docs/img/overview.png.
//
//   node server/e2e/shots.mjs [part of a name …]     only those pages; "overview", "store" or "parts" for that alone
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VISIT } from "./lib/building.mjs";
import { start } from "./lib/demo.mjs";
import { pages } from "./lib/pages.mjs";
import { House, launch } from "./lib/people.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const wanted = process.argv.slice(2);
const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  wide: { viewport: { width: 1920, height: 1080 } },
};
const THEMES = { light: "light", dark: "dark", dim: "dark" };
const DIM = ["items-mine", "today"]; // the dark hall is where these are used

const home = new House();
[home.server, home.browser] = await Promise.all([start(), launch()]);
try {
  if (!wanted.length || wanted.includes("parts")) await parts();
  await somethingWaits();
  if (!wanted.length || wanted.includes("overview")) await overview();
  await somebodyComes();
  const all = (await pages(home)).filter(({ name }) => !wanted.length || wanted.some((part) => name.includes(part)));
  mkdirSync(join(root, "shots"), { recursive: true });
  for (const locale of ["zh", "en"]) {
    for (const who of new Set(all.map((page) => page.who).filter(Boolean))) {
      await (await home.as(who)).must("PUT", "/me/locale", { locale });
    }
    for (const size of Object.keys(SIZES)) await gallery(all, locale, size);
    if (wanted.includes("store")) await store(locale);
  }
} finally {
  for (const text of await home.leave()) console.error(text);
  await home.browser.close();
  await home.server.stop();
}

// somethingWaits: the banner is done again and waits for the commander, a lift stands still.
async function somethingWaits() {
  const supervisor = await home.as("supervisor");
  const { id } = await supervisor.event(VISIT);
  const items = new Map((await supervisor.items(id)).map((item) => [item.template_id, item]));
  await (await home.as("service")).tick(items.get("S5"));
  const engineer = await home.as("engineering");
  await engineer.must("PUT", `/items/${items.get("E7").id}/blocked`, { reason: "2号梯门机异响，维保已到场" });
}

// somebodyComes: the first car is at the lobby, the second at the gate.
async function somebodyComes() {
  const guard = await home.as("security");
  const { parties } = await guard.get(`/events/${(await guard.event(VISIT)).id}/guests`);
  for (const [car, position] of Object.entries({ 0: "lobby", 1: "gate" })) {
    await guard.must("PUT", `/parties/${parties[car].id}/position`, { position });
  }
}

// gallery takes every page at one size, in one language, in its themes.
async function gallery(all, locale, size) {
  for (const who of new Set(all.map((page) => page.who))) {
    const person = await home.person(who, { ...SIZES[size], locale: locale === "zh" ? "zh-CN" : "en" });
    await person.context.addCookies([{ name: "locale", value: locale, url: home.origin }]);
    for (const { name, path } of all.filter((page) => page.who === who)) {
      for (const [theme, colorScheme] of Object.entries(THEMES)) {
        if (theme === "dim" && !(DIM.includes(name) && size === "phone")) continue;
        await person.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const value = theme === "dim" ? "dim" : "";
        await person.context.addCookies([{ name: "theme", value, url: home.origin }]);
        await person.go(path);
        await person.page.screenshot({ path: join(root, "shots", `${name}-${size}-${theme}-${locale}.png`) });
      }
    }
    await home.leave();
  }
}

// parts takes the gallery of parts: whole pages, as wide as a phone.
async function parts() {
  const own = new House();
  own.browser = home.browser;
  own.server = await start({ args: ["gallery"] });
  mkdirSync(join(root, "shots"), { recursive: true });
  const { page } = await own.person(undefined, { ...SIZES.phone, deviceScaleFactor: 1 });
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(own.origin);
  const paths = await page.$$eval(".gallery > nav:first-child a", (links) =>
    links.map((a) => new URL(a.href).pathname),
  );
  for (const path of paths) {
    for (const locale of ["zh", "en"]) {
      for (const theme of Object.keys(THEMES)) {
        await page.goto(`${own.origin}${path}?lang=${locale}&theme=${theme}`);
        await page.screenshot({
          path: join(root, "shots", `parts${path.replace("/", "-")}-${theme}-${locale}.png`),
          fullPage: true,
        });
      }
    }
  }
  await own.leave();
  await own.server.stop();
}

// store takes what an install dialog shows, into static/img: "node server/e2e/shots.mjs store".
async function store(locale) {
  const screens = [
    ["today", "/today", "service", SIZES.phone],
    ["lobby", "/lobby?post=lobby", "security", SIZES.phone],
    ["board", "/board", "supervisor", { viewport: { width: 1280, height: 800 } }],
  ];
  for (const [name, path, who, size] of screens) {
    await (await home.as(who)).must("PUT", "/me/locale", { locale });
    const person = await home.person(who, { ...size, locale: locale === "zh" ? "zh-CN" : "en" });
    await person.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await person.go(path);
    const png = (await person.page.screenshot()).toString("base64");
    const blank = await home.browser.newPage();
    const webp = await blank.evaluate(async (data) => {
      const img = Object.assign(new Image(), { src: `data:image/png;base64,${data}` });
      await img.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: img.width, height: img.height });
      canvas.getContext("2d").drawImage(img, 0, 0);
      return canvas.toDataURL("image/webp", 0.72).split(",")[1];
    }, png);
    await blank.close();
    writeFileSync(join(root, "static", "img", `screen-${name}-${locale}.webp`), Buffer.from(webp, "base64"));
    await home.leave();
  }
}

// overview is the event's board with a phone before it.
async function overview() {
  const { id } = await (await home.as("commander")).event(VISIT);
  const board = await home.person("commander", SIZES.wide);
  await board.page.emulateMedia({ reducedMotion: "reduce" });
  await board.go(`/events/${id}/board`);
  const phone = await home.person("service", SIZES.phone);
  await phone.page.emulateMedia({ reducedMotion: "reduce" });
  await phone.go(`/events/${id}/items?mine=1`);
  await phone.page.$eval(".item[data-state=submitted]", (row) => row.scrollIntoView({ block: "center" }));
  const picture = async (person) => `data:image/png;base64,${(await person.page.screenshot()).toString("base64")}`;
  const frame = await home.browser.newPage({ viewport: { width: 1600, height: 940 } });
  const html = readFileSync(new URL("lib/overview.html", import.meta.url), "utf8");
  await frame.setContent(html.replace("{board}", await picture(board)).replace("{phone}", await picture(phone)));
  await frame.waitForFunction(() => [...document.images].every((image) => image.complete));
  mkdirSync(join(root, "docs", "img"), { recursive: true });
  await frame.screenshot({ path: join(root, "docs", "img", "overview.png") });
  await frame.close();
}
