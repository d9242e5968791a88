// Whoever works by keyboard or screen reader stays where he is when his row changes, moves or goes.
import { byId } from "./dom.js";

const able = "a[href], button:not([disabled]), input, select, textarea, summary, [tabindex]";

// guardFocus remembers where focus is, and gives a function that brings it back when a change lost it.
export function guardFocus() {
  const el = document.activeElement;
  if (!el?.closest("#main") || el.id === "main") return () => {};
  const row = el.closest("[id][data-seq]");
  const places = [el.id, row?.id, row?.nextElementSibling?.id, row?.previousElementSibling?.id].filter(Boolean);
  return () => {
    if (el.isConnected && document.activeElement === el) return;
    if (document.activeElement && document.activeElement !== document.body) return;
    for (const place of places.map((id) => byId(id))) {
      const target = place?.matches(able) ? place : place?.querySelector(able);
      target?.focus({ preventScroll: true });
      if (target && document.activeElement === target) return;
    }
    byId("main").focus({ preventScroll: true });
  };
}
