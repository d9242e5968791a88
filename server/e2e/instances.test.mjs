// Two instances on one PostgreSQL and one Redis: what is done on one is seen on the other; one dies, the other goes on,
// and its phones are up to date when it is back.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { VISIT } from "./lib/building.mjs";
import { House, launch, SOON } from "./lib/people.mjs";
import { skip, twins } from "./lib/twins.mjs";

const lost = /ERR_CONNECTION|WebSocket connection/; // the browser itself notes what it cannot reach

const home = new House();
let two;

after(async () => {
  await home.leave();
  await home.browser?.close();
  await two?.end();
});

test("two instances are one building", { skip }, async () => {
  two = await twins();
  home.browser = await launch();
  const { b } = two;
  let { a } = two;
  home.server = a;

  const service = await home.phone("service", { own: true });
  const commander = await home.phone("commander", { own: true, origin: b.origin });
  const board = await home.desk("supervisor", { own: true, origin: b.origin });
  const { id } = await (await home.as("service")).event(VISIT);
  const clerk = await home.as("commander", b.origin);
  const items = (await clerk.items(id)).filter(
    (i) => i.crew === "SVC" && i.status === "open" && !i.evidence && i.phase === "pre",
  );
  assert.ok(items.length >= 2, `enough to do: ${items.length}`);
  await service.go(`/events/${id}/items`);
  await commander.go(`/events/${id}/items`);
  await board.go("/board");

  const seq = await board.data(`#card-${id}`, "seq");
  const done = ({ id: item }) => `#item-${item}:is([data-state=done], [data-state=submitted])`;
  await service.press(`#tick-${items[0].id}`);
  await Promise.all([
    service.soon(done(items[0])),
    commander.soon(done(items[0])),
    board.soon(`#card-${id}:not([data-seq="${seq}"])`),
  ]);

  // The other way round, and a page that is only looked at.
  const added = await clerk.must("POST", `/events/${id}/items`, { text: "备一把雨伞", crew: "SVC", phase: "pre" });
  await service.soon(`#item-${added.created}`);
  await service.page.evaluate("window.same = true");

  home.allow(lost);
  await a.kill();
  const alone = performance.now();
  await clerk.must("PUT", `/items/${items[1].id}/exemption`, { reason: "下雨" });
  await commander.soon(`#item-${items[1].id}[data-state=not-needed]`);
  assert.ok(performance.now() - alone < 5 * SOON, "the other instance works on");
  await service.seen("#conn:not([data-conn=live])", { state: "attached" });
  assert.notEqual(await service.data(`#item-${items[1].id}`, "state"), "not-needed");

  a = await two.serve({ port: a.port });
  await service.seen(`#item-${items[1].id}[data-state=not-needed]`, { timeout: 20000 });
  await service.live();
  assert.equal(await service.page.evaluate("window.same"), true);
  await service.press(`#tick-${added.created}`);
  await commander.soon(`#item-${added.created}[data-state=submitted]`);

  // A session that ends on one instance ends on the other.
  home.allow(/status of 401/);
  await (await home.as("service", b.origin)).must("DELETE", `/sessions/${await service.session()}`);
  await service.seen("#dialog-signin[open]");
  assert.deepEqual(await home.leave(), []);
});
