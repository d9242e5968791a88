// Photos as evidence: one tap takes the photo and submits; what can go wrong says so, and the tick is not lost.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { newEvent } from "./lib/building.mjs";
import { PICTURE } from "./lib/clerk.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

const home = house();

const row = (item) => `#item-${item.id}`;
const submitted = (item) => `${row(item)}[data-state=submitted]`;

// visit makes an event and opens its list on an attendant's phone.
async function visit(more) {
  const event = await newEvent(home, { people: ["service"], ...more });
  const items = await (await home.as("supervisor")).items(event.id);
  const phone = await home.phone("service");
  await phone.go(`/events/${event.id}/items?mine=1`);
  return { event, phone, item: items.find((i) => i.template_id === "S4") };
}

// large is a 40-megapixel JPEG, drawn in a browser.
async function large(phone) {
  const base64 = await phone.page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 7752, height: 5178 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#c33";
    pen.fillRect(0, 0, 3000, 5178);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    return new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.split(",")[1]);
      reader.readAsDataURL(blob);
    });
  });
  return Buffer.from(base64, "base64");
}

// lying puts EXIF into a JPEG: turned by 90 degrees, and whose camera it is.
function lying(jpeg) {
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex");
  const exif = Buffer.concat([Buffer.from("Exif\0\0"), tiff, Buffer.from("SECRETOWNER")]);
  const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([head, exif, jpeg.subarray(2)]);
}

test("one tap photographs and submits; the commander looks at it before he accepts", async () => {
  const { event, phone, item } = await visit();
  const commander = await home.phone("commander");
  await commander.go(`/events/${event.id}/items`);
  const buffer = lying(await large(phone));
  let asked;
  phone.camera = async (chooser) => {
    asked = await chooser.element().getAttribute("capture");
    await chooser.setFiles({ name: "IMG_1.jpg", mimeType: "image/jpeg", buffer });
  };
  // The browser's own record of requests leaves out bodies that are no text.
  await phone.page.evaluate(() => {
    const { fetch } = window;
    window.fetch = (url, options) => {
      if (options?.body instanceof Blob) window.sent = options.body;
      return fetch(url, options);
    };
  });
  await phone.press(`#tick-${item.id}`);
  await phone.seen(submitted(item), { timeout: 20000 });
  assert.equal(asked, "environment");
  const sent = Buffer.from(await phone.page.evaluate(async () => [...new Uint8Array(await window.sent.arrayBuffer())]));
  assert.ok(sent.length > 1000 && sent.length < 600_000, `${sent.length} bytes leave the phone`);
  assert.ok(!sent.includes("Exif") && !sent.includes("SECRETOWNER"), "what the camera wrote stays on the phone");

  const thumb = `${row(item)} > .thumbs .thumb`;
  await commander.soon(thumb);
  await commander.page.waitForFunction((s) => document.querySelector(`${s} img`)?.naturalWidth > 0, thumb);
  const open = async () => {
    await commander.press(thumb);
    await commander.page.waitForFunction(() => document.querySelector("#dialog-photo[open] img")?.naturalWidth > 0);
  };
  await open();
  const size = await commander.page.$eval("#dialog-photo img", (img) => [img.naturalWidth, img.naturalHeight]);
  assert.deepEqual(size, [1069, 1600], "upright");
  assert.equal(await commander.visible("#photo-strike"), false, "another crew's photo is not his to delete");
  await commander.page.keyboard.press("Escape");
  await commander.hidden("#dialog-photo");
  await open();
  await commander.page.goBack();
  await commander.hidden("#dialog-photo");
  assert.ok(commander.page.url().endsWith(`/events/${event.id}/items`));
  await open();
  await commander.press("#dialog-photo img");
  await commander.hidden("#dialog-photo");
  await commander.press(`#accept-${item.id}`);
  await phone.seen(`${row(item)}[data-state=accepted]`);
});

test("a picture that the phone cannot read says so; another one is a tap away", async () => {
  for (const [name, buffer] of [
    ["IMG_2.HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1")],
    ["photo.jpg", Buffer.concat([Buffer.from("MZ\x90\0", "latin1"), Buffer.alloc(4000)])],
  ]) {
    const { phone, item } = await visit();
    phone.camera = { name, mimeType: "image/jpeg", buffer };
    await phone.press(`#tick-${item.id}`);
    await phone.toast(say("js.photo_unreadable"));
    assert.equal(await phone.count(submitted(item)), 0, name);
    phone.camera = PICTURE;
    await phone.press("#toasts .toast-act");
    await phone.seen(submitted(item));
    await phone.context.close();
  }
});

test("without a camera the gallery is offered, and the tick follows all the same", async () => {
  const { phone, item } = await visit();
  const asked = [];
  phone.camera = async (chooser) => {
    asked.push(await chooser.element().getAttribute("capture"));
    if (asked.length > 1) await chooser.setFiles(PICTURE);
    else await chooser.element().dispatchEvent("cancel"); // what browsers say when the camera may not be used
  };
  await phone.press(`#tick-${item.id}`);
  await phone.toast(say("js.photo_none"));
  await phone.press("#toasts .toast-act");
  await phone.seen(submitted(item));
  assert.deepEqual(asked, ["environment", null]);
});

test("a server without room: the photo is kept, and goes when there is some", async () => {
  home.allow(/507/);
  const { phone, item } = await visit();
  let full = true;
  await phone.page.route("**/photos/*", (route) =>
    full && route.request().method() === "PUT" ? route.fulfill({ status: 507, body: "" }) : route.continue(),
  );
  await phone.press(`#tick-${item.id}`);
  await phone.toast(say("js.server_full"));
  assert.equal(await phone.count(`${row(item)}[data-pending]`), 1);
  full = false;
  await phone.seen(submitted(item), { timeout: 20000 });
});

test("put right after a rejection, it takes a new photo; a wrong one can be deleted", async () => {
  const { event, phone, item } = await visit();
  const commander = await home.as("commander");
  await phone.press(`#tick-${item.id}`);
  await phone.seen(submitted(item));
  await commander.must("PUT", `/items/${item.id}/acceptance`, { verdict: "rejected", reason: "左右放反" });
  await phone.seen(`#tick-${item.id}[data-photo=tick]`);
  await phone.press(`#sum-${item.id}`);
  await phone.seen(`${row(item)} .thumb-old`);
  await phone.press(`#gallery-${item.id}`); // adds one, and does not submit
  await phone.seen(`${row(item)} .thumb:not(.thumb-old)`);
  assert.equal(await phone.count(submitted(item)), 0);
  await phone.press(`${row(item)} .thumb-old`);
  await phone.press("#photo-strike");
  await phone.press("#dialog-confirm [data-slot=yes]");
  await phone.gone(`${row(item)} .thumb-old`);
  await phone.hidden("#dialog-photo");
  await phone.press(`#tick-${item.id}`); // the new photo is there: one plain tap
  await phone.seen(submitted(item));
  const now = (await commander.items(event.id)).find((i) => i.id === item.id);
  assert.equal(now.photos.length, 1);
});

test("secret events neither ask for photos nor take them", async () => {
  const { event, phone, item } = await visit({ secrecy: "secret" });
  phone.camera = () => assert.fail("a camera was opened");
  assert.equal(await phone.count("[data-photo]"), 0);
  await phone.press(`#tick-${item.id}`);
  await phone.seen(submitted(item));
  const service = await home.as("service");
  const answer = await fetch(`${home.origin}/items/${item.id}/photos/p1`, {
    method: "PUT",
    headers: { Accept: "application/json", Cookie: `${service.cookie.name}=${service.cookie.value}` },
    body: readFileSync(PICTURE),
  });
  assert.equal(answer.status, 409);
  assert.equal((await answer.json()).key, "photo.secret");
  assert.ok(!("photos" in (await service.items(event.id)).find((i) => i.id === item.id)));
});
