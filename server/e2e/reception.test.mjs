// Posts, cues, cars, lifts and the release lock: what one hand does, the others see at once, and nobody leaves too early.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VISIT } from "./lib/building.mjs";
import { house, WALL } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

let visit;
let posts;
let guests;
let staff;
const home = house({
  opened: async (home) => {
    const commander = await home.as("commander");
    visit = (await commander.event(VISIT)).id;
    posts = Object.fromEntries((await commander.get(`/events/${visit}/posts`)).posts.map((p) => [p.Post.code, p]));
    guests = Object.fromEntries((await commander.guests(visit)).map((g) => [g.name, g]));
    staff = await (await home.as("admin")).staff();
  },
});
const refused = /status of 4(09|22)/; // the browser itself notes every refused request

// dutyOf is a person's duty at a post.
const dutyOf = (code, login) => posts[code].Duties.find((d) => d.person_id === staff[login]).id;

test("a guard reports, asks to be relieved, is, and comes back: his lead and the post's card follow", async () => {
  home.allow(refused);
  const duty = dutyOf("Z01", "xionghuang");
  const guard = await home.phone("xionghuang");
  const desk = await home.desk("supervisor");
  await desk.go(`/events/${visit}/posts`);
  assert.equal(await desk.data(`#post-${posts.Z01.Post.id}`, "postState"), "absent");

  // The sign of another post is not his.
  await guard.go(`/posts/${posts.Z01.Post.id}/here?code=wrong`);
  await guard.press(`#report-${duty}`);
  await guard.toast("这不是您这个岗位的二维码");
  await guard.go("/today");
  await guard.press(`#report-${duty}`);
  await desk.soon(`#duty-${duty}[data-duty=on]`);
  await desk.soon(`#post-${posts.Z01.Post.id}[data-post-state=held]`);

  await guard.go(`/events/${visit}/posts`);
  await guard.press(`#ask-${duty}`);
  await guard.page.click("#relief-dialog [type=submit]");
  await guard.says('#relief-dialog [data-error-for="relief"]', "不能是自己");
  await guard.page.selectOption("#relief-dialog [name=relief]", staff.security);
  await guard.page.selectOption("#relief-dialog [name=reason]", { index: 1 });
  await guard.fill("#relief-dialog [name=handover]", "白色考斯特停 B02");
  await guard.page.click("#relief-dialog [type=submit]");
  await desk.soon(`#duty-${duty}[data-duty=asked]`);
  await desk.says(`#duty-${duty}`, "白色考斯特停 B02");
  await desk.press(`#relieve-${duty}`);
  await guard.soon(`#duty-${duty}[data-duty=away]`);
  await guard.press(`#return-${duty}`);
  await desk.soon(`#duty-${duty}[data-duty=on]`);
});

test("nobody leaves while guests are there; the commander's word goes into the log with its reason", async () => {
  home.allow(refused);
  const duty = dutyOf("Z01", "xionghuang");
  const supervisor = await home.desk("supervisor");
  await supervisor.go(`/events/${visit}/posts`);
  assert.equal(await supervisor.count(`#release-${visit}.is-open`), 0);
  assert.ok((await supervisor.count(`#release-${visit} .release-missing li`)) >= 3, "what is missing is named");
  await supervisor.press(`#release-${duty}`);
  await supervisor.toast("还不能放行，尚缺");
  assert.equal(await supervisor.visible(`#override-${visit}`), false, "only the commander may");

  const guard = await home.phone("xionghuang");
  const commander = await home.phone("commander");
  await guard.go(`/events/${visit}/posts`);
  await commander.go(`/events/${visit}/posts`);
  await commander.press(`#override-${visit}`);
  await commander.fill("#dialog-reason [name=reason]", "大雨，提前撤外岗");
  await commander.page.click("#dialog-reason [type=submit]");
  await guard.soon(`#duty-${duty}[data-duty=released]`);
  await guard.says(`#duty-${duty}`, "大雨，提前撤外岗");
  await commander.go(`/events/${visit}/log`);
  await commander.says("main", "大雨，提前撤外岗");
  // Back at his own work he says so.
  await guard.press(`#back-${duty}`);
  await supervisor.soon(`#duty-${duty}[data-duty=back]`);
});

test("a car at the gate is on the control room's page; the first guest sets off what the crews are told", async () => {
  const cue = (await (await home.as("commander")).get(`/events/${visit}/cues`)).cues.find(
    (c) => c.cause === "gate" && c.crew === "SVC",
  );
  const attendant = await home.phone("service");
  const control = await home.person("control", WALL);
  const commander = await home.desk("commander");
  const gate = await home.phone("xionghuang");
  await attendant.go(`/events/${visit}/cues`);
  await control.go("/control");
  await commander.go(`/events/${visit}/board`);
  await gate.go("/lobby?post=gate");
  assert.equal(await attendant.data(`#cue-${cue.id}`, "cue"), "waiting");

  const first = guests.杜仲;
  const second = Object.values(guests).find((g) => g.party_id === first.party_id && g.id !== first.id);
  await gate.press(`#next-${first.id}`);
  await attendant.soon(`#cue-${cue.id}[data-cue=fired]`);
  await commander.says(`#cue-strip-${visit}`, cue.zh);
  await control.says("#control .movers", "大门");
  await attendant.press(`#ack-${cue.id}`);
  await attendant.soon(`#cue-${cue.id}[data-cue=acknowledged]`);

  // The key on the button moves who stands there, from the control room.
  const key = await control.page.$eval(`#mover-party-${first.party_id} kbd, #mover-${first.party_id} kbd`, (el) =>
    el.textContent.trim(),
  );
  await control.page.keyboard.press(key);
  await gate.soon(`#guest-${second.id}[data-position=gate]`); // the last of the party catches up
});

test("guests before their time: the commander decides, and the crews are told which way", async () => {
  const commander = await home.desk("commander");
  const supervisor = await home.desk("supervisor");
  await commander.go(`/events/${visit}/board`);
  await supervisor.go(`/events/${visit}/cues`);
  await commander.says(`#early-${visit}`, "提前约");
  await supervisor.seen(`#early-${visit} .early-in`);
  await commander.press(`#early-${visit} button:has-text("先到休息室")`);
  await supervisor.says(`#early-${visit}`, "已决定：先请到休息室");
});

test("people in a stuck lift: the clock runs on every control page, and who answers is alarmed", async () => {
  const one = await home.desk("control");
  const two = await home.desk("supervisor");
  await one.go("/control");
  await two.go("/control");
  const lift = (await one.page.getAttribute("#lifts > li", "id")).slice("lift-".length);
  await one.press(`#lift-${lift}-trapped`);
  await two.soon(`#lift-${lift}[data-lift=trapped]`);
  await two.says(`#lift-${lift} .lift-clock`, "0:0");
  await one.press(`#lift-${lift}-normal`);
  await two.soon(`#lift-${lift}[data-lift=normal]`);
  await two.gone(`#lift-${lift} .lift-clock`);
});

test("cars in the order of the send-off: called, at the door, gone", async () => {
  home.allow(refused);
  const guard = await home.phone("xionghuang");
  const desk = await home.desk("supervisor");
  await desk.go(`/events/${visit}/vehicles`);
  await guard.go(`/events/${visit}/vehicles`);
  const [car] = (await (await home.as("supervisor")).get(`/events/${visit}/vehicles`)).vehicles;
  for (const state of ["gate", "drop-off", "parked", "called", "door", "gone"]) {
    await guard.soon(`#car-next-${car.id}[data-value="${state}"], #car-next-${car.id}`);
    await guard.press(`#car-next-${car.id}`);
    await desk.soon(`#vehicle-${car.id}[data-vehicle="${state}"]`);
    await guard.seen(`#vehicle-${car.id}[data-vehicle="${state}"]`, { state: "attached" });
  }
  // A plate that is on the list already: said beside the field, what was typed stays.
  await desk.page.click("#vehicle-add > summary");
  await desk.fill("#vehicle-add [name=plate]", car.plate);
  await desk.page.click("#vehicle-add [type=submit]");
  await desk.seen('#vehicle-add [data-error-for="plate"]:not(:empty), #vehicle-add [name=plate][aria-invalid=true]');
  assert.equal(await desk.page.inputValue("#vehicle-add [name=plate]"), car.plate);
});

test("two guards walk one route: who comes second is told, a place is skipped with a reason, the round is complete", async () => {
  home.allow(refused);
  const desk = await home.desk("supervisor");
  await desk.go(`/events/${visit}/posts`);
  await desk.page.click("#patrol-add > summary");
  await desk.page.click("#patrol-add [type=submit]");
  await desk.says('#patrol-add [data-error-for="checkpoints"]', say("field.required"));
  await desk.fill("#patrol-add [name=name]", "内圈");
  await desk.page.selectOption("#patrol-add [name=crew]", "SEC");
  await desk.fill("#patrol-add [name=checkpoints]", "东侧楼梯\n设备间");
  await desk.page.click("#patrol-add [type=submit]");
  await desk.seen(`#patrols-${visit} > li:has-text("内圈")`);
  const { patrols } = await (await home.as("supervisor")).get(`/events/${visit}/posts`);
  const [stairs, plant] = patrols.find((p) => p.name === "内圈").checkpoints;
  const card = `#patrols-${visit} > li:has-text("内圈")`;

  const one = await home.phone("xionghuang");
  const two = await home.phone("security");
  await one.go(`/events/${visit}/posts`);
  await two.go(`/checkpoints/${stairs.id}/here?code=wrong`);
  await two.press(`#visit-${stairs.id}`);
  await two.toast("这不是这个巡逻点的二维码");
  await one.press(`#visit-${stairs.id}`);
  await desk.soon(`#checkpoint-${stairs.id}.is-done`);
  await two.go(`/checkpoints/${stairs.id}/here`);
  await two.says("main", "已经走过");

  await one.press(`#skip-${plant.id}`);
  await one.fill("#dialog-reason [name=reason]", "门锁着");
  await one.page.click("#dialog-reason [type=submit]");
  await desk.says(card, "第 2 圈");
  await desk.says(`#checkpoint-${plant.id}`, "跳过：门锁着");
  assert.equal(await desk.count(`${card} .checkpoint.is-done`), 0, "the next round begins empty");

  await desk.go(`/events/${visit}/posts/signs`);
  await desk.says(".signs", "设备间");
});
