// Builds the browser's files as `make assets` does, into a folder of its own, so that tests never touch static/dist.
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

// build gives a function from logical name ("app.js") to { file, body }, and remove().
export function build() {
  const dir = sources();
  for (const name of readdirSync(join(root, "static", "css"))) writeFileSync(join(dir, "static", "css", name), "");
  const { dist, assets } = bundle(dir);
  return {
    url: (name) => (assets[name].file === name ? `/${name}` : `/static/${assets[name].file}`),
    read: (path) => {
      const file = join(dist, path.replace(/^\/(static\/)?/, ""));
      return existsSync(file) ? readFileSync(file) : undefined;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

// nextVersion compiles the program with other files for browsers, as the next deploy would: every page names a style and
// a script (app) that the present one does not have. It gives { program, version, app, remove() }.
export function nextVersion() {
  const dir = sources();
  cpSync(join(root, "static", "css"), join(dir, "static", "css"), { recursive: true });
  const tokens = join(dir, "static", "css", "tokens.css");
  writeFileSync(tokens, readFileSync(tokens, "utf8").replace("#f2b134", "#f2b135"));
  appendFileSync(join(dir, "static", "js", "app.js"), "\nglobalThis.nextVersion = true;\n");
  const { dist, version, assets } = bundle(dir);
  const embedded = join(root, "static", "dist");
  const Replace = {}; // "": not there any more
  for (const file of readdirSync(embedded)) Replace[join(embedded, file)] = "";
  for (const file of readdirSync(dist)) Replace[join(embedded, file)] = join(dist, file);
  const [overlay, program] = [join(dir, "overlay.json"), join(dir, "huiwu")];
  writeFileSync(overlay, JSON.stringify({ Replace }));
  // The flags of `make build`: what did not change is compiled already.
  const flags = ["-trimpath", "-ldflags=-s -w", "-overlay", overlay, "-o", program];
  execFileSync("go", ["build", ...flags, "./cmd/huiwu"], { cwd: root, env: { ...process.env, CGO_ENABLED: "0" } });
  return { program, version, app: assets["app.js"].file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

function sources() {
  const dir = mkdtempSync(join(tmpdir(), "huiwu-assets-"));
  mkdirSync(join(dir, "static", "css"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  for (const name of ["js", "img", "manifest.webmanifest"]) {
    cpSync(join(root, "static", name), join(dir, "static", name), { recursive: true });
  }
  return dir;
}

function bundle(dir) {
  // What goes wrong there stands in the error: a test that fails in a hook tells nothing else. Budgets are for what people
  // are sent, not for sources without styles or with a line more.
  const args = ["run", "./cmd/assets", "-budgets=false", "-root", dir];
  execFileSync("go", args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const dist = join(dir, "static", "dist");
  return { dist, ...JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8")) };
}
