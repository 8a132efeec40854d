import { has } from "./wire.ts";

/** A request whose headers Node has sent, and the connection it went out on. */
interface SentHeaders {
  readonly request: { readonly path?: unknown };
  readonly socket: { unref(): void };
}

interface Channels {
  subscribe?(name: string, listener: (message: unknown) => void): void;
}

interface NodeProcess {
  getBuiltinModule?(name: string): Channels | undefined;
}

const WATCH_PATH = /\/v1\/tasks\/[^/?]+\?revision=/;
let subscribed = false;

/**
 * Lets a Node process exit while a watch is open. Node's `fetch` and `WebSocket` publish on a
 * diagnostics channel which connection carries which request. Other runtimes offer no way to do so.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html
 */
export function unrefWatchSockets(): void {
  if (subscribed) return;
  subscribed = true;
  const runtime: typeof globalThis & { readonly process?: NodeProcess } = globalThis;
  const channels = runtime.process?.getBuiltinModule?.("node:diagnostics_channel");
  channels?.subscribe?.("undici:client:sendHeaders", (sent) => {
    if (!isSentHeaders(sent)) return;
    const { request, socket } = sent;
    // After the response, `fetch` takes care of the connection itself: the next request on it keeps the
    // process alive.
    if (WATCH_PATH.test(String(request.path))) socket.unref();
  });
}

function isSentHeaders(message: unknown): message is SentHeaders {
  return has(message, "request") && has(message, "socket");
}
