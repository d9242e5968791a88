// The live page: it comes back by itself, asks only for what it missed (since), and applies frames in the order in
// which they came. The protocol is that of server/live.

import { apply } from "./apply.js";
import { told } from "./clock.js";
import { socketIs } from "./conn.js";
import { body, emit, on } from "./dom.js";
import { refetch, refetching, refetchNow } from "./refetch.js";
import { signIn } from "./signin.js";
import { drop, open, probe } from "./socket.js";
import { saw, topics } from "./topics.js";

const CAP = 15000;

let failures = 0; // since it was last live
let retryTimer;
let stopped = ""; // "signin", "look": does not come back by itself
let behindAt = 0;

export function startLive() {
  if (topics().length) connect();
  window.addEventListener("online", kick);
  window.addEventListener("pageshow", (event) => event.persisted && kick());
  window.addEventListener("pagehide", drop); // a page with an open socket is not kept for "back"
  on("visibilitychange", look);
  on("pointerdown", () => stopped === "look" && look());
  for (const event of ["topics", "signedin"]) on(event, connect);
  on("leaving", () => stop("signin")); // this very session is about to end, and on purpose
}

function connect() {
  clearTimeout(retryTimer);
  stopped = "";
  const list = topics();
  if (!list.length) return stop("");
  socketIs("connecting");
  const query = new URLSearchParams();
  for (const { topic, seq } of list) {
    query.append("topic", topic);
    query.append("since", seq);
  }
  query.append("view", body().view);
  open(`${location.origin.replace(/^http/, "ws")}/live?${query}`, { message, closed });
}

function stop(why) {
  clearTimeout(retryTimer);
  drop();
  stopped = why;
  socketIs(topics().length ? "connecting" : "none");
}

function message(frame) {
  if (frame.hb) return beat(frame);
  if (frame.reset) return refetch();
  try {
    if (frame.html) apply(frame.html, { live: true });
  } catch (error) {
    console.error(error); // one bad fragment must not stop the stream
    refetch();
  }
  if (frame.seq) saw(frame.topic, frame.seq);
}

// A heartbeat says what was sent on this socket: whoever is behind it has lost something.
function beat({ hb, now }) {
  told(Date.parse(now));
  failures = 0;
  socketIs("live");
  emit("live");
  if (refetching() || !topics().some(({ topic, seq }) => hb[topic] > seq)) return;
  const again = Date.now() - behindAt < 30000;
  behindAt = Date.now();
  if (again) refetch();
  else connect();
}

// The codes are those of server/live/codes.go.
function closed(code) {
  failures++;
  stop(code === 4401 ? "signin" : code === 4429 || code === 1008 ? "look" : "");
  if (code === 4401) signIn();
  if (stopped) return;
  if (code === 4403 || code === 4404) refetchNow().then(() => retry(backoff()));
  else if (code === 1012) retry(500 + Math.random() * 4500);
  else if (code === 1011) retry(5000 + Math.random() * 10000);
  else retry(backoff());
  if (failures % 3 === 0) refetch(); // refused three times: the page tells why, and is up to date meanwhile
}

// Full jitter: after a restart the whole house comes back, and not in one instant.
const backoff = () => 100 + Math.random() * Math.min(CAP, 500 * 2 ** failures);

function retry(after) {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, after);
}

function look() {
  if (document.hidden) return;
  if (stopped === "look") connect();
  else kick();
}

// kick: the network or the person is back; timers may have slept.
function kick() {
  if (!stopped && topics().length && !probe()) connect();
}
