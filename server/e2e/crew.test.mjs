// The crews of an event, as planners tap them: two at once, an earlier crew copied, a backup for a key post, the work notice that follows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newEvent, VISIT } from "./lib/building.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(09|22)/; // the browser itself notes every refused request

test("two planners fill the crews of one event at once: each sees the other, and nobody is in two crews", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: [], start: 2000, long: 60 });
  const staff = await (await home.as("admin")).staff();
  const card = (crew) => `#crew-${event.id}-${crew}`;
  const one = await home.desk("supervisor");
  const two = await home.desk("commander");
  for (const desk of [one, two]) await desk.go(`/events/${event.id}/crew`);
  await one.seen(`${card("SVC")}[data-gap="1"]`);

  await one.press(`#crew-add-SVC-${staff.manao}`);
  await two.soon(`${card("SVC")} #crew-person-${event.id}-${staff.manao}`);
  await two.soon(`${card("SVC")}[data-gap="0"]`);
  await two.press(`#crew-add-CLN-${staff.shigao}`);
  await one.soon(`${card("CLN")} #crew-person-${event.id}-${staff.shigao}`);

  // Both at the same moment: what each page showed when it was tapped.
  const stale = await home.as("commander");
  const answer = await stale.call("PUT", `/events/${event.id}/crew/${staff.manao}`, { crew: "CLN" });
  assert.equal(answer.status, 409);
  await one.press(`#lead-${event.id}-${staff.manao}`);
  await two.soon(`#crew-person-${event.id}-${staff.manao} .crew-lead`);
  await two.press(`#crew-off-${event.id}-${staff.manao}`);
  await one.soon(`${card("SVC")}[data-gap="1"]`);
  const { plan } = await stale.get(`/events/${event.id}/crew`);
  assert.deepEqual(
    plan.crews.filter((c) => c.people?.length).map((c) => [c.crew, c.people.map((p) => p.person_id)]),
    [["CLN", [staff.shigao]]],
  );
});

test("who cannot is not offered and says why: another event, a leave, a certificate", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: [], start: 3000, long: 60 });
  const staff = await (await home.as("admin")).staff();
  const desk = await home.desk("supervisor");
  await desk.go(`/people/${staff.shigao}/availability`);
  await desk.press("#entry-add > summary");
  const at = event.start_at;
  await desk.fill("#ce-from_at", at);
  await desk.fill("#ce-till_at", at);
  await desk.page.click("#entry-add [type=submit]");
  await desk.says("#ce-till_at-error", say("roster.end_before_start"));
  await desk.fill("#ce-till_at", event.end_at);
  await desk.page.click("#entry-add [type=submit]");
  await desk.says("#roster", say("entry.leave"));
  await desk.go(`/events/${event.id}/crew`);
  await desk.press(`#crew-rest-${event.id}-CLN > summary`);
  await desk.seen(`#crew-rest-${event.id}-CLN .crew-other:has(#crew-add-CLN-${staff.shigao}) [data-trouble="away"]`);
});

test("who is taken for another event at the same time is warned of without a reload", async () => {
  const staff = await (await home.as("admin")).staff();
  const event = await newEvent(home, { people: [], start: 3500, long: 60 });
  const other = await newEvent(home, { people: [], start: 3520, long: 60 });
  const supervisor = await home.as("supervisor");
  const desk = await home.desk("commander");
  await desk.go(`/events/${event.id}/crew`);
  await desk.press(`#crew-add-SVC-${staff.manao}`);
  await desk.soon(`#crew-person-${event.id}-${staff.manao}`);
  const warned = `#crew-person-${event.id}-${staff.manao} [data-trouble="double"]`;
  assert.equal(await desk.page.locator(warned).count(), 0);
  await supervisor.must("PUT", `/events/${other.id}/crew/${staff.manao}`, { crew: "SVC" });
  await desk.seen(warned);
  await supervisor.must("DELETE", `/events/${other.id}/crew/${staff.manao}`);
  await desk.page.waitForSelector(warned, { state: "detached" });
});

test("the crew of the last event like this is copied, without those who cannot come", async () => {
  const supervisor = await home.as("supervisor");
  const first = await newEvent(home, { people: ["service", "cleaning"], start: 4000, long: 60 });
  const next = await newEvent(home, { people: [], start: 8000, long: 60 });
  const staff = await (await home.as("admin")).staff();
  await supervisor.must("POST", `/people/${staff.cleaning}/roster`, {
    kind: "leave",
    from_at: next.start_at,
    till_at: next.end_at,
  });
  const desk = await home.desk("supervisor");
  await desk.go(`/events/${next.id}/crew`);
  await desk.press("#crew-copy > summary");
  await desk.page.selectOption("#cc-from", first.id);
  await desk.page.click("#crew-copy [type=submit]");
  await desk.soon(`#crew-person-${next.id}-${staff.service}`);
  assert.equal(await desk.count(`#crew-person-${next.id}-${staff.cleaning}`), 0);
});

test("a key post gets its backup with one tap, and whoever is added gives the crew a new work notice", async () => {
  const clerk = await home.as("supervisor");
  const visit = await clerk.event(VISIT);
  const desk = await home.desk("supervisor");
  await desk.go(`/events/${visit.id}/crew`);
  const before = (await clerk.get(`/events/${visit.id}/crew`)).plan.crews.find((c) => c.crew === "SEC");
  const post = before.posts.find((b) => b.Post.key && !(b.Duties ?? []).some((d) => d.backup));
  await desk.press(`#crew-posts-${visit.id}-SEC > summary`);
  await desk.page.click(`#crew-post-${post.Post.id} [type=submit]`);
  await desk.soon(`#crew-post-${post.Post.id} .muted`);
  const after = (await clerk.get(`/events/${visit.id}/crew`)).plan.crews.find((c) => c.crew === "SEC");
  assert.equal(after.backups, before.backups - 1);
  assert.equal(after.work.no, before.work.no + 1);
});
