// Small helps for forms: what is being typed is not replaced, dialogs with a form are filled.
import { all, byId, on } from "./dom.js";
import { clearErrors } from "./errors.js";

export function startForms() {
  on("input", ({ target }) => {
    if (target.matches("input, textarea, select")) target.dataset.editing = "";
  });
  on("focusout", ({ target }) => {
    delete target.dataset.editing;
  });
  on("click", ({ target }) => {
    const opener = target.closest("[data-open]");
    if (opener) open(byId(opener.dataset.open), opener);
  });
}

// open shows a dialog whose form is filled from the control and what stands around it (data-fill, JSON by field), and
// sends the form, and what follows it, to the control's data-url.
function open(dialog, opener) {
  const form = dialog.querySelector("form");
  clearErrors(form);
  form.reset();
  for (const el of [form, ...all("[data-follow]", form)])
    el.dataset.url = opener.dataset.url + (el.dataset.follow ?? "");
  for (let el = opener.closest("[data-fill]"); el; el = el.parentElement.closest("[data-fill]")) {
    for (const [name, value] of Object.entries(JSON.parse(el.dataset.fill))) {
      const field = form.elements[name];
      if (field?.[0]?.type === "checkbox") for (const box of field) box.checked = value.includes(box.value);
      else if (field) field.value = value; // a dialog within a row takes what it asks for
      for (const slot of all(`[data-slot="${name}"]`, dialog)) slot.textContent = value;
    }
  }
  dialog.showModal();
}
