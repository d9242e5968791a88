// One websocket at a time, and the certainty that it is alive: a path that died without a word is never noticed by the
// browser. It knows nothing of what is said on it.
const QUIET = 20000; // heartbeats come every 10–15 s: ask for a sign of life
const DEAD = 25000; // none came: the path is gone, whatever the browser thinks
const WAKE = 3000; // after sleep or a change of network an answer must come at once

let socket;
let quietTimer;
let deadTimer;
let handlers;

// open drops the present socket and opens another. message(line) is called in order, closed(code) once at most.
export function open(url, { message, closed }) {
  drop();
  handlers = { message, closed };
  socket = new WebSocket(url);
  socket.onmessage = ({ data }) => {
    heard();
    for (const line of data.split("\n")) message(JSON.parse(line));
  };
  socket.onclose = ({ code }) => lost(code);
  heard();
}

// drop forgets the socket at once: to close a dead path may take a minute.
export function drop() {
  clearTimeout(quietTimer);
  clearTimeout(deadTimer);
  if (!socket) return;
  socket.onmessage = socket.onclose = null;
  socket.close();
  socket = undefined;
}

// probe asks for an answer at once. It gives false when there is no open socket to ask.
export function probe() {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  ping();
  clearTimeout(deadTimer);
  deadTimer = setTimeout(lost, WAKE);
  return true;
}

function lost(code = 0) {
  drop();
  handlers.closed(code);
}

function heard() {
  clearTimeout(quietTimer);
  clearTimeout(deadTimer);
  quietTimer = setTimeout(ping, QUIET);
  deadTimer = setTimeout(lost, DEAD);
}

function ping() {
  if (socket?.readyState === WebSocket.OPEN) socket.send('{"ping":1}');
}
