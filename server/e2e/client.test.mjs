// The browser's side alone, against a server that says exactly what each test wants: what is applied and what is not,
// how acts survive bad networks and ended sessions, how the live socket comes back. All under the product's own
// security policy, which no test may violate.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { build } from "./lib/bundle.mjs";
import { frame, item, list } from "./lib/frame.mjs";
import { launch, PATIENCE, until } from "./lib/people.mjs";
import { Stub } from "./lib/stub.mjs";

const TOPIC = "event:e1";
const topics = (seq = 10) => [{ topic: TOPIC, seq }];

let assets;
let browser;
let stub;
let page;
let problems;

before(async () => {
  assets = build();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  assets?.remove();
});

beforeEach(async () => {
  stub = await new Stub(assets).listen();
  stub.heads = { [TOPIC]: 10 };
  problems = [];
  const context = await browser.newContext({ serviceWorkers: "block" });
  page = await context.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (m) => {
    if (/Content Security Policy|Trusted|htmx:/i.test(m.text())) problems.push(m.text());
  });
});

afterEach(async () => {
  await page.context().close();
  await stub.close();
  assert.deepEqual(problems, []);
});

// show opens a page whose main holds the html, and waits until it is live.
async function show(main, options = {}) {
  stub.page = () => frame(assets, main, { topics: topics(), ...options });
  await page.goto(`${stub.origin}/events/e1/items`);
  if ((options.topics ?? topics()).length) await conn("live");
}

const conn = (state, timeout = PATIENCE) =>
  page.waitForSelector(`#conn[data-conn=${state}]`, { state: "attached", timeout });
const push = (seq, html) => stub.last.send({ topic: TOPIC, seq, html });
const data = (selector, name) => page.$eval(selector, (el, n) => el.dataset[n], name);
const ids = () => page.$$eval("#list > li", (rows) => rows.map((r) => r.id));
const seen = (selector, options) =>
  page.waitForSelector(selector, { state: "attached", timeout: PATIENCE, ...options });

// ---- apply

test("an older state never replaces a newer one, in either order", async () => {
  await show(list(item("a", 10)));
  push(12, item("a", 12, { text: "newest" }));
  push(11, item("a", 11, { text: "late" }));
  push(12, item("b", 12, { order: 2 }));
  await seen("#item-b");
  assert.equal(await page.textContent("#item-a .item-text"), "newest");
  push(13, item("a", 13, { text: "newer" }));
  await seen("#item-a[data-seq='13']");
  push(13, item("a", 13, { text: "the same seq, rendered again" }));
  await until("equal replaces", async () => (await page.textContent("#item-a .item-text")).startsWith("the same"));
});

test("an older part of a newer whole stays out too", async () => {
  await show(`<section id="whole" data-seq="10">${list(item("a", 14, { text: "newest" }))}</section>`);
  push(12, `<section id="whole" data-seq="12" data-mark="x">${list(item("a", 11, { text: "old" }))}</section>`);
  await seen("#whole[data-mark]");
  assert.equal(await page.textContent("#item-a .item-text"), "newest");
});

test("new rows find their place, in both directions, and only in their list", async () => {
  await show(
    `${list(item("a", 10, { order: 10 }), item("c", 10, { order: 30 }))}<ol id="feed" data-dir="desc"><li id="f5" data-order="5"></li><li id="f3" data-order="3"></li></ol>`,
  );
  push(
    11,
    item("d", 11, { order: 40 }) +
      item("b", 11, { order: 20 }) +
      item("z", 11, { order: 5 }) +
      item("y", 11, { list: "elsewhere" }),
  );
  push(
    11,
    '<li id="f4" data-list="feed" data-order="4"></li><li id="f6" data-list="feed" data-order="6"></li><li id="nolist"></li>',
  );
  await seen("#f6");
  assert.deepEqual(await ids(), ["item-z", "item-a", "item-b", "item-c", "item-d"]);
  assert.deepEqual(await page.$$eval("#feed > li", (l) => l.map((e) => e.id)), ["f6", "f5", "f4", "f3"]);
  assert.equal(await page.$("#item-y, #nolist"), null);
  push(12, item("a", 12, { order: 35 }));
  await until(
    "a row that was re-timed moves",
    async () => (await ids()).join() === "item-z,item-b,item-c,item-a,item-d",
  );
});

test("a row that came in by push can be acted on", async () => {
  await show(list());
  push(11, item("new", 11));
  await page.click("#tick-new");
  await until("act", () => stub.acts.length === 1);
  assert.equal(stub.acts[0].path, "/items/new/done");
});

test("what is gone stays gone, whatever comes late", async () => {
  await show(list(item("a", 10), item("b", 10, { order: 2 })));
  push(12, '<li id="item-a" data-seq="12" data-gone></li>');
  push(11, item("a", 11));
  push(12, item("b", 12, { order: 2, text: "mark" }));
  await seen("#item-b[data-seq='12']");
  assert.deepEqual(await ids(), ["item-b"]);
  push(13, item("a", 13));
  await seen("#item-a");
  push(14, '<li id="item-a" data-seq="9" data-gone></li>');
  push(14, item("c", 14, { order: 3 }));
  await seen("#item-c");
  assert.deepEqual(await ids(), ["item-a", "item-b", "item-c"]);
});

test("refetch morphs main and never goes back behind a push", async () => {
  await show(list(item("a", 10), item("b", 10, { order: 2 })));
  let release;
  const gate = new Promise((resolve) => {
    release = resolve;
  });
  stub.page = async () => {
    await gate;
    return frame(assets, list(item("a", 11, { text: "page" }), item("b", 11, { order: 2, text: "page" })), {
      topics: topics(11),
      caps: "can-add",
    });
  };
  push(11, "<i data-refetch></i>");
  await until("page asked", () => stub.gets.length === 2);
  push(12, item("a", 12, { text: "pushed meanwhile" }));
  push(13, item("n", 13, { order: 3 }));
  push(14, '<li id="item-b" data-seq="14" data-gone></li>');
  await seen("#item-n");
  release();
  await seen("body.can-add");
  assert.equal(await page.textContent("#item-a .item-text"), "pushed meanwhile");
  await until("b stays gone", async () => (await ids()).join() === "item-a,item-n");
  assert.deepEqual(JSON.parse(await data("body", "topics")), [{ topic: TOPIC, seq: 14 }]);
  assert.equal(stub.gets.length, 2, "several reasons are one fetch");
});

test("typing, caret, focus, open details and dialogs survive pushes", async () => {
  await show(list(item("a", 10), item("b", 10, { order: 2 })));
  await page.click("#more-a summary");
  await page.fill("#note-a", "half a sente");
  await page.$eval("#note-a", (el) => el.setSelectionRange(4, 4));
  push(11, item("a", 11, { text: "pushed" }) + item("c", 11, { order: 0 }));
  push(12, item("b", 12, { order: 2 }).replace('id="note-b"', 'id="note-b" value="x"'));
  await seen("#item-c");
  await seen("#item-b[data-seq='12']");
  assert.equal(await page.textContent("#item-a .item-text"), "pushed");
  const input = await page.$eval("#note-a", (el) => [el.value, el.selectionStart, document.activeElement === el]);
  assert.deepEqual(input, ["half a sente", 4, true]);
  assert.equal(await page.$eval("#more-a", (el) => el.open), true);
  // A field in which somebody types is not replaced, even by a new value.
  push(13, item("a", 13).replace('id="note-a"', 'id="note-a" value="from the server"'));
  await seen("#item-a[data-seq='13']");
  assert.equal(await page.inputValue("#note-a"), "half a sente");
});

test("focus goes to the neighbour when the focused row goes", async () => {
  await show(list(item("a", 10), item("b", 10, { order: 2 })));
  await page.focus("#tick-a");
  push(11, '<li id="item-a" data-seq="11" data-gone></li>');
  await until("focus", async () => (await page.evaluate(() => document.activeElement.id)) === "tick-b");
  push(12, '<li id="item-b" data-seq="12" data-gone></li>');
  await until("focus", async () => (await page.evaluate(() => document.activeElement.id)) === "main");
});

test("own work is marked, and marked again after each push", async () => {
  await show(list(item("a", 10, { doneBy: "p1" }), item("b", 10, { doneBy: "p2", order: 2 })));
  push(11, item("a", 11, { doneBy: "p1" }) + item("b", 11, { doneBy: "p1", order: 2 }));
  await seen("#item-a.is-own[data-seq='11']");
  await seen("#item-b.is-own");
  push(12, item("a", 12));
  await seen("#item-a:not(.is-own)[data-seq='12']");
});

test("markup that carries scripts runs none of them", async () => {
  await show(list(item("a", 10)));
  const evil =
    '<script>window.evil = 1</script><img src="/nothing" onerror="window.evil = 2"><b hx-on:click="window.evil = 3">x</b>';
  push(11, item("a", 11, { more: evil }));
  await seen("#item-a[data-seq='11'] b");
  await page.click("#item-a b");
  assert.equal(await page.evaluate(() => window.evil), undefined);
  problems = problems.filter((p) => !/inline event handler|no code from strings/i.test(p)); // refused, as it must be
});

// ---- the clock

test("items become due and late by the server's clock, not the phone's", async () => {
  const skew = 40 * 60000; // the phone is forty minutes behind
  const due = (minutes) => `data-due="${new Date(Date.now() + skew + minutes * 60000).toISOString()}"`;
  const row = (id, minutes) => item(id, 10, { state: "not-due" }).replace("data-seq", `${due(minutes)} data-seq`);
  const begun = Date.now();
  const left = `<time id="left" data-countdown="${new Date(Date.now() + skew + 90000).toISOString()}">?</time>`;
  await show(list(row("far", 30), row("soon", 10), row("past", -5)) + left, { now: Date.now() + skew });
  await seen("#item-past[data-state=late]");
  assert.equal(await data("#item-soon", "state"), "due");
  assert.equal(await data("#item-far", "state"), "not-due");
  const [minutes, seconds] = (await page.textContent("#left")).split(":").map(Number);
  const shown = 60 * minutes + seconds;
  const gone = Math.ceil((Date.now() - begun) / 1000);
  assert.ok(shown <= 90 && shown >= 90 - gone - 1, `${shown} s of 90, ${gone} s after`);
});

// ---- acts

test("an act carries its key and its moments, and its answer is applied", async () => {
  await show(list(item("a", 10)));
  stub.act = () => ({ body: item("a", 11, { state: "done" }) });
  await page.click("#tick-a");
  await seen("#item-a[data-state=done]");
  const [{ method, path, headers }] = stub.acts;
  assert.equal(`${method} ${path}`, "PUT /items/a/done");
  assert.match(headers["idempotency-key"], /^[0-9a-f-]{36}$/);
  assert.equal(headers["hx-request"], "true");
  for (const name of ["x-acted-at", "x-sent-at"])
    assert.match(headers[name], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  stub.act = () => ({ body: item("a", 12) });
  await page.click("#toasts .toast-act");
  await seen("#item-a[data-state=due]");
  assert.equal(stub.acts[1].method, "DELETE");
  assert.equal(stub.acts[1].path, "/items/a/done");
  assert.notEqual(stub.acts[1].headers["idempotency-key"], headers["idempotency-key"]);
});

test("what somebody else did first is said, and not offered for undoing", async () => {
  await show(list(item("a", 10)));
  stub.act = () => ({
    body: item("a", 11, { state: "done" }),
    headers: { "X-Notice": encodeURIComponent("已被抢先") },
  });
  await page.click("#tick-a");
  await seen("#item-a[data-state=done]");
  assert.match(await page.textContent("#toasts"), /已被抢先/);
  assert.equal(await page.isVisible("#toasts .toast-act"), false);
});

test("answer and push may cross", async () => {
  await show(list(item("a", 10)));
  let answer;
  stub.act = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  await page.click("#tick-a");
  await seen("#item-a[data-pending]");
  push(12, item("a", 12, { state: "accepted" }));
  await seen("#item-a[data-state=accepted][data-pending]");
  answer({ body: item("a", 11, { state: "done" }) });
  await seen("#item-a:not([data-pending])");
  assert.equal(await data("#item-a", "state"), "accepted");
});

test("a lost answer: the same act is sent again with the same key", async () => {
  await show(list(item("a", 10)));
  const back = Date.now() + 2000;
  stub.act = () => (Date.now() < back ? "cut" : { body: item("a", 11, { state: "done" }) });
  await page.click("#tick-a");
  await seen("#item-a[data-pending]");
  await conn("sending");
  await seen("#item-a[data-state=done]:not([data-pending])", { timeout: 15000 });
  const keys = new Set(stub.acts.map((a) => a.headers["idempotency-key"]));
  const acted = new Set(stub.acts.map((a) => a.headers["x-acted-at"]));
  const sent = new Set(stub.acts.map((a) => a.headers["x-sent-at"]));
  assert.deepEqual([keys.size, acted.size], [1, 1]);
  assert.ok(sent.size > 1, "the moment of sending is that of each try");
});

test("503 and 429 are waited out as long as they say, with the same key", async () => {
  await show(list(item("a", 10)));
  const times = [];
  stub.act = (_, n) => {
    times.push(Date.now());
    return n < 3
      ? { status: n === 1 ? 503 : 429, headers: { "Retry-After": n === 1 ? "1" : "3" } }
      : { body: item("a", 11, { state: "done" }) };
  };
  await page.click("#tick-a");
  await seen("#item-a[data-state=done]", { timeout: 20000 });
  assert.equal(new Set(stub.acts.map((a) => a.headers["idempotency-key"])).size, 1);
  assert.ok(times[2] - times[1] >= 2900, `the third try came after ${times[2] - times[1]} ms`);
});

test("taps on one row arrive in their order, taps on others do not wait", async () => {
  await show(list(item("a", 10), item("b", 10, { order: 2 })));
  let release;
  stub.act = ({ path, method }) => {
    if (path === "/items/b/done") return { body: item("b", 11, { order: 2, state: "done" }) };
    if (method === "PUT")
      return new Promise((resolve) => {
        release = () => resolve({ body: item("a", 11, { state: "done" }) });
      });
    return { body: item("a", 12) };
  };
  await page.click("#tick-a");
  await page.click("#tick-a", { delay: 5 }); // out of impatience: the same act again is one act
  await page.$eval("#tick-a", (el) => {
    el.removeAttribute("hx-put");
    el.setAttribute("hx-delete", "/items/a/done");
  });
  await page.click("#tick-a");
  await page.click("#tick-b");
  await seen("#item-b[data-state=done]");
  assert.deepEqual(
    stub.acts.map((a) => `${a.method} ${a.path}`),
    ["PUT /items/a/done", "PUT /items/b/done"],
  );
  release();
  await seen("#item-a[data-seq='12']");
});

test("a double tap does not undo what it did", async () => {
  await show(list(item("a", 10)));
  stub.act = ({ method }) => ({
    body: item("a", method === "PUT" ? 11 : 12, { state: method === "PUT" ? "done" : "due" }),
  });
  await page.dblclick("#tick-a", { delay: 60 });
  await seen("#item-a[data-state=done]");
  await page.waitForTimeout(200);
  assert.equal(stub.acts.length, 1);
});

test("an ended session: sign in here, and the same act goes on with the same key", async () => {
  await show(list(item("a", 10), item("b", 10, { order: 2 })));
  let signedIn = false;
  stub.act = ({ path, body }) => {
    if (path === "/session") {
      signedIn = body.get("pin") === "246810";
      return signedIn
        ? { headers: { "Content-Type": "application/json" }, body: "{}" }
        : { status: 401, body: '<p data-error="">Wrong PIN</p>' };
    }
    if (!signedIn) return { status: 401, body: '<p data-error="">Over</p>' };
    const id = path.split("/")[2];
    return { body: item(id, 11, { state: "done", order: id === "a" ? 1 : 2 }) };
  };
  await page.click("#tick-a");
  await seen("#dialog-signin[open]");
  await page.fill("#dialog-signin [name=login]", "cleaning");
  await page.fill("#dialog-signin [name=pin]", "1");
  await page.click("#dialog-signin [type=submit]");
  await until("the reason", async () => (await page.textContent("#dialog-signin [data-slot=error]")) === "Wrong PIN");
  await page.click("#dialog-signin [data-close]");
  await until("what waits", async () => /1 waiting/.test(await page.textContent("#toasts")));
  await page.click("#tick-b");
  await page.waitForTimeout(100);
  await page.click("#toasts .toast-act >> nth=0");
  await page.fill("#dialog-signin [name=login]", "cleaning");
  await page.fill("#dialog-signin [name=pin]", "246810");
  await page.click("#dialog-signin [type=submit]");
  await seen("#item-a[data-state=done]");
  await seen("#item-b[data-state=done]");
  const keys = (id) => stub.acts.filter((a) => a.path.includes(`/${id}/`)).map((a) => a.headers["idempotency-key"]);
  assert.equal(keys("a").length, 2);
  assert.equal(new Set(keys("a")).size, 1);
  assert.equal(new Set(keys("b")).size, 1);
});

test("what one person did is never sent under another's name", async () => {
  await show(list(item("a", 10)));
  let person = "p1";
  stub.page = () => frame(assets, list(item("a", 10)), { topics: topics(), person });
  stub.act = ({ path }) => {
    if (path !== "/session") return { status: 401 };
    person = "p2";
    return { status: 204 };
  };
  await page.click("#tick-a");
  await seen("#dialog-signin[open]");
  await page.fill("#dialog-signin [name=login]", "another");
  await page.fill("#dialog-signin [name=pin]", "246810");
  await page.click("#dialog-signin [type=submit]");
  await seen("body[data-person=p2]");
  await conn("live");
  assert.equal(stub.acts.filter((a) => a.path !== "/session").length, 1);
});

test("refusals are said; a row that is out of date is fetched again", async () => {
  await show(list(item("a", 10)));
  stub.act = () => ({ status: 409, body: '<p data-error="">Accepted already</p>' });
  stub.page = () => frame(assets, list(item("a", 15, { state: "accepted" })), { topics: topics(15) });
  await page.click("#tick-a");
  await seen(".toast-alert");
  assert.match(await page.textContent(".toast-alert"), /Accepted already/);
  await until("said at once", async () => (await page.textContent("#alarm")) === "Accepted already");
  await seen("#item-a[data-state=accepted]:not([data-pending])");
});

test("a reason is asked for, and asked again with what was typed when it is refused", async () => {
  const block =
    '<button id="block" type="button" hx-put="/items/a/blocked" hx-swap="none" data-ask="reason" data-ask-title="Why?">Block</button>';
  await show(list(item("a", 10, { more: block })));
  stub.act = (_, n) =>
    n === 1
      ? { status: 422, body: '<p data-error="reason">Too long</p>' }
      : { body: item("a", 11, { state: "blocked" }) };
  await page.click("#block");
  assert.equal(await page.textContent("#dialog-reason [data-slot=title]"), "Why?");
  await page.click("#dialog-reason [type=submit]");
  assert.equal(await page.textContent("#dialog-reason [data-error-for=reason]"), "Say why");
  assert.equal(stub.acts.length, 0);
  await page.click("#dialog-reason [data-choice]");
  await page.click("#dialog-reason [type=submit]");
  await until(
    "opens again",
    async () => (await page.textContent("#dialog-reason [data-error-for=reason]")) === "Too long",
  );
  assert.equal(await page.inputValue("#dialog-reason [name=reason]"), "Broken");
  assert.equal(await page.$eval("#dialog-reason", (d) => d.open), true);
  await page.keyboard.press("Enter");
  await seen("#item-a[data-state=blocked]");
  assert.deepEqual(
    stub.acts.map((a) => a.body.get("reason")),
    ["Broken", "Broken"],
  );
});

test("hold to confirm: a short tap asks, a long one acts", async () => {
  await show('<button id="strike" type="button" hx-delete="/guests/g1" hx-swap="none" data-hold>Strike</button>');
  await page.click("#strike");
  await seen("#dialog-confirm[open]");
  await page.click("#dialog-confirm [data-close]");
  assert.equal(stub.acts.length, 0);
  await page.click("#strike", { delay: 1100 });
  await until("act", () => stub.acts.length === 1);
  assert.equal(await page.$eval("#dialog-confirm", (d) => d.open), false);
  await page.focus("#strike");
  await page.keyboard.press("Enter");
  await page.click("#dialog-confirm [type=submit]");
  await until("act", () => stub.acts.length === 2);
});

for (const key of ["Enter", "Space"]) {
  test(`hold to confirm: ${key} that stays down acts once, though it repeats`, async () => {
    await show('<button id="strike" type="button" hx-delete="/guests/g1" hx-swap="none" data-hold>Strike</button>');
    await page.focus("#strike");
    for (const end = Date.now() + 1300; Date.now() < end; ) {
      await page.keyboard.down(key); // again and again, as a keyboard does
      await page.waitForTimeout(50);
    }
    await page.keyboard.up(key);
    await until("act", () => stub.acts.length === 1);
    assert.equal(await page.$eval("#dialog-confirm", (d) => d.open), false);
    await page.click("#strike"); // nothing of it is left: a tap asks
    await seen("#dialog-confirm[open]");
    assert.equal(stub.acts.length, 1);
  });
}

test("a reason whose button is held: a long press acts, a tap or a key asks once more, what was typed stays", async () => {
  const cancel =
    '<button id="cancel" type="button" hx-put="/events/e1/status" hx-swap="none" hx-vals=\'{"status":"cancelled"}\' data-ask="reason" data-ask-title="Cancel?" data-ask-yes="Cancel it" data-ask-hold="Cancel it (hold)">Cancel</button>' +
    '<button id="other" type="button" hx-put="/items/a/blocked" hx-swap="none" data-ask="reason" data-ask-yes="Send">Block</button>';
  await show(list(item("a", 10)) + cancel);
  const yes = "#dialog-reason [type=submit]";
  await page.click("#cancel");
  assert.equal(await page.textContent(yes), "Cancel it (hold)");
  await page.click(yes, { delay: 1100 });
  assert.equal(await page.textContent("#dialog-reason [data-error-for=reason]"), "Say why");
  await page.fill("#dialog-reason [name=reason]", "moved");
  await page.click(yes);
  await seen("#dialog-confirm[open]");
  assert.equal(await page.textContent("#dialog-confirm [data-slot=title]"), "Cancel?");
  assert.equal(await page.textContent("#dialog-confirm [type=submit]"), "Cancel it");
  await page.click("#dialog-confirm [data-close]");
  assert.equal(stub.acts.length, 0);

  await page.click("#cancel");
  await page.fill("#dialog-reason [name=reason]", "moved");
  await page.keyboard.press("Enter");
  await seen("#dialog-confirm[open]");
  await page.click("#dialog-confirm [type=submit]");
  await until("act", () => stub.acts.length === 1);

  await page.click("#cancel");
  await page.fill("#dialog-reason [name=reason]", "twice");
  await page.click(yes, { delay: 1100 });
  await until("act", () => stub.acts.length === 2);
  assert.equal(await page.$eval("#dialog-confirm", (d) => d.open), false);
  assert.deepEqual(
    stub.acts.map(({ body }) => [body.get("status"), body.get("reason")]),
    [
      ["cancelled", "moved"],
      ["cancelled", "twice"],
    ],
  );

  await page.click("#other"); // the next one to ask is tapped as ever
  assert.equal(await page.textContent(yes), "Send");
  await page.fill("#dialog-reason [name=reason]", "stuck");
  await page.click(yes);
  await until("act", () => stub.acts.length === 3);
});

test("a form's sentences stand beside its fields, and typing stays", async () => {
  const form =
    '<form hx-post="/events/e1/guests" hx-swap="none"><input name="id" type="hidden"><input name="name"><p data-error-for="name"></p><input name="rank"><p data-error-for="rank"></p><button>Add</button></form>';
  await show(`${form}<ul id="list"></ul>`);
  stub.act = (_, n) =>
    n === 1
      ? { status: 422, body: '<p data-error="name">Needed</p><p data-error="rank">A number</p>' }
      : { body: item("g", 11) };
  await page.fill("[name=rank]", "x");
  await page.click("text=Add");
  await until("sentences", async () => (await page.textContent("[data-error-for=name]")) === "Needed");
  assert.equal(await page.textContent("[data-error-for=rank]"), "A number");
  assert.equal(await page.inputValue("[name=rank]"), "x");
  assert.equal(await page.evaluate(() => document.activeElement.name), "name");
  await page.fill("[name=name]", "杜仲");
  await page.keyboard.press("Enter");
  await seen("#item-g");
  assert.equal(await page.textContent("[data-error-for=name]"), "");
  assert.equal(await page.inputValue("[name=name]"), "");
  assert.equal(stub.acts[1].body.get("name"), "杜仲");
  assert.equal(stub.acts[1].body.get("id"), stub.acts[1].headers["idempotency-key"], "the new row's id is made here");
});

test("a form that fills a page comes back with its sentences, or goes on", async () => {
  const form = (error) =>
    `<form id="f" hx-post="/events" hx-target="#main" hx-select="#main" hx-swap="outerHTML"><input name="name" ${error ? 'aria-invalid="true"' : ""}><p>${error}</p><button>Save</button></form>`;
  await show(form(""), { topics: [] });
  stub.act = (_, n) => {
    if (n === 1) return "cut";
    return n === 2
      ? { status: 422, body: frame(assets, form("Needed")) }
      : { status: 204, headers: { "HX-Redirect": "/events/new-one" } };
  };
  await page.click("text=Save");
  await until("sentence", async () => (await page.textContent("#f p")) === "Needed", 10000);
  assert.equal(await page.evaluate(() => document.activeElement.name), "name");
  assert.equal(await page.$$eval("main", (l) => l.length), 1);
  assert.equal(stub.acts[0].headers["idempotency-key"], stub.acts[1].headers["idempotency-key"]);
  await page.click("text=Save");
  await page.waitForURL("**/events/new-one");
  assert.notEqual(stub.acts[1].headers["idempotency-key"], stub.acts[2].headers["idempotency-key"]);
});

// ---- the live socket

test("it asks only for what it missed, and is up to date again by itself", async () => {
  await show(list(item("a", 10)));
  assert.deepEqual(
    [stub.last.topics, stub.last.since, stub.last.url.searchParams.get("view")],
    [[TOPIC], [10], "items"],
  );
  push(11, item("a", 11));
  stub.last.send({ topic: TOPIC, seq: 12 });
  await until("seen", async () => JSON.parse(await data("body", "topics"))[0].seq === 12);
  stub.connected = (socket) => {
    socket.send({ topic: TOPIC, seq: 13, html: item("a", 13, { state: "done" }) });
    socket.beat();
  };
  stub.last.cut();
  await seen("#item-a[data-state=done]");
  assert.deepEqual(stub.last.since, [12]);
  await conn("live");
});

test("close codes: restart, slow, restart of the path", async () => {
  await show(list(item("a", 10)));
  for (const code of [1012, 1013, 1000]) {
    const n = stub.sockets.length;
    stub.last.close(code);
    await until(`back after ${code}`, () => stub.sockets.length > n, 8000);
    await conn("live");
  }
});

test("close 4401: signs in on the spot, keeps the page, then comes back", async () => {
  await show(list(item("a", 10)));
  await page.click("#more-a summary");
  stub.act = () => ({ status: 204 });
  stub.last.close(4401);
  await seen("#dialog-signin[open]");
  await page.waitForTimeout(1500);
  assert.equal(stub.sockets.length, 1, "not before somebody signed in");
  await page.fill("#dialog-signin [name=login]", "x");
  await page.fill("#dialog-signin [name=pin]", "y");
  await page.click("#dialog-signin [type=submit]");
  await until("back", () => stub.sockets.length === 2);
  await conn("live");
  assert.equal(await page.$eval("#more-a", (el) => el.open), true);
});

test("close 4404: the page is fetched again, and says what the server says", async () => {
  await show(list(item("a", 10)));
  stub.page = () => ({ status: 404, body: frame(assets, "<h2 id=nothing>Nothing here</h2>", { topics: [] }) });
  stub.last.close(4404);
  await seen("#nothing");
});

test("close 4429: waits until somebody looks", async () => {
  await show(list(item("a", 10)));
  stub.last.close(4429);
  await page.waitForTimeout(1500);
  assert.equal(stub.sockets.length, 1);
  await page.mouse.click(300, 300);
  await until("back", () => stub.sockets.length === 2);
});

test("offline is said after five seconds, not before", async () => {
  await show(list(item("a", 10)));
  await stub.away();
  await conn("connecting");
  await page.waitForTimeout(3500);
  assert.equal(await data("#conn", "conn"), "connecting");
  await conn("offline", 4000);
  await stub.back();
  await conn("live", 20000);
});

test("a path that died without a word is noticed and replaced", async () => {
  await page.clock.install();
  await show(list(item("a", 10)));
  stub.frozen = true;
  await page.clock.runFor(21000);
  await until("asked for a sign of life", () => stub.last.said.includes('{"ping":1}'));
  stub.connected = (socket) => {
    stub.frozen = false;
    socket.send({ topic: TOPIC, seq: 11, html: item("a", 11, { state: "done" }) });
    socket.beat();
  };
  await page.clock.runFor(8000);
  await seen("#item-a[data-state=done]");
  assert.equal(stub.sockets.length, 2);
});

test("an answered ping keeps the socket", async () => {
  await page.clock.install();
  await show(list(item("a", 10)));
  for (let n = 1; n < 4; n++) {
    await page.clock.runFor(21000);
    await until("ping", () => stub.last.said.length >= n);
    await page.waitForTimeout(100); // the answer
  }
  assert.equal(stub.sockets.length, 1);
});

test("a heartbeat ahead of the page heals a lost push", async () => {
  await show(list(item("a", 10)));
  stub.heads = { [TOPIC]: 12 };
  stub.connected = (socket) => {
    socket.send({ topic: TOPIC, seq: 12, html: item("a", 12, { state: "done" }) });
    socket.beat();
  };
  stub.last.beat();
  await seen("#item-a[data-state=done]");
  assert.deepEqual(stub.last.since, [10]);
  assert.equal(stub.sockets.length, 2);
});

test("reset fetches the page, once, and takes its place in the stream from there", async () => {
  await show(list(item("a", 10)));
  stub.page = () => frame(assets, list(item("a", 40, { state: "done" })), { topics: topics(40) });
  stub.heads = { [TOPIC]: 40 };
  stub.last.send({ topic: TOPIC, seq: 40, reset: true });
  stub.last.beat();
  await seen("#item-a[data-state=done]");
  assert.equal(JSON.parse(await data("body", "topics"))[0].seq, 40);
  assert.equal(stub.gets.length, 2);
  assert.equal(stub.sockets.length, 1);
});

test("a refused socket: the page tells why", async () => {
  stub.refuse = 401;
  stub.page = (url) =>
    url.pathname === "/session/new"
      ? frame(assets, "sign-in page", { person: "" })
      : frame(assets, list(item("a", 10)), { topics: topics() });
  await page.goto(`${stub.origin}/events/e1/items`);
  await until("tries", () => stub.sockets.length >= 2, 10000);
  const shown = stub.page;
  stub.page = (url) =>
    url.pathname === "/session/new" ? shown(url) : { status: 303, headers: { Location: "/session/new" } };
  await seen("#dialog-signin[open]", { timeout: 20000 });
  assert.equal(await data("body", "person"), "p1", "the page stays");
});

test("waking up: a dead path is noticed within seconds", async () => {
  await show(list(item("a", 10)));
  stub.frozen = true;
  stub.connected = (socket) => {
    stub.frozen = false;
    socket.beat();
  };
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await until("another socket", () => stub.sockets.length === 2, 6000);
  await conn("live");
});

test("frames of one message are applied in order", async () => {
  await show(list(item("a", 10)));
  const frames = Array.from({ length: 100 }, (_, n) => ({
    topic: TOPIC,
    seq: 11 + n,
    html: item("a", 11 + n, { text: `n${n}` }),
  }));
  stub.last.send(...frames);
  await seen("#item-a[data-seq='110']");
  assert.equal(await page.textContent("#item-a .item-text"), "n99");
});

// ---- around it

test("search filters by name, pinyin, initials and plate", async () => {
  const row = (id, search) => `<li id="guest-${id}" data-search="${search}">${id}</li>`;
  await show(
    `<input type="search" data-filter="hall"><p data-none="hall" hidden>none</p><div id="hall"><section data-group id="p1"><details data-rows id="d1"><summary>p</summary><ul>${row("du", " 杜仲 duzhong dz 测a00001")}${row("su", " 苏木 sumu sm")}</ul></details></section><section data-group id="p2">${row("shi", " 石斛 shihu sh 测a00002")}</section></div>`,
    { topics: [] },
  );
  const shown = () => page.$$eval("[data-search]:not([hidden])", (l) => l.map((e) => e.textContent).join());
  for (const [query, want] of [
    ["测A·00001", "du"],
    ["SM", "su"],
    ["du 00001", "du"],
    ["石", "shi"],
    ["zzz", ""],
    ["", "du,su,shi"],
  ]) {
    await page.fill("[data-filter]", query);
    assert.equal(await shown(), want, query);
    assert.equal(await page.isVisible("[data-none]"), query === "zzz");
  }
  await page.fill("[data-filter]", "sumu");
  assert.equal(await page.$eval("#d1", (d) => d.open), true);
  assert.equal(await page.isHidden("#p2"), true);
});

// guest is a row as views.LobbyRow draws it.
const guest = (id, seq, position, next) =>
  `<li id="guest-${id}" data-row data-seq="${seq}" data-position="${position}" data-party="p" data-car="测A·00001 B01" data-list="rows" data-order="${id}" data-say="G${id} ${position}">
<form hx-put="/guests/${id}/position" hx-swap="none"><button id="next-${id}" class="act-move" name="position" value="${next}" data-next><span data-label>${next}</span></button></form></li>`;

const lobby = (...rows) =>
  `<div id="lobby" data-post=""><label><input type="radio" name="post" value="" data-post-choice></label><label><input type="radio" name="post" value="lobby" data-post-choice></label>
<input type="search" data-filter="hall"><b data-sum="inside">0</b><dl id="counts-e1" data-seq="10" data-inside="3"></dl><dl id="counts-e2" data-seq="10" data-inside="4"></dl>
<div id="hall"><section id="party-p" data-row data-party-card><p data-cars></p><form hx-put="/parties/p/position" hx-swap="none"><button id="all" name="position" value="gate" class="act-move" data-party-next><b data-waiting></b><span data-label></span></button></form>
<ul id="rows">${rows.join("")}</ul></section></div></div>`;

test("a post in the lobby: who comes next, the big button, the whole party, the sums", async () => {
  await show(
    lobby(guest(1, 10, "expected", "gate"), guest(2, 10, "drop-off", "lobby"), guest(3, 10, "venue", "left")),
    { view: "lobby", scripts: ["relay.js", "keys.js"] },
  );
  const rows = () =>
    page.$$eval("#rows > li", (l) => l.map((r) => [r.dataset.turn, r.querySelector("[data-next]").value].join(":")));
  const party = () =>
    page.$eval("#all", (b) => (b.hidden ? "none" : `${b.querySelector("[data-waiting]").textContent} ${b.value}`));
  assert.deepEqual(await rows(), ["soon:gate", "soon:lobby", "soon:left"]);
  assert.equal(await party(), "none", "one alone is no party");
  assert.equal(await page.textContent("[data-sum]"), "7");
  assert.equal(await page.textContent("[data-cars]"), "测A·00001 B01");
  await page.keyboard.press("3");
  assert.deepEqual(await rows(), ["soon:lobby", "next:lobby", "past:left"]);
  assert.equal(await party(), "2 lobby");
  assert.match(page.url(), /post=lobby/);
  stub.act = () => ({ body: `${guest(2, 11, "lobby", "lift")}<dl id="counts-e1" data-seq="11" data-inside="5"></dl>` });
  await page.click("#next-2");
  await seen("#guest-2[data-position=lobby]");
  assert.deepEqual([stub.acts[0].body.get("position"), stub.acts[0].headers["x-post"]], ["lobby", "lobby"]);
  assert.deepEqual(await rows(), ["soon:lobby", "past:lift", "past:left"]);
  assert.equal(await page.textContent("[data-sum]"), "9");
  assert.match(await page.textContent("#toasts"), /G2 lobby/);
  push(12, guest(4, 12, "drop-off", "lobby"));
  await seen("#guest-4[data-turn=next]");
  assert.equal(await party(), "2 lobby");
  await page.click("#all");
  await until("the party", () => stub.acts.length === 2);
  assert.equal(`${stub.acts[1].path} ${stub.acts[1].body}`, "/parties/p/position position=lobby");
});

test("the dialog of one row is filled from it and from what stands around it", async () => {
  await show(`<section data-fill='{"party":"One"}'><ul><li id="guest-1" data-row data-seq="10"><button id="pen" type="button" data-open="edit" data-url="/guests/1" data-fill='{"name":"杜仲"}'>Edit</button></li></ul></section>
<dialog id="edit"><form hx-put="/guests/-" hx-swap="none"><h2 data-slot="name"></h2><input name="name"><p data-error-for="name"></p><input name="party"><button id="save">Save</button></form></dialog>`);
  stub.act = (_, n) => (n === 1 ? { status: 422, body: '<p data-error="name">Taken</p>' } : { status: 200 });
  await page.click("#pen");
  assert.equal(await page.textContent("#edit h2"), "杜仲");
  await page.click("#save");
  await until(
    "sentence in the open dialog",
    async () => (await page.textContent("#edit [data-error-for=name]")) === "Taken",
  );
  await page.click("#save");
  await until("closed", async () => !(await page.$eval("#edit", (d) => d.open)));
  assert.equal(`${stub.acts[1].path} ${decodeURIComponent(stub.acts[1].body)}`, "/guests/1 name=杜仲&party=One");
});

test("the theme is the device's: kept, and told to the server", async () => {
  await show(
    '<input type="radio" name="t" value="" data-theme-choice><input type="radio" name="t" value="dim" data-theme-choice id="dim">',
    { topics: [] },
  );
  await page.check("#dim");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dim");
  assert.match(await page.evaluate(() => document.cookie), /theme=dim/);
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dim");
});

test("without network: the page seen last, else the offline page; signing out forgets both; nothing reloads", async () => {
  const context = await browser.newContext();
  const tab = await context.newPage();
  stub.page = (url) => frame(assets, `<p id="path">${url.pathname}</p>`);
  await tab.goto(`${stub.origin}/today`);
  await tab.evaluate(() => navigator.serviceWorker.ready);
  const pages = () =>
    tab.evaluate(async () => (await (await caches.open("pages")).keys()).map((k) => new URL(k.url).pathname));
  await until("the first page is kept, too", async () => (await pages()).includes("/today"));
  await tab.goto(`${stub.origin}/events`);
  await until("kept", async () => (await pages()).includes("/events"));
  assert.equal(stub.gets.filter((p) => p === "/events").length, 1, "no page reloads itself");
  await stub.away();
  await tab.goto(`${stub.origin}/today`);
  assert.equal(await tab.textContent("#path"), "/today");
  await tab.goto(`${stub.origin}/events/never-seen`);
  assert.equal(await tab.textContent("#path"), "/offline");
  await stub.back();
  await tab.goto(`${stub.origin}/today`);
  await tab.evaluate(() => fetch("/session", { method: "DELETE" }));
  assert.deepEqual(await pages(), []);
  assert.equal(stub.acts.length, 1, "acts go to the server, and are kept nowhere");
  assert.deepEqual(
    await tab.evaluate(async () =>
      (
        await Promise.all(
          (await caches.keys()).map(async (n) => (await (await caches.open(n)).keys()).map((k) => k.method)),
        )
      )
        .flat()
        .filter((m) => m !== "GET"),
    ),
    [],
  );
  await context.close();
});
