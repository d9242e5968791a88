// Every act of a person starts as an htmx request (hx-put, hx-post, hx-delete) and is taken over here before it leaves:
// it gets its key and the moment of the tap, may have to be confirmed in a dialog, marks its row, and its answer is
// applied like a push. The crew's acts wait in the outbox for the network; forms that fill a page (hx-target) stay with
// htmx and only travel by send().

import { about, kind } from "./about.js";
import { answered, finishForm, takeBack } from "./answers.js";
import { ask } from "./dialogs.js";
import { byId, emit } from "./dom.js";
import { heldLong } from "./hold.js";
import { durable, leave, post, unsent, waits } from "./outbox.js";
import { shoot } from "./photo.js";
import { mark, rowOf } from "./rows.js";
import { send, waits as sends } from "./send.js";
import { toast } from "./toast.js";
import { t, uuid } from "./words.js";

const SLOW = 1500; // a form whose act is not through by then is free for the next entry

export const acts = {
  name: "acts",
  htmx_config_request: (el, { ctx }) => {
    if (ctx.request.method === "GET") return true;
    const by = ctx.request.submitter ?? el;
    const act = draft(el, by, ctx.request);
    if (ctx.swap !== "none") return pageForm(act, ctx);
    const dialog = leaving(act) ?? by.dataset.ask ?? ("hold" in by.dataset ? "confirm" : "");
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

// pageForm lets htmx go on with a form that fills a page, unless it is on its way already.
function pageForm(act, ctx) {
  if ("sending" in act.el.dataset) return false;
  const stamped = stamp(act);
  Object.assign(ctx.request.headers, stamped.headers);
  ctx.request.timeout = 0; // send() has its own
  ctx.fetch = async (url, request) => (await import("./pageform.js")).fetchPage(stamped, url, request);
  return true;
}

// leaving: whoever signs out with acts in the outbox is told that they wait for him.
function leaving({ url, method, by }) {
  if (url !== "/session" || method !== "DELETE" || !unsent()) return undefined;
  by.dataset.askText = t("unsent_leave", { n: unsent() });
  return "confirm";
}

// stamp makes the act what it is from now on: its key and its moment stay, however late it is sent. fields, when the act
// is sent as they are; a body of its own (a picture) stays as it is.
export function stamp(act) {
  const key = uuid();
  if (act.fields.has("id") && !act.fields.get("id")) act.fields.set("id", key); // a new row's id is made here
  const query = new URLSearchParams(act.fields).toString();
  const remove = act.method === "DELETE";
  return {
    ...act,
    key,
    url: remove && query ? `${act.url}?${query}` : act.url,
    body: remove ? undefined : (act.photo ?? new URLSearchParams(act.fields)),
    what: `${act.method} ${act.url} ${query}`,
    about: about(act),
    as: kind(act),
    headers: { ...act.headers, "Idempotency-Key": key, "X-Acted-At": new Date().toISOString() },
  };
}

// perform sends one act and puts its answer into the page.
export async function perform(drafted) {
  const act = stamp(drafted);
  if (!durable(act)) return direct(drafted, act);
  const twin = waits(act);
  if (twin) return impatient(drafted, twin);
  const form = act.el.tagName === "FORM";
  if (form) act.el.toggleAttribute("data-sending", true);
  const free = form && setTimeout(release, SLOW, drafted, act);
  try {
    answered(drafted, await post(act), perform);
  } catch (error) {
    console.error(error);
    toast(t("not_kept"), { alert: true });
    await direct(drafted, act); // this phone keeps nothing: at least as long as the page lives
  } finally {
    clearTimeout(free);
    if (form) act.el.removeAttribute("data-sending");
  }
}

async function direct(drafted, act) {
  if (sends(act)) return;
  if (act.url === "/session") emit("leaving");
  mark(act, 1);
  try {
    answered(drafted, await send(act), perform);
  } finally {
    mark(act, -1);
  }
}

// release empties a form whose entry is safe on this phone: the next one can be typed. What the server will say to it
// stands in the outbox.
function release(drafted, act) {
  leave(act.key);
  act.el.removeAttribute("data-sending");
  finishForm(drafted);
}

// impatient: the tap is safe already. It says so, and how to take it back.
function impatient(drafted, { acted }) {
  if (Date.now() - acted > 800) takeBack(drafted, t("unsent_safe"), perform);
}
