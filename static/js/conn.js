// What the person is told about the connection: one dot, one word (#conn[data-conn]), how many acts wait, and, when the
// page may be out of date, of when it is (#age).
import { now } from "./clock.js";
import { all, body, byId, on } from "./dom.js";
import { t } from "./words.js";

const GRACE = 5000; // a socket that is back within this time was never "offline"
const SLOW = 500; // an act that is through within this time was never "sending"

let socket = "none";
let offline = false;
let offlineTimer;
let sending = false;
let sendingTimer;
let unsent = 0;
let good = 0; // when the page was last known to be up to date, by the server's clock

export function socketIs(state) {
  if (state !== socket) {
    clearTimeout(offlineTimer);
    offline = false;
    if (state === "connecting") {
      offlineTimer = setTimeout(() => {
        offline = true;
        show();
      }, GRACE);
    }
  }
  socket = state;
  show();
}

const OLD = 60000; // a page of the last minute is not called old

// isOld tells a page that came from this device and not from the network.
export const isOld = () => now() - good > OLD;

export function startConn() {
  good = Number(body().now) || now();
  on("live", fresh);
  on("fetched", fresh);
  if (isOld()) document.dispatchEvent(new CustomEvent("stale"));
  show();
  setInterval(show, 10000);
}

function fresh() {
  good = now();
  show();
}

export function unsentIs(n) {
  unsent = n;
  if (n === 0) {
    clearTimeout(sendingTimer);
    sendingTimer = undefined;
    sending = false;
  }
  if (n > 0) {
    sendingTimer ??= setTimeout(() => {
      sending = true;
      show();
    }, SLOW);
  }
  show();
}

function show() {
  const conn = byId("conn");
  if (!conn) return;
  conn.dataset.conn = offline ? "offline" : sending ? "sending" : socket;
  for (const el of all("[data-unsent]")) {
    el.firstElementChild.textContent = unsent || "";
    el.hidden = !unsent;
  }
  const age = byId("age");
  if (!age) return;
  const at = new Date(good + Number(body().zone || 0) * 6e4).toISOString();
  const today = new Date(now() + Number(body().zone || 0) * 6e4).toISOString().slice(0, 10) === at.slice(0, 10);
  age.hidden = !(isOld() && (offline || socket === "none" || !navigator.onLine));
  if (!age.hidden) age.textContent = t("age", { time: today ? at.slice(11, 16) : at.slice(5, 16).replace("T", " ") });
}
