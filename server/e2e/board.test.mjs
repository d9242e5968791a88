// The board of a day, change notices, work notices, moves, copies and the intake, as people tap them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SIGNING, siteDay, VISIT, WEEKLY } from "./lib/building.mjs";
import { house, WALL } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(09|22)/; // the browser itself notes every refused request

// dayAfter is the site day so many days after the visit's.
async function dayAfter(n) {
  const visit = await (await home.as("supervisor")).event(VISIT);
  return siteDay(Date.parse(visit.start_at) + n * 864e5);
}

test("the board is published, seen with one tap on a phone, counted on the desk and on the wall at once", async () => {
  const day = await dayAfter(2);
  const desk = await home.desk("supervisor");
  const wall = await home.person("board", WALL);
  await desk.go(`/publications/${day}`);
  await wall.go(`/publications/${day}?tv=1`);
  await desk.press("#publish");
  await desk.seen(".board-event");
  await wall.soon(".board-event");

  const { board } = await (await home.as("supervisor")).get(`/publications/${day}`);
  const waiting = board.acknowledgements.filter((a) => !a.seen_at);
  const phone = await home.phone(await home.loginOf(waiting[0].person_id));
  await phone.go(`/publications/${day}`);
  await phone.press(`#see-${board.id}`);
  const seen = board.acknowledgements.length - waiting.length + 1;
  const count = `#seen-${board.id}[data-seen="${seen}/${board.acknowledgements.length}"]`;
  await desk.soon(count);
  await wall.soon(count);
  await phone.gone(`#see-${board.id}`);
  await phone.seen(".board-event.is-mine .is-me");
});

test("a secret event goes by its alias on the wall and on paper, and by its name for who is on it", async () => {
  const supervisor = await home.as("supervisor");
  await supervisor.must("POST", "/publications/tomorrow");
  const secret = "董事会专委会";
  const wall = await home.person("board", WALL);
  await wall.go("/publications/tomorrow?tv=1");
  await wall.says(".board-groups", "号会议");
  // All of it is on the wall: smaller, and where that is not enough page by page.
  const tall = () => document.documentElement.scrollHeight - window.innerHeight;
  assert.equal(await wall.page.evaluate(tall), 0);
  await wall.page.setViewportSize({ width: 1240, height: 130 });
  await wall.seen(".board-page");
  assert.match(await wall.text(".board-page"), /^1\/\d$/);
  const shown = (await wall.page.$$(".board-groups > :not([hidden])")).length;
  assert.ok(shown >= 1 && shown < (await wall.page.$$(".board-groups > *")).length, `${shown} of them`);
  await wall.page.setViewportSize(WALL.viewport);
  await wall.page.waitForSelector(".board-page", { state: "hidden" });
  assert.ok(!(await wall.text("main")).includes(secret));
  const desk = await home.desk("supervisor");
  await desk.go("/publications/tomorrow/print");
  assert.ok(!(await desk.text("main")).includes(secret));
  await desk.go("/publications/tomorrow");
  await desk.says(".board-groups", secret);
});

test("an event is moved: a taken room is named beside the field, what was and what is reaches those concerned, who say that they have seen it", async () => {
  home.allow(refused);
  const desk = await home.desk("supervisor");
  const clerk = await home.as("supervisor");
  const { id } = await clerk.event(SIGNING);
  await desk.go(`/events/${id}/move`);
  await desk.fill("#move-form [name=end_at]", "2020-01-01T00:00");
  await desk.page.click("#move-form [type=submit]");
  await desk.seen('#move-form [data-error-for="end_at"]:not(:empty)');
  const start = await desk.page.inputValue("#move-form [name=start_at]");
  await desk.fill("#move-form [name=end_at]", `${start.slice(0, 11)}19:30`);
  await desk.fill("#move-form [name=reason]", "签约后加一场会谈");
  await desk.page.click("#move-form [type=submit]");
  await desk.page.waitForURL(`**/events/${id}`);
  await desk.seen(".change-card");
  const { changes } = await clerk.get(`/events/${id}/changes`);
  const last = changes.at(-1);
  assert.deepEqual(last.lines.map((line) => line.field).slice(-2), ["end", "reason"]);
  const phone = await home.phone(await home.loginOf(last.acknowledgements[0].person_id));
  await phone.go(`/events/${id}`);
  await phone.says(`#change-${last.id}`, "签约后加一场会谈");
  await phone.press(`#see-${last.id}`);
  await desk.soon(`#seen-${last.id}[data-seen^="1/"]`);
});

test("work notices go to the leads, who accept them; a change issues them anew and says what was", async () => {
  const desk = await home.desk("supervisor");
  const clerk = await home.as("supervisor");
  const { id } = await clerk.event(WEEKLY);
  await desk.go(`/events/${id}/work`);
  await desk.press("#work-issue");
  await desk.seen(".work .list a");
  const { work } = await clerk.get(`/events/${id}/work`);
  const mine = work.find((b) => b.acknowledgements.length > 0);
  const phone = await home.phone(await home.loginOf(mine.acknowledgements[0].person_id));
  await phone.go(`/events/${id}/work/${mine.crew}`);
  await phone.press(`#see-${mine.id}`);
  await desk.soon(`#work-${mine.id} [href="#i-checks"]`);
});

test("an event becomes a series: the dates are shown first, then made as drafts", async () => {
  const desk = await home.desk("supervisor");
  const { id } = await (await home.as("supervisor")).event(WEEKLY);
  await desk.go(`/events/${id}/copies`);
  await desk.page.selectOption("#series-form [name=repeat]", "weekly");
  await desk.fill("#series-form [name=count]", "2");
  await desk.page.click("#series-form [type=submit]");
  await desk.seen(".series-dates li:nth-child(2)");
  await desk.page.click("#series-make [type=submit]");
  await desk.says("main", say("series.members"));
  await desk.go(`/events/${id}/copies?repeat=days&every=x&count=99`);
  await desk.seen('#series-form [data-error-for="every"]:not(:empty)');
  await desk.seen('#series-form [data-error-for="count"]:not(:empty)');
});

test("the intake: what lacks leads to where it is put right, a step is done and taken back, for whoever looks on", async () => {
  const desk = await home.desk("supervisor");
  const other = await home.desk("commander");
  await desk.go("/intake?day=2031-05-06");
  await other.go("/intake?day=2031-05-06");
  await desk.press("#take-taken");
  await other.soon("#step-taken[data-done]");
  await other.says("#step-taken", say("intake.none"));
  await desk.press("#back-taken");
  await other.soon("#take-taken");
  await desk.go("/intake");
  await desk.seen(`.intake-lacks a[href$="/edit"]`);
});

test("the board and the visit's work notice fit on paper", async () => {
  const desk = await home.desk("supervisor");
  await desk.go("/publications/today/print");
  await desk.seen(".paper-code");
  await desk.says("main", "第 1 版");
  const { id } = await (await home.as("supervisor")).event(VISIT);
  await desk.go(`/events/${id}/work/SEC/print`);
  await desk.says(".paper-sign", "签收");
});
