import type { QueueState } from "../../worker-client/protocol-queues.ts";
import { type HibernatingSocket, ParkedSockets } from "../durable/sockets.ts";
import { logLine } from "../log-line.ts";

/** The attachment of a socket that watches the counts. */
export interface CountWatch {
  readonly kind: "counts";
}

export type CountSocket = HibernatingSocket<CountWatch>;

/** The counts are sent at most this often: a busy queue has thousands of changes a second. */
const SEND_EVERY_MS = 500;
/**
 * After this many messages the client has to reconnect: we cannot tell whether it reads the stream, and
 * whatever it does not read stays in memory.
 */
const MAX_MESSAGES = 1000;
/** The close code "Try Again Later" of WebSockets. */
const CONNECT_AGAIN_CLOSE_CODE = 1013;

interface Snapshot {
  /** The part of the state whose changes are sent, as JSON. */
  readonly counts: string;
  /** The whole state, built only if it is sent. */
  readonly state: () => QueueState;
  readonly nowMs: number;
}

/** The watchers of a queue's counts. They cost nothing between updates. */
export class CountWatchers {
  readonly #sockets: ParkedSockets<CountWatch>;
  readonly #messages = new WeakMap<CountSocket, number>();
  /** The counts that were sent last, or null if an eviction has lost them. */
  #sentCounts: string | null = null;
  #sentAtMs = 0;
  #isDue = false;

  constructor(list: () => readonly CountSocket[]) {
    this.#sockets = new ParkedSockets(list);
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** When to send what has changed since the last update, or null if nothing has. */
  get dueAtMs(): number | null {
    return this.#isDue ? this.#sentAtMs + SEND_EVERY_MS : null;
  }

  park(socket: CountSocket, watch: CountWatch, snapshot: Snapshot): void {
    this.#sockets.add(socket, watch);
    if (this.size === 1) this.#note(snapshot);
    this.#send(socket, JSON.stringify(snapshot.state()));
  }

  remove(socket: CountSocket): void {
    this.#sockets.remove(socket);
  }

  /** Sends an update if something has changed, or notes that one is due. */
  update(snapshot: Snapshot): void {
    this.#isDue = this.size > 0 && snapshot.counts !== this.#sentCounts;
    // A clock that was set back must not stop the updates.
    const elapsedMs = Math.abs(snapshot.nowMs - this.#sentAtMs);
    if (!this.#isDue || elapsedMs < SEND_EVERY_MS) return;
    this.#note(snapshot);
    const message = JSON.stringify(snapshot.state());
    for (const [socket] of this.#sockets) this.#send(socket, message);
  }

  #note({ counts, nowMs }: Snapshot): void {
    this.#sentCounts = counts;
    this.#sentAtMs = nowMs;
    this.#isDue = false;
  }

  #send(socket: CountSocket, message: string): void {
    const sent = (this.#messages.get(socket) ?? 0) + 1;
    this.#messages.set(socket, sent);
    try {
      socket.send(message);
      if (sent < MAX_MESSAGES) return;
    } catch (error) {
      console.error(logLine("tell_failed", { error: String(error) }));
    }
    this.remove(socket);
    socket.close(CONNECT_AGAIN_CLOSE_CODE, "connect again");
  }
}
