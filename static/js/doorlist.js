// The day's guests as this phone keeps them, so that a door in the basement finds who stands before it. One list, of one
// person, for one day: whoever else signs in, and the next morning, find nothing.
import "./core.js";
import { body } from "./dom.js";
import { kept } from "./words.js";

const MOST = 30;
const filter = import("./filter.js"); // fetched while there is a network

let list;

function run(mode, work) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("door", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("list");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const db = opening.result;
      db.onversionchange = () => db.close(); // it is being wiped
      const transaction = db.transaction("list", mode);
      const request = work(transaction.objectStore("list"));
      transaction.oncomplete = () => {
        db.close();
        resolve(request.result);
      };
      transaction.onabort = () => {
        db.close();
        reject(transaction.error);
      };
    };
  });
}

export function wipe() {
  list = undefined;
  kept("door-until", null);
  indexedDB.deleteDatabase("door");
}

// load takes what is on this phone, if it is this person's and of this day.
export async function load() {
  list ??= await run("readonly", (store) => store.get("day")).catch(() => undefined);
  if (list && (list.person !== body().person || Date.now() > list.until)) wipe();
  return list;
}

// fetchList asks for the present one; without a network the one before stays.
export async function fetchList() {
  const answer = await fetch("/door/list", { headers: { Accept: "application/json" }, redirect: "error" });
  if (answer.status === 403 || answer.status === 404) return wipe();
  if (!answer.ok) return;
  const fresh = await answer.json();
  if (fresh.person !== body().person) return;
  list = fresh;
  await run("readwrite", (store) => store.put(fresh, "day"));
  kept("door-until", `${fresh.until} ${fresh.person}`);
}

// find looks in the list as the server does: every word of the query occurs in the guest's key (server/search).
export async function find({ guests }, query) {
  const { wordsOf } = await filter;
  const words = wordsOf(query);
  if (!words.length) return [];
  const found = guests.filter(({ k }) => words.every((w) => k.includes(w)));
  const rank = ({ k, s }) => (k.includes(` ${words[0]}`) ? 0 : 2) + (s ? 1 : 0);
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
}

export const guestOf = ({ guests }, id) => guests.find(({ i }) => i === id);
export const partyOf = ({ guests }, { p }) => (p ? guests.filter((g) => g.p === p) : []);
