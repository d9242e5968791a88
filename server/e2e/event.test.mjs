// An event's own life: entered, moved, cancelled; those who look at it see it change.
import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, clock, local, newEvent } from "./lib/building.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(09|22)/; // the browser itself notes every refused request

test("entered on the form: what is wrong stands beside its field, what was typed stays", async () => {
  home.allow(refused);
  const supervisor = await home.desk("supervisor");
  await supervisor.go("/events");
  await supervisor.press("a[href^='/events/new']");
  await supervisor.seen("#event-form");
  await supervisor.fill("#f-name", "茶艺交流");
  await supervisor.fill("#f-heads", "十二");
  await supervisor.fill("#f-start_at", local(240));
  await supervisor.fill("#f-end_at", local(180));
  await supervisor.fill("#f-arrival_at", local(250));
  await supervisor.page.check("#event-form [name=level][value='2']", { force: true });
  await supervisor.page.check("#event-form [name=rooms][value=R6]", { force: true });
  await supervisor.press("#event-form [type=submit]");
  await supervisor.says("#f-heads-error", say("event.heads_range"));
  await supervisor.says("#f-end_at-error", say("event.end_before_start"));
  await supervisor.says("#f-arrival_at-error", say("event.arrival_after_start"));
  assert.equal(await supervisor.page.inputValue("#f-heads"), "十二");
  assert.equal(await supervisor.page.inputValue("#f-name"), "茶艺交流");
  assert.equal(await supervisor.page.isChecked("#event-form [name=rooms][value=R6]"), true);
  assert.equal(await supervisor.page.isChecked("#event-form [name=level][value='2']"), true);

  await supervisor.fill("#f-heads", "12");
  await supervisor.fill("#f-end_at", local(300));
  await supervisor.fill("#f-arrival_at", "");
  await supervisor.fill("#f-organiser", "工会");
  await supervisor.fill("#f-contact", "黄鹂");
  await supervisor.fill("#f-level_reason", "外请专家");
  await supervisor.fill("#search-picker", "hupo"); // 琥珀
  await supervisor.page.check("#picker .tick:not([hidden]) [name=people]", { force: true });
  await supervisor.page.selectOption("#f-commander_id", { label: "石英 · 总指挥" });
  await supervisor.press("#event-form [type=submit]");
  await supervisor.seen(".event .head");
  await supervisor.says(".head-name", "茶艺交流");
  await supervisor.press("[id^=to-confirmed-]");
  await supervisor.press("#dialog-confirm [type=submit]");
  await supervisor.seen(".gauge[data-status=confirmed]");
  await supervisor.says(".event .people", "琥珀");
});

test("moving the start moves what hangs on it, on lists that are open", async () => {
  home.allow(refused);
  const start = local(150);
  const event = await newEvent(home, { people: ["service"], start: 150, long: 60 });
  const items = await (await home.as("supervisor")).items(event.id);
  const s4 = items.find((i) => i.template_id === "S4"); // so many minutes before the start
  const done = items.find((i) => i.template_id === "S3");
  await (await home.as("service")).tick(done);
  const service = await home.phone("service");
  const page = await home.desk("commander");
  const supervisor = await home.desk("supervisor");
  await service.go(`/events/${event.id}/items?mine=1`);
  await page.go(`/events/${event.id}`);
  await supervisor.go(`/events/${event.id}/edit`);
  assert.equal(await supervisor.page.inputValue("#f-start_at"), start);
  const before = await service.data(`#item-${s4.id}`, "due");
  const finished = await service.data(`#item-${done.id}`, "due");

  await supervisor.fill("#f-start_at", local(400)); // after its end
  await supervisor.press("#event-form [type=submit]");
  await supervisor.says("#f-end_at-error", say("event.end_before_start"));
  assert.equal(await supervisor.page.inputValue("#f-start_at"), local(400));
  const moved = local(165);
  await supervisor.fill("#f-start_at", moved);
  await supervisor.press("#event-form [type=submit]");

  await service.seen(`#item-${s4.id}:not([data-due="${before}"])`);
  const after = await service.data(`#item-${s4.id}`, "due");
  const minutes = Math.round((Date.parse(after) - Date.parse(before)) / 60000);
  assert.ok(Math.abs(minutes - 15) <= 1, `moved by ${minutes} minutes`);
  assert.equal(await service.data(`#item-${done.id}`, "due"), finished, "what is finished keeps its time");
  await page.says(`#head-${event.id} .changed s`, clock(start));
  await page.says(`#head-${event.id} .changed ins`, clock(moved));
  await service.says(`#head-${event.id} .anchor-time`, clock(moved));
});

test("from live to closed: each step waits for what it must, and everybody sees where it stands", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: ["service", "control"], start: -20, long: 60 });
  await begin(home, event.id);
  const commander = await home.desk("commander");
  const service = await home.phone("service");
  await commander.go(`/events/${event.id}`);
  await service.go(`/events/${event.id}`);
  await service.seen(`#gauge-${event.id}[data-status=live]`);
  await commander.press(`#to-clearing-${event.id}`);
  await commander.press("#dialog-confirm [type=submit]");
  await service.seen(`#gauge-${event.id}[data-status=clearing]`);
  await commander.press(`#to-released-${event.id}`);
  await commander.press("#dialog-confirm [type=submit]");
  await commander.toast(say("event.guests_not_left"));
  assert.equal(await service.data(`#gauge-${event.id}`, "status"), "clearing");
});

test("cancelled with a reason and a long press: the crews see it at once", async () => {
  const event = await newEvent(home, { people: ["service"] });
  const supervisor = await home.desk("supervisor");
  const service = await home.phone("service");
  await supervisor.go(`/events/${event.id}`);
  await service.go(`/events/${event.id}`);
  await supervisor.press(`#event-more-${event.id} > summary`);
  await supervisor.press(`#more-cancelled-${event.id}`);
  await supervisor.press('#dialog-reason [data-kind=cancel] [data-choice]:has-text("改期")');
  await supervisor.press("#dialog-reason [type=submit]"); // a tap is not enough
  await supervisor.seen("#dialog-confirm[open]");
  await supervisor.press("#dialog-confirm [data-close]");
  assert.notEqual(await service.data(`#head-${event.id}`, "status"), "cancelled");
  await supervisor.press(`#more-cancelled-${event.id}`);
  await supervisor.press('#dialog-reason [data-kind=cancel] [data-choice]:has-text("改期")');
  await supervisor.hold("#dialog-reason [type=submit]");
  await service.seen(`#head-${event.id}[data-status=cancelled]`);
  await service.says(`#feed-${event.id}`, "改期");
});

test("whoever has the list of events open sees one come, get on, change and go", async () => {
  const [planner, service] = await Promise.all([home.desk("commander"), home.phone("service")]);
  await Promise.all([planner.go("/events"), service.go("/events")]);
  const event = await newEvent(home, { people: ["service"], secrecy: "secret" }); // which only they see
  const row = `#event-${event.id}`;
  for (const person of [planner, service]) {
    await person.says(row, event.name);
    await person.says(`${row} .status`, say("status.confirmed"));
  }

  const items = await (await home.as("supervisor")).items(event.id);
  const plain = items.find((i) => i.crew === "SVC" && !i.evidence && !i.acceptance);
  await (await home.as("service")).tick(plain);
  await planner.says(`${row} .event-sums`, `1/${items.length}`);

  const supervisor = await home.as("supervisor");
  const { cleaning } = await (await home.as("admin")).staff();
  const { id, room, ...fields } = event;
  await supervisor.must("PUT", `/events/${id}`, { ...fields, rooms: room, people: cleaning });
  await service.gone(row);
  await supervisor.must("PUT", `/events/${event.id}/status`, { status: "cancelled", reason: "改期" });
  await planner.says(`${row} .status`, say("status.cancelled"));
});
