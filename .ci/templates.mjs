// Rules for the HTML in *.templ that no compiler checks. Most guard the content security policy (no inline script or
// style), which would break a page only in the browser, silently. A line that has to break a rule says why, at its end
// or on the line before:
//
//   // allow: the reason
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const events =
  "click|dblclick|change|input|submit|reset|invalid|load|error|focus|blur|toggle|scroll|wheel|paste|drop|message|" +
  "contextmenu|beforeunload|popstate|hashchange|(?:key|pointer|mouse|touch|drag|animation|transition)[a-z]*";

const rules = [
  [/(?:^|[\s"'}])style\??=["{]/, "no style attribute: the policy blocks it; use a class or an SVG attribute"],
  [new RegExp(`(?:^|[\\s"'}])on(?:${events})\\??=["{]`), "no event attribute: listen for data-action in static/js"],
  [/\bhx-on\b/, "no hx-on: it needs eval; listen for data-action in static/js"],
  [/["`](?:js|javascript):/, "no js: value: it needs eval"],
  [/\bhx-trigger\??="[^"]*\[/, "no filter in hx-trigger: it needs eval"],
  [/<style\b/, "no <style>: put it into static/css"],
  [/<script\b(?![^>]*(?:\bsrc=|type="application\/json"))/, "no inline script: put it into static/js"],
  [/\bhx-boost\b/, "no hx-boost: plain links stay cacheable documents"],
  [/\btempl\.Raw\(/, "no unescaped HTML"],
  [/<button\b(?![^>]*(?:\btype=|[{]))[^>]*>/, "a button needs its type, or it submits the form around it"],
  [/\p{Script=Han}/u, "text belongs into the catalogue (server/i18n), in both languages"],
];

const allowed = /\/\/ allow: \S/;

// problems returns {line, text} for each broken rule in one file's source.
export function problems(source) {
  const lines = source.split("\n");
  const found = [];
  lines.forEach((line, i) => {
    const code = line.trim();
    if (code.startsWith("//") || code.startsWith("<!--")) return;
    if (allowed.test(line) || (/^\s*\/\//.test(lines[i - 1] ?? "") && allowed.test(lines[i - 1]))) return;
    for (const [pattern, text] of rules) if (pattern.test(line)) found.push({ line: i + 1, text });
  });
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let bad = 0;
  for (const dir of process.argv.slice(2)) {
    for (const name of readdirSync(dir, { recursive: true }).sort()) {
      if (!name.endsWith(".templ")) continue;
      const file = join(dir, name);
      for (const { line, text } of problems(readFileSync(file, "utf8"))) {
        console.error(`${file}:${line}: ${text}`);
        bad++;
      }
    }
  }
  process.exitCode = bad ? 1 : 0;
}
