// Lets this device be woken, on the page "me" only. Permission is asked for at the tap, as phones want it; where it cannot
// work the page says why.
import "./core.js";

const box = document.getElementById("push");
const button = document.getElementById("push-on");

function start() {
  if (!box) return;
  const why = obstacle();
  if (why) return say(why);
  if (!("on" in box.dataset)) button.hidden = false;
  button.addEventListener("click", turnOn);
}

// obstacle names why this browser cannot be woken, if it cannot.
function obstacle() {
  const apple =
    /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  const installed = navigator.standalone || matchMedia("(display-mode: standalone)").matches;
  if (apple && !installed) return "ios";
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "none";
  return Notification.permission === "denied" ? "denied" : "";
}

async function turnOn() {
  button.disabled = true;
  const why = await subscribe().catch(() => "failed");
  button.disabled = false;
  if (why) say(why);
  else location.reload();
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  const { pushManager } = await ready();
  const key = bytes(box.dataset.key);
  const options = { userVisibleOnly: true, applicationServerKey: key };
  let subscription;
  try {
    subscription = await pushManager.subscribe(options);
  } catch (error) {
    if (error.name !== "InvalidStateError") return "service"; // no way to the browser's push service
    await (await pushManager.getSubscription())?.unsubscribe(); // one made with another site key
    subscription = await pushManager.subscribe(options);
  }
  const { endpoint, keys } = subscription.toJSON();
  const headers = { "Idempotency-Key": `push-${Date.now()}-${Math.random().toString(36).slice(2)}` };
  const answer = await fetch("/me/push", { method: "PUT", headers, body: new URLSearchParams({ endpoint, ...keys }) });
  return answer.ok ? "" : "failed";
}

// ready is the service worker; where none comes (blocked, or a private window) it gives up after a while.
function ready() {
  const late = new Promise((_, reject) => setTimeout(reject, 10000));
  return Promise.race([navigator.serviceWorker.ready, late]);
}

function bytes(base64) {
  const text = atob(base64.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function say(why) {
  for (const p of box.querySelectorAll("[data-why]")) p.hidden = p.dataset.why !== why;
}

start();
