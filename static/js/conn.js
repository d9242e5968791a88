// What the person is told about the connection: one dot, one word (#conn[data-conn]).
import { byId } from "./dom.js";

const GRACE = 5000; // a socket that is back within this time was never "offline"
const SLOW = 500; // an act that is through within this time was never "sending"

let socket = "none";
let offline = false;
let offlineTimer;
let sending = false;
let sendingTimer;

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

export function unsentIs(n) {
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
  if (conn) conn.dataset.conn = offline ? "offline" : sending ? "sending" : socket;
}
