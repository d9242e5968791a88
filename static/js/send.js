// What is done at a desk (people, events, settings, signing out) leaves the page here, at once, and waits in memory only:
// the crew's acts go through the outbox. An act keeps its key through every try, so it counts once, however often it is
// sent.

import { body, on } from "./dom.js";
import { plain } from "./plain.js";
import { signIn, signingIn } from "./signin.js";
import { forget, toast } from "./toast.js";
import { t } from "./words.js";

const TIMEOUT = 15000;
const CAP = 15000;

const lanes = new Map(); // acts on one row go one after the other, in the order of the taps
const unsent = new Set();
let abandoned = false;

// send resolves with the server's answer { status, ok, notice, to, refresh, text }: 2xx, or a refusal that no retry changes.
export async function send(act) {
  const before = lanes.get(act.lane);
  const mine = (async () => {
    await before?.catch(() => {});
    return untilAnswered(act);
  })();
  lanes.set(act.lane, mine);
  unsent.add(act);
  try {
    return await mine;
  } finally {
    unsent.delete(act);
    if (lanes.get(act.lane) === mine) lanes.delete(act.lane);
    if (!unsent.size) forget("busy");
  }
}

export const waiting = () => unsent.size;

// waits reports whether the very same act is on its way already: a second tap out of impatience.
export const waits = (act) => [...unsent].some((a) => a.lane === act.lane && a.what === act.what);

// abandon: somebody else signed in. What one person did is never sent under another's name.
export function abandon() {
  abandoned = true;
  location.reload();
}

async function untilAnswered(act) {
  for (let tries = 1; ; tries++) {
    await signingIn();
    const answer = await once(act);
    if (answer && ![401, 408, 425, 429].includes(answer.status) && answer.status < 500) return answer;
    if (answer?.status === 500 && tries >= 3) return answer; // a defect: the person must know
    if (answer?.status === 401) await signIn();
    else await patience(tries, answer);
  }
}

async function once(act) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const headers = { ...act.headers, "X-Sent-At": new Date().toISOString() };
    if (body().person) headers["X-Person"] = body().person;
    const answer = await fetch(act.url, {
      method: act.method,
      headers,
      body: act.body,
      mode: "same-origin", // a login page of the hotel's network is no answer
      signal: abort.signal,
    });
    const said = await plain(answer);
    if (!answer.redirected) return said;
    const signedOut = new URL(answer.url).pathname.startsWith("/session");
    return { ...said, status: signedOut ? 401 : said.status, to: said.to || answer.url };
  } catch {
    return undefined; // no network, or no answer in time
  } finally {
    clearTimeout(timer);
  }
}

// patience waits longer each time, and ends as soon as the network or the socket is back.
function patience(tries, answer) {
  if (tries === 1) toast(t(answer ? "server_busy" : "no_network_kept"), { key: "busy", life: 0 });
  const asked = (answer?.after ?? 0) * 1000 || 0;
  const pause = Math.max(asked, Math.min(CAP, 500 * 2 ** tries) * (0.5 + Math.random() / 2));
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, pause);
    if (answer) return; // the server asked for time
    const early = () => {
      clearTimeout(timer);
      setTimeout(resolve, 200);
    };
    window.addEventListener("online", early, { once: true });
    on("live", early, { once: true });
  });
}

window.addEventListener("beforeunload", (event) => {
  if (unsent.size && !abandoned) event.preventDefault();
});
