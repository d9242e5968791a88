import assert from "node:assert/strict";
import { test } from "node:test";
import { problems } from "./templates.mjs";

const bad = [
  '<p style="color:red">',
  "\tstyle={ css }",
  '<p id="a"onclick="x()">',
  "\tonclick={ handler() }",
  '<p onpointerdown="x()">',
  '<p hx-on:click="x()">',
  '<a href="javascript:x()">',
  '<p hx-vals="js:{a: 1}">',
  '<p hx-trigger="keyup[ctrlKey]">',
  "<style>",
  "<script>",
  '<body hx-boost="true">',
  "@templ.Raw(note)",
  "<button>",
  '<button class="x" name="y">',
  "<p>会务</p>",
];

const good = [
  '<p class="style" data-style="1">',
  "style := css()",
  "style = css()",
  "once = true",
  '<script src={ static.URL("app.js") } defer></script>',
  '<script type="application/json" id="data">',
  '<button type="button">',
  '<button { attrs... } class="x">',
  "<button",
  '<p hx-trigger="change delay:1s">',
  '// <p style="old">',
  "// 会务",
];

test("what the policy blocks, or a reader cannot read, is refused once", () => {
  for (const line of bad) assert.equal(problems(line).length, 1, line);
});

test("what only looks like it is fine", () => {
  for (const line of good) assert.deepEqual(problems(line), [], line);
});

test("a stated reason allows one line", () => {
  assert.deepEqual(problems("// allow: the name of the language itself\n<a>中文</a>"), []);
  assert.deepEqual(problems('return "中" // allow: the name of the language itself'), []);
  assert.equal(problems('return "中" // allow: this one\nreturn "中"').length, 1);
  assert.equal(problems("// allow:\n<a>中文</a>").length, 1);
  assert.deepEqual(problems("// allow: one line\n<i/>\n<a>中文</a>"), [{ line: 3, text: problems("中")[0].text }]);
});
