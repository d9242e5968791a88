// One voice for screen readers. Pushes come in bursts: they are gathered, so that nobody is talked over.
import { byId, on } from "./dom.js";
import { t } from "./words.js";

const PAUSE = 3000;

let waiting = [];
let timer;
let spoken = 0;

export function say(text) {
  if (!text) return;
  waiting.push(text);
  clearTimeout(timer);
  timer = setTimeout(speak, Math.max(200, spoken + PAUSE - Date.now()));
}

function speak() {
  const text = waiting.length > 2 ? t("updates", { n: waiting.length }) : waiting.join(" ");
  waiting = [];
  spoken = Date.now();
  put("say", text);
}

// alarm is said at once, over everything.
export const alarm = (text) => put("alarm", text);

// The same sentence twice is a change only when it was empty in between.
function put(id, text) {
  const el = byId(id);
  if (!el) return;
  el.textContent = "";
  setTimeout(() => {
    el.textContent = text;
  }, 50);
}

export function startSay() {
  on("applied", ({ detail }) => {
    if (!detail.live) return;
    for (const el of detail.changed) if (el.dataset.say) say(el.dataset.say);
  });
}
