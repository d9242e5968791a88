// Letters to guests: the house sees who opened and answered while it happens; the guest has one page, without signing in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, sticksOut, violations } from "./lib/axe.mjs";
import { newEvent } from "./lib/building.mjs";
import { house, PHONE, until } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();
const refused = /status of 4(04|09|22)/; // the browser itself notes every refused request

// invited makes an event with guests, and gives their links.
async function invited(...names) {
  const event = await newEvent(home, { people: ["service"] });
  const commander = await home.as("commander");
  for (const name of names) await commander.must("POST", `/events/${event.id}/guests`, { name });
  const guests = {};
  for (const g of await commander.guests(event.id)) {
    const { link } = await commander.get(`/guests/${g.id}/invitation`);
    guests[g.name] = { ...g, pass: new URL(link).pathname };
  }
  return { event, guests, path: `/events/${event.id}/invitations` };
}

const row = (guest) => `#invitation-${guest.id}`;

test("the guest opens and answers on his phone; the list at the desk and the sheet on a phone show it", async () => {
  const { guests, path, event } = await invited("杜仲", "木香");
  const guest = guests.杜仲;
  const desk = await home.desk("supervisor");
  const phone = await home.phone("commander");
  await desk.go(path);
  await phone.go(`/guests/${guest.id}/invitation`);
  await desk.press(`#sent-${guest.id}`);
  await desk.seen(`${row(guest)}[data-state=sent]`);
  await phone.soon(`#inv-sheet-${guest.id}[data-state=sent]`);

  const him = await home.phone(null);
  await him.page.goto(home.origin + guest.pass);
  await desk.soon(`${row(guest)}[data-state=opened]`);
  assert.ok(await him.visible(".pass-qr"));
  await him.press(".segment:has([name=answer][value=accepted])");
  await him.fill("#f-companions", "2");
  await him.page.check("[name=diets][value=halal]");
  await him.fill("#f-plate", "测A·00009");
  await him.fill("#f-message", "<b>会到</b>");
  await him.press("#pass-send");
  await him.says("#pass-done", say("pass.done_accepted"));
  await desk.soon(`${row(guest)}[data-state=accepted]`);
  await desk.says(`${row(guest)} .inv-message`, "<b>会到</b>");
  await desk.says(`#inv-totals-${event.id} .inv-heads b`, "3");
  await desk.says(`#inv-totals-${event.id} .inv-diets`, say("diet.halal"));
  await phone.says(`#inv-sheet-${guest.id} .inv-steps`, say("invitation.himself"));

  // He changes his mind; the guest list flags him.
  const list = await home.desk("commander");
  await list.go(`/events/${event.id}/guests`);
  await him.press(".segment:has([name=answer][value=declined])");
  await until("the rest of the form is gone", async () => !(await him.visible("#f-companions")));
  await him.press("#pass-send");
  await him.says("#pass-done", say("pass.done_declined"));
  assert.equal(await him.count(".pass-qr"), 0);
  await list.soon(`#guest-${guest.id} .guest-declined`);
  await desk.soon(`${row(guest)}[data-state=declined]`);
});

test("a call is noted on the phone, with who said what; everybody sees that it is confirmed", async () => {
  home.allow(refused);
  const { guests, path } = await invited("杜仲");
  const guest = guests.杜仲;
  const desk = await home.desk("commander");
  const phone = await home.phone("supervisor");
  await desk.go(path);
  await phone.go(`/guests/${guest.id}/invitation`);
  await phone.fill("#f-spoke_to", "秘书");
  await phone.press("#confirm [type=submit]");
  await phone.says("#f-result-error", say("field.choose"));
  assert.equal(await phone.page.inputValue("#f-spoke_to"), "秘书");
  await phone.press(".segment:has([name=result][value=accepted])");
  await phone.press("#confirm [type=submit]");
  await phone.says(".inv-said", "秘书");
  await desk.soon(`${row(guest)} .inv-sure`);
});

test("the text is copied with the guest's own link, on https and where the browser does not let scripts copy", async () => {
  const { guests, path } = await invited("杜仲");
  const guest = guests.杜仲;
  for (const [name, take] of Object.entries({
    modern: () => {
      navigator.clipboard.writeText = async (text) => {
        window.copied = text;
      };
    },
    old: () => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
      document.execCommand = () => {
        window.copied = document.activeElement.value;
        return true;
      };
    },
  })) {
    const desk = await home.desk("supervisor", { permissions: [] });
    await desk.context.addInitScript(take);
    await desk.go(path);
    await desk.press(`#copy-${guest.id}`);
    await desk.toast(say("invitation.copied", { name: "杜仲" }));
    const copied = await desk.page.evaluate(() => window.copied);
    assert.ok(copied.includes(`${home.origin}${guest.pass}`), `${name}: ${copied}`);
    assert.ok(!copied.includes("{"), copied);
  }
  const phone = await home.phone("supervisor");
  await phone.go(`/guests/${guest.id}/invitation`);
  assert.ok((await phone.page.inputValue(`#inv-text-${guest.id}`)).includes(home.origin));
});

test("a letter with a placeholder that nobody fills is refused beside its field, and stays typed", async () => {
  home.allow(refused);
  const { guests, path } = await invited("杜仲");
  const desk = await home.desk("supervisor");
  const other = await home.desk("commander");
  await desk.go(path);
  await other.go(`/guests/${guests.杜仲.id}/invitation`);
  await desk.press("#inv-letter > summary");
  await desk.fill("#f-zh", "{nmae}您好 {link}");
  await desk.press("#inv-letter [type=submit]");
  await desk.says("#f-zh-error", "{nmae}");
  assert.equal(await desk.page.inputValue("#f-zh"), "{nmae}您好 {link}");
  await desk.fill("#f-zh", "{name}您好 {link}");
  await desk.press("#inv-letter [type=submit]");
  await until("the other's text is the new one", async () =>
    (await other.page.inputValue(`#inv-text-${guests.杜仲.id}`)).startsWith("杜仲您好"),
  );
});

test("a revoked link opens nothing any more, in both languages", async () => {
  home.allow(refused);
  const { guests } = await invited("杜仲");
  const phone = await home.phone("supervisor");
  await phone.go(`/guests/${guests.杜仲.id}/invitation`);
  await phone.press(`#revoke-${guests.杜仲.id}`);
  await phone.press("#dialog-confirm [type=submit]");
  const him = await home.phone(null);
  await until("it is revoked", async () => (await him.page.goto(home.origin + guests.杜仲.pass)).status() === 404);
  await him.says("#pass-unknown", say("pass.unknown"));
  await him.says("#pass-unknown [lang=en]", say("pass.unknown", {}, "en"));
});

test("every page is right for everybody: axe, both languages, on a phone", async () => {
  const { guests, path } = await invited("杜仲", "木香");
  const guest = guests.杜仲;
  await (await home.as("commander")).must("PUT", `/guests/${guest.id}/invitation`, {
    email: "d@example.com",
    locale: "en",
  });
  for (const [who, address] of [
    ["supervisor", path],
    ["supervisor", `/guests/${guest.id}/invitation`],
    [null, `${guest.pass}?lang=zh`],
    [null, `${guest.pass}?lang=en`],
  ]) {
    for (const colorScheme of ["light", "dark"]) {
      const person = await home.phone(who, { colorScheme });
      await person.page.goto(home.origin + address);
      await person.page.evaluate(axe);
      for (const d of await person.page.$$("details")) await d.evaluate((el) => el.toggleAttribute("open", true));
      assert.deepEqual(await violations(person), [], `${address} ${colorScheme}`);
      assert.equal(await person.page.evaluate(sticksOut, PHONE.viewport.width), "", address);
      const small = await person.page.$$eval(
        "main :is(a.btn, button:not(.sr), .segment, .tick, .inv-who, .inv-count)",
        (list) =>
          list
            .filter((el) => el.offsetParent && el.getBoundingClientRect().height < 47.5)
            .map((el) => el.outerHTML.slice(0, 90)),
      );
      assert.deepEqual(small, [], "targets are as large as a thumb");
    }
  }
});
