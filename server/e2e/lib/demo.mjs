// The program itself, as a person would start it: a demo building on a free port, gone at the end.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

export const PIN = "246810";

export const binary = process.env.HUIWU_BIN ?? "bin/huiwu";

// Nine in the morning wherever and whenever tests run: no event of the demo crosses midnight.
export const zone = (() => {
  const hours = (9 - new Date().getUTCHours() + 24) % 24;
  const east = hours > 14 ? hours - 24 : hours;
  return east === 0 ? "Etc/GMT" : `Etc/GMT${east > 0 ? "-" : "+"}${Math.abs(east)}`;
})();

// start runs `huiwu <args>` until it is ready: { origin, kill(), stop() }. kill is what a power cut is, stop is polite.
export async function start({ args = ["demo"], env = {}, port, program = binary } = {}) {
  for (let tries = 3; ; tries--) {
    try {
      return await run(program, args, env, port ?? (await freePort()));
    } catch (error) {
      if (port || tries === 1) throw error; // another program may have been faster to take the port
    }
  }
}

async function run(program, args, env, port) {
  const [command, ...rest] = args;
  const address = `127.0.0.1:${port}`;
  const at = command === "serve" || command === "migrate" ? [] : ["--addr", address];
  const child = spawn(program, [command, ...at, ...rest], {
    env: { ...clean(process.env), SITE_TZ: zone, LOG_LEVEL: "error", ADDR: address, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  let over;
  child.stderr.on("data", (data) => {
    said += data;
  });
  child.on("error", (error) => {
    over = error.message;
  });
  const gone = new Promise((resolve) => {
    child.on("close", (status, signal) => {
      over ??= `${signal ?? status}`;
      resolve();
    });
  });
  const end = (signal) => {
    process.off("exit", lost);
    if (over === undefined) child.kill(signal);
    return gone;
  };
  const lost = () => child.kill("SIGKILL"); // a test run that is cut off leaves nothing behind
  process.on("exit", lost);
  const origin = `http://${address}`;
  for (const deadline = Date.now() + 60000; ; ) {
    if (over !== undefined) throw new Error(`huiwu ${command} ended (${over})\n${said}`);
    if (await answers(`${origin}/readyz`)) break;
    if (Date.now() > deadline) {
      await end("SIGKILL");
      throw new Error(`huiwu ${command} is not ready\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { origin, port, said: () => said, kill: () => end("SIGKILL"), stop: () => end("SIGTERM") };
}

// clean leaves out what would lead the program to somebody else's database.
function clean(env) {
  const { DATABASE_URL, REDIS_URL, DATA_DIR, BASE_URL, PORT, ...rest } = env;
  return rest;
}

const answers = (url) =>
  fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
