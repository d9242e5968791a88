// Two instances of one building, as it is deployed: one PostgreSQL of their own, one Redis, one folder of photos.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { binary, start } from "./demo.mjs";

const { TEST_DATABASE_URL: database, TEST_REDIS_URL: redis, HUIWU_REQUIRE_SERVICES: required } = process.env;
export const skip = !required && !(database && redis) && "TEST_DATABASE_URL and TEST_REDIS_URL are not set";

const run = promisify(execFile);

// twins starts both, the first one with the demo: { a, b, serve(options), huiwu(command), sql(text), end() }.
export async function twins() {
  const name = `huiwu_e2e_${process.pid}`;
  const psql = async (url, sql) => (await run("psql", ["-XAtq", "-d", url, "-c", sql])).stdout;
  await psql(database, `CREATE DATABASE ${name}`);
  const url = new URL(database);
  url.pathname = `/${name}`;
  const folder = await mkdtemp(join(tmpdir(), "huiwu-twins-"));
  const env = { DATABASE_URL: url.href, REDIS_URL: redis, DATA_DIR: folder };
  const servers = [];
  const serve = async (options) => {
    const server = await start({ env, args: ["serve"], ...options });
    servers.push(server);
    return server;
  };
  const huiwu = (command) => run(binary, [command], { env: { ...process.env, ...env } });
  const end = async () => {
    for (const server of servers) await server.kill();
    await rm(folder, { recursive: true });
    await psql(database, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  try {
    await huiwu("migrate");
    const a = await serve({ args: ["demo", "--data", folder] });
    return { a, b: await serve(), serve, huiwu, sql: (text) => psql(url.href, text), end };
  } catch (error) {
    await end();
    throw error;
  }
}
