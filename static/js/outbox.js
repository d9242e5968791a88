// What the crew does goes through here: kept on disk first (queue.js), shown as waiting at once, sent when the network
// lets it, and never under another person's name. The page drains it on every phone, also where there is no worker.
import { apply } from "./apply.js";
import { unsentIs } from "./conn.js";
import { body, emit, on } from "./dom.js";
import { add, drain, hear, list, WAITING, watched } from "./queue.js";
import { markRows } from "./rows.js";
import { signIn, signingIn } from "./signin.js";
import { forget, toast } from "./toast.js";
import { kept, t } from "./words.js";

const CAP = 30000;

const mine = new Map(); // key → entry that waits, of this person
const looking = new Map(); // key → who waits for its answer on this page
let draining = false;
let wanted = false;
let failures = 0;
let said = false;
let timer;

const me = () => body().person;

// Acts of the crew, at their posts: these wait for the network. What is done at a desk, in forms that fill a page, is
// answered at once or not at all.
const ours =
  /^\/(items|guests|parties|plans|seats|strays|duties|cues|vehicles|checkpoints)(\/|$)|^\/events\/[^/]+\/(items|guests|done|acceptance|readiness|status|early)$/;
export const durable = ({ url }) => ours.test(url);

// post keeps the act and resolves with the server's answer, today or tomorrow. It rejects when this phone cannot keep it.
export async function post(act) {
  const { key, row, lane, method, url, body: content, headers, what, about, as } = act;
  const entry = {
    key,
    person: me(),
    row,
    lane,
    method,
    url,
    headers,
    what,
    about,
    as,
    body: content instanceof URLSearchParams ? content.toString() : content,
    page: document.querySelector(".top-title")?.textContent ?? "",
    href: location.pathname + location.search,
    acted: Date.now(),
    tries: 0,
    rest: 0,
    state: WAITING,
  };
  if (content instanceof URLSearchParams) entry.headers = { ...headers, "Content-Type": FORM };
  mine.set(key, entry);
  show();
  try {
    const answer = answerOf(key);
    entry.n = await add(entry);
    kick();
    behind();
    return await answer;
  } catch (error) {
    mine.delete(key);
    show();
    throw error;
  }
}

const FORM = "application/x-www-form-urlencoded;charset=UTF-8";

function answerOf(key) {
  watched.add(key);
  return new Promise((resolve) => looking.set(key, resolve));
}

// leave stops waiting for an answer here: what the server will say is kept for the outbox page.
export function leave(key) {
  watched.delete(key);
  looking.delete(key);
}

// waits gives the entry of the very same act, when it is the last one on its row: a second tap out of impatience.
export function waits({ lane, what }) {
  const last = [...mine.values()].filter((entry) => entry.lane === lane).at(-1);
  return last?.what === what ? last : undefined;
}

export const unsent = () => mine.size;

// behind: the worker sends what waits when the page is gone (where the browser can), and the browser is asked once not
// to clear away what is on this phone.
async function behind() {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.sync?.register("outbox");
    if (kept("persist")) return;
    kept("persist", "asked");
    await navigator.storage?.persist?.();
  } catch {} // comforts, never needs
}

// ---- draining

// now tries at once: somebody looks, or the network is back.
function now() {
  failures = 0;
  kick();
}

export async function kick() {
  clearTimeout(timer);
  if (!me() || !mine.size || signingIn()) return; // whose hands the phone is in is not known before
  wanted = true;
  if (draining) return;
  draining = true;
  let outcome;
  while (wanted) {
    wanted = false;
    outcome = await drain(me()).catch(() => "away");
    if (outcome === "auth") {
      draining = false;
      await signIn(); // resolves when the same person is back
      return now();
    }
  }
  draining = false;
  if (outcome !== "away") failures = 0;
  if (!mine.size) return;
  timer = setTimeout(kick, outcome === "away" ? backoff() : 2000);
  if (outcome === undefined) load(); // somebody else sends, or has sent
}

const backoff = () => Math.min(CAP, 500 * 2 ** ++failures) * (0.5 + Math.random() / 2);

// load takes over what is on disk, also from other pages of this device.
export async function load() {
  const entries = await list().catch(() => undefined);
  if (!entries) return;
  const waiting = new Set();
  for (const entry of entries) {
    if (entry.person !== me() || entry.state !== WAITING) continue;
    waiting.add(entry.key);
    mine.set(entry.key, entry);
  }
  for (const [key, entry] of mine) if (entry.n && !waiting.has(key)) mine.delete(key);
  if (!me() && entries.some(({ state }) => state === WAITING)) {
    toast(t("unsent_signin", { n: entries.length }), { key: "unsent", life: 0 });
  }
  show();
}

function news({ added, sent, gone, failed, status, entry, answer }) {
  if (added && !mine.has(added)) load();
  if (failed && mine.has(failed) && status !== 401) slow(status);
  if (gone && mine.delete(gone)) show();
  if (!sent) return;
  mine.delete(sent);
  const resolve = looking.get(sent);
  leave(sent);
  show();
  if (!mine.size) over();
  if (resolve) resolve(answer);
  else if (entry.person === me()) unseen(answer);
}

function over() {
  forget("unsent");
  said = false;
}

// unseen: the answer to an act of an earlier page, or of another one.
function unseen({ ok, text, notice }) {
  if (ok && text) apply(text);
  if (ok && !notice) return;
  emit("stale");
  toast(ok ? notice : t("unsent_no"), { alert: !ok, key: "refused", life: 0, ...toOutbox() });
}

const toOutbox = () => ({ label: t("look"), action: () => location.assign("/outbox") });

// slow says once that the acts are safe; the dot and the figure beside it say the rest.
function slow(status) {
  if (said) return;
  said = true;
  const why = status === 507 ? "server_full" : status ? "server_busy" : "no_network_kept";
  toast(t(why), { key: "unsent", ...toOutbox() });
}

function show() {
  unsentIs(mine.size);
  navigator.setAppBadge?.(mine.size).catch(() => {});
  remark();
}

// remark shows on the rows what is not through yet, over whatever the server says of them meanwhile.
function remark() {
  const rows = new Map();
  for (const { row, as, acted } of mine.values()) if (row) rows.set(row, { as, late: Date.now() - acted > 1500 });
  markRows(rows, t("waiting"));
}

export function startOutbox() {
  hear(news);
  window.addEventListener("online", now);
  window.addEventListener("pageshow", ({ persisted }) => persisted && load().then(now));
  on("visibilitychange", () => document.hidden || now());
  on("live", () => mine.size && !draining && now());
  on("applied", remark);
  setInterval(() => mine.size && remark(), 1000);
  load().then(now);
}
