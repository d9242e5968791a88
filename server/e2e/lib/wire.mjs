// The network between one person and the program: it can be cut, freeze without a word, and hand over what was never
// sent.
import { connect, createServer } from "node:net";

export async function wire(origin) {
  const to = new URL(origin);
  const pairs = new Set(); // [browser's end, program's end]
  let cut = false;
  let frozen = false;
  const server = createServer((near) => {
    if (cut) return near.destroy();
    const far = connect(to.port, to.hostname);
    const pair = [near, far];
    pairs.add(pair);
    const close = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, into] of [pair, pair.toReversed()]) {
      from.on("data", (data) => {
        if (from === near && data.includes("Upgrade: websocket")) pair.live = true;
        if (!frozen) into.write(data);
      });
      from.on("error", close);
      from.on("close", close);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drop = () => {
    for (const ends of pairs) for (const end of ends) end.destroy();
  };
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    // cut: nothing comes through, and both ends notice.
    cut() {
      cut = true;
      drop();
    },
    mend() {
      cut = false;
    },
    // freeze: what is sent is lost, and nobody notices; what was frozen stays dead.
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
    },
    // say sends a text frame into every open socket, as if the program had.
    say(text) {
      for (const pair of pairs) if (pair.live) pair[0].write(frame(Buffer.from(text)));
    },
    close() {
      drop();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

// frame is one whole text message of the server (RFC 6455), of less than 64 KB.
function frame(payload) {
  const short = payload.length < 126;
  const head = Buffer.alloc(short ? 2 : 4);
  head[0] = 0x81;
  head[1] = short ? payload.length : 126;
  if (!short) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
