// The arrow goes back to where the person came from, with its scroll and filters, when that is its parent or a place of
// the bar; else up. Never back into a form that was sent.
import { all, on } from "./dom.js";

const placeOf = (link) => new URL(link.href, location.href).pathname;

export function startBack() {
  on("click", (event) => {
    const arrow = event.target.closest(".top-back");
    if (!arrow || event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
    if (history.length < 2 || !cameFrom(arrow)) return;
    event.preventDefault();
    history.back();
  });
}

function cameFrom(arrow) {
  if (!document.referrer) return false;
  const { origin, pathname } = new URL(document.referrer);
  const places = [arrow, ...all(".nav-entry")].map(placeOf);
  return origin === location.origin && pathname !== location.pathname && places.includes(pathname);
}
