// The door: whoever comes is found by a few letters, four digits or his code, on the server, or in the list on this phone
// where there is no network. What is shown is always #door-out: who comes next, those found, or one guest's card.
import "./core.js";
import htmx from "htmx.org";
import { refusal } from "./answers.js";
import { apply } from "./apply.js";
import { all, byId, emit, on } from "./dom.js";
import { fetchList, find, guestOf, load, partyOf } from "./doorlist.js";
import { say } from "./say.js";
import { onScan, startCamera } from "./scanner.js";
import { signIn } from "./signin.js";
import { kept, t } from "./words.js";

export { onScan, startCamera };

const PAUSE = 160; // ms without a key before the server is asked
const PATIENCE = 2500; // ms for the network before this phone looks itself
const AGAIN = 300000; // ms between two fetches of the list
const STAYS = 4000; // ms that a row stays in the queue after its guest has signed in

let asking;
let timer;
let fetched = 0;

function start() {
  if (!byId("door-find")) return; // no such event, or not any more
  on("change", ({ target }) => {
    if (target.id !== "door-at") return;
    kept("door-at", target.value || null);
    arrange();
  });
  byId("door-q").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(typed, PAUSE);
  });
  byId("door-find").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    typed();
  });
  on("click", open);
  on("change", changed);
  on("applied", arrange);
  on("live", keepList);
  on("visibilitychange", stayAwake);
  onScan(scanned);
  startCamera(byId("door-scan"), scanned);
  arrange();
  stayAwake();
  keepList();
  if (!navigator.onLine) look(Object.fromEntries(new URLSearchParams(location.search)));
}

const typed = () => look({ q: byId("door-q").value.trim() });

function scanned(text) {
  byId("door-q").value = "";
  look({ q: text }, true);
}

function open(event) {
  const link = event.target.closest("[data-door-open]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  look({ guest: link.dataset.doorOpen });
  byId("door-out").scrollIntoView({ block: "nearest" });
}

// look asks for what { q } or { guest } means. Only the last question counts.
async function look(what, scan = false) {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  const query = new URLSearchParams(Object.entries(what).filter(([, v]) => v)).toString();
  const patience = setTimeout(() => mine.abort("late"), PATIENCE);
  try {
    const headers = { "HX-Request": "true", Accept: "text/html" };
    const answer = await fetch(`/door${query && "?"}${query}`, { headers, signal: mine.signal, mode: "same-origin" });
    const text = await answer.text();
    if (asking !== mine) return;
    if (answer.status === 401 || answer.redirected) return void signIn();
    if (answer.status === 404 || answer.status === 429) {
      feel("none");
      return refusal(text);
    }
    if (!answer.ok) throw new Error(answer.status);
    offline("");
    apply(text);
    show(query, scan);
  } catch {
    if (asking === mine) await lookHere(what, scan);
  } finally {
    clearTimeout(patience);
  }
}

// show keeps the address true, so that a page that is fetched again is the same page; never with a code in it.
function show(query, scan) {
  const out = byId("door-out");
  const { guest, state } = out.dataset;
  const card = out.querySelector("[data-door-card]");
  history.replaceState(null, "", guest ? `/door?guest=${guest}` : `/door${query && !scan ? `?${query}` : ""}`);
  const n = all(".door-row", out).length;
  if (state === "found") say(n ? t("door_found", { n }) : t("door_none", { query: byId("door-q").value }));
  if (card && state === "card") say(`${card.querySelector(".guest-name")?.textContent} ${words(card)}`);
  if (scan || (state === "found" && !n)) feel(card ? (card.dataset.signed ? "already" : "ok") : "none");
}

const words = (card) => card.querySelector(".door-state b")?.textContent ?? "";

// feel says by touch and colour whether somebody was found, had been here, or is on no list.
function feel(what) {
  byId("door").dataset.feel = what;
  setTimeout(() => delete byId("door").dataset.feel, 900);
  const pattern = { ok: 20, already: [30, 60, 30], none: [120, 60, 120] }[what];
  if (kept("haptics") !== "off" && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(pattern);
}

// stand takes the place that this device remembers, if it is one of today's.
function stand(place) {
  place.value = kept("door-at") ?? "";
  if (place.selectedIndex < 0) place.value = "";
}

// ---- what the page says beside what the server sent: where this device stands, what it hands out

function arrange() {
  const place = byId("door-at");
  if (place !== document.activeElement) stand(place);
  const at = place.value;
  for (const state of all(".door-state[data-signed]")) {
    const card = state.closest("[data-door-card]");
    card.dataset.signed = state.dataset.signed;
    for (const box of all("[data-hand]", card)) {
      if (!("own" in box.dataset)) box.checked = state.dataset[box.dataset.hand] === "1";
    }
  }
  for (const form of all("[data-sign]")) {
    form.elements.venue.value = at && at === form.dataset.event ? "on" : "";
    const picked = form.querySelector("[data-picked]");
    if (picked) picked.textContent = all("[name=guest]:checked:not(:disabled)", form).length;
  }
  for (const box of all("[data-handed]")) box.checked = kept(`door-${box.name}`) !== "off";
  for (const form of all("[data-send-on]")) {
    form.hidden = !at || at === form.dataset.event;
    form.closest("[data-door-card]").toggleAttribute("data-elsewhere", !form.hidden);
    form.elements.event_id.value = at;
  }
  const event = byId("stray-event_id");
  if (event && at && !event.value) event.value = at;
  strayFields();
  sink();
}

function changed({ target }) {
  if (target.matches("[data-handed]")) kept(`door-${target.name}`, target.checked ? null : "off");
  if (target.matches("[data-hand]")) target.dataset.own = "";
  if (target.matches("[data-handed], [name=guest], [data-stray-state]")) arrange();
}

// strayFields shows what the chosen way asks for.
function strayFields() {
  const state = document.querySelector("[data-stray-state]:checked")?.value;
  for (const el of all("[data-stray-for]")) el.hidden = el.dataset.strayFor !== state;
}

// sink lets who has signed in, or gone, leave the queue after a moment; a short queue is filled again.
function sink() {
  const queue = byId("door-queue");
  for (const row of all("#door-queue > :is([data-signed=in], [data-position=left])")) {
    if ("sinks" in row.dataset) continue;
    row.dataset.sinks = "";
    setTimeout(() => {
      row.remove();
      if (queue?.dataset.more && queue.isConnected && queue.children.length < 5) emit("stale");
    }, STAYS);
  }
}

async function stayAwake() {
  if (!document.hidden) await navigator.wakeLock?.request("screen").catch(() => {});
}

// ---- without a network

function keepList() {
  if (Date.now() - fetched < AGAIN) return;
  fetched = Date.now();
  fetchList().catch(() => {
    fetched = 0;
  });
}

const clock = (ms) => {
  const east = Number(document.body.dataset.zone) * 60000;
  return new Date(ms + east).toISOString().slice(11, 16);
};

// offline says that this phone answers itself, and how old its list is.
function offline(text) {
  const off = byId("door-off");
  off.textContent = text;
  off.hidden = !text;
  off.toggleAttribute("data-editing", Boolean(text)); // a page from the server knows nothing of it
}

async function lookHere({ q = "", guest = "" }, scan) {
  const list = await load();
  if (!list) {
    offline(t("door_no_list"));
    return feel("none");
  }
  offline(t("door_offline", { at: clock(list.at), n: list.guests.length }));
  const found = guest ? [guestOf(list, guest)].filter(Boolean) : await find(list, q);
  if (scan && !found.length) {
    offline(t("door_unknown_code"));
    return feel("none");
  }
  const out = byId("door-out");
  if (!guest && !q) return;
  delete out.dataset.guest;
  if (found.length === 1) {
    Object.assign(out.dataset, { guest: found[0].i, state: "card" });
    out.replaceChildren(card(list, found[0]));
  } else {
    out.dataset.state = "found";
    const rows = document.createElement("ul");
    Object.assign(rows, { id: "door-found", className: "list" });
    rows.append(...found.map((g) => row(list, g)));
    const none = Object.assign(document.createElement("p"), { className: "door-nobody" });
    none.textContent = t("door_none", { query: q });
    out.replaceChildren(found.length ? rows : none);
  }
  htmx.process(out);
  arrange();
  show(new URLSearchParams(q && { q }).toString(), scan);
}

const copy = (id) => byId(id).content.firstElementChild.cloneNode(true);

function fill(el, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const place of all(`[data-f=${name}]`, el)) {
      place.textContent = value ?? "";
      place.hidden = !value;
    }
  }
  return el;
}

const markOf = ({ s, b }) => (s ? [t("door_signed", { at: clock(s) }), b].filter(Boolean).join(" · ") : "");

function row(list, g) {
  const { rooms, name } = list.events[g.e];
  const el = fill(copy("door-row-t"), { name: g.n, more: g.m, to: `${rooms} · ${name}`, mark: markOf(g), plate: g.c });
  el.id = `guest-${g.i}`;
  Object.assign(el.querySelector("a"), { href: `/door?guest=${g.i}` }).dataset.doorOpen = g.i;
  return el;
}

function card(list, g) {
  const { id, rooms, name } = list.events[g.e];
  const party = [list.parties[g.p], g.c].filter(Boolean).join(" · ");
  const state = markOf(g) || t("door_waits");
  const el = fill(copy("door-card-t"), {
    name: g.n,
    more: g.m,
    rooms,
    event: name,
    seat: g.t,
    needs: g.d,
    car: party,
    state,
  });
  el.id = `card-${g.i}`;
  el.dataset.seq = "0"; // what the server says is newer
  el.dataset.signed = g.s ? (g.o ? "left" : "in") : "";
  const [one, away, bus] = all("form", el);
  one.setAttribute("hx-put", `/guests/${g.i}/signin`);
  one.elements.name.value = g.n;
  const others = partyOf(list, g);
  bus.hidden = others.length < 2;
  bus.setAttribute("hx-put", `/parties/${g.p}/signin`);
  bus.elements.name.value = list.parties[g.p] ?? "";
  bus.querySelector("ul").append(...others.map(pick));
  for (const form of [one, away, bus]) form.dataset.event = id;
  for (const [name, value] of [
    ["name", g.n],
    ["to_event_id", id],
  ])
    away.elements[name].value = value;
  for (const place of all("[data-room]", away)) place.textContent = place.textContent.replace("{room}", rooms);
  return el;
}

function pick(g) {
  const el = fill(copy("door-pick-t"), { name: g.n, mark: markOf(g) });
  const box = el.querySelector("input");
  Object.assign(box, { value: g.i, disabled: Boolean(g.s), checked: !g.s && !g.o });
  return el;
}

start();
