// The week of the demo building, entered through the real pages by those who plan it: 25 events in six rooms, a request
// that is refused with an alternative, five boards that everybody named on them acknowledges, a move and a cancellation
// whose notices are counted, and the register on paper.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { siteDay, wall } from "./lib/building.mjs";
import { house, until, WALL } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(09|22)/; // the browser itself notes every refused request
const demo = JSON.parse(readFileSync(new URL("../demo/demo.json", import.meta.url), "utf8"));
const { visit, weekly } = demo;
const week = [
  ...demo.week,
  { ...visit, key: "visit", day: 0, room: visit.rooms[0], level: 1 },
  { ...weekly, key: "weekly", day: 1, level: 4, start: "09:00", end: "10:00" },
].map((event) => ({ secrecy: "normal", ...event })); // 25; day 0 is the Wednesday

// The week is played five weeks from now, where the demo building has nothing of its own.
const monday = (() => {
  const today = new Date(`${siteDay(Date.now())}T00:00Z`);
  return new Date(today.getTime() + (35 - ((today.getUTCDay() + 6) % 7)) * 864e5);
})();
const days = [0, 1, 2, 3, 4].map((n) => new Date(monday.getTime() + n * 864e5).toISOString().slice(0, 10));
const dayOf = (event) => days[event.day + 2];
const named = (part) => week.find((event) => event.name.includes(part));

const planners = ["supervisor", "commander", "lvsong"];
const crews = [
  ["service", "security"],
  ["yusui", "engineering"],
  ["service", "cleaning", "security"],
  ["yusui", "service", "engineering", "control"],
];
const made = new Map(); // key of the demo's week → id

const clerk = (login = "supervisor") => home.as(login);

// enter fills the form of a new event as a planner does, and confirms it.
async function enter(planner, event, k) {
  const staff = await (await clerk("admin")).staff();
  await planner.go("/events/new");
  await planner.fill("#f-name", event.name);
  await planner.fill("#f-organiser", "综合部");
  await planner.fill("#f-contact", "鹡鸰");
  await planner.fill("#f-heads", String(event.heads));
  await planner.fill("#f-start_at", `${dayOf(event)}T${event.start}`);
  await planner.fill("#f-end_at", `${dayOf(event)}T${event.end}`);
  await planner.page.check(`[name=level][value="${event.level}"]`, { force: true });
  await planner.press(`label:has([name=secrecy][value="${event.secrecy}"])`);
  if (event.level <= 2) await planner.fill("#f-level_reason", "领导出席");
  await planner.page.check(`[name=rooms][value="${event.room}"]`, { force: true });
  await planner.page.selectOption("#f-commander_id", staff.commander);
  for (const login of crews[k % crews.length]) {
    await planner.page.check(`[name=people][value="${staff[login]}"]`, { force: true });
  }
  await planner.press("#event-form [type=submit]");
  await planner.seen(".event .head");
  const id = new URL(planner.page.url()).pathname.split("/").pop();
  await planner.press("[id^=to-confirmed-]");
  await planner.press("#dialog-confirm [type=submit]");
  await planner.seen(".gauge[data-status=confirmed]");
  made.set(event.key, id);
}

// seen is what a bulletin says of who has seen it.
const seen = (b) => [b.acknowledgements.filter((a) => a.seen_at).length, b.acknowledgements.length];

// acknowledge lets everybody who was told say so: the first on a phone, the others by the same address.
async function acknowledge(bulletin, page) {
  const logins = Object.fromEntries(
    Object.entries(await (await clerk("admin")).staff()).map(([login, id]) => [id, login]),
  );
  const open = bulletin.acknowledgements.filter((a) => !a.seen_at).map((a) => logins[a.person_id]);
  assert.ok(open.length > 0, "somebody was told");
  const phone = await home.phone(open[0]);
  await phone.go(page);
  await phone.press(`#see-${bulletin.id}`);
  await phone.gone(`#see-${bulletin.id}`);
  await phone.context.close();
  for (const login of open.slice(1))
    await (await clerk(login)).must("PUT", `/bulletins/${bulletin.id}/acknowledgement`);
  return open.length;
}

const board = async (day) => (await (await clerk()).get(`/publications/${day}`)).board;
const changes = async (id) => (await (await clerk()).get(`/events/${id}/changes`)).changes;

test("25 events are entered by three planners, each in its room and at its time", { timeout: 400000 }, async () => {
  home.allow(refused);
  const desks = await Promise.all(planners.map((login) => home.desk(login)));
  for (const [k, event] of week.entries()) await enter(desks[k % desks.length], event, k);
  assert.equal(made.size, 25);
  const supervisor = await clerk();
  for (const event of week) {
    const { event: is } = await supervisor.get(`/events/${made.get(event.key)}`);
    assert.deepEqual(
      [is.name, is.rooms.map((r) => r.id).join(), is.level, is.heads, is.secrecy, is.status],
      [event.name, event.room, event.level, event.heads, event.secrecy, "confirmed"],
    );
    assert.equal(wall(is.start_at), `${dayOf(event)}T${event.start}`, event.name);
  }
});

test("a unit asks for a room that is taken: it gets another one", { timeout: 60000 }, async () => {
  home.allow(refused);
  const visit = week.find((event) => event.key === "visit");
  const him = await home.phone(null);
  await him.page.goto(`${home.origin}/book?lang=zh`);
  await him.fill("#f-purpose", "财务年中检查会");
  await him.fill("#f-organiser", "财务部");
  await him.fill("#f-contact", "斑鸠");
  await him.fill("#f-phone", "6002");
  await him.fill("#f-heads", "60");
  await him.page.selectOption("#f-rooms", "R2");
  await him.fill("#f-start_1", `${dayOf(visit)}T10:00`);
  await him.fill("#f-end_1", `${dayOf(visit)}T11:30`);
  await him.page.waitForTimeout(4500); // nobody fills it faster
  await him.press("#book-send");
  await him.says("#link-done", say("link.done_made"));
  const link = him.page.url();
  const desk = await home.desk("supervisor");
  await desk.go("/requests");
  await desk.page.locator("#requests a", { hasText: "财务年中检查会" }).click();
  await desk.seen("#request-due [data-countdown]");
  assert.equal(await desk.count("[data-quick=R2]"), 0, "R2 is taken by the visit");
  await desk.press("[data-quick=R1]");
  await desk.seen("#request-offers .list .row");
  await him.page.goto(link);
  await him.press(".link-offer button");
  await him.says("#link-done", say("link.done_offer"));
  await desk.soon('#request-head[data-state="accepted"]');
});

test("five boards are published and seen by everybody who stands on them", { timeout: 200000 }, async () => {
  home.allow(refused);
  const desk = await home.desk("supervisor");
  const wall = await home.person("board", WALL);
  for (const day of days) {
    await desk.go(`/publications/${day}`);
    await desk.press("#publish");
    await desk.seen(".board-event");
    const held = week.filter((event) => dayOf(event) === day);
    for (const event of held) await desk.says(".board-groups", event.name);
    const b = await board(day);
    await wall.go(`/publications/${day}?tv=1`);
    const words = await wall.text("main");
    for (const event of held) assert.equal(words.includes(event.name), event.secrecy !== "secret", event.name);
    await acknowledge(b, `/publications/${day}`);
    const all = b.acknowledgements.length;
    await desk.seen(`#seen-${b.id}[data-seen="${all}/${all}"]`);
    await wall.soon(`#seen-${b.id}[data-seen="${all}/${all}"]`);
    const after = await board(day);
    assert.deepEqual(seen(after), [all, all], day);
  }
});

test("Thursday 13:10: the signing moves to another room; who is concerned says that he has seen it", async () => {
  home.allow(refused);
  const signing = named("签约");
  const id = made.get(signing.key);
  const day = dayOf(signing);
  const before = await board(day);
  const desk = await home.desk("supervisor");
  await desk.go(`/events/${id}/move`);
  await desk.page.uncheck('#move-form [name=rooms][value="R2"]', { force: true });
  await desk.page.check('#move-form [name=rooms][value="R3"]', { force: true });
  await desk.fill("#move-form [name=reason]", "第一会议室投影故障");
  await desk.page.click("#move-form [type=submit]");
  await desk.page.waitForURL(`**/events/${id}`);
  const last = (await changes(id)).at(-1);
  assert.deepEqual(last.lines.map((line) => [line.field, line.old, line.new]).slice(0, 1), [["rooms", "R2", "R3"]]);
  const staff = await (await clerk("admin")).staff();
  const told = new Set(last.acknowledgements.map((a) => a.person_id));
  for (const login of crews[week.indexOf(signing) % crews.length])
    assert.ok(told.has(staff[login]), `${login} is told`);
  assert.ok(!told.has(staff.service), "an attendant who is not on it is not: another one is");
  await acknowledge(last, `/events/${id}`);
  const n = last.acknowledgements.length;
  await desk.seen(`#seen-${last.id}[data-seen="${n}/${n}"]`);

  // The board of that day is out in a new version with the other room; who has seen the change has seen that.
  await until("another version", async () => (await board(day)).no === before.no + 1);
  const now = await board(day);
  assert.deepEqual(seen(now), [now.acknowledgements.length, now.acknowledgements.length]);
  await desk.go(`/publications/${day}`);
  await desk.says(`.board-event:has-text("${signing.name}")`, "第二会议室");
});

test("Friday 13:20: a meeting is cancelled with a reason; everybody of it has seen that", async () => {
  home.allow(refused);
  const meeting = named("党建");
  const id = made.get(meeting.key);
  const desk = await home.desk("supervisor");
  await desk.go(`/events/${id}`);
  await desk.page.click(`#event-more-${id} > summary`);
  await desk.press(`#more-cancelled-${id}`);
  await desk.press("#dialog-reason [data-kind=cancel] [data-choice] >> nth=0");
  await desk.hold("#dialog-reason [type=submit]");
  await desk.seen(`#head-${id}[data-status=cancelled]`);
  const last = (await changes(id)).at(-1);
  assert.ok(
    last.lines.some((line) => line.field === "status" && line.new === "cancelled"),
    JSON.stringify(last.lines),
  );
  await acknowledge(last, `/events/${id}`);
  const after = (await changes(id)).find((b) => b.id === last.id);
  assert.deepEqual(seen(after), [last.acknowledgements.length, last.acknowledgements.length]);
  // The room is free again.
  await enter(await home.desk("commander"), { ...meeting, key: "again", name: "党建例会（改期后的培训）" }, 0);
});

test("the register of the visit prints on A4", async () => {
  const id = made.get("visit");
  const desk = await home.desk("supervisor");
  await desk.go(`/events/${id}/register`);
  const paper = await desk.page.pdf({ preferCSSPageSize: true, printBackground: true });
  const pages = paper.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g).length;
  assert.ok(pages === 1 || pages === 2, `${pages} pages`);
  await desk.says("main", "会务服务登记表");
});
