// The planned track of an event: two planners, the record of a kick-off, the owner's day, the month.
import assert from "node:assert/strict";
import { test } from "node:test";
import { local, newEvent, siteDay } from "./lib/building.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(09|22)/; // the browser itself notes every refused request
const day = 24 * 60;

test("two planners see one track, and what one of them changed is not overwritten", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: ["service"], start: 12 * day, level: "3" });
  const [supervisor, commander, service] = [
    await home.desk("supervisor"),
    await home.phone("commander"),
    await home.phone("service"),
  ];
  await service.go(`/events/${event.id}`);
  for (const who of [supervisor, commander]) await who.go(`/events/${event.id}/track`);
  const steps = async () => (await (await home.as("commander")).get(`/events/${event.id}/track`)).milestones;
  const [kickoff, second] = await steps();
  assert.equal(kickoff.step, "kickoff");
  await service.says(`#track-card-${event.id}`, "0/7");

  await supervisor.press(`#done-${kickoff.id}`);
  await commander.seen(`#milestone-${kickoff.id}[data-state="done"]`);
  await service.says(`#track-card-${event.id}`, "1/7");

  await commander.press(`#edit-${second.id}`);
  await supervisor.press(`#edit-${second.id}`);
  await commander.fill("#md-due_at", local(8 * day));
  await commander.page.click("#step-dialog [type=submit]");
  const moved = local(8 * day)
    .slice(5, 10)
    .split("-")
    .map(Number)
    .join("月");
  await supervisor.says(`#milestone-${second.id}`, `${moved}日`);
  await supervisor.fill("#md-due_at", local(9 * day));
  await supervisor.page.click("#step-dialog [type=submit]");
  await supervisor.says("#toasts", "石英"); // who was first
  const kept = (await steps()).find((m) => m.id === second.id);
  assert.ok(kept.by_hand);
});

test("what a kick-off decided becomes its owner's task, and stands in the month", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: ["service"], start: 13 * day, level: "2", level_reason: "年会" });
  const [supervisor, service] = [await home.phone("supervisor"), await home.phone("service")];
  await supervisor.go(`/events/${event.id}/track`);
  await supervisor.says(`#track-${event.id}`, say("milestone_state.late_start"));
  await supervisor.press("#kickoff-add > summary");
  await supervisor.press("#kickoff-add [type=submit]");
  await supervisor.says("#ka-people-error", say("field.required"));
  await supervisor.fill("#ka-people", "云母、会务");
  await supervisor.press("#kickoff-add [type=submit]");
  await supervisor.says(`#kickoffs-${event.id}`, "云母、会务");
  const { kickoffs, milestones } = await (await home.as("supervisor")).get(`/events/${event.id}/track`);
  assert.equal(milestones.find((m) => m.step === "kickoff").status, "done", "its record settles the step");
  await supervisor.press(`#decide-${kickoffs[0].id}`);
  await supervisor.fill("#dd-title", "落实讲台鲜花");
  await supervisor.page.selectOption("#dd-owner_id", (await (await home.as("admin")).staff()).service);
  await supervisor.fill("#dd-due_at", local(2 * day));
  await supervisor.page.click("#decision-dialog [type=submit]");
  await supervisor.says(`#kickoff-${kickoffs[0].id} .decisions`, "落实讲台鲜花");

  await service.go("/today");
  await service.says("#today-milestones", "落实讲台鲜花");
  await service.press("#today-milestones button");
  await supervisor.says(`#kickoff-${kickoffs[0].id} .decisions`, say("milestone_state.done"));

  const late = milestones.find((m) => m.step === "plan");
  await supervisor.press(`#waive-${late.id}`);
  await supervisor.press("#dialog-reason [data-kind=exempt] [data-choice] >> nth=0");
  await supervisor.press("#dialog-reason [type=submit]");
  await supervisor.seen(`#milestone-${late.id}[data-state="waived"]`);
  await supervisor.go(`/track?month=${local(13 * day).slice(0, 7)}`);
  await supervisor.says(`#tracked-${event.id}`, event.name);
});

test("a rule changed in settings gives new events another track, and those that are there when they are re-planned", async () => {
  home.allow(refused);
  const old = await newEvent(home, { start: 40 * day, level: "3" });
  const [admin, other, supervisor] = [
    await home.desk("admin"),
    await home.phone("admin"),
    await home.phone("supervisor"),
  ];
  await supervisor.go(`/events/${old.id}/track`);
  for (const who of [admin, other]) await who.go("/settings/track");

  await admin.press("#step-add > summary");
  await admin.fill("#sa-zh", "踏勘路线");
  await admin.press("#step-add [type=submit]");
  await admin.says("#sa-levels-error", say("steps.levels_wanted"));
  assert.equal(await admin.page.inputValue("#sa-zh"), "踏勘路线", "what was typed stays");
  await admin.press("#sa-level-3");
  await admin.fill("#sa-days", "5");
  await admin.page.selectOption("#sa-crew", "SEC");
  await admin.press("#step-add [type=submit]");
  await other.says("#step-step .step-rule", "D-5"); // the second administrator sees it without a reload

  const { rules } = await (await home.as("admin")).get("/settings/track");
  const { id } = rules.find((r) => r.zh === "踏勘路线");
  for (const who of [admin, other]) await who.press(`#edit-${id}`);
  assert.deepEqual(
    await other.page.$$eval("#rule-dialog [name=levels]:checked", (list) => list.map((box) => box.value)),
    ["3"],
  );
  await admin.fill("#sd-days", "6");
  await admin.page.click("#rule-dialog [type=submit]");
  await other.says(`#rule-${id}`, "D-6"); // behind the open dialog, which keeps what it was opened with
  await other.fill("#sd-days", "7");
  await other.page.click("#rule-dialog [type=submit]");
  await other.says("#toasts, #rule-dialog [data-slot=error]", "海蓝");

  const fresh = await newEvent(home, { start: 41 * day, level: "3" });
  const titles = async (event) =>
    (await (await home.as("supervisor")).get(`/events/${event.id}/track`)).milestones.map((m) => m.zh);
  assert.ok((await titles(fresh)).includes("踏勘路线"));
  assert.ok(!(await titles(old)).includes("踏勘路线"));
  await supervisor.press(`#replan-${old.id}`);
  await supervisor.toast(say("track.replanned", { added: 1, moved: 0 }));
  await supervisor.says(`#track-${old.id}`, "踏勘路线");
  await supervisor.press(`#replan-${old.id}`);
  await supervisor.toast(say("track.replanned_same"));
  await (await home.as("admin")).must("DELETE", `/settings/track/${id}`);
  await other.gone(`#rule-${id}`);
});

test("the month of planned tracks and the day of a crew's lead follow what others do", async () => {
  const event = await newEvent(home, { people: ["yusui"], start: 14 * day, level: "3" });
  const lead = await home.phone("yusui");
  const [desk, phone, member] = [
    await home.desk("supervisor"),
    await home.phone("commander"),
    await home.phone("service"),
  ];
  const month = siteDay(Date.now() + 2 * day * 60000).slice(0, 7);
  for (const who of [desk, phone]) await who.go(`/track?month=${month}`);
  for (const who of [lead, member]) await who.go("/today");

  const clerk = await home.as("supervisor");
  const task = { title: "核对放行名单", crew: "SVC", due_at: local(2 * day) };
  const { created } = await clerk.must("POST", `/events/${event.id}/milestones`, task);
  for (const who of [desk, phone]) await who.says(`#tracked-${event.id}`, task.title);
  await lead.says(`#milestone-${created}`, say("milestone.crews", { crew: say("crew.SVC") }));
  await lead.press(`#done-${created}`);
  await lead.gone(`#milestone-${created}`);
  for (const who of [desk, phone])
    await who.page.waitForSelector(`#tracked-${event.id}:has-text("${task.title}")`, { state: "detached" });
  await clerk.must("DELETE", `/milestones/${created}/done`);
  await lead.says(`#milestone-${created}`, task.title);
  assert.equal(await member.count(`#milestone-${created}`), 0, "not for who does not lead the crew");
  await clerk.must("DELETE", `/milestones/${created}`);
  await lead.gone(`#milestone-${created}`);
});
