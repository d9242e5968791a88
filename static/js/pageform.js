// A form that fills a page: htmx sends and swaps it, fields and all; the act's key, patience and refusals are ours.

import "./core.js";
import { refusal } from "./answers.js";
import { all, on } from "./dom.js";
import { mark } from "./rows.js";
import { send } from "./send.js";
import { toast } from "./toast.js";
import { parsePage } from "./tt.js";

export async function fetchPage(act, url, { body, headers }) {
  mark(act, 1);
  try {
    return pageOf(await send({ ...act, url, body, headers }));
  } finally {
    mark(act, -1);
  }
}

// pageOf gives htmx only what is a page of ours. The frame of the page stays behind, so the sentence in it is said here.
function pageOf({ status, ok, to, refresh, text }) {
  if (to) location.assign(to);
  else if (refresh) location.reload();
  else if (status === 422 || (ok && text)) {
    for (const el of all("#toasts > *", parsePage(text))) toast(el.textContent.trim(), { alert: status === 422 });
    return new Response(text, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
  } else if (!ok) refusal(text);
  return new Response(null, { status: 204 });
}

export function start() {
  on("htmx:after:swap", () => {
    const wrong = all("#main [aria-invalid=true]")[0] ?? all("#main [data-errors]")[0];
    wrong?.focus();
  });
}
