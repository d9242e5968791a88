// The checklist: what one does, the others see at once, each on the page where he looks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, clock, local, newEvent, VISIT, WEEKLY } from "./lib/building.mjs";
import { DESK, house, until, WALL } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

let visit;
const home = house({
  opened: async (home) => {
    visit = (await (await home.as("commander")).event(VISIT)).id;
  },
});
const refused = /status of 4(03|09|22)/; // the browser itself notes every refused request

const row = (item) => `#item-${item.id}`;
const is = (item, state) => `${row(item)}[data-state="${state}"]`;

// find picks an item of an event by its template.
async function find(event, template) {
  const item = (await (await home.as("supervisor")).items(event)).find((i) => i.template_id === template);
  assert.ok(item, `no item ${template}`);
  return item;
}

test("a tick is seen by the commander, on his board and on the supervisor's wall, without a reload", async () => {
  const event = await newEvent(home, { people: ["service", "engineering"] });
  const item = await find(event.id, "S4");
  const service = await home.phone("service");
  const commander = await home.phone("commander");
  const board = await home.person("commander", WALL);
  const wall = await home.person("supervisor", WALL);
  await service.go(`/events/${event.id}/items?mine=1`);
  await commander.go(`/events/${event.id}/items`);
  await board.go(`/events/${event.id}/board`);
  await wall.go("/board");
  const card = `#card-${event.id}`;
  const seq = await wall.data(card, "seq");
  for (const p of [commander, board, wall]) await p.page.evaluate("window.same = true");

  await service.press(`#tick-${item.id}`);
  await Promise.all([
    service.soon(is(item, "submitted")),
    commander.soon(is(item, "submitted")),
    board.soon(`#star-${item.id}[data-state=submitted]`),
    wall.soon(`${card}:not([data-seq="${seq}"])`),
  ]);
  await commander.says(`${row(item)} .who`, "琥珀");
  await board.says(`#feed-${event.id}`, "琥珀");
  assert.equal(await service.visible(`#accept-${item.id}`), false, "nobody accepts his own work");

  const stars = await wall.text(`${card} .wcard-sum dd`);
  await commander.press(`#accept-${item.id}`);
  await Promise.all([
    service.soon(is(item, "accepted")),
    board.gone(`#star-${item.id}`),
    wall.soon(`${card} .wcard-sum dd:not(:text-is("${stars}"))`),
  ]);
  await service.says(`${row(item)} .who`, "石英");
  for (const p of [commander, board, wall]) assert.equal(await p.page.evaluate("window.same"), true, "no reload");
});

test("sent back with a reason, done again, accepted", async () => {
  const event = await newEvent(home, { people: ["service"] });
  const item = await find(event.id, "S4");
  const service = await home.phone("service");
  const commander = await home.phone("commander");
  await service.go(`/events/${event.id}/items?mine=1`);
  await commander.go(`/events/${event.id}/items?crew=SVC`);
  await service.press(`#tick-${item.id}`);
  await commander.press(`#reject-${item.id}`);
  await commander.seen("#dialog-reason[open]");
  await commander.press("#dialog-reason [type=submit]");
  await commander.seen("#dialog-reason-error:not(:empty)");
  await commander.press('#dialog-reason [data-kind=reject] [data-choice]:has-text("摆放不齐")');
  await commander.press("#dialog-reason [type=submit]");
  await service.soon(is(item, "rejected"));
  await service.says(`${row(item)} .reason`, say("reason.rejected", { name: "石英", reason: "摆放不齐" }));

  await service.press(`#tick-${item.id}`);
  await commander.soon(is(item, "submitted"));
  await commander.says(row(item), say("row.redo", { n: 1 }));
  await commander.press(`#accept-${item.id}`);
  await service.soon(is(item, "accepted"));
});

test("nobody accepts his own work: no button, and the server refuses", async () => {
  // The supervisor commands this one, so that she may do and accept.
  const event = await newEvent(home, { commander: "supervisor", people: ["service"] });
  const item = await find(event.id, "S4");
  const supervisor = await home.phone("supervisor");
  await supervisor.go(`/events/${event.id}/items?crew=SVC`);
  await supervisor.press(`#tick-${item.id}`);
  await supervisor.seen(`${is(item, "submitted")}.is-own`);
  assert.equal(await supervisor.visible(`#accept-${item.id}`), false);
  const answer = await (await home.as("supervisor")).call("PUT", `/items/${item.id}/acceptance`, {
    verdict: "accepted",
  });
  assert.deepEqual([answer.status, answer.sentence], [409, say("item.own_item")]);
  const service = await (await home.as("service")).call("PUT", `/items/${item.id}/acceptance`);
  assert.equal(service.status, 403);
});

test("what needs both: first the supervisor's look, then the commander's word", async () => {
  const event = await newEvent(home, { people: ["service"] });
  const item = await find(event.id, "S1");
  await (await home.as("service")).tick(item);
  const supervisor = await home.phone("supervisor");
  const commander = await home.phone("commander");
  await supervisor.go(`/events/${event.id}/items?crew=SVC`);
  await commander.go(`/events/${event.id}/items?crew=SVC`);
  assert.equal(await commander.visible(`#accept-${item.id}`), false);
  await commander.says(`${row(item)} [data-waits]`, say("waits_for.supervisor"));
  await supervisor.press(`#accept-${item.id}`);
  await commander.soon(`#accept-${item.id}.for-accept`, { state: "visible" });
  await commander.press(`#accept-${item.id}`);
  await supervisor.soon(is(item, "accepted"));
});

test("all that a crew has submitted is accepted with one exception", async () => {
  const event = await newEvent(home, { people: ["service"], level: "2", level_reason: "试验" });
  const service = await home.as("service");
  const items = [];
  for (const template of ["S3", "S4", "S5"]) items.push(await find(event.id, template));
  for (const item of items) await service.tick(item);
  const phone = await home.phone("service");
  const commander = await home.desk("commander");
  await phone.go(`/events/${event.id}/items?mine=1`);
  await commander.go(`/events/${event.id}/items`);
  await commander.press("#accept-all-SVC");
  await commander.seen("#dialog-accept[open]");
  assert.equal(await commander.count("#dialog-accept [name=item]"), 3);
  await commander.page.uncheck(`#dialog-accept [value="${items[1].id}"]`);
  await commander.press("#dialog-accept [type=submit]");
  await Promise.all([phone.soon(is(items[0], "accepted")), phone.soon(is(items[2], "accepted"))]);
  await commander.toast(say("items.accepted", { n: 2 }));
  assert.equal(await phone.data(row(items[1]), "state"), "submitted");
});

test("not needed, with a reason, and needed again; a ★ is the commander's to leave out", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: ["service"], level: "2", level_reason: "试验" });
  const plain = await find(event.id, "S6");
  const star = await find(event.id, "S4");
  const service = await home.phone("service");
  const commander = await home.phone("commander");
  await service.go(`/events/${event.id}/items?mine=1`);
  await commander.go(`/events/${event.id}/items?crew=SVC`);
  await service.press(`#sum-${star.id}`);
  assert.equal(await service.visible(`#exempt-${star.id}`), false);
  await service.press(`#sum-${plain.id}`);
  await service.press(`#exempt-${plain.id}`);
  await service.fill("#dialog-reason-input", "本次不用鲜花");
  await service.press("#dialog-reason [type=submit]");
  await commander.soon(is(plain, "not-needed"));
  await commander.says(`${row(plain)} .reason`, say("reason.not-needed", { name: "琥珀", reason: "本次不用鲜花" }));
  await commander.press(`#sum-${plain.id}`);
  await commander.press(`#exempt-${plain.id}`);
  await service.soon(`${row(plain)}:not([data-state=not-needed])`);
});

test("a reading is asked for; a wrong one gets its sentence in the dialog and stays typed", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: ["engineering"] });
  const item = await find(event.id, "E5");
  const engineer = await home.phone("engineering");
  const commander = await home.phone("commander");
  await engineer.go(`/events/${event.id}/items?mine=1`);
  await commander.go(`/events/${event.id}/items?crew=ENG`);
  await engineer.press(`#tick-${item.id}`);
  await engineer.seen("#dialog-reading[open]");
  for (const [typed, said] of [
    ["二十五度", say("item.reading_number")],
    ["", say("item.reading_needed")],
  ]) {
    await engineer.fill("#dialog-reading-input", typed);
    await engineer.press("#dialog-reading [type=submit]");
    await engineer.says("#dialog-reading-error", said);
    assert.equal(await engineer.page.inputValue("#dialog-reading-input"), typed);
    assert.equal(await engineer.visible("#dialog-reading"), true);
  }
  await engineer.fill("#dialog-reading-input", "２５");
  await engineer.press("#dialog-reading [type=submit]");
  await engineer.hidden("#dialog-reading");
  await commander.soon(is(item, "submitted"));
  await commander.says(`${row(item)} .reading`, "25");
});

test("undo takes a tick back, from the sentence and from the row", async () => {
  const event = await newEvent(home, { people: ["service"] });
  const item = await find(event.id, "S4");
  const service = await home.phone("service");
  const commander = await home.phone("commander");
  await service.go(`/events/${event.id}/items?mine=1`);
  await commander.go(`/events/${event.id}/items?crew=SVC`);
  await service.press(`#tick-${item.id}`);
  await commander.soon(is(item, "submitted"));
  await service.press("#toasts .toast-act");
  await commander.soon(`${row(item)}:not([data-state=submitted])`);
  await service.press(`#tick-${item.id}.act-done`);
  await commander.soon(is(item, "submitted"));
  await service.press(`#tick-${item.id}.act-undo`);
  await commander.soon(`${row(item)}:not([data-state=submitted])`);
});

test("a round is ticked, the next one put off with a reason", async () => {
  const event = await newEvent(home, { people: ["service"], start: -45, long: 150 });
  await begin(home, event.id);
  const item = await find(event.id, "S15");
  const service = await home.phone("service");
  const commander = await home.phone("commander");
  await service.go(`/events/${event.id}/items?mine=1`);
  await commander.go(`/events/${event.id}/items?crew=SVC`);
  const rounds = () => service.text(`${row(item)} .item-line .num`);
  assert.match(await rounds(), /^已做 0\//);
  await service.press(`#tick-${item.id}`);
  await commander.says(`${row(item)} .item-line`, "已做 1/");
  await service.says(`${row(item)} .item-line`, "已做 1/");
  // The next is due half an hour after this one: putting it off is offered when its time comes.
  const due = await service.page.$eval(row(item), (el) => {
    el.dataset.due = new Date().toISOString();
    return el.id;
  });
  assert.equal(due, `item-${item.id}`);
  await service.press(`#defer-${item.id}`);
  await service.press('#dialog-reason [data-kind=defer] [data-choice]:has-text("领导正在讲话")');
  await service.press("#dialog-reason [type=submit]");
  await commander.says(`${row(item)} .reason`, "领导正在讲话");
  assert.match(await rounds(), /^已做 1\//);
});

test("a small meeting takes two taps: all of mine done, all accepted", async () => {
  const { id } = await (await home.as("yusui")).event(WEEKLY);
  const service = await home.phone("service");
  const leader = await home.desk("yusui");
  const list = await (await home.as("yusui")).items(id);
  for (const item of list) {
    if (item.crew !== "SVC" || item.phase !== "pre" || item.evidence !== "photo" || item.photos) continue;
    await (await home.as("service")).shoot(item); // what lacks its photo is left out
  }
  await service.go(`/events/${id}/items`);
  await leader.go(`/events/${id}/items`);
  const open = await service.count("[data-crew=SVC][data-phase=pre] .act-done:not([data-ask])");
  assert.ok(open > 1, "there is something to do");
  await service.press("#bundle-done-pre");
  await service.press("#dialog-confirm [type=submit]");
  await service.toast(say("items.done", { n: open }).replace("。", ""));
  const mine = "[data-crew=SVC][data-phase=pre]";
  await leader.gone(`${mine}:is([data-state=due], [data-state=late], [data-state=not-due]) .act-done:not([data-ask])`);
  if ((await leader.count("[data-phase=pre][data-state=submitted]:not(.is-own)")) > 0) {
    await leader.press("#bundle-accept-pre");
    await leader.seen("#dialog-accept[open]");
    await leader.press("#dialog-accept [type=submit]");
    await service.gone(`${mine}[data-state=submitted] .for-accept`);
  }
});

test("an item that nobody foresaw appears on the lists of the others, at its place", async () => {
  const commander = await home.phone("commander");
  const engineer = await home.phone("engineering");
  const cleaner = await home.phone("cleaning");
  await engineer.go(`/events/${visit}/items?crew=ENG`);
  await cleaner.go(`/events/${visit}/items?crew=CLN`);
  await commander.go(`/events/${visit}/items`);
  await commander.press("#item-add > summary");
  await commander.fill("#f-text", "主席台加一支台灯");
  await commander.page.selectOption("#f-crew", "ENG");
  const due = clock(local(25));
  await commander.fill("#f-due_at", due);
  await commander.page.check("#item-add [name=star]");
  await commander.press("#item-add [type=submit]");
  await engineer.says("[data-crew=ENG] .item-text", "主席台加一支台灯", 1500);
  const added = "#main .item:has-text('主席台加一支台灯')";
  assert.equal(await engineer.data(added, "flag"), "blocks_ready");
  await engineer.says(`${added} .item-clock`, due);
  // The others may hear of it before his own answer is there.
  await until("the form is ready for the next", async () => (await commander.page.inputValue("#f-text")) === "");
  assert.equal(await cleaner.count(added), 0, "not on the list of another crew");
  await engineer.press(`${added} .act-done`);
  await commander.seen(`${added}[data-state=submitted]`);
});

test("ready is locked while a ★ waits, and everybody hears it said", async () => {
  home.allow(refused);
  const commander = await home.phone("commander");
  await commander.go(`/events/${visit}/board`);
  await commander.seen(`#ready-${visit}:disabled`);
  const missing = await commander.text(`#ready-${visit} .gauge-why`);
  assert.match(missing, /\d+/);
  const early = await (await home.as("commander")).call("PUT", `/events/${visit}/readiness`);
  assert.deepEqual([early.status, early.key], [409, "event.stars_open"]);

  const service = await home.phone("service");
  const wall = await home.person("supervisor", DESK);
  await service.go(`/events/${visit}`);
  await wall.go("/board");
  await prepare(visit, "commander");
  await commander.seen(`#ready-${visit}:not(:disabled)`);
  await commander.press(`#ready-${visit}`);
  await Promise.all([
    commander.soon(`#gauge-${visit}[data-status=ready]`),
    service.soon(`#gauge-${visit}[data-status=ready]`),
    wall.soon(`#card-${visit}[data-status=ready]`),
  ]);
  await service.says(`#gauge-${visit}`, say("gauge.ready_by", { time: "", name: "石英" }).trim());
});

// prepare brings every ★ of an event to "accepted": the supervisor does what is open, the head of the centre checks.
async function prepare(event, commander) {
  const [supervisor, head, judge] = await Promise.all(["supervisor", "lvsong", commander].map((who) => home.as(who)));
  const reading = { number: "25", signature: "玉髓" };
  for (const item of await supervisor.items(event)) {
    if (item.flag !== "blocks_ready" || item.status === "accepted") continue;
    if (item.status !== "submitted") {
      await supervisor.tick(item, { reading: reading[item.evidence] ?? "" });
    }
    if (item.acceptance === "supervisor+commander" && !item.checked_at) {
      await head.must("PUT", `/items/${item.id}/acceptance`);
    }
    await judge.must("PUT", `/items/${item.id}/acceptance`);
  }
}
