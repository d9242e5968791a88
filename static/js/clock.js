// The server's clock on this device: phones are wrong by minutes, and an old page from the cache by hours. A moment
// told by the server is never ahead of the truth, only late by its way here: the best of the last few counts.
import { all, body, emit, on } from "./dom.js";
import { kept, t } from "./words.js";

const DUE_SOON = 15 * 60000; // as domain.DueSoon
const LATE_AFTER = 60000; // nobody is late by seconds
const JUST = 60000;
const DAY = 864e5;

let skews = [];

export const now = () => Date.now() + (skews.length ? Math.max(...skews) : 0);

// told takes the server's clock in ms.
export function told(server) {
  if (!Number.isFinite(server)) return;
  skews = [...skews.slice(-4), server - Date.now()];
  kept("skew", String(Math.max(...skews)));
}

export function startClock() {
  const page = Number(body().now) - Date.now();
  const last = Number(kept("skew") ?? Number.NaN);
  skews = [page, last].filter(Number.isFinite);
  if (skews.length) skews = [Math.max(...skews)]; // a cached page lags behind what this device was told last
  on("applied", tick);
  on("visibilitychange", tick);
  beat();
}

function beat() {
  tick();
  setTimeout(beat, 1000 - (now() % 1000));
}

export function tick() {
  if (document.hidden) return;
  const at = now();
  for (const row of all("[data-due]")) turn(row, at);
  for (const el of all("[data-countdown]")) count(el, at);
  for (const el of all("[data-clock]"))
    el.textContent = new Date(at + el.dataset.clock * 6e4).toISOString().slice(11, 16);
  for (const el of all("[data-since]"))
    el.textContent = left(Math.max(0, Math.round((at - Date.parse(el.dataset.since)) / 1000)));
  for (const row of all("[data-moved]")) {
    row.toggleAttribute("data-just", at - Date.parse(row.dataset.moved) < JUST);
  }
}

// turn lets an open item become due and late without asking the server.
function turn(row, at) {
  const { state } = row.dataset;
  const due = Date.parse(row.dataset.due);
  if (!due || !["not-due", "due", "late"].includes(state)) return;
  const next = at < due - DUE_SOON ? "not-due" : at > due + LATE_AFTER ? "late" : "due";
  if (next === state) return;
  row.dataset.state = next;
  emit("turned", row);
}

function count(el, at) {
  const text = left(Math.round((Date.parse(el.dataset.countdown) - at) / 1000));
  if (el.textContent !== text) el.textContent = text;
  const over = Date.parse(el.dataset.countdown) < at;
  if (over && !el.hasAttribute("data-over") && el.closest("[data-ends]")) emit("stale"); // the page is another one now
  el.toggleAttribute("data-over", over);
}

const two = (n) => String(n).padStart(2, "0");

// left writes as views.CountdownText does.
export function left(s) {
  if (s < 0) {
    const m = Math.max(1, Math.floor(-s / 60)); // never "0 min late"
    if (m < 60) return t("late", { n: m });
    if (m < 1440) return t("late_hours", { h: Math.floor(m / 60), n: two(m % 60) });
    return t("late_days", { n: Math.floor(m / 1440) });
  }
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  if (s * 1000 >= DAY) return t("days", { n: Math.floor(h / 24) });
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}
