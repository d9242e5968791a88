// The register of an event: two planners with one form, functions that hold rooms, the agenda, the level and why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { local, newEvent, VISIT } from "./lib/building.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(09|22)/; // the browser itself notes every refused request

test("two planners change one event: both are kept, and where they clash one chooses", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: ["service"], start: 300, long: 60 });
  const supervisor = await home.desk("supervisor");
  const commander = await home.desk("commander");
  for (const who of [supervisor, commander]) await who.go(`/events/${event.id}/edit`);
  await supervisor.fill("#f-banner", "茶艺交流会");
  await supervisor.fill("#f-purpose", "交流茶艺");
  await supervisor.press("#event-form [type=submit]");
  await supervisor.seen(".event .head");
  await commander.fill("#f-banner", "茶艺座谈会");
  await commander.fill("#f-flowers", "讲台一组");
  await commander.press("#event-form [type=submit]");

  await commander.says('[data-clash="banner"]', "茶艺交流会");
  await commander.says('[data-clash="banner"]', "茶艺座谈会");
  await commander.says('[data-clash="banner"]', "云母");
  assert.equal(await commander.count("[data-clash]"), 1);
  assert.equal(await commander.page.inputValue("#f-banner"), "茶艺交流会", "not saved until one chooses");
  const kept = (await (await home.as("commander")).get(`/events/${event.id}`)).event;
  assert.deepEqual([kept.banner, kept.purpose, kept.flowers], ["茶艺交流会", "交流茶艺", "讲台一组"]);
  await commander.page.check('[name=choose_banner][value="mine"]', { force: true });
  await commander.press("#event-form [type=submit]");
  await commander.seen(".event .head");
  await supervisor.says(".event .facts", "茶艺座谈会");
});

test("what is missing leads to its field, and the level is suggested while one types", async () => {
  home.allow(refused);
  const supervisor = await home.desk("supervisor");
  await supervisor.go("/events/new");
  await supervisor.fill("#f-name", "来访座谈");
  await supervisor.fill("#f-heads", "12");
  await supervisor.fill("#f-start_at", local(500));
  await supervisor.fill("#f-end_at", local(560));
  await supervisor.page.selectOption("#f-guest_rank", "city");
  await supervisor.seen("#level-suggestion [data-level='2']");
  await supervisor.page.selectOption("#f-host_rank", "chair");
  await supervisor.seen("#level-suggestion [data-level='1']");
  await supervisor.says("#level-suggestion", "董事长、总裁");
  await supervisor.press("#event-form [type=submit]");
  await supervisor.says("#f-level_reason-error", say("event.level_below_suggestion", { level: "1" }));
  assert.equal(await supervisor.page.inputValue("#f-guest_rank"), "city", "what was typed stays");
  await supervisor.fill("#f-level_reason", "只来两人，部门对接");
  await supervisor.press("#event-form [type=submit]");
  await supervisor.seen(".event .head");
  assert.ok((await supervisor.count("#missing .is-required")) >= 4);
  await supervisor.press('#missing [data-field="organiser"]');
  await supervisor.seen("#f-organiser");
  assert.match(supervisor.page.url(), /\/edit#f-organiser$/);
});

test("functions hold rooms, and whoever looks sees them; a lengthened agenda moves what follows", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: ["service"], start: 700, long: 60 });
  const supervisor = await home.desk("supervisor");
  const service = await home.phone("service");
  const commander = await home.desk("commander");
  await service.go(`/events/${event.id}`);
  await commander.go(`/events/${event.id}/programme`);
  await supervisor.go(`/events/${event.id}/programme`);
  await supervisor.press("#function-add > summary");
  await supervisor.fill("#fa-name", "合影");
  await supervisor.page.selectOption("#fa-kind", "photo");
  await supervisor.fill("#fa-start_at", local(760));
  await supervisor.fill("#fa-end_at", local(750));
  await supervisor.press("#function-add [type=submit]");
  await supervisor.says("#fa-end_at-error", say("function.end_before_start"));
  await supervisor.fill("#fa-end_at", local(770));
  await supervisor.fill("#fa-place", "二楼台阶");
  await supervisor.press("#function-add [type=submit]");
  await commander.says(`#functions-${event.id}`, "二楼台阶");
  await service.says(`#timeline-${event.id}`, "二楼台阶");

  await supervisor.press("#agenda-add > summary");
  for (const [title, minutes] of [
    ["开场", "10"],
    ["讲话", "30"],
  ]) {
    await supervisor.fill("#aa-title", title);
    await supervisor.fill("#aa-minutes", minutes);
    await supervisor.press("#agenda-add [type=submit]");
    await commander.says(`#agenda-${event.id}`, title);
  }
  const list = async () => (await (await home.as("commander")).get(`/events/${event.id}/programme`)).agenda;
  const [first, second] = await list();
  await commander.press(`#edit-agenda-${first.id}`);
  await commander.fill("#ad-minutes", "40");
  await commander.page.click("#agenda-dialog [type=submit]");
  await supervisor.says(`#agenda-item-${second.id}`, say("agenda.beyond_end", { n: "10" }));
  const [, moved] = await list();
  assert.equal(Date.parse(moved.start_at) - Date.parse(second.start_at), 30 * 60000);
  await supervisor.press(`#up-${second.id}`);
  await commander.seen(`#agenda-${event.id} > li:first-child#agenda-item-${second.id}`);
});

test("the register and the agenda go to paper with their version and a code; the organiser sees the day", async () => {
  const commander = await home.as("commander");
  const visit = await commander.event(VISIT);
  const desk = await home.desk("commander");
  await desk.go(`/events/${visit.id}/register`);
  for (const text of ["会务服务登记表", "杜仲", "三类会议", "签字", "第"])
    assert.match(await desk.page.textContent("main"), new RegExp(text));
  assert.equal(await desk.count(".paper-code"), 1);
  await desk.go(`/events/${visit.id}/agenda/print`);
  await desk.says("table", "集团介绍");
  const { organiser } = await commander.get(`/events/${visit.id}/links`);
  const phone = await home.phone("service");
  await phone.go(new URL(organiser).pathname);
  await phone.says(`#timeline-${visit.id}`, "合影");
  await phone.says("#organiser-agenda", "双方讲话");
});
