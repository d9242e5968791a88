// A page that takes long to come is announced by its outline. On a fast network nobody sees it.
import { body, on } from "./dom.js";

const SLOW = 500;
const LONGEST = 12000; // the network is gone: what was there is better than an outline

let timer;

export function startWaiting() {
  on("click", clicked);
  for (const event of ["pageshow", "pagehide"]) addEventListener(event, arrived);
}

function clicked(event) {
  const link = event.target.closest?.("a[href]");
  const other = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button > 0;
  if (!link || event.defaultPrevented || other || link.target || link.hasAttribute("download")) return;
  const { origin, pathname, search, hash } = new URL(link.href, location.href);
  if (origin !== location.origin || (hash && pathname === location.pathname && search === location.search)) return;
  clearTimeout(timer);
  timer = setTimeout(wait, SLOW);
}

function wait() {
  body().away = "";
  timer = setTimeout(arrived, LONGEST);
}

function arrived() {
  clearTimeout(timer);
  delete body().away;
}
