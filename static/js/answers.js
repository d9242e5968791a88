// What the server says to an act: elements for the page, a sentence, sentences for fields, or the way to another page.

import { apply } from "./apply.js";
import { ask } from "./dialogs.js";
import { all, byId, emit } from "./dom.js";
import { clearErrors, showErrors } from "./errors.js";
import { toast } from "./toast.js";
import { parsePage } from "./tt.js";
import { t } from "./words.js";

// These can be taken back with DELETE on the same URL.
const undoable = /^\/(items|guests|parties)\/[^/]+\/(done|position|signin)$/;

// answered handles the answer to an act; perform sends the one that undoes it.
export function answered(act, answer, perform) {
  const { text } = answer;
  if (answer.status === 422) return wrong(act, text, perform);
  if (!answer.ok) {
    refusal(text);
    if (answer.status === 404 || answer.status === 409) emit("stale");
    return;
  }
  if (answer.to) return location.assign(answer.to);
  if (answer.refresh) return location.reload();
  if (text) apply(text);
  if ("refetch" in act.by.dataset) emit("stale"); // not a page that is pushed to
  finishForm(act);
  tell(act, answer.notice, perform);
}

// tell confirms in a sentence; what can be undone says so for a while. A notice about one item or guest says that somebody
// else was first: what he did is not offered for undoing.
function tell(act, notice, perform) {
  if (notice && !act.url.startsWith("/parties/")) return toast(notice, { key: "undo" });
  const said = notice || act.by.dataset.said || byId(act.row)?.dataset.say;
  if (act.method === "DELETE" || !undoable.test(act.url)) return toast(said);
  takeBack(act, said || t("saved"), perform);
}

// takeBack offers to undo what was tapped. An undo follows its act in the outbox, so it works without network too.
export function takeBack(act, said, perform) {
  if (act.method === "DELETE" || !undoable.test(act.url)) return toast(said, { key: "undo" });
  const back = { ...act, method: "DELETE", fields: new FormData(), by: document.createElement("i") };
  toast(said, { key: "undo", label: t("undo"), action: () => perform(back) });
}

// refusal shows the server's sentence.
export function refusal(html) {
  toast(parsePage(html).querySelector("[data-error]")?.textContent || t("failed"), { alert: true });
}

// wrong: sentences stand beside their fields; a dialog that asked opens again with what was typed.
function wrong(act, html, perform) {
  const errors = all("[data-error]", parsePage(html));
  const list = errors.map((p) => ({ field: p.dataset.error, text: p.textContent }));
  const dialog = act.by.dataset.ask;
  if (dialog) return ask(dialog, act, perform, list);
  showErrors(act.el.closest("form") ?? byId("main"), list);
}

// finishForm closes the dialog of an act that was taken, and empties its form for the next entry.
export function finishForm({ el, method }) {
  const dialog = el.closest("dialog");
  dialog?.close();
  if (el.tagName !== "FORM") return;
  clearErrors(el);
  if (method !== "POST") return;
  el.reset();
  if (!dialog) el.querySelector("input:not([type=hidden])")?.focus();
}
