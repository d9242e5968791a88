// Sentences beside the fields they are about: [data-error-for=name], or [data-slot=error] for all others.
import { all } from "./dom.js";
import { toast } from "./toast.js";

export function clearErrors(scope) {
  for (const el of all("[data-error-for], [data-slot=error]", scope)) el.textContent = "";
  for (const el of all("[aria-invalid]", scope)) el.removeAttribute("aria-invalid");
}

export function showErrors(scope, list) {
  clearErrors(scope);
  let first;
  for (const { field, text } of list) {
    const place =
      scope.querySelector(`[data-error-for="${CSS.escape(field)}"]`) ?? scope.querySelector("[data-slot=error]");
    const input = field ? scope.querySelector(`[name="${CSS.escape(field)}"]`) : undefined;
    if (place) place.textContent = text;
    else toast(text, { alert: true });
    input?.setAttribute("aria-invalid", "true");
    first ??= input;
  }
  first?.focus();
}
