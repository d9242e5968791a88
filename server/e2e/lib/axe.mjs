// What a page must be for everybody: axe's rules, and no wider than its screen.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// axe is the script that runs in the page.
export const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// violations runs axe in one part of the page; colours: only what hangs on the theme.
export function violations(person, { colours, part } = {}) {
  const runOnly = colours ? { type: "rule", values: ["color-contrast", "link-in-text-block"] } : wcag;
  return person.page.evaluate(
    async ([options, css]) => {
      const found = await window.axe.run(css ?? document, options);
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.target.join(" ")).slice(0, 4)}`);
    },
    [{ runOnly, resultTypes: ["violations"] }, part],
  );
}

// sticksOut names what makes the page wider than the screen, or would with longer words: what is for screen readers only
// stands at its place in the text, and only a box that it is positioned in takes it along when it scrolls.
export function sticksOut(width) {
  for (const el of document.querySelectorAll(".sr")) {
    if (!el.offsetParent) continue; // not shown
    for (let p = el.parentElement; p !== el.offsetParent; p = p.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(p).overflowX)) return `.${p.className} does not hold ${el.outerHTML}`;
    }
  }
  const { scrollWidth } = document.documentElement;
  if (scrollWidth <= width) return "";
  const out = [...document.querySelectorAll("body *")].filter((el) => {
    if (el.getBoundingClientRect().right <= width + 1 || el.closest(".nav, .sprite")) return false;
    for (let p = el.parentElement; p && p !== document.documentElement; p = p.parentElement) {
      if (getComputedStyle(p).overflowX !== "visible") return false;
    }
    return true;
  });
  return `${scrollWidth} px wide: ${out.slice(0, 3).map((el) => `${el.tagName}.${el.getAttribute("class")}#${el.id}`)}`;
}
