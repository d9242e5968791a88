// A whole morning in a minute: the demo plays its crews and guests sixty times as fast as life, while people look on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VISIT } from "./lib/building.mjs";
import { house, until, WALL } from "./lib/people.mjs";

const home = house({ args: ["demo", "--simulate", "--speed", "60"] });

test("the pages live through the arrival of the guests", async () => {
  const { id } = await (await home.as("commander")).event(VISIT);
  const board = await home.person("commander", WALL);
  const wall = await home.person("supervisor", WALL);
  const lobby = await home.phone("security");
  const list = await home.phone("service");
  await board.go(`/events/${id}/board`);
  await wall.go("/board?tv=1");
  await lobby.go("/lobby?post=lobby");
  await list.go(`/events/${id}/items?mine=1`);
  const people = [board, wall, lobby, list];
  for (const person of people) await person.page.evaluate("window.same = true");
  const long = { timeout: 70000, state: "attached" };
  // Ready 28 minutes before the arrival, the first car 12 minutes before it, the start some time after.
  await board.seen(`#gauge-${id}[data-status=ready]`, long);
  await wall.seen(`#card-${id}[data-status=ready]`, { state: "attached" });
  await lobby.seen("#lobby-list [data-position=lobby], #lobby-list [data-position=lift]", long);
  await board.seen(`#places-${id} .lane[data-position=venue]:not(.is-empty)`, long);
  await lobby.seen(`#counts-${id}[data-arrived="40"]`, long);
  await list.seen(".item[data-state=accepted]", { state: "attached" });
  for (const person of people) {
    assert.equal(await person.page.evaluate("window.same"), true, "no reload");
    await person.live();
  }
  // After all that the open list is no older than what the program says.
  const items = await (await home.as("service")).items(id);
  await until("the open list is up to date", async () => {
    const rows = await list.page.$$eval(".item", (els) => els.map((el) => [el.id, Number(el.dataset.seq)]));
    const seqs = new Map(rows);
    return items.every((item) => !seqs.has(`item-${item.id}`) || seqs.get(`item-${item.id}`) >= item.seq);
  });
});
