import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { contrast, problems, themes } from "./styles.mjs";

const tokens = themes(readFileSync(new URL("../static/css/tokens.css", import.meta.url), "utf8"));

// Inks are read; shapes are edges, rings and bars without words. Both on the grounds where they stand.
const grounds = ["bg", "surface", "sunk"];
const states = ["idle", "due", "late", "wait", "done", "redo", "block"];
const inks = [
  ["paper", "night"], // beside a picture
  ...["ink", "muted", "link", "brand", "star", ...states].flatMap((ink) => ["bg", "surface"].map((on) => [ink, on])),
  ...["ink", "muted"].map((ink) => [ink, "sunk"]),
  ...states.flatMap((state) => [
    [state, `${state}-bg`],
    ["ink", `${state}-bg`], // the most urgent card
  ]),
  ["brand", "brand-soft"],
  ["ink", "brand-soft"],
  ["on-brand", "brand"],
  ["on-brand", "late"], // a refusal at the edge of the page
  ["bg", "ink"], // any other sentence there
];
const shapes = [
  ...grounds.filter((on) => on !== "sunk").map((on) => ["edge", on]),
  ["on-brand", "done"], // the tick of what was accepted
  ...["due", "late", "wait", "done"].map((state) => [state, "sunk"]), // meters
];
// Not read by anybody: a hairline, the mark's honour seat, the shade behind a dialog.
const decoration = ["line", "honour", "shade", "lift"];

test("raw colours and pixels are found, tokens and comments are not", () => {
  const bad = ["a { color: #fff; }", "a { color: rgb(0 0 0 / 5%); }", "a { width: 12px; }", "a { color: white; }"];
  for (const line of bad) assert.equal(problems(line).length, 1, line);
  const good = [
    "a { color: var(--ink); }",
    "/* 12px #fff */",
    "#main { gap: 1rem; }",
    ".white-space { white-space: nowrap; }",
  ];
  for (const line of good) assert.deepEqual(problems(line), [], line);
  assert.deepEqual(problems("a { width: 1px; } /* allow: no smaller shape */"), []);
  assert.deepEqual(problems("/* a\n12px */\na { width: 3px }"), [{ line: 3, text: "no pixels: use a token or rem" }]);
});

test("the ratio is that of the standard", () => {
  const theme = { black: "#000", white: "#fff", grey: "#767676", also: "var(--grey)" };
  assert.equal(contrast(theme, "black", "white"), 21);
  assert.ok(Math.abs(contrast(theme, "also", "white") - 4.54) < 0.01);
  assert.throws(() => contrast(theme, "gone", "white"));
});

test("both ways into the dark lead to the same colours", () => {
  assert.deepEqual(tokens.auto, tokens.dark);
});

for (const [name, theme] of Object.entries(tokens)) {
  test(`every ink is readable and every shape is visible (${name})`, () => {
    const faint = [...inks.map((pair) => [...pair, 4.5]), ...shapes.map((pair) => [...pair, 3])].flatMap(
      ([ink, on, least]) => {
        const ratio = contrast(theme, ink, on);
        return ratio < least ? [`${ink} on ${on}: ${ratio.toFixed(2)} of ${least}`] : [];
      },
    );
    assert.deepEqual(faint, []);
  });

  test(`no colour is left out of the proof (${name})`, () => {
    const proven = new Set([...inks.flat(), ...shapes.flat(), ...decoration]);
    const colours = Object.entries(theme).filter(([token, value]) => /^#|^rgb/.test(value) || proven.has(token));
    assert.deepEqual(
      colours.map(([token]) => token).filter((token) => !proven.has(token)),
      [],
    );
  });
}
