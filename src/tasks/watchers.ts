import { type TaskState, TOKEN_EXPIRED_CLOSE_CODE } from "../../worker-client/protocol.ts";
import type { Watch } from "./watch.ts";

/** One task may be watched by so many at once; the platform's own limit is 32,768 sockets. */
const MAX_WATCHERS_PER_TASK = 10_000;

const WATCHER = "watcher";
const CANCELLER = "canceller";
/** Whoever has come with a token that expires. */
const EXPIRING = "expiring";

/** The hibernating sockets of one task: everybody who waits for it, whatever they speak. */
export class Watchers {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** How many watch the task; a canceller that waits for the end does not count. */
  get count(): number {
    return this.#ctx.getWebSockets(WATCHER).filter(isOpen).length;
  }

  get isFull(): boolean {
    return this.#ctx.getWebSockets().length >= MAX_WATCHERS_PER_TASK;
  }

  /** Parks a watch behind a socket: `near` is the object's end, `far` the watcher's. */
  park(watch: Watch): { near: WebSocket; far: WebSocket } {
    const { 0: far, 1: near } = new WebSocketPair();
    const isCanceller = watch.kind === "poll" && watch.until === "end";
    const tags = [isCanceller ? CANCELLER : WATCHER];
    if (expiresAtMsOf(watch) !== null) tags.push(EXPIRING);
    this.#ctx.acceptWebSocket(near, tags);
    near.serializeAttachment(watch);
    return { near, far };
  }

  /** When the first of their tokens expires; null: never. */
  get nextExpiryAtMs(): number | null {
    const all = this.#ctx.getWebSockets(EXPIRING).filter(isOpen);
    const times = all.flatMap((socket) => expiresAtMsOf(watchOf(socket)) ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Ends the watches whose token has expired, in a way that a client with a new one understands. */
  endExpired(nowMs: number): void {
    for (const socket of this.#ctx.getWebSockets(EXPIRING).filter(isOpen)) {
      const expiresAtMs = expiresAtMsOf(watchOf(socket));
      if (expiresAtMs === null || nowMs < expiresAtMs) continue;
      socket.close(TOKEN_EXPIRED_CLOSE_CODE, "the token has expired: get a new one");
    }
  }

  /** Tells the state to everybody for whom `isFor` holds. A poll is done with that. */
  tell(state: TaskState | null, isFor: (watch: Watch) => boolean): void {
    const message = JSON.stringify(state);
    for (const socket of this.#ctx.getWebSockets().filter(isOpen)) {
      try {
        const watch = watchOf(socket);
        if (!isFor(watch)) continue;
        socket.send(message);
        if (watch.kind === "poll") socket.close(1000, "answered");
      } catch (error) {
        // One broken socket must not keep the others from learning; its client comes back and asks.
        console.error(JSON.stringify({ event: "tell_failed", error: String(error) }));
        socket.close(1011, "connect again");
      }
    }
  }

  /** The task has ended: a stream has nothing more to learn. */
  endStreams(): void {
    for (const socket of this.#ctx.getWebSockets(WATCHER).filter(isOpen)) {
      if (watchOf(socket).kind === "stream") socket.close(1000, "the task has ended");
    }
  }
}

/** A socket that is closing may still be listed; it has been told already. */
function isOpen(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.OPEN;
}

function expiresAtMsOf(watch: Watch): number | null {
  return watch.kind === "stream" ? watch.expiresAtMs : null;
}

function watchOf(socket: WebSocket): Watch {
  return socket.deserializeAttachment();
}
