// What an act is about: the entry of a list that a push would replace, or the element around it.
import { all, byId } from "./dom.js";
export const rowOf = (el) => el.closest("li[id], [id][data-seq]");

const pending = new Map(); // row id → acts on their way

// mark shows on the row and the form, from the tap on, that an act is not through yet.
export function mark({ row, el }, by) {
  if (el.tagName === "FORM") el.toggleAttribute("data-sending", by > 0);
  if (!row) return;
  const n = (pending.get(row) ?? 0) + by;
  pending.set(row, n);
  const line = byId(row);
  line?.toggleAttribute("data-pending", n > 0 || "pendingAs" in line.dataset); // the outbox has its own reasons
}

// markRows shows what waits in the outbox on its rows: as what they will be (data-pending-as), and that it waits, when
// it takes longer than a moment (data-pending). The server's own state of the row stays visible beneath it.
export function markRows(rows, word) {
  for (const el of all("[data-pending-as]")) {
    if (rows.has(el.id)) continue;
    delete el.dataset.pendingAs;
    delete el.dataset.pending;
  }
  for (const [id, { as, late }] of rows) {
    const el = byId(id);
    if (!el) continue;
    el.dataset.pendingAs = as;
    el.dataset.pending = late ? word : "";
  }
}
