// Reads what test runners report, shows what a person needs (failures whole, skips with their reason, one line for a
// good package) and counts. Used by test.mjs.

// GoReport follows the lines of `go test -json`.
export class GoReport {
  passed = 0;
  failed = 0;
  skipped = 0;
  #print;
  #packages = new Map();

  constructor(print) {
    this.#print = print;
  }

  line(text) {
    let event;
    try {
      event = JSON.parse(text);
    } catch {
      if (text.trim()) this.#print(text); // not from a test: the go command itself speaks
      return;
    }
    if (event.Action === "build-output") this.#print(event.Output.trimEnd());
    if (!event.Package) return;
    if (event.Test) this.#test(event);
    else this.#package(event);
  }

  #state(name) {
    if (!this.#packages.has(name)) {
      this.#packages.set(name, { output: [], running: new Map(), passed: 0, failed: 0 });
    }
    return this.#packages.get(name);
  }

  #test({ Action: action, Package: name, Test: test, Output: output }) {
    const pkg = this.#state(name);
    if (!pkg.running.has(test)) pkg.running.set(test, []);
    const lines = pkg.running.get(test);
    switch (action) {
      case "output":
        if (!/^=== (RUN|PAUSE|CONT|NAME) /.test(output)) lines.push(output);
        return;
      case "pass":
        this.passed++;
        pkg.passed++;
        break;
      case "fail":
        this.failed++;
        pkg.failed++;
        this.#print(`FAIL ${name} ${test}\n${lines.join("").trimEnd()}`);
        break;
      case "skip":
        this.skipped++;
        this.#print(`SKIP ${name} ${test}: ${reason(lines)}`);
        break;
      default:
        return;
    }
    pkg.running.delete(test);
  }

  #package({ Action: action, Package: name, Output: output, Elapsed: elapsed }) {
    const pkg = this.#state(name);
    if (action === "output") pkg.output.push(output);
    if (action === "pass") this.#print(`ok   ${name} (${pkg.passed} tests, ${elapsed ?? 0} s)`);
    if (action !== "fail") return;
    // A panic, a time-out or an exit ends a package in the middle: the tests under way never report.
    for (const [test, lines] of pkg.running) this.#print(`UNFINISHED ${name} ${test}\n${lines.join("").trimEnd()}`);
    if (pkg.failed === 0) this.failed++; // it did not compile, or ended by itself
    this.#print(`FAIL ${name}\n${pkg.output.join("").trimEnd()}`);
  }

  // end takes the exit status: a failure that no event told of counts too.
  end(status) {
    if (status !== 0 && this.failed === 0) {
      this.failed = 1;
      this.#print(`FAIL go test ended with status ${status}`);
    }
  }
}

// The log line of a skipped test looks like "    file_test.go:12: no database\n".
function reason(lines) {
  const text = lines.filter((l) => !/^\s*--- SKIP/.test(l)).join(" ");
  return text.replace(/\s+/g, " ").trim() || "no reason given";
}

// nodeReport counts from the closing lines of node's TAP output.
export function nodeReport(tap, status) {
  const count = (word) => Number(tap.match(new RegExp(`^# ${word} (\\d+)$`, "m"))?.[1] ?? 0);
  const report = { passed: count("pass"), failed: count("fail") + count("cancelled"), skipped: count("skipped") };
  if (status !== 0 && report.failed === 0) report.failed = 1;
  return report;
}
