// What an act is about: the entry of a list that a push would replace, or the element around it.
import { byId } from "./dom.js";
export const rowOf = (el) => el.closest("li[id], [id][data-seq]");

const pending = new Map(); // row id → acts on their way

// mark shows on the row and the form, from the tap on, that an act is not through yet.
export function mark({ row, el }, by) {
  if (el.tagName === "FORM") el.toggleAttribute("data-sending", by > 0);
  if (!row) return;
  const n = (pending.get(row) ?? 0) + by;
  pending.set(row, n);
  byId(row)?.toggleAttribute("data-pending", n > 0);
}
