// Short sentences at the edge of the page, some with one thing to tap.
import { all, byId } from "./dom.js";
import { alarm, say } from "./say.js";
import { t } from "./words.js";

const LIFE = 6000;
const MOST = 3;

// toast shows a sentence. key: a newer one with the same key takes its place. life 0: until it is closed or replaced.
export function toast(text, { alert = false, key = "", label = "", action, life = LIFE } = {}) {
  const box = byId("toasts");
  if (!box || !text) return;
  if (key) forget(key);
  const el = document.createElement("div");
  el.className = alert ? "toast toast-alert" : "toast";
  el.dataset.toast = key;
  el.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (action) el.append(button("toast-act", label, action, el));
  el.append(button("toast-close", "×", undefined, el));
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

function button(name, text, action, el) {
  const b = Object.assign(document.createElement("button"), { type: "button", className: name, textContent: text });
  if (!action) b.setAttribute("aria-label", t("close"));
  b.addEventListener("click", () => {
    el.remove();
    action?.();
  });
  return b;
}

// A toast that is being read or pointed at stays.
function leave(el, life) {
  setTimeout(() => (el.matches(":hover, :focus-within") ? leave(el, 2000) : el.remove()), life);
}

// startToasts lets the sentences that came with the page go, too.
export function startToasts() {
  for (const el of all("#toasts > [data-toast]")) leave(el, LIFE);
}
