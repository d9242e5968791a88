// The one way by which markup from the server, pushed or answered, comes into the page. A push and an answer may
// cross, come twice or come late: what is older than the page's own (data-seq) is left aside.

import htmx from "htmx.org";
import { all, body, byId, emit } from "./dom.js";
import { guardFocus } from "./focus.js";
import { morph, older, seqOf } from "./morph.js";
import { trusted } from "./tt.js";

const gone = new Map(); // id → seq at which it was taken away
const meanwhile = []; // what came while the page was being fetched again
let fetching = 0;

export function apply(html, { live = false } = {}) {
  if (fetching) meanwhile.push(html);
  const template = document.createElement("template");
  template.innerHTML = trusted(html);
  change(live, () => [...template.content.children].map(place));
}

// change keeps focus and runs what has to follow every change of the page.
function change(live, work) {
  const restoreFocus = guardFocus();
  const changed = work().filter(Boolean);
  own();
  emit("applied", { changed, live });
  restoreFocus();
}

function place(root) {
  const { id, dataset } = root;
  if ("refetch" in dataset) return stale();
  if (!id) return undefined;
  const present = byId(id);
  if (present && older(root, present)) return undefined;
  if ("gone" in dataset) {
    if (dataset.seq) gone.set(id, seqOf(root));
    return present?.remove();
  }
  if (present) return renew(present, root);
  return seqOf(root) > (gone.get(id) ?? -1) ? insert(root) : undefined;
}

const stale = () => void emit("stale");

function renew(present, root) {
  const { seq, order, list } = present.dataset;
  morph(present, root);
  const el = byId(present.id);
  if (!el) return undefined;
  if (el.dataset.order !== order || el.dataset.list !== list) insert(el);
  if (el.dataset.seq !== seq) fresh(el);
  return el;
}

// insert puts a row where its data-order belongs, in the list that it names.
function insert(el) {
  const list = byId(el.dataset.list ?? "");
  if (!list) return "orRefetch" in el.dataset && !el.isConnected ? stale() : undefined;
  const sign = list.dataset.dir === "desc" ? -1 : 1;
  const after = (row) => row !== el && sign * (Number(row.dataset.order) - Number(el.dataset.order)) > 0;
  const next = [...list.children].find(after) ?? null;
  if (el.isConnected && list.moveBefore) list.moveBefore(el, next);
  else list.insertBefore(el, next);
  htmx.process(el);
  fresh(el);
  return el;
}

// fresh lets what changed light up once; the style sheet decides how.
function fresh(el) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  el.dataset.fresh = "";
  setTimeout(() => delete el.dataset.fresh, 1600);
}

// own marks the rows that this person finished, for nobody accepts his own work, and the duties that are his.
export function own() {
  const me = body().person;
  const mark = (what, name, whose) => {
    for (const row of all(`[data-${what}]`)) row.classList.toggle(name, Boolean(me) && whose(row.dataset) === me);
  };
  mark("done-by", "is-own", (data) => data.doneBy);
  mark("owner", "is-mine", (data) => data.owner);
}

// replaceMain takes over a page that was fetched again. What came in while it was on its way is applied once more:
// the page may be older than that.
export async function replaceMain(fetchPage) {
  fetching++;
  try {
    const page = await fetchPage();
    if (page) change(false, () => [morph(byId("main"), page.getElementById("main"))]);
    return page;
  } finally {
    fetching--;
    if (!fetching) for (const html of meanwhile.splice(0)) apply(html);
  }
}
