// Short sentences at the edge of the page, some with one thing to tap.
import { all, byId, on } from "./dom.js";
import { alarm, say } from "./say.js";

const LIFE = 6000;
const MOST = 3;

// toast shows a sentence. key: a newer one with the same key takes its place. life 0: until it is closed or replaced.
export function toast(text, { alert = false, key = "", label = "", action, life = LIFE } = {}) {
  const box = byId("toasts");
  if (!box || !text) return;
  if (key) forget(key);
  const el = byId("toast").content.firstElementChild.cloneNode(true);
  const [said, act] = el.children;
  el.classList.toggle("toast-alert", alert);
  el.dataset.toast = key;
  said.textContent = text;
  act.textContent = label;
  act.hidden = !action;
  act.addEventListener("click", () => action());
  box.append(el);
  while (box.children.length > MOST) box.firstElementChild.remove();
  if (alert) alarm(text);
  else say(text);
  if (life) leave(el, life);
}

// forget takes away what is no longer true.
export function forget(key) {
  for (const el of all("#toasts > [data-toast]")) if (el.dataset.toast === key) el.remove();
}

// A toast that is being read or pointed at stays.
function leave(el, life) {
  setTimeout(() => (el.matches(":hover, :focus-within") ? leave(el, 2000) : el.remove()), life);
}

// startToasts lets the sentences that came with the page go, too.
export function startToasts() {
  on("click", ({ target }) => target.closest(".toast > button")?.parentElement.remove());
  for (const el of all("#toasts > [data-toast]")) leave(el, LIFE);
}
