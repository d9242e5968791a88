// Which styles a page wants and does not load: a style sheet is not on every page, and what moves from one to another is
// missed by nobody but the eye.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./bundle.mjs";

// sheets are the built style sheets, { file: text }.
export function sheets() {
  const dist = join(root, "static", "dist");
  const { assets } = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));
  const files = Object.values(assets).flatMap(({ file }) => (file.endsWith(".css") ? [file] : []));
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(dist, file), "utf8")]));
}

// unstyled runs in the page. It names the classes on it that some of the style sheets know, but none of those it loads.
export function unstyled(sheets) {
  const knows = new Map();
  const read = (rules, file) => {
    for (const rule of rules) {
      for (const [, name] of rule.selectorText?.matchAll(/\.([\w-]+)/g) ?? []) {
        knows.set(name, [...(knows.get(name) ?? []), file]);
      }
      read(rule.cssRules ?? [], file);
    }
  };
  for (const [file, text] of Object.entries(sheets)) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    read(sheet.cssRules, file);
  }
  const loaded = [...document.querySelectorAll("link[rel=stylesheet]")].map(({ href }) => href.split("/").pop());
  const used = new Set([...document.querySelectorAll("[class]")].flatMap((el) => [...el.classList]));
  return [...used].filter((name) => knows.has(name) && !knows.get(name).some((file) => loaded.includes(file)));
}
