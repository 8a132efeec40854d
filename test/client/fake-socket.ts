import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Arrivals, Exchange, portOf } from "./harness.ts";

interface FakeSocketService extends AsyncDisposable {
  readonly url: string;
  /** The WebSockets, in the order in which they were opened. Nothing is said but by the test. */
  readonly sockets: Arrivals<FakeSocket>;
  readonly requests: Arrivals<Exchange>;
}

/** A server that accepts every WebSocket, and says there whatever a test makes it say. */
export async function fakeSocketService(): Promise<FakeSocketService> {
  const sockets = new Arrivals<FakeSocket>();
  const requests = new Arrivals<Exchange>();
  const open = new Set<FakeSocket>();
  const server = createServer((request, response) => requests.add(new Exchange(request, response)));
  server.on("upgrade", (request, line) => {
    const socket = new FakeSocket(request, line);
    open.add(socket);
    sockets.add(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    sockets,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      for (const socket of open) socket.cut();
      await once(server, "close");
    },
  };
}

/** What RFC 6455 has both ends append to the key of a handshake. */
const HANDSHAKE = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CLOSE = 8;

/**
 * The server's end of a WebSocket that says only what a test makes it say. It knows as much of
 * RFC 6455 as that takes: messages of one frame, and short ones from the client.
 */
export class FakeSocket {
  readonly request: IncomingMessage;
  /** What the client sends. */
  readonly messages = new Arrivals<string>();
  /** Resolves when the line is gone. */
  readonly closed: Promise<unknown>;
  readonly #line: Duplex;

  /** Accepts the upgrade. */
  constructor(request: IncomingMessage, line: Duplex) {
    this.request = request;
    this.#line = line;
    this.closed = once(line, "close");
    line.on("error", () => {});
    const key = `${request.headers["sec-websocket-key"]}${HANDSHAKE}`;
    line.write(
      [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Accept: ${createHash("sha1").update(key).digest("base64")}`,
        "Sec-WebSocket-Protocol: edge-canceler.v1",
        "",
        "",
      ].join("\r\n"),
    );
    let received = Buffer.alloc(0);
    line.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
      for (let end = frameEnd(received); end <= received.length; end = frameEnd(received)) {
        if (((received[0] ?? 0) & 15) === TEXT) this.messages.add(unmasked(received, end));
        // Anything else is the client's good-bye.
        else line.end();
        received = received.subarray(end);
      }
    });
  }

  send(message: object | string): void {
    const data = Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
    const length = Buffer.alloc(10);
    length[0] = 128 + TEXT;
    length[1] = 127;
    length.writeBigUInt64BE(BigInt(data.length), 2);
    this.#line.write(Buffer.concat([length, data]));
  }

  /** Says good-bye with a code. */
  close(code: number): void {
    this.#line.write(Buffer.from([128 + CLOSE, 2, Math.floor(code / 256), code % 256]));
  }

  /** Cuts the line without a word. */
  cut(): void {
    this.#line.destroy();
  }
}

/** Where the first frame ends: two bytes, four of mask, and at most 125 of data. */
function frameEnd(received: Buffer): number {
  return 6 + ((received[1] ?? 0) & 127);
}

function unmasked(frame: Buffer, end: number): string {
  const mask = frame.subarray(2, 6);
  return frame
    .subarray(6, end)
    .map((byte, at) => byte ^ (mask[at % 4] ?? 0))
    .toString();
}
