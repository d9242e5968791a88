// Every act of a person starts as an htmx request (hx-put, hx-post, hx-delete) and is taken over here before it leaves:
// it gets its key and the moment of the tap, may have to be confirmed in a dialog, marks its row, and its answer is
// applied like a push. Forms that fill a page (hx-target) stay with htmx and only travel by send().

import { answered } from "./answers.js";
import { ask } from "./dialogs.js";
import { byId, emit } from "./dom.js";
import { heldLong } from "./hold.js";
import { pageForm } from "./pageform.js";
import { shoot } from "./photo.js";
import { mark, rowOf } from "./rows.js";
import { send, waits } from "./send.js";
import { uuid } from "./words.js";

export const acts = {
  name: "acts",
  htmx_config_request: (el, { ctx }) => {
    if (ctx.request.method === "GET") return true;
    const by = ctx.request.submitter ?? el;
    const act = draft(el, by, ctx.request);
    if (ctx.swap !== "none") return pageForm(stamp(act), ctx);
    const dialog = by.dataset.ask ?? ("hold" in by.dataset ? "confirm" : "");
    if (by.dataset.photo) shoot(act, by.dataset.photo, perform);
    else if (dialog && !heldLong(by)) ask(dialog, act, perform);
    else perform(act);
    return false;
  },
};

function draft(el, by, { method, action, body, headers }) {
  const row = rowOf(el)?.id;
  const fields = new FormData();
  for (const [name, value] of body) fields.append(name, value);
  const url = el.dataset.url ?? action;
  const post = byId("lobby")?.dataset.post;
  return {
    el,
    by,
    row,
    url,
    method,
    fields,
    headers: post ? { ...headers, "X-Post": post } : headers,
    lane: row ?? url,
  };
}

// stamp makes the act what it is from now on: its key and its moment stay, however late it is sent.
function stamp(act) {
  const key = uuid();
  if (act.fields.has("id") && !act.fields.get("id")) act.fields.set("id", key); // a new row's id is made here
  const query = new URLSearchParams(act.fields).toString();
  const remove = act.method === "DELETE";
  return {
    ...act,
    url: remove && query ? `${act.url}?${query}` : act.url,
    body: remove ? undefined : (act.photo ?? new URLSearchParams(act.fields)),
    what: `${act.method} ${act.url} ${query}`,
    headers: { ...act.headers, "Idempotency-Key": key, "X-Acted-At": new Date().toISOString() },
  };
}

// perform sends one act and puts its answer into the page.
async function perform(drafted) {
  const act = stamp(drafted);
  if (waits(act)) return;
  if (act.url === "/session") emit("leaving");
  mark(act, 1);
  try {
    answered(drafted, await send(act), perform);
  } finally {
    mark(act, -1);
  }
}
