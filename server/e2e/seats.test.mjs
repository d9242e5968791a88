// Seat plans: tapped on a phone, dragged on a desk, seen by both at once, and printed so that nobody sits mirrored.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { axe, sticksOut, violations } from "./lib/axe.mjs";
import { newEvent, VISIT } from "./lib/building.mjs";
import { house, until } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

let visit;
let plans;
let clerk;
const home = house({
  opened: async (home) => {
    clerk = await home.as("supervisor");
    visit = (await clerk.event(VISIT)).id;
    const { plans: list } = await clerk.get(`/events/${visit}/seats`);
    plans = Object.fromEntries(list.map((plan) => [plan.name, plan]));
  },
});
const refused = /status of 4(09|22)/;
const SHOTS = process.env.HUIWU_SHOTS; // a folder for pictures of what is printed

const path = (name, more = "") => `/events/${visit}/seats/${plans[name].id}${more}`;
const paper = (what, name, more = "") =>
  `/events/${visit}/seats/print?what=${what}${name ? `&plan=${plans[name].id}` : ""}${more}`;

// row is who sits on the dais, as the eye sees it from left to right.
const row = (person) =>
  person.page.$$eval("[data-seat]", (list) =>
    list
      .map((el) => [el.getBoundingClientRect().left, el.dataset.name || "-"])
      .sort((a, b) => a[0] - b[0])
      .map(([, name]) => name)
      .join(" "),
  );

const reads = (person, names) => until(`the dais reads ${names}`, async () => (await row(person)) === names);
const seat = (name) => `[data-seat][data-name="${name}"]`;
const FIRST = "连翘 石斛 苏木 杜仲 白鹭 朱鹮 苍鹰";

test("two taps on a phone swap two people, and the desk sees it at once; the mirror is the stage's view", async () => {
  const phone = await home.phone("supervisor");
  const desk = await home.desk("commander");
  const stage = await home.desk("lvsong");
  await phone.go(path("主席台"));
  await desk.go(path("主席台"));
  await stage.go(path("主席台", "?view=stage"));
  assert.equal(await row(phone), FIRST);
  assert.equal(await row(stage), FIRST.split(" ").reverse().join(" "));
  const box = await phone.page.locator(seat("杜仲")).boundingBox();
  assert.ok(box.width >= 48 && box.height >= 48, `a thumb finds it: ${box.width}×${box.height}`);
  assert.equal(await phone.page.evaluate(sticksOut, 390), "");

  await phone.press(seat("石斛"));
  await phone.seen("#seat-bar");
  await phone.says("#seat-bar", "石斛");
  await phone.press(seat("连翘"));
  await reads(phone, "石斛 连翘 苏木 杜仲 白鹭 朱鹮 苍鹰");
  await desk.soon(`${seat("石斛")}[data-label="7"]`);
  await reads(desk, "石斛 连翘 苏木 杜仲 白鹭 朱鹮 苍鹰");
  await reads(stage, "苍鹰 朱鹮 白鹭 杜仲 苏木 连翘 石斛");
  assert.equal(await phone.visible("#seat-bar"), false);

  await phone.press("[data-undo]");
  await reads(phone, FIRST);
  await reads(desk, FIRST);
});

test("dragged on a desk, with keys, and what the attendants get to do about it", async () => {
  const desk = await home.desk("supervisor");
  const crew = await home.phone("service");
  await crew.go(`/events/${visit}/items`);
  await desk.go(path("主席台"));
  await desk.page.dragAndDrop(seat("白鹭"), seat("苏木"));
  await reads(desk, "连翘 石斛 白鹭 杜仲 苏木 朱鹮 苍鹰");
  await crew.says(".item-text", "席位变动（主席台）：席位卡移位");
  assert.ok(!/白鹭|苏木/.test(await crew.text("#main")), "checklists name no guests");
  await desk.page.keyboard.press("Control+z");
  await reads(desk, FIRST);

  // Arrows walk, Enter takes and puts, Esc lets go.
  await desk.page.focus(seat("连翘"));
  await desk.page.keyboard.press("ArrowRight");
  assert.equal(await desk.page.evaluate(() => document.activeElement.dataset.name), "石斛");
  await desk.page.keyboard.press("Enter");
  await desk.seen(`${seat("石斛")}[aria-pressed=true]`);
  await desk.page.keyboard.press("Escape");
  assert.equal(await desk.count("[aria-pressed=true]"), 0);
  await desk.page.keyboard.press("Enter");
  await desk.page.keyboard.press("ArrowRight");
  await desk.page.keyboard.press("Enter");
  await reads(desk, "连翘 苏木 石斛 杜仲 白鹭 朱鹮 苍鹰");
  await desk.press("[data-undo]");
  await reads(desk, FIRST);
});

test("who leaves frees his own hand only, and a newcomer gets the place of his rank", async () => {
  const phone = await home.phone("supervisor");
  await phone.go(path("主席台"));
  await phone.press(seat("苏木"));
  await phone.press("[data-seat-act=close-up]");
  await reads(phone, "- 连翘 石斛 杜仲 白鹭 朱鹮 苍鹰");
  await phone.fill("#plan-q", "sumu");
  await phone.page.press("#plan-q", "Enter");
  await phone.seen('#found [data-name="苏木"]');
  await phone.live();
  await phone.press('#found [data-name="苏木"]');
  await phone.press("[data-seat-act=newcomer]");
  await reads(phone, FIRST);
  await phone.hidden('#found [data-name="苏木"]', { state: "hidden" });
});

test("two planners, one seat: the second one is told who was faster", async () => {
  home.allow(refused, /ERR_INTERNET_DISCONNECTED/);
  const one = await home.desk("supervisor");
  const two = await home.phone("commander");
  await two.go(path("会见"));
  await one.go(path("会见"));
  await two.context.setOffline(true);
  await one.press('[data-label="H8"]');
  await one.press("[data-seat-act=vacate]");
  await one.seen('[data-label="H8"][data-name=""]');
  await two.press('[data-label="H7"]');
  await two.press('[data-label="H8"]');
  await two.context.setOffline(false);
  await two.toast(say("seat.changed", { seat: "H8", person: "云母" }));
  await two.seen('[data-label="H8"][data-name=""]');
  await one.press("[data-undo]");
  await one.seen('[data-label="H8"]:not([data-name=""])');
});

test("a guest who is struck is marked on the plan, and his card is taken away", async () => {
  const desk = await home.desk("supervisor");
  const crew = await home.phone("service");
  await desk.go(path("主席台"));
  await crew.go(`/events/${visit}/items`);
  const guest = (await clerk.guests(visit)).find((g) => g.name === "连翘");
  await clerk.must("DELETE", `/guests/${guest.id}`);
  await desk.soon(`${seat("连翘")}.is-wrong`);
  await desk.says(".plan-troubles", say("seat.trouble_struck", { seat: "7", name: "连翘" }));
  await crew.says(".item-text", "席位变动（主席台）：撤走席位卡 7");
});

test("a plan is made, filled by rank, cleared and deleted; what is wrong stands beside its field", async () => {
  home.allow(refused, /status of 404/);
  const desk = await home.desk("supervisor");
  const watcher = await home.desk("commander");
  await desk.go(`/events/${visit}/seats`);
  await watcher.go(`/events/${visit}/seats`);
  await desk.press("#plan-add > summary");
  await desk.page.selectOption("#f-layout", "banquet");
  await desk.seen("#f-split");
  await desk.fill("#f-name", "晚宴");
  await desk.fill("#f-seats", "500");
  await desk.press("#plan-add [type=submit]");
  await desk.says("#f-seats-error", say("seat.range", { min: 1, max: 400 }));
  assert.equal(await desk.page.inputValue("#f-name"), "晚宴");
  await desk.fill("#f-seats", "20");
  await desk.press("#plan-add [type=submit]");
  await desk.seen("#plan-page");
  await watcher.soon('.plan-name:has-text("晚宴")');
  await desk.press(".plan-tools .btn-primary");
  await desk.toast(say("seat.left_over", { n: 39 })); // 59 are there, one was struck
  await desk.seen('[data-plan][data-taken="20"]');
  await watcher.soon('.plan-link:has-text("晚宴"):has-text("20/20")');
  await desk.press(".plan-more > summary");
  await desk.press("[id^=clear-]");
  await desk.press("#dialog-confirm [type=submit]");
  await desk.seen('[data-plan][data-taken="0"]');
  await desk.press("[id^=delete-]");
  await desk.press("#dialog-confirm [type=submit]");
  await desk.seen(`#plans-${visit}`);
  await watcher.gone('.plan-name:has-text("晚宴")');
});

test("everybody can use it: both themes, both languages", async () => {
  const said = [];
  for (const locale of ["zh", "en"]) {
    await clerk.must("PUT", "/me/locale", { locale });
    const phone = await home.phone("supervisor");
    for (const at of [`/events/${visit}/seats`, path("主席台"), path("会场", "?q=x"), path("签字", "?view=stage")]) {
      await phone.go(at);
      await phone.page.evaluate(axe);
      for (const colorScheme of ["light", "dark"]) {
        await phone.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        said.push(...(await violations(phone)).map((text) => `${at} ${locale} ${colorScheme} ${text}`));
      }
      const out = await phone.page.evaluate(sticksOut, 390);
      if (out) said.push(`${at} ${out}`);
    }
    await phone.page.goto(home.origin + paper("plan", "主席台"));
    await phone.page.evaluate(axe);
    said.push(...(await violations(phone)).map((text) => `paper ${text}`));
  }
  await clerk.must("PUT", "/me/locale", { locale: "zh" });
  assert.deepEqual(said, []);
});

// pages counts the leaves of a PDF, and gives their size in points.
function pages(pdf) {
  const text = pdf.toString("latin1");
  const found = [...text.matchAll(/\/MediaBox ?\[([^\]]+)\]/g)].map(([, box]) => box.trim().split(/\s+/).map(Number));
  if (found.length) return found;
  for (const [, body] of text.matchAll(/stream\r?\n([\s\S]*?)endstream/g)) {
    try {
      const inside = inflateSync(Buffer.from(body, "latin1")).toString("latin1");
      for (const [, box] of inside.matchAll(/\/MediaBox ?\[([^\]]+)\]/g))
        found.push(box.trim().split(/\s+/).map(Number));
    } catch {} // a picture or a font
  }
  return found;
}

// fronts are the names on the front faces of what is to be printed.
const fronts = (person) =>
  person.page.$$eval(".tent .face:not(.behind)", (list) => list.map((el) => el.textContent.replace(/\s/g, "")));

test("paper: cards with both faces, two views under their names, lists and badges, on A4 and A3", async () => {
  const desk = await home.desk("supervisor");
  const print = async (name, at, box) => {
    await desk.page.goto(home.origin + at);
    await desk.page.emulateMedia({ media: "print" });
    assert.equal(await desk.visible(".bar"), false, "the paper has no buttons");
    const pdf = await desk.page.pdf({ preferCSSPageSize: true, printBackground: true });
    if (SHOTS) {
      mkdirSync(SHOTS, { recursive: true });
      writeFileSync(join(SHOTS, `${name}.pdf`), pdf);
    }
    const list = pages(pdf);
    for (const [, , w, h] of list)
      assert.ok(Math.abs(w - box[0]) < 3 && Math.abs(h - box[1]) < 3, `${name}: ${w}×${h}`);
    return list.length;
  };
  const A4 = [595, 842];
  const flat = ([w, h]) => [h, w];
  const A3 = [842, 1191];

  // Two cards on a leaf; six people, for one was struck.
  assert.equal(await print("cards", paper("cards", "主席台"), A4), 3);
  const faces = await desk.page.$$eval(".tent", (list) =>
    list.map((card) => {
      const [behind, front] = [...card.querySelectorAll(".face")].map((face) => ({
        text: face.textContent.replace(/\s/g, ""),
        turned: getComputedStyle(face).transform,
        fits: face.firstElementChild.getBoundingClientRect().width <= face.getBoundingClientRect().width,
        top: face.getBoundingClientRect().top,
      }));
      return { behind, front };
    }),
  );
  assert.equal(faces.length, 6);
  for (const { behind, front } of faces) {
    assert.equal(behind.text, front.text, "the same name on both faces");
    assert.match(behind.turned, /matrix\(-1, .*-1/, "the face behind is upside down on the flat leaf");
    assert.equal(front.turned, "none");
    assert.ok(behind.top < front.top && behind.fits && front.fits);
  }
  assert.equal(await print("cards-A3", paper("cards", "主席台", "&paper=A3"), A3), 3);

  assert.equal(await print("plan", paper("plan", "主席台"), flat(A4)), 2);
  const names = (view) =>
    desk.page.$$eval(`[data-view=${view}] .d-name`, (list) =>
      list
        .map((el) => [Number(el.getAttribute("x")), el.textContent])
        .sort((a, b) => a[0] - b[0])
        .map(([, name]) => name)
        .join(" "),
    );
  assert.equal(await names("audience"), FIRST);
  assert.equal(await names("stage"), FIRST.split(" ").reverse().join(" "));
  await desk.says("[data-view=audience] .view-name", "台下视角");
  await desk.says("[data-view=stage] .view-name", "台上视角");
  for (const [name, n] of Object.entries({ 会场: 2, 会见: 2, 合影: 2, 签字: 2 })) {
    assert.equal(await print(`plan-${name}`, paper("plan", name), flat(A4)), n, name);
  }
  assert.equal(await print("plan-A3", paper("plan", "会场", "&paper=A3"), flat(A3)), 2);
  assert.ok((await print("list", paper("list", "会场"), A4)) >= 1);
  assert.equal(await print("badges", paper("badges"), A4), 5); // 39 guests, eight on a leaf
  assert.equal(await desk.count(".badge-code"), 39);

  // Only what has changed is printed again, once the batch was noted.
  await desk.page.emulateMedia({ media: "screen" });
  await desk.page.goto(home.origin + paper("changed", "主席台"));
  assert.deepEqual(await fronts(desk), ["苏木"], "the dais was printed in the morning; he had left and came back");
  await desk.page.goto(home.origin + paper("cards", "会见"));
  await desk.page.click(".bar [type=submit]");
  await desk.seen("#plan-page");
  const guest = (await clerk.guests(visit)).find((g) => g.name === "白芷");
  await clerk.must("PUT", `/guests/${guest.id}`, { name: "白芍", title: guest.title, rank: String(guest.rank) });
  await desk.page.goto(home.origin + paper("changed", "会见"));
  assert.deepEqual(await fronts(desk), ["白芍"]);
});

test("a secret event's seats are nowhere for who has no part in it", async () => {
  home.allow(/status of 404/);
  const secret = await newEvent(home, { secrecy: "secret" });
  const guard = await home.as("security");
  for (const at of ["seats", "seats/print?what=badges", "seats/print?what=list"]) {
    const answer = await guard.call("GET", `/events/${secret.id}/${at}`);
    assert.equal(answer.status, 404, at);
  }
});
