// Runs the tests and ends with one line of totals: "N passed, N failed".
//
//   node .ci/test.mjs go [go test flags and packages]     Go, with the race detector and in random order
//   node .ci/test.mjs node [files]                        node --test: scripts of .ci and browser tests
//   node .ci/test.mjs all                                 both
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { GoReport, nodeReport } from "./totals.mjs";

const [what = "all", ...args] = process.argv.slice(2);
const totals = [];
let child;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    child?.kill("SIGTERM");
    process.exitCode = 1;
  });
}

if (what === "go" || what === "all") totals.push(["go", await go(what === "go" ? args : [])]);
if (what === "node" || what === "all") totals.push(["node", await node(what === "node" ? args : [])]);

let passed = 0;
let failed = 0;
for (const [name, t] of totals) {
  passed += t.passed;
  failed += t.failed;
  console.log(`${name}: ${t.passed} good, ${t.failed} bad, ${t.skipped} left out`);
}
if (passed + failed === 0) {
  console.log("no test ran");
  process.exitCode = 1;
}
if (failed > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);

async function go(args) {
  const report = new GoReport((text) => console.log(text));
  const flags = ["test", "-json", "-race", "-shuffle=on", "-timeout=45m"];
  // SQLite's own code, translated from C, is watched ten times slower than it runs and shares nothing with ours. This
  // package alone: others instantiate generics of the standard library, and the linker may take those for everybody.
  flags.push("-gcflags=modernc.org/sqlite/lib=-race=false");
  const stop = start("go", [...flags, ...(args.length ? args : ["./..."])], { CGO_ENABLED: "1" }); // -race needs C
  for await (const line of createInterface({ input: child.stdout })) report.line(line);
  report.end(await stop);
  return report;
}

async function node(files) {
  if (files.length === 0) files = testFiles();
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const dir = mkdtempSync(join(tmpdir(), "huiwu-test-"));
  const tap = join(dir, "tap");
  // One file at a time: browsers that share two cores with each other turn slow and tests with them flaky.
  const flags = ["--test", "--test-concurrency=1", "--test-timeout=900000"];
  flags.push("--test-reporter=spec", "--test-reporter-destination=stdout");
  flags.push("--test-reporter=tap", `--test-reporter-destination=${tap}`);
  const stop = start(process.execPath, [...flags, ...files]);
  child.stdout.pipe(process.stdout, { end: false });
  const status = await stop;
  const report = nodeReport(existsSync(tap) ? readFileSync(tap, "utf8") : "", status);
  rmSync(dir, { recursive: true });
  return report;
}

function testFiles() {
  return [".ci", "static/js", "server/e2e"]
    .filter((dir) => existsSync(dir))
    .flatMap((dir) => readdirSync(dir, { recursive: true }).map((file) => join(dir, file)))
    .filter((file) => file.endsWith(".test.mjs"))
    .sort();
}

// start sets child and gives a promise of its exit status.
function start(command, args, env = {}) {
  child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
  return new Promise((done) => {
    child.on("error", (err) => {
      console.error(`${command}: ${err.message}`);
      done(127);
    });
    child.on("close", (status) => done(status ?? 1));
  });
}
