// Invitations: texts to copy for WeChat and SMS, and the guest's own page, which says once that somebody opened it.
import "./core.js";
import { all, byId, on } from "./dom.js";
import { toast } from "./toast.js";
import { t } from "./words.js";

// What is the same for all viewers does not know by which name this one came here.
const here = (text) => text.replaceAll("{origin}", location.origin);

function start() {
  on("click", ({ target }) => {
    const button = target.closest("[data-copy]");
    if (button) copy(button);
  });
  on("applied", fill);
  fill();
  if (document.hidden) on("visibilitychange", opened);
  else opened();
}

function fill() {
  for (const area of all("textarea[data-origin]")) area.value = here(area.defaultValue);
}

async function copy(button) {
  const text = here(button.dataset.copy);
  if ((await written(text)) || marked(text)) return toast(button.dataset.copied);
  const area = all("textarea[data-origin]")[0];
  if (!area) return location.assign(button.closest("li").querySelector("a").href);
  area.select();
  toast(t("copy_by_hand"), { alert: true });
}

const written = (text) =>
  navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );

// marked is the old way, for plain http and the browsers inside of chat programs.
function marked(text) {
  const area = document.createElement("textarea");
  area.className = "sr";
  area.value = text;
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
  }
}

// opened tells it, when a person sees the page: what fetches links to show a preview runs no script.
function opened() {
  const page = byId("pass");
  const url = page?.dataset.opened;
  if (!url || document.hidden) return;
  delete page.dataset.opened;
  fetch(url, { method: "POST", keepalive: true }).catch(() => {}); // the next visit says it
}

start();
