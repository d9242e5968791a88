// Acts that need a word first: a reading, a reason, a yes. The dialogs are part of the page (views/layout.templ); the
// control that asks fills them with its data-ask-… attributes. They close at once, so that nobody waits in a dark hall
// for the network; when the server refuses what was typed, they open again with it.
import { all, byId, on } from "./dom.js";
import { showErrors } from "./errors.js";
import { heldLong } from "./hold.js";
import { t } from "./words.js";

const slot = (dialog, name) => dialog.querySelector(`[data-slot=${name}]`);

// ask opens the dialog and performs the act with what was answered. errors: what was wrong with the last answer.
export function ask(kind, act, perform, errors) {
  const dialog = byId(`dialog-${kind}`);
  const form = dialog.querySelector("form");
  if (!errors) fill(dialog, kind, act);
  showErrors(form, errors ?? []);
  form.onsubmit = (event) => {
    event.preventDefault();
    const yes = slot(dialog, "yes");
    const once = "hold" in yes.dataset && !heldLong(yes); // tapped only: to be asked again
    if (!complete(form)) return;
    for (const [name, value] of answers(form)) act.fields.set(name, value);
    for (const box of all("[name=item]:not(:checked)", form)) act.fields.append("except", box.value);
    dialog.close();
    if (once) ask("confirm", act, perform);
    else perform(act);
  };
  if (!dialog.open) dialog.showModal();
  form.querySelector("input.input")?.select();
}

const answers = (form) => [...new FormData(form)].filter(([name]) => name !== "item");

function fill(dialog, kind, { by }) {
  const asked = by.dataset;
  dialog.dataset.kind = asked.askKind ?? "";
  text(slot(dialog, "title"), asked.askTitle);
  text(slot(dialog, "text"), asked.askText ?? "");
  text(slot(dialog, "label"), asked.askLabel);
  text(slot(dialog, "unit"), asked.askUnit ?? "");
  const yes = slot(dialog, "yes");
  const hold = kind === "confirm" ? undefined : asked.askHold;
  text(yes, hold ?? asked.askYes);
  yes.toggleAttribute("data-hold", hold !== undefined);
  const input = dialog.querySelector("input.input");
  if (input) {
    input.value = "";
    input.inputMode = kind === "reading" && asked.askType !== "text" ? "decimal" : "text";
  }
  if (kind === "accept") rows(dialog, asked);
}

// text: without one the dialog says its own words.
function text(el, value) {
  if (!el) return;
  el.dataset.own ??= el.textContent;
  el.textContent = value ?? el.dataset.own;
  el.hidden = el.textContent === "";
}

// rows lists what waits for acceptance, without the person's own work.
function rows(dialog, { crew, phase }) {
  const list = slot(dialog, "rows");
  list.replaceChildren();
  for (const row of all("#main [data-state=submitted][id^=item-]:not(.is-own)")) {
    if ((crew && row.dataset.crew !== crew) || (phase && row.dataset.phase !== phase)) continue;
    const copy = dialog.querySelector("template").content.cloneNode(true);
    copy.querySelector("input").value = row.id.slice(5);
    slot(copy, "row").textContent = row.querySelector(".item-text").textContent.trim();
    list.append(copy);
  }
}

// complete spares a way to the server: a reason is always needed.
function complete(form) {
  const { reason } = form.elements;
  if (!reason || reason.value.trim()) return true;
  showErrors(form, [{ field: "reason", text: t("reason_needed") }]);
  return false;
}

export function startDialogs() {
  on("click", ({ target }) => {
    const dialog = target.closest("dialog");
    if (!dialog) return;
    if (target === dialog || target.closest("[data-close]")) dialog.close();
    const choice = target.closest("[data-choice]");
    if (choice) dialog.querySelector("input.input").value = choice.textContent.trim();
  });
}
