// The service worker keeps the browser's files and the pages seen last, so that a phone in the basement still shows its
// lists, and hands over the outbox when the page is gone. It never reloads a page, and a new version of it waits until
// the person says so or all pages are closed.
import { drain } from "./queue.js";
import "./sw-push.js";

const STATIC = `static-${__VERSION__}`;
const PAGES = "pages";
const OFFLINE = "/offline";
const MOST = 60; // pages kept
const FRESH = 600000; // ms: a page kept within this time is not fetched ahead again
const PATIENCE = 4000; // ms for the network before the page seen last is shown
// These bring themselves up to date by the socket, so they need not wait long; and not at all while the network is slow.
const LIVE = /^\/(today|lobby|door|board|events\/[^/]+(\/[^e]\w+)?)$/;
const LIVE_PATIENCE = 700;
const SLOW = 60000;

let slowUntil = 0;

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.registration.active || self.skipWaiting()));
});

async function fill() {
  const cache = await caches.open(STATIC);
  await cache.addAll(__PRECACHE__);
  await cache.add(new Request(OFFLINE, { cache: "reload", credentials: "omit" })).catch(() => {});
}

self.addEventListener("activate", (event) => {
  event.waitUntil(begin());
});

// begin: what is open now is kept at once.
async function begin() {
  await clients.claim();
  await renew();
  const open = await clients.matchAll({ type: "window" });
  await Promise.all([...open.map(({ url }) => url), "/today", "/outbox"].map(ahead));
}

// renew: the files of the version before go, and with them the pages that need them; but not where there is no network
// to fetch new ones by: a phone that starts in the basement shows the old ones. Nor do the files of a version to come.
async function renew() {
  const old = (await caches.keys()).filter((name) => name !== STATIC);
  if (!old.some((name) => name !== PAGES)) return;
  const { ok } = await fetch(OFFLINE);
  const { installing, waiting } = self.registration;
  if (ok && !installing && !waiting) await Promise.all(old.map((name) => caches.delete(name)));
}

// message: { update } begins the new version; { keep: [urls] } are pages that the person may need where there is no network.
self.addEventListener("message", (event) => {
  const { update, keep: urls = [] } = event.data;
  if (update) self.skipWaiting();
  else event.waitUntil(renew().then(() => keepAhead(urls)));
});

async function keepAhead(urls) {
  const cache = await caches.open(PAGES);
  for (const url of urls) {
    const kept = await cache.match(url, { ignoreVary: true });
    if (!(Date.now() - kept?.headers.get("X-Kept-At") < FRESH)) await ahead(url);
  }
}

const ahead = (url) =>
  fetch(url, { headers: { Accept: "text/html" } }).then(
    (answer) => keep(url, answer),
    () => {},
  );

self.addEventListener("sync", (event) => {
  event.waitUntil(handOver()); // the outbox alone asks for it
});

// handOver fails when there is no network, so that the browser tries again.
async function handOver() {
  if ((await drain()) === "away") throw new Error("no network");
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  const enters = request.method === "POST" && url.pathname.startsWith("/invites/");
  if (enters || /^\/session(\/|$)/.test(url.pathname)) event.respondWith(session(request));
  else if (request.method !== "GET") return;
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(event, url));
});

// session: whoever signs in or out, what was seen before is nobody else's business.
async function session(request) {
  if (request.method === "DELETE") await caches.delete(PAGES);
  const answer = await fetch(request);
  await caches.delete(PAGES);
  return answer;
}

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

// page: the network first; the page seen last when there is none, or when it takes too long.
async function page(event, { pathname }) {
  const { request } = event;
  const fromNetwork = fetch(request).then((answer) => {
    event.waitUntil(keep(request.url, answer.clone()));
    return answer;
  });
  event.waitUntil(fromNetwork.catch(() => {}));
  const seen = await seenLast(request.url);
  try {
    return await (seen ? Promise.race([fromNetwork, late(pathname, fromNetwork)]) : fromNetwork);
  } catch {
    return seen ?? (await seenLast(request.url, true)) ?? (await caches.match(OFFLINE)) ?? Response.error();
  }
}

// seenLast; loosely: the same list with another filter is better than nothing.
const seenLast = (url, loosely = false) =>
  caches.match(url, { cacheName: PAGES, ignoreVary: true, ignoreSearch: loosely });

// late fails when the network takes too long. Only where it was waited for does that say that it is slow.
function late(pathname, fromNetwork) {
  const live = LIVE.test(pathname);
  const wait = !live ? PATIENCE : Date.now() < slowUntil ? 0 : LIVE_PATIENCE;
  return new Promise((_, reject) => {
    const timer = setTimeout(() => {
      if (live && wait) slowUntil = Date.now() + SLOW;
      reject();
    }, wait);
    const stop = () => clearTimeout(timer);
    fromNetwork.then(stop, stop);
  });
}

// keep takes whole pages only: no refusals, no sign-in page that came in place of another.
async function keep(url, answer) {
  const html = answer.headers.get("Content-Type")?.startsWith("text/html");
  const secret = answer.headers.get("Cache-Control")?.includes("no-store");
  if (answer.status !== 200 || answer.redirected || !html || secret) return;
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", Date.now());
  const copy = new Response(await answer.blob(), { headers });
  const cache = await caches.open(PAGES);
  await cache.delete(url); // put again at the end: the oldest stand first
  await cache.put(url, copy);
  for (const old of (await cache.keys()).slice(0, -MOST)) await cache.delete(old);
}
