// Rules for static/css that no linter checks: colours and pixels stand in tokens.css alone, so that the look is changed,
// and its contrast proven, in one place. A line that has to break a rule says why: /* allow: the reason */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const rules = [
  [/#[0-9a-f]{3,8}\b(?![^{]*\{)/i, "no raw colour: use a token"],
  [/\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix)\(/i, "no raw colour: use a token"],
  [/:[^;{]*\b(?:white|black|red|green|blue|gray|grey|orange|yellow|purple|pink|brown|silver)\b/i, "no named colour"],
  [/(?<![\w-])-?\d*\.?\d+px\b/, "no pixels: use a token or rem"],
];
const allowed = /\/\* allow: \S/;

// problems returns {line, text} for each broken rule in one file's source.
export function problems(source) {
  const lines = source.replace(/\/\*(?! allow:)[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " ")).split("\n");
  const found = [];
  lines.forEach((line, i) => {
    if (allowed.test(line)) return;
    for (const [pattern, text] of rules) if (pattern.test(line)) found.push({ line: i + 1, text });
  });
  return found;
}

// themes reads the colours of tokens.css: { light, auto, dark, dim }, each token → value. A dark theme changes what
// differs from the light one; "auto" is the dark one that the device asks for.
export function themes(source) {
  const css = source.replace(/\/\*[\s\S]*?\*\//g, "");
  const block = (selector) => {
    const start = css.indexOf(selector);
    if (start < 0) throw new Error(`tokens.css has no ${selector}`);
    const body = css.slice(css.indexOf("{", start) + 1, css.indexOf("}", start));
    return Object.fromEntries(
      [...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value.trim()]),
    );
  };
  const light = block(":root {");
  const over = (selector) => ({ ...light, ...block(selector) });
  return {
    light,
    auto: over(":root:not([data-theme]) {"),
    dark: over('[data-theme="dark"] {'),
    dim: over('[data-theme="dim"] {'),
  };
}

// contrast is the ratio that WCAG 2 defines, of two tokens of a theme.
export function contrast(theme, a, b) {
  const [x, y] = [luminance(colour(theme, a)), luminance(colour(theme, b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function colour(theme, token) {
  const value = theme[token];
  const other = /^var\(--([\w-]+)\)$/.exec(value ?? "");
  if (other) return colour(theme, other[1]);
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(value ?? "");
  if (!hex) throw new Error(`--${token} is no plain colour: ${value}`);
  const digits = hex[1].length === 3 ? [...hex[1]].map((d) => d + d).join("") : hex[1];
  return [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16) / 255);
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let bad = 0;
  for (const dir of process.argv.slice(2)) {
    for (const name of readdirSync(dir).sort()) {
      if (!name.endsWith(".css") || name === "tokens.css") continue;
      for (const { line, text } of problems(readFileSync(join(dir, name), "utf8"))) {
        console.error(`${join(dir, name)}:${line}: ${text}`);
        bad++;
      }
    }
  }
  process.exitCode = bad ? 1 : 0;
}
