// What an act is about: the row or card around it ([id][data-row]), which shows that it is not through yet.
import { all, byId } from "./dom.js";
export const rowOf = (el) => el.closest("[data-row]");

const sending = new Map(); // row id → how many acts are on their way by send()
let waiting = new Map(); // row id → { as, late } of what waits in the outbox
let word = "";

// mark shows on the row and the form, from the tap on, that an act is not through yet.
export function mark({ row, el }, by) {
  if (el.tagName === "FORM") el.toggleAttribute("data-sending", by > 0);
  if (!row) return;
  const n = (sending.get(row) ?? 0) + by;
  if (n > 0) sending.set(row, n);
  else sending.delete(row);
  show(byId(row));
}

// markRows shows what waits in the outbox on its rows. The server's own state of the row stays visible beneath it.
export function markRows(rows, said) {
  waiting = rows;
  word = said;
  for (const el of new Set([...all("[data-pending]"), ...[...rows.keys()].map(byId)])) show(el);
}

// show says on a row what it will be (data-pending-as), and that it is not so yet (data-pending): with a word when that
// takes longer than a moment. Acts of both kinds may be under way, so only here are both known.
function show(row) {
  if (!row) return;
  const wait = waiting.get(row.id);
  put(row, "data-pending-as", wait?.as);
  put(row, "data-pending", wait?.late ? word : wait || sending.has(row.id) ? "" : undefined);
}

const put = (el, name, value) => (value === undefined ? el.removeAttribute(name) : el.setAttribute(name, value));
