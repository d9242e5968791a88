// htmx's morph, with what a live page needs on top: nothing is replaced by an older state of itself (data-seq), and the
// person's own doings, which the server does not know, stay.
import { emit } from "./dom.js";

let api;

export const seqOf = (el) => Number(el.dataset?.seq ?? Number.POSITIVE_INFINITY);
export const older = (fresh, present) => present.dataset?.seq !== undefined && seqOf(fresh) < seqOf(present);

const ours = (el, name) =>
  name.startsWith("data-pending") || (name === "open" && /^(DETAILS|DIALOG)$/.test(el.tagName));

// filled: a dialog that was opened for one row (forms.js). What it holds, and to where it goes, the server does not know.
const filled = (el) => el.tagName === "DIALOG" && el.open && el.querySelector("form[data-url]");

export const morphing = {
  name: "morphing",
  init: (internal) => {
    api = internal;
  },
  htmx_before_morph_node: (_, { oldNode, newNode }) => !older(newNode, oldNode) && !filled(oldNode),
  htmx_before_morph_attr: (el, { attrName }) => !ours(el, attrName),
};

// morph turns target into root, at once: focus, typing, open details and scroll stay.
export function morph(target, root) {
  const fragment = document.createDocumentFragment();
  fragment.append(root);
  api.insertContent({ target, fragment, swapSpec: { style: "outerMorph" } }).catch((error) => {
    console.error(error);
    emit("stale");
  });
}
