// Rooms: one that is refused comes with others to take, the calendar follows, and another calendar reads it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { local, newEvent } from "./lib/building.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(04|09|22)/; // the browser itself notes every refused request

test("a room that is taken: the sentence says by whom, a button fills in another one, what was typed stays", async () => {
  home.allow(refused);
  const taken = await newEvent(home, { start: 26 * 60, long: 60 });
  const desk = await home.desk("supervisor");
  await desk.go(`/events/new?room=${taken.room}&start=${taken.start_at}&end=${taken.end_at}&heads=4`);
  assert.equal(await desk.page.isChecked(`#event-form [name=rooms][value=${taken.room}]`), true);
  assert.equal(await desk.page.inputValue("#f-start_at"), taken.start_at);
  await desk.fill("#f-name", "茶艺交流");
  await desk.press("#event-form [type=submit]");
  await desk.says("#f-rooms-error", taken.name);
  const other = await desk.page.getAttribute("#room-alternatives [id^=take-R]", "id");
  await desk.press(`#${other}`);
  assert.equal(await desk.page.isChecked(`#event-form [name=rooms][value=${taken.room}]`), false);
  assert.equal(await desk.page.isChecked(`#event-form [name=rooms][value=${other.slice(5)}]`), true);
  assert.equal(await desk.page.inputValue("#f-name"), "茶艺交流");
  await desk.press("#event-form [type=submit]");
  await desk.says(".head-name", "茶艺交流");

  // Another time instead of another room.
  await desk.go(`/events/new?room=${taken.room}&start=${taken.start_at}&end=${taken.end_at}&heads=4`);
  await desk.fill("#f-name", "茶艺交流二");
  await desk.press("#event-form [type=submit]");
  await desk.press("#take-time-0");
  assert.notEqual(await desk.page.inputValue("#f-start_at"), taken.start_at);
  await desk.press("#event-form [type=submit]");
  await desk.says(".head-name", "茶艺交流二");
});

test("a blocked time refuses nonsense, stands in open calendars at once, and goes again", async () => {
  home.allow(refused);
  const desk = await home.desk("supervisor");
  const phone = await home.phone("service");
  const [from, to] = [local(7 * 1440), local(7 * 1440 + 60)];
  await phone.go(`/calendar?day=${from.slice(0, 10)}`);
  await desk.go("/rooms/R6");
  await desk.page.click("#room-block > summary");
  await desk.fill("#rb-start_at", to);
  await desk.fill("#rb-end_at", from);
  await desk.fill("#rb-reason", "换灯");
  await desk.page.click("#room-block [type=submit]");
  await desk.says('#room-block [data-error-for="end_at"]', say("event.end_before_start"));
  await desk.fill("#rb-start_at", from);
  await desk.fill("#rb-end_at", to);
  await desk.page.click("#room-block [type=submit]");
  await desk.seen('.rooms .row:has-text("换灯")');
  await phone.seen('.cal-blocking:has-text("换灯")', { state: "attached" });
  await desk.press('[id^="unblock-"]');
  await desk.press("#dialog-confirm [type=submit]");
  await desk.page.waitForSelector('.rooms .row:has-text("换灯")', { state: "detached" });
  await phone.page.waitForSelector('.cal-blocking:has-text("换灯")', { state: "detached" });
});

test("the hours of a day fill a desk and are wide enough for a thumb on a phone", async () => {
  const widths = () =>
    [...document.querySelectorAll(".cal-hour")].map((el) => el.getBoundingClientRect().width).toSorted((a, b) => a - b);
  const desk = await home.desk("supervisor");
  const phone = await home.phone("supervisor");
  const day = local(20 * 1440).slice(0, 10); // nothing widens it beyond the house's hours
  await desk.go(`/calendar?day=${day}`);
  await phone.go(`/calendar?day=${day}`);
  const [wide, narrow] = [await desk.page.evaluate(widths), await phone.page.evaluate(widths)];
  assert.equal(wide.length, 10, "from 8 to 18"); // the house is open from 8:30 to 17:30
  assert.ok(wide.at(-1) - wide[0] < 1.5, `${wide}`);
  const over = await desk.page.$eval(".cal-scroll", (el) => el.scrollWidth - el.clientWidth);
  const rest = await desk.page.$eval(".cal-scroll", (el) => el.clientWidth - el.querySelector(".cal-day").offsetWidth);
  assert.ok(over <= 0 && Math.abs(rest) <= 1, `${over} ${rest}`);
  assert.ok(narrow[0] >= 95 && narrow.at(-1) <= 97, `${narrow}`);

  await phone.go("/calendar?view=week");
  const [names, today] = await phone.page.evaluate(() =>
    [".cal-corner", ".cal-weekday.is-today"].map((css) => document.querySelector(css).getBoundingClientRect()),
  );
  assert.ok(today.left >= names.right - 1 && today.right <= 390, `${names.right} ${today.left}–${today.right}`);
});

test("a calendar link is made, read, and renewed", async () => {
  home.allow(refused);
  const phone = await home.phone("service");
  await phone.go("/calendar/links");
  await phone.press("#make-own");
  await phone.seen("#link-own .cal-address");
  const address = await phone.page.inputValue("#link-own .cal-address");
  const read = async () => (await fetch(address)).text();
  assert.match(await read(), /^BEGIN:VCALENDAR\r\n[\s\S]*BEGIN:VEVENT\r\n[\s\S]*END:VCALENDAR\r\n$/);
  await phone.press("#revoke-own");
  await phone.press("#dialog-confirm [type=submit]");
  await phone.page.waitForFunction((old) => document.querySelector("#link-own .cal-address")?.value !== old, address);
  assert.equal((await fetch(address)).status, 404);
});

test("supplies: who hands them out sees what is short before the day, planners see which events need it", async () => {
  home.allow(refused);
  const clerk = await home.phone("supplies");
  const desk = await home.desk("supervisor");
  await clerk.go("/supplies");
  await clerk.says("#shortages, .shortages", "纸笔"); // of the demo: two events at once
  await clerk.page.click("#supply-add > summary");
  await clerk.fill("#su-name", "试验杯 3");
  await clerk.fill("#su-stock", "10");
  await clerk.press("#supply-add [type=submit]");
  await clerk.says('#supply-add [data-error-for="name"]', say("supply.plain_name"));
  assert.equal(await clerk.page.inputValue("#su-stock"), "10"); // nothing typed is lost
  await clerk.fill("#su-name", "试验杯");
  await clerk.press("#supply-add [type=submit]");
  const row = clerk.page.locator('.supply-table tr:has-text("试验杯")');
  await row.waitFor();

  const start = 30 * 60;
  const [one, two] = [
    await newEvent(home, { start, long: 60, supplies: "试验杯 6、纸笔 1" }),
    await newEvent(home, { start: start + 30, long: 60, supplies: "6 试验杯, 试验灯 2" }),
  ];
  const short = clerk.page.locator('.shortages > li:has-text("试验杯")');
  await short.waitFor(); // by itself
  const said = await short.innerText();
  assert.ok(
    said.includes(say("supply.too_few", { name: "试验杯", n: 2 })) &&
      said.includes(one.name) &&
      said.includes(two.name),
    said,
  );
  await clerk.seen('.supply-others button:has-text("试验灯")');
  await desk.go(`/events/${one.id}`);
  await desk.says("#shortages", two.name);

  // Counted again: enough. A count that somebody else wrote meanwhile is not overwritten.
  const id = (await row.getAttribute("id")).slice("supply-".length);
  await clerk.press(`#edit-${id}`);
  const supervisor = await home.as("supervisor");
  await supervisor.must("PUT", `/supplies/${id}`, { name: "试验杯", stock: "11", was: "10" });
  await clerk.fill("#sd-stock", "20");
  await clerk.press("#supply-dialog [type=submit]");
  await clerk.says('#supply-dialog [data-error-for="stock"]', "11");
  await clerk.press("#supply-dialog [data-close]");
  await clerk.says(`#supply-${id}`, "11");
  await clerk.press(`#edit-${id}`);
  await clerk.fill("#sd-stock", "20");
  await clerk.press("#supply-dialog [type=submit]");
  await short.waitFor({ state: "detached" });
  await desk.go(`/events/${one.id}`);
  assert.equal(await desk.page.locator("#shortages").count(), 0);
});

test("a lift that two events want held is told to who plans them", async () => {
  const desk = await home.desk("supervisor");
  await desk.go("/events/new");
  const lift = await desk.page.$eval("#f-lift_id option:nth-child(2)", (o) => o.value);
  const start = 54 * 60;
  const [one, two] = [
    await newEvent(home, { start, long: 60, lift_id: lift }),
    await newEvent(home, { start: start + 10, long: 60, lift_id: lift }),
  ];
  await desk.go(`/events/${one.id}`);
  await desk.says("#collisions", say("collision.lift", { name: "1号梯" }));
  await desk.says("#collisions", two.name);
  await desk.says(".facts", "1号梯");
});
