// The service worker keeps the browser's files and the pages seen last, so that a phone in the basement still shows its
// list. Acts never pass through here, and it never reloads a page.
const STATIC = `static-${__VERSION__}`;
const PAGES = "pages";
const OFFLINE = "/offline";
const MOST = 40; // pages kept
const PATIENCE = 4000; // ms for the network before the page seen last is shown

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

async function fill() {
  const cache = await caches.open(STATIC);
  await cache.addAll(__PRECACHE__);
  await cache.add(new Request(OFFLINE, { cache: "reload", credentials: "omit" })).catch(() => {});
}

self.addEventListener("activate", (event) => {
  event.waitUntil(renew());
});

// renew: old files go, and with them the pages that need them; what is open now is kept at once.
async function renew() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== STATIC).map((name) => caches.delete(name)));
  await self.clients.claim();
  const open = await self.clients.matchAll({ type: "window" });
  await Promise.all(
    open.map(({ url }) =>
      fetch(url).then(
        (answer) => keep(url, answer),
        () => {},
      ),
    ),
  );
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  const enters = request.method === "POST" && url.pathname.startsWith("/invites/");
  if (enters || /^\/session(\/|$)/.test(url.pathname)) event.respondWith(session(event));
  else if (request.method !== "GET") return;
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(event));
});

// session: whoever signs in or out, what was seen before is nobody else's business.
async function session({ request }) {
  if (request.method === "DELETE") await caches.delete(PAGES);
  const answer = await fetch(request);
  await caches.delete(PAGES);
  return answer;
}

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

// page: the network first; the page seen last when there is none, or when it takes too long.
async function page(event) {
  const { request } = event;
  const fromNetwork = fetch(request).then((answer) => {
    event.waitUntil(keep(request.url, answer.clone()));
    return answer;
  });
  event.waitUntil(fromNetwork.catch(() => {}));
  const seen = await caches.match(request.url, { cacheName: PAGES, ignoreVary: true });
  try {
    return await (seen ? Promise.race([fromNetwork, late()]) : fromNetwork);
  } catch {
    return seen ?? (await caches.match(OFFLINE)) ?? Response.error();
  }
}

const late = () => new Promise((_, reject) => setTimeout(reject, PATIENCE));

// keep takes whole pages only: no refusals, no sign-in page that came in place of another.
async function keep(url, answer) {
  const html = answer.headers.get("Content-Type")?.startsWith("text/html");
  const secret = answer.headers.get("Cache-Control")?.includes("no-store");
  if (answer.status !== 200 || answer.type !== "basic" || answer.redirected || !html || secret) return;
  const cache = await caches.open(PAGES);
  await cache.delete(url); // put again at the end: the oldest stand first
  await cache.put(url, answer);
  for (const old of (await cache.keys()).slice(0, -MOST)) await cache.delete(old);
}
