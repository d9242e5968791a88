// Templates: an editor for everybody, versions that never change, events that keep theirs, and workbooks.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { VISIT, WEEKLY } from "./lib/building.mjs";
import { house } from "./lib/people.mjs";
import { say } from "./lib/words.mjs";

let visit;
let draft;
const home = house({
  opened: async (home) => {
    visit = (await (await home.as("commander")).event(VISIT)).id;
    draft = (await (await home.as("admin")).get("/templates")).versions.find((v) => v.state === "draft").id;
  },
});
const refused = /status of 4(09|22)/; // the browser itself notes every refused request

test("two people edit one item: the second sees both, and nothing is lost; a third watches the draft", async () => {
  home.allow(refused);
  const [one, two, third] = [await home.desk("supervisor"), await home.desk("admin"), await home.phone("supervisor")];
  await third.go(`/templates/${draft}`);
  await one.go(`/templates/${draft}/items/S5`);
  await two.go(`/templates/${draft}/items/S5`);
  await one.fill("#template-item [name=zh]", "一号的说法");
  await one.page.click("#template-item [type=submit]");
  await one.seen("#t-S5");
  await third.says("#t-S5", "一号的说法");
  await two.fill("#template-item [name=zh]", "二号的说法");
  await two.page.selectOption("#template-item [name=on_1]", "D-1");
  await two.fill("#template-item [name=clock_1]", "25:00");
  await two.page.click("#template-item [type=submit]");
  await two.says('[data-error-for="due_1"]', say("template.clock_form"));
  await two.fill("#template-item [name=clock_1]", "17:20");
  await two.page.click("#template-item [type=submit]");
  await two.says(".form-errors", "一号的说法");
  await two.says(".form-errors", "二号的说法");
  assert.equal(await two.page.inputValue("#template-item [name=zh]"), "二号的说法", "what was typed stays");
  await two.page.click("#template-item [type=submit]");
  await two.seen("#t-S5");
  await third.says("#t-S5", "二号的说法");
});

test("a proposal from the floor is taken, its proposer is told", async () => {
  const phone = await home.phone("service");
  const items = await (await home.as("service")).items(visit);
  const item = items.find((i) => i.template_id === "S7");
  await phone.go(`/events/${visit}/items`);
  await phone.page.click(`#sum-${item.id}`);
  await phone.press(`#propose-${item.id}`);
  await phone.fill("#dialog-reason [name=reason]", "请写明用哪一种杯子");
  const desk = await home.desk("supervisor");
  await desk.go("/templates");
  await phone.page.click("#dialog-reason [type=submit]");
  await phone.toast(say("proposal.made"));
  await desk.says(".tpl-proposals", "请写明用哪一种杯子");
  const { proposals } = await (await home.as("supervisor")).get("/templates");
  await desk.press(`#take-${proposals.find((p) => p.text === "请写明用哪一种杯子").id}`);
  await desk.says(".tpl-proposals", say("proposal.state_taken"));
  await phone.go("/notices");
  await phone.says("main", "您的建议已采纳");
});

test("a workbook goes out and comes back: first what it would change, then the draft", async () => {
  home.allow(refused);
  const desk = await home.desk("supervisor");
  await desk.go(`/templates/${draft}/import`);
  const [download] = await Promise.all([desk.page.waitForEvent("download"), desk.page.click('a[href$="/export"]')]);
  const book = readFileSync(await download.path());
  await desk.page.setInputFiles("#sheet-file [name=file]", {
    name: "x.xlsx",
    mimeType: "application/octet-stream",
    buffer: book,
  });
  await desk.page.click("#sheet-file [type=submit]");
  await desk.says("#template-plan", say("template.no_change_yet"));
  await desk.page.setInputFiles("#sheet-file [name=file]", {
    name: "x.xlsx",
    mimeType: "application/octet-stream",
    buffer: Buffer.from("姓名\n"),
  });
  await desk.page.click("#sheet-file [type=submit]");
  await desk.says(".form-errors", say("workbook.not_xlsx"));
});

test("a workbook of 30 MB is answered with a sentence, and the page goes on; the week and an agenda go out", async () => {
  home.allow(/status of 4(13|22)|ERR_/);
  const desk = await home.desk("supervisor");
  const huge = join(mkdtempSync(join(tmpdir(), "huiwu-")), "x.xlsx");
  writeFileSync(huge, Buffer.alloc(30 << 20, "PK"));
  const sends = async (file) => {
    await desk.page.setInputFiles("#sheet-file [name=file]", file);
    await desk.page.click("#sheet-file [type=submit]");
  };
  await desk.go(`/templates/${draft}/import`);
  await sends(huge);
  await desk.toast(say("workbook.too_large", { max: "4 MB" }));
  const [download] = await Promise.all([desk.page.waitForEvent("download"), desk.page.click('a[href$="/export"]')]);
  await sends(await download.path());
  await desk.says("#template-plan", say("template.no_change_yet"));
  await desk.go("/events");
  const [week] = await Promise.all([desk.page.waitForEvent("download"), desk.page.click("#week")]);
  assert.match(week.suggestedFilename(), /^会务服务登记表 \d{4}-\d\d-\d\d–\d{4}-\d\d-\d\d\.xlsx$/);
  await desk.go(`/events/${visit}/programme`);
  const [agenda] = await Promise.all([
    desk.page.waitForEvent("download"),
    desk.page.click('a[href$="/agenda/export"]'),
  ]);
  assert.match(agenda.suggestedFilename(), /^议程 EV-.*\.xlsx$/);
});

test("a version is published while the visit runs; its commander takes it, and what was begun stays", async () => {
  home.allow(refused);
  const desk = await home.desk("supervisor");
  await desk.go(`/templates/${draft}`);
  await desk.page.click("#template-publish > summary");
  await desk.page.click("#template-publish [type=submit]");
  await desk.says('#template-publish [data-error-for="note"]', say("field.required"));
  await desk.fill("#publish-note", "演练之后的修改");
  await desk.page.click("#template-publish [type=submit]");
  await desk.seen('a[href="/templates/3"]');
  const commander = await home.phone("commander");
  await commander.go(`/events/${visit}`);
  await commander.says("main", "可更新到第 3 版");
  await commander.page.click(`a[href="/events/${visit}/template"]`);
  await commander.press("#template-update");
  await commander.page.waitForURL(`**/events/${visit}`);
  await commander.says(".facts", "第 3 版");
  assert.equal((await (await home.as("commander")).get(`/events/${visit}/template`)).update, null);
  await desk.go("/templates/3/preview?level=2&at=09:00");
  await desk.seen(".tpl-timeline > li");
});

test("a list of guests goes out, comes back as a workbook, and nothing is to be done", async () => {
  const desk = await home.desk("supervisor");
  const { id } = await (await home.as("commander")).event(WEEKLY);
  await desk.go(`/events/${id}/guests`);
  await desk.page.click("#guest-import > summary");
  await desk.fill("#guest-import [name=text]", "姓名\t职务\n冷杉\t处长\n云杉\t科长");
  await desk.page.click("#guest-import [type=submit]");
  await desk.says("#guest-import .form-done", "2");
  const [download] = await Promise.all([
    desk.page.waitForEvent("download"),
    desk.page.click('a[href$="/guests/export"]'),
  ]);
  await desk.page.setInputFiles("#guest-import [name=file]", await download.path());
  await desk.page.click("#guest-import [type=submit]");
  const guests = await (await home.as("commander")).guests(id);
  await desk.says("#guest-import .form-done", say("workbook.all_known", { n: String(guests.length) }));
});
