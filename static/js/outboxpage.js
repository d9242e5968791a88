// The outbox page: what this phone has not handed over yet, and what came back. It is drawn here, from what is on this
// phone: the server knows nothing of it.
import "./core.js";
import { ask } from "./dialogs.js";
import { all, body, byId, on } from "./dom.js";
import { kick } from "./outbox.js";
import { again, discard, hear, list, REFUSED, WAITING } from "./queue.js";
import { parsePage } from "./tt.js";
import { t } from "./words.js";

let entries = [];

async function draw() {
  const box = byId("outbox");
  const everything = await list().catch(() => []);
  entries = everything.filter(({ person }) => person === body().person);
  const rows = entries.map(row);
  const others = everything.length - entries.length;
  box.replaceChildren(...rows);
  for (const el of all("[data-outbox-empty]")) el.hidden = rows.length > 0;
  const foreign = byId("outbox-others");
  foreign.hidden = !others;
  foreign.querySelector("[data-slot=n]").textContent = others;
  byId("outbox-send").hidden = !entries.some(({ state }) => state === WAITING);
  const held = await navigator.storage?.persisted?.().catch(() => true);
  byId("outbox-risk").hidden = held !== false || !entries.length;
}

function row(entry) {
  const copy = byId("outbox-row").content.cloneNode(true);
  const put = (name, text) => {
    const el = copy.querySelector(`[data-slot=${name}]`);
    el.textContent = text;
    el.hidden = !text;
  };
  const { n, state, about, page, href, acted, tries, error, said } = entry;
  const li = copy.querySelector("li");
  li.id = `outbox-${n}`;
  li.dataset.outbox = state;
  put("about", about);
  put("state", t(`outbox_${state}`));
  put("when", new Date(acted + body().zone * 6e4).toISOString().slice(5, 16).replace("T", " "));
  put("tries", tries ? t("outbox_tries", { n: tries }) : "");
  put(
    "said",
    saidOf(said) || (error ? t(error === "network" ? "outbox_network" : "outbox_status", { status: error }) : ""),
  );
  const link = copy.querySelector("a");
  link.textContent = page;
  link.href = href;
  for (const button of all("button", copy)) {
    button.dataset.n = n;
    button.id = `${button.dataset.outboxAct}-${n}`;
  }
  copy.querySelector("[data-outbox-act=retry]").hidden = state === "noted";
  copy.querySelector("[data-outbox-act=discard]").textContent = t(state === WAITING ? "discard" : "outbox_seen");
  return copy;
}

// said is a sentence, or the markup of a refusal.
function saidOf(said = "") {
  if (!said.includes("<")) return said;
  return all("[data-error]", parsePage(said))
    .map((el) => el.textContent)
    .join(" ");
}

async function act({ outboxAct, n }, button) {
  const entry = entries.find((e) => e.n === Number(n));
  if (outboxAct === "send") return kick();
  if (!entry) return;
  if (outboxAct === "retry") {
    await again(entry);
    return kick();
  }
  if (entry.state !== WAITING && entry.state !== REFUSED) return discard(entry);
  button.dataset.askTitle = t("discard_title");
  button.dataset.askText = entry.about;
  button.dataset.askYes = t("discard");
  ask("confirm", { by: button, fields: new FormData() }, () => discard(entry));
}

function start() {
  if (!byId("outbox")) return;
  on("click", ({ target }) => {
    const button = target.closest("[data-outbox-act]");
    if (button) act(button.dataset, button);
  });
  hear(draw);
  on("applied", draw);
  draw();
}

start();
