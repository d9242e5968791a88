// The phone's status bar has the colour of the top bar, whatever theme was chosen.
import { all, on } from "./dom.js";

export function startStatusBar() {
  on("change", ({ target }) => target.matches("[data-theme-choice]") && setTimeout(paint));
}

function paint() {
  const bar = document.querySelector(".top");
  const colour = bar && getComputedStyle(bar).backgroundColor;
  if (colour) for (const meta of all("meta[name=theme-color]")) meta.content = colour;
}
