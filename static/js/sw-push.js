// Notices that wake the phone. What the server sends is in server/notify/push.go. Every push shows something: browsers
// take the permission away from those that do not.
self.addEventListener("push", (event) => {
  event.waitUntil(show(event.data));
});

function show(data) {
  let m;
  try {
    m = data.json();
  } catch {} // not ours, or nothing at all
  m ??= {};
  return self.registration.showNotification(m.title || "Huiwu", {
    body: m.body,
    tag: m.tag, // the same notice again takes the place of the one before
    renotify: m.grave && m.tag,
    requireInteraction: m.grave,
    vibrate: m.grave ? [300, 100, 300, 100, 300] : [200],
    timestamp: m.at,
    icon: m.icon,
    badge: m.badge,
    data: m,
  });
}

self.addEventListener("notificationclick", (event) => {
  const { notification } = event;
  notification.close();
  event.waitUntil(Promise.all([know(notification.data), open(notification.data?.url || "/notices")]));
});

// know: who taps has seen it, and answers a drill. The key is the notice's: two taps count once.
function know({ notice } = {}) {
  if (!notice) return undefined;
  const headers = { "Idempotency-Key": `tap-${notice}`, "X-Acted-At": new Date().toISOString() };
  return fetch(`/notices/${notice}/acknowledgement`, { method: "PUT", headers }).catch(() => {});
}

async function open(path) {
  const { href, origin } = new URL(path, self.location.origin);
  if (origin !== self.location.origin) return;
  const pages = await self.clients.matchAll({ type: "window" });
  const there = pages.find((page) => page.url === href);
  if (there) return there.focus();
  for (const page of pages) {
    try {
      await page.focus();
      return await page.navigate(href);
    } catch {} // it has just been closed: the next, or a new one
  }
  await self.clients.openWindow(href);
}

// The push service gave the browser a new address.
self.addEventListener("pushsubscriptionchange", (event) => {
  const options = (event.newSubscription ?? event.oldSubscription)?.options;
  if (options) event.waitUntil(self.registration.pushManager.subscribe(options).then(save));
});

function save(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  return fetch("/me/push", { method: "PUT", body: new URLSearchParams({ endpoint, ...keys }) });
}
