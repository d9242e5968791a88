import assert from "node:assert/strict";
import { test } from "node:test";
import { GoReport, nodeReport } from "./totals.mjs";

function report(events, status = 0) {
  const shown = [];
  const r = new GoReport((text) => shown.push(text));
  for (const e of events) r.line(typeof e === "string" ? e : JSON.stringify(e));
  r.end(status);
  return { passed: r.passed, failed: r.failed, skipped: r.skipped, shown: shown.join("\n") };
}

const out = (Test, Output) => ({ Action: "output", Package: "p", Test, Output });
const end = (Action, Test) => ({ Action, Package: "p", Test, Elapsed: 0.5 });

test("passed tests are counted and stay quiet", () => {
  const r = report([out("TestA", "=== RUN   TestA\n"), out("TestA", "noise\n"), end("pass", "TestA"), end("pass")]);
  assert.deepEqual([r.passed, r.failed, r.skipped], [1, 0, 0]);
  assert.equal(r.shown, "ok   p (1 tests, 0.5 s)");
});

test("a failed test is shown whole, and its package counts no second time", () => {
  const r = report([out("TestA", "    a_test.go:3: want 1\n"), end("fail", "TestA"), end("fail")], 1);
  assert.deepEqual([r.passed, r.failed], [0, 1]);
  assert.match(r.shown, /FAIL p TestA\n {4}a_test.go:3: want 1/);
});

test("a skip says why", () => {
  const r = report([
    out("TestA", "    a_test.go:3: no database\n"),
    out("TestA", "--- SKIP: TestA (0.00s)\n"),
    end("skip", "TestA"),
  ]);
  assert.equal(r.skipped, 1);
  assert.equal(r.shown, "SKIP p TestA: a_test.go:3: no database");
});

test("a package that does not compile is one failure", () => {
  const r = report([{ Action: "build-output", ImportPath: "p", Output: "a.go:1: undefined: x\n" }, end("fail")], 1);
  assert.equal(r.failed, 1);
  assert.match(r.shown, /undefined: x/);
});

test("a package that dies in the middle is one failure, and the test under way is named", () => {
  const r = report([end("run", "TestA"), out("TestA", "fatal\n"), out(undefined, "exit status 2\n"), end("fail")], 1);
  assert.equal(r.failed, 1);
  assert.match(r.shown, /UNFINISHED p TestA\nfatal/);
  assert.match(r.shown, /exit status 2/);
});

test("a failure of the go command itself is one failure", () => {
  const r = report(["go: no such package"], 1);
  assert.equal(r.failed, 1);
  assert.match(r.shown, /no such package/);
});

test("node's totals are read from its last lines", () => {
  const tap = "ok 1 - a\n# tests 5\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n";
  assert.deepEqual(nodeReport(tap, 1), { passed: 2, failed: 2, skipped: 1 });
  assert.deepEqual(nodeReport("", 1), { passed: 0, failed: 1, skipped: 0 });
});
