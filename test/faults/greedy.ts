import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { signToken } from "../../worker-client/cli/sign-token.ts";
import { TaskClient } from "../../worker-client/index.ts";
import { WEBSOCKET_PROTOCOL } from "../../worker-client/protocol.ts";

// Greedy callers, all at once, as a process of their own: `node greedy.ts URL SECRET`, until it is killed.

const UNREAD_STREAMS = 50;
const IDLE_CONNECTIONS = 300;
const LOOK_EVERY_MS = 5000;
const IDLE_FOR_MS = 10_000;
const EXPIRING_WATCHES = 50;
const EXPIRES_AFTER_SECONDS = 2;
const UNKNOWN_IDS_PER_SECOND = 100;
const METADATA = { note: "x".repeat(4000) };
const VICTIM = "greedy";

const [url = "", secret = ""] = process.argv.slice(2);
const { hostname, port } = new URL(url);

function token(ttlSeconds: number): Promise<string> {
  const grant = { subject: "greedy", scope: "admin", tasks: ["*"], ttlSeconds };
  return signToken(secret, grant, Date.now());
}

const own = await token(24 * 3600);
const tasks = new TaskClient({ url, token: own });

/** Opens a stream of one task and never reads it; again when the service has had enough. */
async function neverRead({ headers, ping }: Stream): Promise<void> {
  const all = { Host: hostname, Authorization: `Bearer ${own}`, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  for (;;) {
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(`GET /v1/tasks/${VICTIM} HTTP/1.1\r\n${lines.join("")}\r\n`);
    await closed(socket, ping);
    await sleep(1000);
  }
}

/**
 * Resolves when a connection is over. The end of one that is never read waits behind what is not read,
 * so we look from time to time whether it still takes something.
 */
async function closed(socket: Socket, ping: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => {}).on("close", () => resolve());
  const look = setInterval(() => socket.write(ping), LOOK_EVERY_MS);
  await promise;
  clearInterval(look);
}

interface Stream {
  readonly headers: Readonly<Record<string, string>>;
  /** What means nothing in it. */
  readonly ping: Uint8Array;
}

const EVENTS: Stream = {
  headers: { Accept: "text/event-stream" },
  // An empty line before the next request.
  ping: Buffer.from("\r\n"),
};
const WEBSOCKET: Stream = {
  headers: {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
  },
  // A pong that nobody has asked for, without a text.
  ping: Buffer.from([0x8a, 0x80, 0, 0, 0, 0]),
};

/** Starts the watched task again and again, each time as another holder, as fast as it can. */
async function restart(): Promise<void> {
  await tasks.declare(VICTIM, { metadata: METADATA });
  for (;;) await tasks.start(VICTIM, { holder: randomUUID() });
}

/** Opens connections and says nothing on them. */
async function idle(): Promise<void> {
  for (;;) {
    const sockets = Array.from({ length: IDLE_CONNECTIONS }, () => connect(Number(port), hostname));
    for (const socket of sockets) socket.on("error", () => {});
    await sleep(IDLE_FOR_MS);
    for (const socket of sockets) socket.destroy();
  }
}

/** Reads tasks that nobody knows, a new id each time. */
async function askForUnknown(): Promise<void> {
  for (;;) {
    await tasks.get(`unknown-${randomUUID()}`);
    await sleep(1000 / UNKNOWN_IDS_PER_SECOND);
  }
}

/** Watches by tokens that expire, over and over. */
async function watchBriefly(): Promise<void> {
  for (;;) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/tasks/brief`, [
      WEBSOCKET_PROTOCOL,
      `bearer.${await token(EXPIRES_AFTER_SECONDS)}`,
    ]);
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.onclose = () => resolve();
    socket.onerror = () => resolve();
    await promise;
  }
}

/** A greedy caller does not mind an error. */
async function forever(act: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await act();
    } catch {
      await sleep(100);
    }
  }
}

const times = (count: number, act: () => Promise<void>) => Array.from({ length: count }, () => act);
await Promise.all(
  [
    ...times(UNREAD_STREAMS / 2, () => neverRead(EVENTS)),
    ...times(UNREAD_STREAMS / 2, () => neverRead(WEBSOCKET)),
    restart,
    idle,
    askForUnknown,
    ...times(EXPIRING_WATCHES, watchBriefly),
  ].map(forever),
);
