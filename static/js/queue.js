// The outbox on disk: what this device has done and the server has not acknowledged yet. An entry is written before it is
// sent and deleted only on an answer that names its key (X-Ack): no proxy, login page or dying tab can make an act
// disappear. Pages and the service worker share this file; whoever holds the lock sends, the others hear of it.
import { plain } from "./plain.js";

const TIMEOUT = 15000;
const PHOTO_TIMEOUT = 60000; // half a megabyte in a basement
const PARALLEL = 4; // rows at a time; acts on one row go one after the other
const PARK = 300000; // ms a row rests, at most, whose act is a riddle to the server; other rows go on

export const WAITING = "waiting"; // to be sent
export const REFUSED = "declined"; // the server said no while nobody was looking
export const NOTED = "noted"; // taken, with a remark that nobody has read

let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("outbox", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("acts", { keyPath: "n", autoIncrement: true });
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const db = request.result;
      db.onclose = db.onversionchange = () => {
        db.close();
        opening = undefined;
      };
      resolve(db);
    };
  });
  return opening;
}

// run does one thing with the store and resolves when it is on disk. A phone that slept may have lost the connection to
// its own disk: then it is opened once more.
async function run(mode, work, again = true) {
  try {
    const db = await open();
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction("acts", mode, { durability: "strict" });
      const request = work(transaction.objectStore("acts"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } catch (error) {
    opening = undefined;
    if (again && error?.name !== "QuotaExceededError") return run(mode, work, false);
    throw error;
  }
}

export const list = () => run("readonly", (store) => store.getAll());
const write = (entry) => run("readwrite", (store) => store.put(entry));
const erase = (n) => run("readwrite", (store) => store.delete(n));

// add gives the entry its number: the order of all acts of this device.
export async function add(entry) {
  const n = await run("readwrite", (store) => store.add(entry));
  tell({ added: entry.key });
  return n;
}

// discard forgets an entry on the person's word; again sends a resting one now.
export async function discard(entry) {
  await erase(entry.n);
  tell({ gone: entry.key });
}

export async function again(entry) {
  await write({ ...entry, state: WAITING, rest: 0, said: undefined });
  tell({ added: entry.key });
}

// ---- the others: pages and the worker

const hall = "BroadcastChannel" in globalThis ? new BroadcastChannel("outbox") : undefined;
const ears = new Set();

// hear listens to what becomes of entries: { added }, { sent: key, entry, answer }, { gone }. Key by key, here and elsewhere.
export function hear(ear) {
  ears.add(ear);
}

function tell(news) {
  hall?.postMessage(news);
  for (const ear of ears) ear(news);
}

if (hall) {
  hall.onmessage = ({ data }) => {
    for (const ear of ears) ear(data);
  };
}

// ---- sending

// locked runs work when nobody else on this device sends; undefined when somebody does. Where the browser has no locks
// (plain http) a page excludes itself only, in outbox.js; what two of them send twice counts once.
const locked = (work) =>
  navigator.locks
    ? navigator.locks.request("outbox", { ifAvailable: true }, (lock) => (lock ? work() : undefined))
    : work();

// drain sends what waits, for this person (undefined: for whom each entry was made). It resolves with "empty", "away" (no
// network, or nothing that answers like ours), "auth" (sign in first), "resting" (some wait for their time), or undefined
// when somebody else is sending.
export const drain = (person) => locked(() => pump(person));

async function pump(person) {
  const lanes = new Map();
  let stop = "";
  let news = 0; // what was added while we looked is looked at again
  let wake = () => {};
  const ear = ({ added }) => {
    if (!added) return;
    news++;
    wake();
  };
  hear(ear);
  try {
    for (;;) {
      const seen = news;
      const heads = stop ? [] : headsOf(await list(), person).filter((entry) => entry.rest <= Date.now());
      for (const entry of heads) {
        if (lanes.size >= PARALLEL || lanes.has(entry.lane)) continue;
        const work = deliver(entry)
          .catch(() => "away")
          .then((outcome) => {
            stop ||= outcome;
            lanes.delete(entry.lane);
          });
        lanes.set(entry.lane, work);
      }
      if (news !== seen) continue;
      if (!lanes.size) break;
      const added = new Promise((resolve) => {
        wake = resolve;
      });
      await Promise.race([...lanes.values(), added]);
    }
  } finally {
    ears.delete(ear);
  }
  if (stop) return stop;
  return headsOf(await list(), person).length ? "resting" : "empty";
}

// headsOf are the first waiting entries of each row.
function headsOf(entries, person) {
  const seen = new Set();
  return entries.filter(({ state, lane, person: whose }) => {
    if (state !== WAITING || (person && whose !== person)) return false;
    const row = `${whose} ${lane}`;
    return !seen.has(row) && seen.add(row);
  });
}

// deliver sends one entry once. It gives "" when the next may follow, or why nothing more can be sent now.
async function deliver(entry) {
  const answer = await attempt(entry);
  const { status } = answer;
  const tried = { ...entry, tries: entry.tries + 1 };
  if (answer.ack === entry.key) {
    await settle(tried, answer);
    return "";
  }
  // A defect of ours, or no room for its picture, perhaps with this act alone: it rests, the other rows go on.
  const fault = [500, 501, 507].includes(status);
  // Too many of us at once: it said when to come again. That is never a refusal.
  const wait = Math.max(answer.after * 1000 || 0, fault && 1000 * 2 ** tried.tries);
  await write({ ...tried, error: status || "network", rest: Date.now() + Math.min(PARK, wait) });
  tell({ failed: entry.key, status });
  return fault ? "" : status === 401 ? "auth" : "away";
}

// settle: what was answered while nobody looked is kept until somebody has read it.
async function settle(entry, answer) {
  const unread = !watched.has(entry.key) || Date.now() - entry.acted > 10000;
  const state = answer.status >= 400 ? REFUSED : answer.notice ? NOTED : "";
  if (state && unread)
    await write({ ...entry, body: undefined, state, said: answer.notice || answer.text.slice(0, 2000) });
  else await erase(entry.n);
  tell({ sent: entry.key, entry: { ...entry, body: undefined }, answer });
}

// watched are the keys whose answer somebody is waiting for on this page.
export const watched = new Set();

// attempt sends the act and reads the answer; its status is 0 when there was none.
async function attempt({ url, method, headers, body, person }) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), body instanceof Blob ? PHOTO_TIMEOUT : TIMEOUT);
  try {
    const answer = await fetch(url, {
      method,
      headers: { ...headers, "X-Person": person, "X-Sent-At": new Date().toISOString() },
      body,
      mode: "same-origin",
      redirect: "manual",
      signal: abort.signal,
    });
    return await plain(answer);
  } catch {
    return { status: 0 };
  } finally {
    clearTimeout(timer);
  }
}
