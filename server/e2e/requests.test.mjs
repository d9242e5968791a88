// Booking requests: an organiser asks without signing in, the house offers another room, he takes it, confirms the plan,
// accepts the hall and signs the record; both sides see each other's steps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, sticksOut, violations } from "./lib/axe.mjs";
import { siteDay } from "./lib/building.mjs";
import { house, until } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(04|09|22|29)/; // the browser itself notes every refused request

// local is a time on site, so many days from now, as a form takes it.
const local = (days, hour) => `${siteDay(Date.now() + days * 864e5)}T${hour}:00`;

async function fill(him, { days, purpose = "采购例会", heads = 150 }) {
  await him.page.goto(`${home.origin}/book?lang=zh`);
  await him.fill("#f-purpose", purpose);
  await him.fill("#f-organiser", "采购部");
  await him.fill("#f-contact", "石燕");
  await him.fill("#f-phone", "6001");
  await him.fill("#f-heads", String(heads));
  await him.fill("#f-start_1", local(days, 10));
  await him.fill("#f-end_1", local(days, 11));
  await him.page.check("[name=needs][value=banner]");
  await new Promise((done) => setTimeout(done, 4500)); // nobody fills it faster
}

async function sound(person) {
  await person.page.evaluate(axe);
  assert.deepEqual(await violations(person), []);
  assert.equal(await person.page.evaluate(sticksOut, person.page.viewportSize().width), "");
}

test("asked, refused with an offer, taken, confirmed, accepted, signed", async () => {
  home.allow(refused);
  const him = await home.phone(null);
  const desk = await home.desk("supervisor");
  await desk.go("/requests");
  await fill(him, { days: 20 });
  assert.ok(await him.visible("#f-detail_banner"), "what is ticked asks what exactly");
  assert.ok(!(await him.visible("#f-detail_meals")));
  await him.press("#book-send");
  await him.says("#link-done", say("link.done_made"));
  await him.says("#link-missing", say("need.banner"));
  const link = him.page.url();

  // The inbox shows it without being asked; its clock runs.
  await until(
    "it stands in the inbox",
    async () => (await desk.page.locator("#requests b", { hasText: "采购例会" }).count()) === 1,
  );
  await desk.page.locator("#requests a", { hasText: "采购例会" }).click();
  await desk.seen("#request-due [data-countdown]");
  const id = new URL(desk.page.url()).pathname.split("/").pop();

  // A question, answered on the phone.
  await desk.fill("#f-question", "要几支话筒？");
  await desk.press("#ask button");
  await desk.seen("#request-questions [data-open]");
  await him.page.goto(link);
  await him.fill("#link-questions input[name=text]", "两支");
  await him.press("#link-questions form button");
  await him.says("#link-done", say("link.done_answer"));
  await until(
    "the desk has the answer",
    async () => (await desk.page.locator("#request-questions", { hasText: "两支" }).count()) === 1,
  );

  // Another room with one tap; he takes it.
  await desk.press("[data-quick=R1]");
  await desk.seen("#request-offers .list .row");
  await him.page.goto(link);
  await sound(him);
  await him.press(".link-offer button");
  await him.says("#link-done", say("link.done_offer"));
  await desk.soon('#request-head[data-state="accepted"]');
  await desk.soon("#request-outcome .tile");

  // The event gets its commander and is fixed; the plan is confirmed, the hall accepted.
  const commander = await home.as("commander");
  const { request } = await (await home.as("supervisor")).get(`/requests/${id}`);
  const { event } = await commander.get(`/events/${request.event_id}`);
  assert.equal(event.rooms[0].id, "R1");
  assert.match(event.notes, /两支/);
  const staff = await (await home.as("admin")).staff();
  await commander.must("PUT", `/events/${event.id}`, {
    name: event.name,
    type: event.type,
    organiser: event.organiser,
    contact: event.contact,
    level: "4",
    secrecy: "normal",
    heads: "150",
    start_at: local(20, 10),
    end_at: local(20, 11),
    commander_id: staff.commander,
    rooms: "R1",
  });
  await commander.must("PUT", `/events/${event.id}/status`, { status: "confirmed" });
  await him.page.goto(link);
  await him.press("#plan-form button");
  await him.says("#plan-form .field-error", say("field.required"));
  await him.fill("#n-plan", "石燕");
  await sound(him);
  await him.press("#plan-form button");
  await him.says("#plan-done", "石燕");
  await desk.says("#request-outcome", "石燕");
  await him.fill("#n-hall", "石燕");
  await him.press("#hall-form button");
  await him.says("#hall-done", "石燕");

  await sound(desk);
});

test("a refusal costs neither text nor files", async () => {
  home.allow(refused);
  const him = await home.phone(null);
  await fill(him, { days: 21, purpose: "附件试验" });
  await him.page.setInputFiles("#f-files", {
    name: "议程.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from("%PDF-1.7 x"),
  });
  await him.fill("#f-heads", "");
  await him.press("#book-send");
  await him.says("#f-heads-error", say("event.heads_needed"));
  assert.equal(await him.page.inputValue("#f-purpose"), "附件试验");
  assert.equal(await him.page.evaluate(() => document.getElementById("f-files").files.length), 1);
  await sound(him);
  await him.fill("#f-heads", "12");
  await him.press("#book-send");
  await him.says("#link-facts", "议程.pdf");
});
