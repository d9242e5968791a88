// Light, dark, dim hall. The choice belongs to the device: kept here for pages without network, and in a cookie, so
// that the server draws the page right from its first byte.
import { all, on } from "./dom.js";
import { kept } from "./words.js";

export function startTheme() {
  const { theme } = document.documentElement.dataset;
  const choice = kept("theme") ?? theme ?? "";
  if (choice !== (theme ?? "")) set(choice);
  for (const input of all("[data-theme-choice]")) input.checked = input.value === choice;
  on("change", ({ target }) => {
    if (target.matches("[data-theme-choice]")) set(target.value);
  });
}

function set(choice) {
  const root = document.documentElement;
  if (choice) root.dataset.theme = choice;
  else delete root.dataset.theme;
  kept("theme", choice);
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is younger than our oldest browsers.
  document.cookie = `theme=${choice};path=/;max-age=${choice ? 31536000 : 0};samesite=lax`;
}
