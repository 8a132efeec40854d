import { type TaskState, TOKEN_EXPIRED_CLOSE_CODE } from "../../worker-client/protocol.ts";
import { type HibernatingSocket, ParkedSockets } from "../durable/sockets.ts";
import { logLine } from "../log-line.ts";
import type { Watch } from "./watch.ts";

/** How many may watch one task at once; the platform's own limit is 32,768 sockets an object. */
const MAX_WATCHERS_PER_TASK = 10_000;

/** Whose socket it is: a watcher's, or a canceller's that waits for the end. */
export type SocketTag = "watcher" | "canceller";

export type WatchSocket = HibernatingSocket<Watch>;

/**
 * Everybody who waits for one task, whatever they speak. Nothing here but telling them takes longer
 * when there are more of them; what is known of them is found out anew after an eviction.
 */
export class Watchers {
  readonly #watchers: ParkedSockets<Watch>;
  readonly #cancellers: ParkedSockets<Watch>;
  /** No token expires before this. Null: none expires. Undefined: not known since the eviction. */
  #nextExpiryAtMs: number | null | undefined;

  constructor(list: (tag: SocketTag) => readonly WatchSocket[]) {
    this.#watchers = new ParkedSockets(() => list("watcher"));
    this.#cancellers = new ParkedSockets(() => list("canceller"));
  }

  /** How many watch the task; a canceller that waits for the end does not count. */
  get count(): number {
    return this.#watchers.size;
  }

  get isFull(): boolean {
    return this.#watchers.size + this.#cancellers.size >= MAX_WATCHERS_PER_TASK;
  }

  /** No token expires before this; it may be that of a watcher that has left. Null: none expires. */
  get nextExpiryAtMs(): number | null {
    if (this.#nextExpiryAtMs === undefined) {
      this.#nextExpiryAtMs = null;
      for (const [, watch] of this.#watchers) this.#noteExpiry(watch);
    }
    return this.#nextExpiryAtMs;
  }

  /** Takes in a watch; `accept` gives it a socket that carries this tag. */
  park(watch: Watch, accept: (tag: SocketTag) => WatchSocket): WatchSocket {
    const isCanceller = watch.kind === "poll" && watch.until === "end";
    const sockets = isCanceller ? this.#cancellers : this.#watchers;
    const socket = accept(isCanceller ? "canceller" : "watcher");
    sockets.add(socket, watch);
    if (this.#nextExpiryAtMs !== undefined) this.#noteExpiry(watch);
    return socket;
  }

  /** The socket is closing, or gone. */
  remove(socket: WatchSocket): void {
    this.#watchers.remove(socket);
    this.#cancellers.remove(socket);
  }

  close(socket: WatchSocket, code: number, reason: string): void {
    this.remove(socket);
    socket.close(code, reason);
  }

  /** Ends the watches whose token has expired, in a way that a client with a new one understands. */
  endExpired(nowMs: number): void {
    if (this.nextExpiryAtMs === null || nowMs < this.nextExpiryAtMs) return;
    this.#nextExpiryAtMs = null;
    for (const [socket, watch] of this.#watchers) {
      const expiresAtMs = expiresAtMsOf(watch);
      if (expiresAtMs === null || nowMs < expiresAtMs) this.#noteExpiry(watch);
      else this.close(socket, TOKEN_EXPIRED_CLOSE_CODE, "the token has expired: get a new one");
    }
  }

  /**
   * Tells the state to everybody for whom `isFor` holds. A poll is done with that, and so is a
   * stream with the last state that there is.
   */
  tell(state: TaskState | null, isFor: (watch: Watch) => boolean, isLast: boolean): void {
    const message = JSON.stringify(state);
    for (const sockets of [this.#watchers, this.#cancellers]) {
      for (const [socket, watch] of sockets) {
        try {
          if (!isFor(watch)) continue;
          socket.send(message);
          if (watch.kind === "poll") this.close(socket, 1000, "answered");
          else if (isLast) this.endStream(socket);
        } catch (error) {
          // One broken socket must not keep the others from learning; its client comes back and asks.
          console.error(logLine("tell_failed", { error: String(error) }));
          this.close(socket, 1011, "connect again");
        }
      }
    }
  }

  /** The task has ended: a stream has nothing more to learn. */
  endStream(socket: WatchSocket): void {
    this.close(socket, 1000, "the task has ended");
  }

  #noteExpiry(watch: Watch): void {
    const expiresAtMs = expiresAtMsOf(watch);
    if (expiresAtMs === null) return;
    this.#nextExpiryAtMs = Math.min(expiresAtMs, this.#nextExpiryAtMs ?? expiresAtMs);
  }
}

function expiresAtMsOf(watch: Watch): number | null {
  return watch.kind === "stream" ? watch.expiresAtMs : null;
}
