// The server's end of a websocket, as much of RFC 6455 as the tests need: text, ping, close.
import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// accept answers the handshake. on.text and on.close are called as things happen.
export function accept(request, socket, on) {
  const key = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + GUID)
    .digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  let rest = Buffer.alloc(0);
  let closing = false;
  socket.on("data", (data) => {
    rest = Buffer.concat([rest, data]);
    for (let frame = read(rest); frame; frame = read(rest)) {
      rest = rest.subarray(frame.size);
      if (frame.opcode === 1) on.text?.(frame.payload.toString());
      if (frame.opcode === 8) socket.end(closing ? undefined : encode(8, frame.payload.subarray(0, 2)));
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => on.close?.());
  return {
    text: (s) => socket.writable && socket.write(encode(1, Buffer.from(s))),
    close: (code) => {
      closing = true;
      if (socket.writable) socket.write(encode(8, Buffer.from([code >> 8, code & 255])));
    },
    cut: () => socket.destroy(),
  };
}

function encode(opcode, payload) {
  const n = payload.length;
  const head = n < 126 ? Buffer.from([128 | opcode, n]) : n < 65536 ? Buffer.alloc(4) : Buffer.alloc(10);
  if (n >= 126) {
    head[0] = 128 | opcode;
    head[1] = n < 65536 ? 126 : 127;
    if (n < 65536) head.writeUInt16BE(n, 2);
    else head.writeBigUInt64BE(BigInt(n), 2);
  }
  return Buffer.concat([head, payload]);
}

// read takes one frame of a browser (always masked, never large here) off the buffer, or gives nothing yet.
function read(buffer) {
  if (buffer.length < 6) return undefined;
  const short = buffer[1] & 127;
  const at = short === 126 ? 4 : 2;
  const n = short === 126 ? buffer.readUInt16BE(2) : short;
  const size = at + 4 + n;
  if (buffer.length < size) return undefined;
  const mask = buffer.subarray(at, at + 4);
  const payload = Buffer.from(buffer.subarray(at + 4, size).map((b, i) => b ^ mask[i % 4]));
  return { opcode: buffer[0] & 15, payload, size };
}
