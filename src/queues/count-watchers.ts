import type { QueueState } from "../../worker-client/protocol-queues.ts";
import { type HibernatingSocket, ParkedSockets } from "../durable/sockets.ts";
import { logLine } from "../log-line.ts";

/** What stays attached to the socket of somebody who watches the counts. */
export interface CountWatch {
  readonly kind: "counts";
}

export type CountSocket = HibernatingSocket<CountWatch>;

/** How often the counts are told at most: a busy queue has thousands of changes a second. */
const TELL_EVERY_MS = 500;
/**
 * Nothing tells whether a stream is read, and what is not read stays in memory: after so many messages
 * its client has to connect again.
 */
const MAX_MESSAGES = 1000;
/** "Try again later", as WebSockets say it. */
const CONNECT_AGAIN_CLOSE_CODE = 1013;

interface Told {
  /** What of the state is worth telling if it changes. */
  readonly counts: string;
  /** Made only if somebody is told. */
  readonly state: () => QueueState;
  readonly nowMs: number;
}

/** Everybody who watches the counts of a queue. They cost nothing between two times that they are told. */
export class CountWatchers {
  readonly #sockets: ParkedSockets<CountWatch>;
  readonly #messages = new WeakMap<CountSocket, number>();
  /** The last message, without how long a task has waited. Null: not known since an eviction. */
  #told: string | null = null;
  #toldAtMs = 0;
  #isDue = false;

  constructor(list: () => readonly CountSocket[]) {
    this.#sockets = new ParkedSockets(list);
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** When they are to be told what has changed meanwhile. Null: nothing has. */
  get dueAtMs(): number | null {
    return this.#isDue ? this.#toldAtMs + TELL_EVERY_MS : null;
  }

  park(socket: CountSocket, watch: CountWatch, told: Told): void {
    this.#sockets.add(socket, watch);
    if (this.size === 1) this.#note(told);
    this.#send(socket, JSON.stringify(told.state()));
  }

  remove(socket: CountSocket): void {
    this.#sockets.remove(socket);
  }

  /** Tells them if something has changed, or notes that this is due. */
  tell(told: Told): void {
    this.#isDue = this.size > 0 && told.counts !== this.#told;
    // A clock that was set back must not silence them.
    const elapsedMs = Math.abs(told.nowMs - this.#toldAtMs);
    if (!this.#isDue || elapsedMs < TELL_EVERY_MS) return;
    this.#note(told);
    const message = JSON.stringify(told.state());
    for (const [socket] of this.#sockets) this.#send(socket, message);
  }

  #note({ counts, nowMs }: Told): void {
    this.#told = counts;
    this.#toldAtMs = nowMs;
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
