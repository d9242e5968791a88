// Builds the browser's files as `make assets` does, into a folder of its own, so that tests never touch static/dist.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

// build gives a function from logical name ("app.js") to { file, body }, and remove().
export function build() {
  const dir = mkdtempSync(join(tmpdir(), "huiwu-assets-"));
  mkdirSync(join(dir, "static", "css"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  for (const name of ["js", "img", "manifest.webmanifest"]) {
    cpSync(join(root, "static", name), join(dir, "static", name), { recursive: true });
  }
  for (const name of ["app.css", "relay.css", "dash.css"]) writeFileSync(join(dir, "static", "css", name), "");
  execFileSync("go", ["run", "./cmd/assets", "-root", dir], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const dist = join(dir, "static", "dist");
  const { assets } = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));
  return {
    url: (name) => (assets[name].file === name ? `/${name}` : `/static/${assets[name].file}`),
    read: (path) => {
      const file = join(dist, path.replace(/^\/(static\/)?/, ""));
      return existsSync(file) ? readFileSync(file) : undefined;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
