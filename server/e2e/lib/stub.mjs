// A server that says exactly what a test wants, under the product's own security policy: pages, answers to acts, and
// the live socket. It remembers everything that it was asked.
import { createServer } from "node:http";
import { accept } from "./websocket.mjs";

export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types htmx sw";

export class Stub {
  constructor(assets) {
    this.assets = assets;
    this.acts = []; // { method, path, headers, body }
    this.gets = []; // paths of pages
    this.sockets = []; // in the order in which they came
    this.page = () => ""; // (url, request) → html, or { status, headers, body }
    this.act = () => ({ status: 200, body: "" }); // (act) → the same, or "cut", or "hang"
    this.connected = (socket) => socket.beat();
    this.heads = {}; // what heartbeats say
    this.frozen = false; // the path is dead, and nobody is told
    this.refuse = 0; // status by which sockets are refused
    this.open = new Set();
    this.server = createServer((request, response) => this.serve(request, response));
    this.server.on("upgrade", (request, socket) => this.upgrade(request, socket));
    this.server.on("connection", (socket) => {
      this.open.add(socket);
      socket.on("close", () => this.open.delete(socket));
    });
  }

  async listen() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    for (const socket of this.open) socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }

  // away makes the server unreachable; back opens the same port again.
  away() {
    this.port = this.server.address().port;
    return this.close();
  }

  back() {
    return new Promise((resolve) => this.server.listen(this.port, "127.0.0.1", resolve));
  }

  get last() {
    return this.sockets.at(-1);
  }

  async serve(request, response) {
    const url = new URL(request.url, "http://stub");
    const asset = this.assets.read(url.pathname);
    if (request.method === "GET" && asset)
      return send(response, { headers: { "Content-Type": type(url), "Cache-Control": "no-cache" }, body: asset });
    let body = "";
    for await (const chunk of request) body += chunk;
    if (url.pathname === "/favicon.ico") return send(response, { status: 404 });
    if (request.method === "GET") {
      this.gets.push(request.url);
      const page = await this.page(url, request);
      return send(response, typeof page === "string" ? { body: page } : page);
    }
    const act = {
      method: request.method,
      path: request.url,
      headers: request.headers,
      body: new URLSearchParams(body),
    };
    this.acts.push(act);
    const answer = await this.act(act, this.acts.length);
    if (answer === "cut") return request.socket.destroy();
    if (answer !== "hang") send(response, acked(answer, request.headers["idempotency-key"]));
  }

  upgrade(request, socket) {
    const url = new URL(request.url, "http://stub");
    const live = {
      url,
      topics: url.searchParams.getAll("topic"),
      since: url.searchParams.getAll("since").map(Number),
      said: [],
      open: true,
    };
    this.sockets.push(live);
    if (this.refuse) return socket.end(`HTTP/1.1 ${this.refuse} No\r\nContent-Length: 0\r\n\r\n`);
    const end = accept(request, socket, {
      text: (text) => {
        live.said.push(text);
        if (JSON.parse(text).ping) live.beat();
      },
      close: () => {
        live.open = false;
      },
    });
    live.send = (...frames) => this.frozen || end.text(frames.map((f) => JSON.stringify(f)).join("\n"));
    live.beat = () => live.send({ hb: this.heads, now: new Date().toISOString() });
    live.close = end.close;
    live.cut = end.cut;
    this.connected(live);
  }
}

// acked names the act that is settled, as the program does: everything but "sign in", "later" and its own faults.
function acked(answer, key) {
  const { status = 200, headers } = answer;
  const settled = key && status < 500 && status !== 401 && status !== 429;
  return { ...answer, headers: { ...(settled && { "X-Ack": key }), ...headers } };
}

const type = ({ pathname }) =>
  pathname.endsWith(".js") ? "text/javascript" : pathname.endsWith(".css") ? "text/css" : "image/png";

function send(response, { status = 200, headers = {}, body = "" }) {
  response.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": CSP,
    ...headers,
  });
  response.end(status === 204 ? undefined : body);
}
