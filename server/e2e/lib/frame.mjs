// The frame of a page as views/layout.templ draws it, with as much in it as the scripts need.
const words = {
  undo: "Undo",
  saved: "Saved",
  failed: "Failed",
  close: "Close",
  signin: "Sign in",
  signin_needed: "{n} waiting",
  no_network_kept: "Kept, will be sent",
  server_busy: "Busy, will be sent",
  reason_needed: "Say why",
  updates: "{n} updates",
  found: "{n} found",
  late: "late {n}",
  to_gate: "to gate",
  to_lobby: "to lobby",
  to_lift: "to lift",
  to_left: "left",
};

const attr = (value) => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

export function frame(
  assets,
  main,
  { person = "p1", topics = [], view = "items", caps = "", now = Date.now(), title = "Page", scripts = [] } = {},
) {
  const json = attr(JSON.stringify(topics));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
${["app.js", ...scripts].map((name) => `<script type="module" src="${assets.url(name)}"></script>`).join("")}</head>
<body class="${caps}" data-person="${person}" data-view="${view}" data-topics="${json}" data-locale="en" data-now="${now}">
<script id="words" type="application/json">${JSON.stringify(words).replaceAll("<", "\\u003c")}</script>
<header><p class="top-title">${title}</p><p id="conn" data-conn="connecting"></p></header>
<main id="main" tabindex="-1">${main}</main>
<div id="say" role="status"></div><div id="alarm" role="alert"></div><div id="toasts"></div>
<template id="toast"><div class="toast" data-toast><span></span><button type="button" class="toast-act" hidden></button><button type="button" class="toast-close" aria-label="Close">×</button></div></template>
${dialog("reading", '<input class="input" name="reading"><p data-error-for="reading" data-slot="error"></p>')}
${dialog("reason", '<button type="button" data-choice>Broken</button><input class="input" name="reason"><p data-error-for="reason" data-slot="error"></p>')}
${dialog("confirm", "")}
<dialog id="dialog-signin"><form method="post" action="/session"><input name="login" required><input name="pin" type="password" required>
<p data-slot="error"></p><button type="button" data-close>No</button><button type="submit">Go</button></form></dialog>
</body></html>`;
}

const dialog = (
  kind,
  inner,
) => `<dialog id="dialog-${kind}"><form method="dialog" novalidate><h2 data-slot="title">Own title</h2>
<p data-slot="text" hidden></p>${inner}<button type="button" data-close>No</button><button type="submit" data-slot="yes">Yes</button></form></dialog>`;

// item is a row as views.ItemRow draws it.
export function item(id, seq, { state = "due", text = "Item", order = 1, list = "list", doneBy = "", more = "" } = {}) {
  const act =
    state === "done" ? `class="act-undo" hx-delete="/items/${id}/done"` : `class="act-done" hx-put="/items/${id}/done"`;
  return `<li id="item-${id}" data-row data-seq="${seq}" data-state="${state}" data-list="${list}" data-order="${order}"${doneBy ? ` data-done-by="${doneBy}"` : ""}>
<button type="button" id="tick-${id}" ${act} hx-swap="none">Tick</button>
<details id="more-${id}"><summary>More</summary><input id="note-${id}"></details><span class="item-text">${text}</span>${more}</li>`;
}

export const list = (...rows) => `<ul id="list">${rows.join("")}</ul>`;
