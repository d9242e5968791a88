// The arrival relay: gate, drop-off, lobby, lift, venue. Each post sees the guest come before he stands at the door.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newEvent, VISIT } from "./lib/building.mjs";
import { PICTURE } from "./lib/clerk.mjs";
import { house, WALL } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

let visit;
let guests;
const home = house({
  opened: async (home) => {
    const commander = await home.as("commander");
    visit = (await commander.event(VISIT)).id;
    guests = Object.fromEntries((await commander.guests(visit)).map((g) => [g.name, g]));
  },
});
const refused = /status of 4(09|22)/; // the browser itself notes every refused request

const row = (guest) => `#guest-${guest.id}`;
const party = (guest) => `#party-${guest.party_id}`;

// open shows the names of a large party.
async function open(person, guest) {
  const more = `#party-more-${guest.party_id}`;
  if (!(await person.page.$(`${more}[open]`))) await person.press(`${more} > summary`);
}

test("moved at the gate, the guest is next at the lobby, on the board and in the counts", async () => {
  const guest = guests.杜仲;
  const gate = await home.phone("xionghuang");
  const lobby = await home.phone("security");
  const board = await home.person("commander", WALL);
  const list = await home.desk("supervisor");
  await gate.go("/lobby?post=gate");
  await lobby.go("/lobby?post=lobby");
  await board.go(`/events/${visit}/board`);
  await list.go(`/events/${visit}/guests`);
  await gate.page.check("[data-post-choice][value=gate]", { force: true });
  await lobby.page.check("[data-post-choice][value=lobby]", { force: true });
  assert.equal(await lobby.data(row(guest), "turn"), "soon");

  await gate.press(`#next-${guest.id}`);
  await Promise.all([
    lobby.soon(`${row(guest)}[data-position=gate]`),
    board.soon(`#places-${visit} .lane[data-position=gate]:not(.is-empty)`),
    list.soon(`#counts-${visit}[data-arrived="1"]`),
  ]);
  await gate.soon(`${row(guest)}[data-turn=past]`);
  // The drop-off takes it from there: the lobby's big button leads to the lobby, whatever was left out.
  await (await home.as("heiyao")).must("PUT", `/guests/${guest.id}/position`, { position: "drop-off" });
  await lobby.soon(`${row(guest)}[data-turn=next]`);
  await lobby.seen(`${party(guest)}[data-turn=next]`);
  await lobby.says(`#next-${guest.id} [data-label]`, "大堂");
  await lobby.press(`#next-${guest.id}`);
  await Promise.all([
    gate.soon(`${row(guest)}[data-position=lobby]`),
    list.soon(`#counts-${visit}[data-inside="1"]`),
    board.says(`#places-${visit} .lane[data-position=lobby]`, "1号车"),
  ]);
});

test("a whole car with one tap, and back again", async () => {
  const guest = guests.秋英; // one of nineteen in car 3
  const gate = await home.phone("xionghuang");
  const board = await home.person("commander", WALL);
  await gate.go("/lobby?post=gate");
  await board.go(`/events/${visit}/board`);
  const lane = `#places-${visit} .lane[data-position=gate] .lane-party:has-text("3号车")`;
  await gate.press(`#party-next-${guest.party_id}`);
  await board.soon(lane);
  const n = Object.values(guests).filter((g) => g.party_id === guest.party_id).length;
  await board.says(lane, String(n));
  assert.equal(await gate.count(`${party(guest)} [data-position=gate]`), n);
  await gate.press("#toasts .toast-act");
  await board.gone(lane);
  await gate.gone(`${party(guest)} [data-position=gate]`);
});

test("found by characters, pinyin initials and plate", async () => {
  const lobby = await home.phone("security");
  await lobby.go("/lobby");
  for (const [typed, found] of [
    ["高良", "高良姜"],
    ["xuchangqing", "徐长卿"],
    ["xcq", "徐长卿"],
    ["glj", "高良姜"],
    ["A00003", "秋英"],
    ["测A·00001", "杜仲"],
  ]) {
    await lobby.fill("#search-lobby-list", typed);
    await lobby.seen(row(guests[found]));
    const others = await lobby.page.$$eval("#lobby-list [data-search]", (list) =>
      list.filter((el) => !el.hidden).every((el) => el.offsetParent !== null),
    );
    assert.ok(others, "what is found is not folded away");
    if (!typed.includes("0")) assert.equal(await lobby.count("#lobby-list [data-search]:not([hidden])"), 1, typed);
  }
  await lobby.fill("#search-lobby-list", "没有这个人");
  await lobby.seen("[data-none=lobby-list]:not([hidden])");
  await lobby.fill("#search-lobby-list", "");
  await lobby.hidden("[data-none=lobby-list]");
  await lobby.go("/lobby?q=dz"); // as an address, too
  await lobby.seen(row(guests.杜仲));
  assert.equal(await lobby.count(row(guests.秋英)), 0);
});

test("hot keys of the control room: post, search, next guest, move", async () => {
  const control = await home.desk("control");
  await control.go("/lobby");
  await control.page.waitForLoadState("networkidle"); // keys are listened to when their script is there
  await control.page.keyboard.press("3");
  await control.seen("#lobby[data-post=lobby]");
  await control.page.keyboard.press("/");
  await control.page.keyboard.type("mx"); // 木香
  await control.page.keyboard.press("ArrowDown");
  const { id } = guests.木香;
  await control.seen(`#next-${id}:focus`);
  await control.page.keyboard.press("Enter");
  await control.seen(`#guest-${id}[data-position=lobby]`);
  assert.equal(await control.page.evaluate(() => document.activeElement.id), `next-${id}`, "focus stays");
});

test("a guest is added, changed and struck; the others see it", async () => {
  home.allow(refused);
  const supervisor = await home.desk("supervisor");
  const lobby = await home.phone("security");
  await supervisor.go(`/events/${visit}/guests`);
  await lobby.go("/lobby");
  await supervisor.press("#guest-add > summary");
  await supervisor.fill("#g-title", "秘书");
  await supervisor.press("#guest-add [type=submit]");
  await supervisor.says("#g-name-error", say("field.required"));
  assert.equal(await supervisor.page.inputValue("#g-title"), "秘书");
  await supervisor.fill("#g-name", "薄荷");
  await supervisor.fill("#g-party", "3号车");
  await supervisor.fill("#g-plate", "测A·00003");
  await supervisor.press("#guest-add [type=submit]");
  await supervisor.seen("#guests .guest-name:has-text('薄荷')", { state: "attached" });
  await lobby.seen("#lobby .guest-name:has-text('薄荷')", { state: "attached" });

  const added = supervisor.page.locator("#guests .guest", { hasText: "薄荷" });
  const id = (await added.getAttribute("id")).slice(6);
  await open(supervisor, guests.秋英);
  await supervisor.press(`#edit-${id}`);
  assert.equal(await supervisor.page.inputValue("#d-name"), "薄荷");
  await supervisor.fill("#d-rank", "九");
  await supervisor.press("#guest-dialog [type=submit]");
  await supervisor.says("#d-rank-error", say("guest.rank_range"));
  await supervisor.fill("#d-rank", "9");
  await supervisor.fill("#d-needs", "不吃香菜");
  await supervisor.press("#guest-dialog [type=submit]");
  await supervisor.hidden("#guest-dialog");
  await lobby.says(`#guest-${id} .guest-needs`, "不吃香菜");

  await supervisor.press(`#edit-${id}`);
  await supervisor.press("#guest-strike");
  await supervisor.press("#dialog-confirm [type=submit]");
  await Promise.all([supervisor.gone(`#guest-${id}`), lobby.gone(`#guest-${id}`)]);
});

test("a pasted list with a wrong line is not taken, says where, and stays; then it is taken whole", async () => {
  home.allow(refused);
  const event = await newEvent(home, { people: ["service", "security"] });
  const supervisor = await home.desk("supervisor");
  const watcher = await home.desk("commander");
  await supervisor.go(`/events/${event.id}/guests`);
  await watcher.go(`/events/${event.id}/guests`);
  await supervisor.press("#guest-import > summary");
  const wrong = "姓名,职务,车牌\n丁香,处长,测B·00001\n,主任,测B·00002\n丁香,处长,测B·00003";
  await supervisor.fill("#f-text", wrong);
  await supervisor.press("#guest-import [type=submit]");
  await supervisor.says("#guest-import .import-errors", "3");
  assert.equal(await supervisor.page.inputValue("#f-text"), wrong);
  assert.equal(await watcher.data(`#counts-${event.id}`, "total"), "0");

  const right = "姓名,职务,车牌\n丁香,处长,测B·00001\n豆蔻,主任,测B·00002\n砂仁,科长,测B·00003\n肉桂,科员,测B·00004";
  await supervisor.fill("#f-text", right);
  await supervisor.press("#guest-import [type=submit]");
  await supervisor.says("#guest-import .form-done", "4");
  await watcher.seen(`#counts-${event.id}[data-total="4"]`, { state: "attached" });
  await watcher.says("#guests .guest-name", "肉桂");
  await supervisor.says("#guests .guest-name", "肉桂");
});

test("the same act sent twice, as a phone with bad network does, moves the guest once", async () => {
  const guest = guests.木香;
  const one = await home.as("security");
  const key = { "Idempotency-Key": "0190a1b2-0000-7000-8000-00000000abcd" };
  const first = await one.must("PUT", `/guests/${guest.id}/position`, { position: "lift" }, key);
  const again = await one.must("PUT", `/guests/${guest.id}/position`, { position: "lift" }, key);
  assert.deepEqual([first.repeated, again.repeated], [false, true]);
  const { log } = await one.get(`/events/${visit}/log`);
  const moves = log.filter((l) => l.subject === `guest:${guest.id}` && l.verb === "guest.moved" && l.new === "lift");
  assert.equal(moves.length, 1);
});

test("a guest's photo is given on the list and seen at the posts and the door; only who may edit guests deletes it", async () => {
  const guest = guests.秋英;
  const supervisor = await home.desk("supervisor");
  const lobby = await home.phone("security");
  await supervisor.go(`/events/${visit}/guests`);
  await lobby.go("/lobby?post=lobby");
  supervisor.camera = (chooser) => chooser.setFiles(PICTURE);
  await open(supervisor, guest);
  await supervisor.press(`#edit-${guest.id}`);
  await supervisor.press("#guest-picture");
  await supervisor.hidden("#guest-dialog");
  await supervisor.seen(`#face-${guest.id}`);
  await open(lobby, guest);
  await lobby.seen(`#face-${guest.id}`);
  const drawn = async (person, img) => {
    await person.page.locator(img).scrollIntoViewIfNeeded(); // what is far away is not fetched
    await person.page.waitForFunction((s) => document.querySelector(s).naturalWidth > 0, img);
  };
  await drawn(lobby, `#face-${guest.id} img`);

  await lobby.press(`#face-${guest.id}`);
  await drawn(lobby, "#dialog-photo[open] img");
  assert.equal(await lobby.visible("#photo-strike"), false, "a guard deletes nothing");
  await lobby.page.keyboard.press("Escape");
  await lobby.go(`/door?guest=${guest.id}`);
  await drawn(lobby, `#card-${guest.id} .face img`);

  await supervisor.press(`#face-${guest.id}`);
  await supervisor.press("#photo-strike");
  await supervisor.press("#dialog-confirm [type=submit]");
  await supervisor.gone(`#face-${guest.id}`);
});

test("who is not seen at the next post in time is red at both: the one that he left and the one that waits", async () => {
  const list = await (await home.as("commander")).guests(visit);
  const guest = list.find((g) => g.position === "expected"); // whom nobody has seen yet: a late tap counts
  const gate = await home.phone("xionghuang");
  const door = await home.phone("security");
  await gate.go("/lobby?post=gate");
  await door.go("/lobby?post=drop-off");
  const red = (person) =>
    person.page.$eval(`${row(guest)} .guest-name`, (el) => {
      const late = document.createElement("i");
      late.style.color = "var(--late)";
      document.body.append(late);
      const same = getComputedStyle(el).color === getComputedStyle(late).color;
      late.remove();
      return same;
    });
  assert.deepEqual([await red(gate), await red(door)], [false, false]);
  const guard = await home.as("xionghuang");
  const ago = new Date(Date.now() - 30 * 60000).toISOString(); // tapped where there was no network
  await guard.must("PUT", `/guests/${guest.id}/position`, { position: "gate" }, { "X-Acted-At": ago });
  for (const person of [gate, door]) {
    await person.seen(`${row(guest)}[data-position=gate][data-lost]`, { state: "attached" });
    assert.equal(await red(person), true);
  }
  await guard.must("PUT", `/guests/${guest.id}/position`, { position: "drop-off" });
  for (const person of [gate, door]) {
    await person.seen(`${row(guest)}[data-position=drop-off]:not([data-lost])`, { state: "attached" });
    assert.equal(await red(person), false);
  }
});

test("the last guest is struck: whoever looks at the list sees that it is empty", async () => {
  const event = await newEvent(home);
  const supervisor = await home.as("supervisor");
  await supervisor.must("POST", `/events/${event.id}/guests`, { name: "侧柏" });
  const [guest] = await supervisor.guests(event.id);
  const desk = await home.desk("commander");
  await desk.go(`/events/${event.id}/guests`);
  await desk.seen(row(guest));
  await supervisor.must("DELETE", `/guests/${guest.id}`);
  await desk.soon(".guests-list .empty");
  assert.equal(await desk.page.locator("#search-guests").count(), 0);
});
