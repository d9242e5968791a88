// Arranging a seat plan. Tap a person, then a seat (or the other way round); on a desk also by drag; with keys: arrows go
// from seat to seat, Enter takes and puts, Delete frees, Esc lets go, Ctrl+Z undoes. Every one of these is an act about
// one seat, with what was seen of it: when somebody else was faster the server says so.
import "./core.js";
import { perform } from "./acts.js";
import { all, byId, on } from "./dom.js";

let picked = ""; // id of the seat or person that was taken

const mine = () => document.body.classList.contains("can-edit-guests");
const thing = (target) => target.closest?.("#plan-page :is([data-seat], [data-person])");
const seatOf = (el) => (el.dataset.seat ? el : undefined);

function start() {
  if (!mine() || !byId("plan-page")) return; // the list of plans is of the same view
  on("click", tap);
  on("keydown", press);
  on("dragstart", take);
  on("dragover", over);
  on("dragend", () => aim());
  on("drop", drop);
  on("applied", settle);
  settle();
}

function tap({ target }) {
  const button = target.closest("[data-seat-act]");
  if (button) return doings[button.dataset.seatAct]?.(byId(picked));
  const el = thing(target);
  if (el) choose(el);
}

// choose: the second tap says where to; two of a kind begin anew with the second.
function choose(el) {
  const first = byId(picked);
  if (first === el || !first) return pick(first ? undefined : el);
  if (first.dataset.person && el.dataset.seat) return put(first, el);
  if (first.dataset.seat && el.dataset.person) return put(el, first);
  pick(el);
}

function pick(el) {
  picked = el?.id ?? "";
  settle();
}

// put sends one act: who, onto which seat, and what was seen of both.
function put(who, seat) {
  if (who === seat) return pick();
  const fields = { person: who.dataset.person, from: seatOf(who)?.dataset.seat ?? "", seen: seat.dataset.seen };
  act(seat, "PUT", `/seats/${seat.dataset.seat}/occupant`, fields);
}

function act(el, method, url, fields) {
  const { id } = document.querySelector("[data-plan]");
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  pick();
  perform({ el, by: el, row: id, url, method, fields: form, headers: {}, lane: id });
}

const vacate = (seat, more) => {
  if (!seat?.dataset.seat || !seat.dataset.person) return;
  act(seat, "DELETE", `/seats/${seat.dataset.seat}/occupant`, { seen: seat.dataset.seen, ...more });
};

const doings = {
  vacate: (seat) => vacate(seat),
  "close-up": (seat) => vacate(seat, { close_up: "1" }),
  newcomer: (who) => {
    const { plan } = document.querySelector("[data-plan]").dataset;
    act(who, "PUT", `/plans/${plan}/newcomer`, { person: who.dataset.person });
  },
  cancel: () => pick(),
};

// settle shows what is taken, after every change of the page: what has another person now is let go.
function settle() {
  const el = byId(picked);
  const bar = byId("seat-bar");
  if (picked && (!el || (bar.dataset.of === picked && bar.dataset.person !== el.dataset.person))) picked = "";
  for (const x of all("#plan-page [aria-pressed]")) x.setAttribute("aria-pressed", String(x.id === picked));
  bar.hidden = !picked;
  bar.dataset.of = picked;
  bar.dataset.person = picked ? el.dataset.person : "";
  const placed = new Set(all("[data-seat]").map((seat) => seat.dataset.person));
  for (const found of all("#found > li")) found.hidden = placed.has(found.firstElementChild.dataset.person);
  if (!picked) return;
  const { person, name, label = "" } = el.dataset;
  bar.querySelector("[data-slot=name]").textContent = [label, name].filter(Boolean).join(" · ");
  const kinds = person ? ["person", el.dataset.seat ? "seated" : "waiting"] : ["free"];
  for (const x of all("[data-when]", bar)) x.hidden = !kinds.includes(x.dataset.when);
}

function press(event) {
  const { key, target } = event;
  if (document.querySelector("dialog[open]") || target.matches("input, textarea, select")) return;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z") document.querySelector("[data-undo]")?.click();
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (key === "Escape" && picked) pick();
  else if (key === "Delete" && target.matches("[data-seat]")) vacate(target);
  else if (target.matches("[data-seat]") && steps[key]) step(target, steps[key]);
  else return;
  event.preventDefault();
}

const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// step goes to the nearest seat that way, as the eye sees the plan.
function step(from, [dx, dy]) {
  const middle = (el) => {
    const { left, top, width, height } = el.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const [x, y] = middle(from);
  let best;
  let least = Number.POSITIVE_INFINITY;
  for (const el of all("[data-seat]")) {
    const [a, b] = middle(el);
    const along = (a - x) * dx + (b - y) * dy;
    const aside = Math.abs((a - x) * dy) + Math.abs((b - y) * dx);
    if (along > 1 && along + 3 * aside < least) {
      least = along + 3 * aside;
      best = el;
    }
  }
  best?.focus();
}

let dragged = "";

function take(event) {
  const el = thing(event.target);
  if (!el?.dataset.person) return;
  dragged = el.id;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", el.dataset.name);
}

const goal = ({ target }) => target.closest?.("[data-seat], .waiting");

function over(event) {
  const el = dragged && goal(event);
  if (!el) return;
  event.preventDefault();
  aim(el);
}

// aim shows where a drag would put.
function aim(el) {
  for (const x of all(".is-aim")) if (x !== el) x.classList.remove("is-aim");
  el?.classList.add("is-aim");
  if (!el) dragged = "";
}

function drop(event) {
  const who = byId(dragged);
  const el = who && goal(event);
  aim();
  if (!el) return;
  event.preventDefault();
  if (el.dataset.seat) put(who, el);
  else vacate(who);
}

start();
