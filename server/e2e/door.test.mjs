// The door: found by what a guest says, signed in with one tap, seen by everybody at once, and all of it in a basement.
import assert from "node:assert/strict";
import { test } from "node:test";
import encodeQR from "qr";
import { newEvent, VISIT } from "./lib/building.mjs";
import { house, until } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

let visit;
let guests;
const home = house({
  opened: async (home) => {
    const commander = await home.as("commander");
    visit = (await commander.event(VISIT)).id;
    guests = Object.fromEntries((await commander.guests(visit)).map((g) => [g.name, g]));
    // The first arrival changes the event itself, and every page fetches itself once more: let that be over.
    await (await home.as("xionghuang")).must("PUT", `/guests/${guests.杜仲.id}/position`, { position: "gate" });
  },
});
const refused = /status of 4(04|09|22)/; // the browser itself notes every refused request
const away = /ERR_INTERNET_DISCONNECTED|WebSocket connection/;

const card = (guest) => `#card-${guest.id}`;

// look types like a person and waits for the answer.
async function look(person, text, found) {
  await person.fill("#door-q", text);
  await person.seen(found);
}

const present = async (guest) => (await (await home.as("commander")).guests(visit)).find((g) => g.id === guest.id);

test("found by name, initials, digits and plate; the same name twice is told apart", async () => {
  const guard = await home.phone("security");
  await guard.go("/door");
  await guard.seen("#door-queue .door-row");
  assert.ok((await guard.count("#door-queue .door-row")) <= 20, "never the whole list");
  const { 徐长卿, 杜仲 } = guests;
  for (const [text, who] of [
    ["徐长卿", 徐长卿],
    ["xcq", 徐长卿],
    [徐长卿.phone.slice(-4), 徐长卿],
    [徐长卿.phone, 徐长卿],
    ["杜仲 a00001", 杜仲],
  ]) {
    await look(guard, text, card(who));
    await guard.fill("#door-q", "");
    await guard.seen("#door-queue");
  }
  await look(guard, "竹", "#door-found");
  await guard.press(`#guest-${guests.方竹.id} a`);
  await guard.seen(card(guests.方竹));
  assert.match(guard.page.url(), new RegExp(`guest=${guests.方竹.id}$`), "the address is that of the card");
  await guard.fill("#door-q", "没有这个人");
  await guard.says("[data-nobody]", "没有这个人");
  const twin = await newEvent(home, { people: ["service", "security"] });
  await (await home.as("supervisor")).must("POST", `/events/${twin.id}/guests`, { name: "徐长卿", title: "讲师" });
  await guard.go("/door?q=xcq");
  assert.equal(await guard.count("#door-found .door-row"), 2);
  await guard.says("#door-found", twin.name);
});

test("one tap signs in; the other door sees it and is told who was first; a long press takes it back", async () => {
  const guest = guests.白芷;
  const guard = await home.phone("security");
  const other = await home.phone("yueguang");
  const list = await home.desk("supervisor");
  await list.go(`/events/${visit}/guests`);
  for (const person of [guard, other]) {
    await person.go("/door");
    await look(person, "白芷", card(guest));
  }
  const before = Number(await list.data(`#attendance-${visit}`, "signed"));
  await other.context.setOffline(true); // it does not see what comes now
  home.allow(away);
  await guard.press(`#signin-${guest.id}`);
  await guard.toast(say("door.done", { name: "白芷" }));
  await guard.seen(`${card(guest)}[data-signed=in]`);
  await list.soon(`#attendance-${visit}[data-signed="${before + 1}"]`);
  const { pack, badge, position } = await present(guest);
  assert.deepEqual([pack, badge, position], [true, true, "expected"], "a desk in the lobby moves nobody");

  await other.press(`#signin-${guest.id}`);
  await other.context.setOffline(false);
  await other.toast("花岗"); // who was first
  assert.equal(
    await other.count("#toasts :has-text('花岗') .toast-act:not([hidden])"),
    0,
    "what he did is not offered for undoing",
  );
  await other.seen(`${card(guest)}[data-signed=in]`);
  const { signed_in_by: by } = await present(guest);
  assert.equal(by, (await home.as("security")).id);

  await guard.hold(`#unsign-${guest.id}`);
  await Promise.all([
    guard.seen(`${card(guest)}[data-signed=""]`),
    other.seen(`${card(guest)}[data-signed=""]`),
    list.seen(`#attendance-${visit}[data-signed="${before}"]`),
  ]);
});

test("at the event's own door he stands at the venue; a guest of another event is sent on, and that is logged", async () => {
  const guest = guests.文竹;
  const guard = await home.phone("danxia");
  await guard.go("/door");
  await guard.page.selectOption("#door-at", visit);
  await look(guard, "wenzhu", card(guest));
  await guard.page.uncheck(`#sign-${guest.id}-badge`);
  await guard.press(`#signin-${guest.id}`);
  await guard.seen(`${card(guest)}[data-signed=in]`);
  const { position, pack, badge } = await present(guest);
  assert.deepEqual([position, pack, Boolean(badge)], ["venue", true, false]);

  const other = await newEvent(home, { people: ["service", "security", "danxia"] });
  await (await home.as("supervisor")).must("POST", `/events/${other.id}/guests`, { name: "泽泻" });
  await guard.go("/door?q=泽泻");
  await guard.seen("[data-send-on]:not([hidden])");
  assert.equal(await guard.page.inputValue("#door-at"), visit, "the device remembers its place");
  assert.equal(await guard.page.isChecked("[data-handed][name=badge]"), false, "and what it hands out");
  await guard.press("[data-send-on] [type=submit]");
  await guard.seen("#strays .stray[data-state=redirected]");
  await guard.says("#strays", "泽泻");
  const { log } = await (await home.as("commander")).get(`/events/${visit}/log`);
  const line = log.find((l) => l.verb === "stray.redirected" && l.label === "泽泻");
  assert.ok(line.person && line.note, "by whom, and where to");
});

test("a walk-in: no name, no entry; the commander says yes in one tap, and the door sees it", async () => {
  home.allow(refused);
  const guard = await home.phone("security");
  const commander = await home.phone("commander");
  await guard.go("/door");
  await commander.go("/door");
  await guard.press("#stray-add > summary");
  await guard.page.selectOption("#stray-event_id", visit);
  await guard.fill("#stray-organisation", "远岚集团");
  await guard.press("#stray-add [type=submit]");
  await guard.says("#stray-name-error", say("field.required"));
  assert.equal(await guard.page.inputValue("#stray-organisation"), "远岚集团");
  await guard.fill("#stray-name", "泽兰");
  await guard.press("#stray-add [type=submit]");
  await commander.seen("#strays .stray[data-state=asked]:has-text('泽兰')");
  assert.equal(await guard.visible("#strays .stray-judge"), false, "a guard does not answer himself");
  await commander.press("#strays .stray:has-text('泽兰') [value=admitted]");
  await guard.seen("#strays .stray[data-state=admitted]:has-text('泽兰')");
  await guard.press("#strays .stray:has-text('泽兰') .stray-open");
  await guard.seen("[data-door-card] .act-sign");
});

test("a bus of nineteen, three are missing: one act, and back", async () => {
  const guest = guests.秋英;
  const guard = await home.phone("security");
  await guard.go(`/door?guest=${guest.id}`);
  await guard.press(`#bus-${guest.party_id} > summary`);
  const bus = Object.values(guests).filter((g) => g.party_id === guest.party_id);
  for (const g of bus.slice(0, 3)) await guard.page.uncheck(`#pick-box-${g.id}`);
  assert.equal(await guard.text(`#bus-signin-${guest.party_id} [data-picked]`), String(bus.length - 3));
  await guard.press(`#bus-signin-${guest.party_id}`);
  await guard.toast(say("door.party", { n: bus.length - 3 }));
  assert.equal(await guard.count("[id^=pick-][data-signed=in]"), bus.length - 3);
  await guard.press("#toasts .toast-act");
  await guard.gone("[id^=pick-][data-signed=in]");
});

test("a scanner types faster than people: its code opens the card, wherever the focus is", async () => {
  home.allow(refused);
  const guest = guests.木香;
  const guard = await home.desk("security");
  await guard.go("/door");
  // All keys at once, as a scanner sends them: on a busy machine the browser's own driver types slower than that.
  const scan = (text) =>
    guard.page.evaluate(
      (keys) => {
        document.activeElement.blur();
        for (const key of keys) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      },
      [...text, "Enter"],
    );
  await scan("muxiang");
  await guard.seen(card(guest));
  // In a field that somebody was about to fill in, what was typed there before stays.
  await guard.press("#stray-add > summary");
  await guard.fill("#stray-name", "泽");
  await guard.press("#stray-name");
  await guard.page.evaluate(
    (text) => {
      const field = document.activeElement;
      for (const key of [...text, "Enter"]) {
        const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        if (field.dispatchEvent(event) && field.value.length < field.maxLength) field.value += key;
      }
    },
    "http://x/g/A".padEnd(56, "A"),
  );
  await guard.toast(say("door.unknown_code"));
  assert.equal(await guard.page.inputValue("#stray-name"), "泽");
  await guard.press("#toasts .toast > button:not(.toast-act)");
  await scan("A".repeat(42));
  await guard.toast(say("door.unknown_code"));
  await guard.seen(card(guest)); // the card before stays
});

test("without a camera, or when it is denied, a sentence says so and typing works", async () => {
  for (const [name, key] of [
    ["NotFoundError", "js.camera_none"],
    ["NotAllowedError", "js.camera_denied"],
  ]) {
    const guard = await home.phone("security");
    await guard.page.addInitScript((why) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", why));
    }, name);
    await guard.go("/door");
    await guard.press("#door-scan");
    await guard.says("[data-camera-said]", say(key));
    await guard.press("#door-camera-off");
    assert.equal(await guard.visible("#door-camera"), false);
    await look(guard, "麦冬", card(guests.麦冬));
  }
});

test("the camera reads a code, also in a browser that has no reader of its own", async () => {
  const guard = await home.phone("security");
  await guard.page.addInitScript(
    (dark) => {
      delete globalThis.BarcodeDetector;
      navigator.mediaDevices.getUserMedia = async () => {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 480;
        const pen = canvas.getContext("2d");
        const draw = () => {
          pen.fillStyle = "#fff";
          pen.fillRect(0, 0, 480, 480);
          pen.fillStyle = "#000";
          const size = 400 / dark.length;
          dark.forEach((line, y) => {
            line.forEach((on, x) => {
              if (on) pen.fillRect(40 + x * size, 40 + y * size, size + 1, size + 1);
            });
          });
        };
        setInterval(draw, 50);
        draw();
        return canvas.captureStream(20);
      };
    },
    encodeQR("muxiang", "raw", { border: 0 }),
  );
  await guard.go("/door");
  await guard.press("#door-scan");
  await guard.seen(card(guests.木香));
  assert.equal(await guard.visible("#door-camera"), false, "it closes by itself");
});

test("in the basement: found in the list on this phone, signed in, sent when the network is back", async () => {
  home.allow(away);
  const guest = guests.沙棘;
  const guard = await home.phone("security");
  await guard.go("/door");
  await until("the list is on the phone", () => guard.page.evaluate(() => Boolean(localStorage.getItem("door-until"))));
  await guard.context.setOffline(true);
  await guard.fill("#door-q", "shaji");
  await guard.seen(card(guest));
  await guard.says("#door-off", "没有网络");
  await guard.press(`${card(guest)} .door-sign [type=submit]`);
  await guard.seen("#conn .conn-unsent:not([hidden])");
  await guard.fill("#door-q", "没有这个人");
  await guard.says(".door-nobody", "没有这个人");
  await guard.context.setOffline(false);
  await until("signed in", async () => Boolean((await present(guest)).signed_in_at));
  await look(guard, "shaji", `${card(guest)}[data-signed=in]`);
});

test("in the basement: a bus without one, and a guest of another event is sent on", async () => {
  home.allow(away);
  const guard = await home.phone("danxia");
  await guard.go("/door");
  await guard.page.selectOption("#door-at", visit);
  await until("the list is on the phone", () => guard.page.evaluate(() => Boolean(localStorage.getItem("door-until"))));
  await guard.context.setOffline(true);
  await guard.fill("#door-q", "泽泻");
  await guard.seen("[data-send-on]:not([hidden])");
  assert.ok(!(await guard.text("[data-send-on]")).includes("{room}"));
  await guard.press("[data-send-on] [type=submit]");
  const { party_id: party } = guests.桂枝;
  await guard.fill("#door-q", "guizhi");
  await guard.seen(card(guests.桂枝));
  await guard.page.uncheck(`.door-bus [value="${guests.马兰.id}"]`);
  await guard.press(".door-bus [type=submit]");
  await guard.says("#conn .conn-unsent", "2");
  await guard.context.setOffline(false);
  const waits = async () => (await (await home.as("commander")).guests(visit)).filter((g) => !g.signed_in_at);
  await until("all but one", async () => {
    const names = (await waits()).filter((g) => g.party_id === party).map((g) => g.name);
    return names.join() === "马兰";
  });
  const { log } = await (await home.as("commander")).get(`/events/${visit}/log`);
  assert.equal(log.filter((l) => l.verb === "stray.redirected" && l.label === "泽泻").length, 2);
});

test("who signs out leaves no list behind", async () => {
  const guard = await home.phone("dansha", { own: true });
  await guard.go("/door");
  await until("the list is on the phone", () => guard.page.evaluate(() => Boolean(localStorage.getItem("door-until"))));
  await guard.context.clearCookies();
  await guard.page.goto(`${home.origin}/session/new`);
  await until("gone", () =>
    guard.page.evaluate(
      async () =>
        !(await indexedDB.databases()).some(({ name }) => name === "door") && !localStorage.getItem("door-until"),
    ),
  );
});

test("the organiser's link and the screen at the door: no sign-in, no list, revoked at once", async () => {
  home.allow(refused);
  const guest = guests.远志;
  const supervisor = await home.desk("supervisor");
  await supervisor.go(`/events/${visit}/links`);
  const { organiser, kiosk } = await (await home.as("supervisor")).get(`/events/${visit}/links`);
  const organisers = await home.phone();
  await organisers.page.goto(organiser);
  await organisers.says("#organiser", "远志");
  const screen = await home.desk();
  await screen.page.goto(kiosk);
  assert.ok(!(await screen.text("#main")).includes("远志"));
  await screen.fill("#kiosk-name", "远志");
  await screen.fill("#kiosk-tail", "0000");
  await screen.press("#kiosk-form [type=submit]");
  await screen.says(".kiosk-error", say("kiosk.unknown"));
  await screen.fill("#kiosk-tail", guest.phone.slice(-4));
  await screen.press("#kiosk-form [type=submit]");
  await screen.says(".kiosk-done", "远志");
  const { position, signed_in_by: by } = await present(guest);
  assert.deepEqual([position, by], ["venue", undefined]);
  await organisers.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))); // sooner than its 15 s
  await until("the organiser sees it", async () => !(await organisers.text("#organiser")).includes("远志"));
  await supervisor.hold("#links-revoke");
  await until("revoked", async () => (await fetch(organiser)).status === 404);
  await screen.page.goto(kiosk);
  await screen.says("#main", say("links.unknown"));
});
