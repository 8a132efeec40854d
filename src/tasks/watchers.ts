import { type TaskState, TOKEN_EXPIRED_CLOSE_CODE } from "../../worker-client/protocol.ts";
import { type HibernatingSocket, ParkedSockets } from "../durable/sockets.ts";
import { logLine } from "../log-line.ts";
import type { Task } from "./task.ts";
import type { SignsOfLife } from "./timers.ts";
import { isCanceller, isOfRun, type ParkedWatch, roleOf, type Watch } from "./watch.ts";

/** How many may watch one task at once; the platform's own limit is 32,768 sockets an object. */
const MAX_WATCHERS_PER_TASK = 10_000;

/**
 * How many characters of states one stream is sent. Nothing tells whether they are read, and what is
 * not read stays in memory; a client that wants more connects again, and gets the newest state first.
 */
const MAX_CHARACTERS_PER_STREAM = 256 * 1024;
/** "Try again later", as WebSockets say it. */
const CONNECT_AGAIN_CLOSE_CODE = 1013;

/** Whose socket it is: a worker's, that of a run, an observer's, or a canceller's that waits for the end. */
export type SocketTag = "worker" | "run" | "observer" | "canceller";

export type WatchSocket = HibernatingSocket<ParkedWatch>;

/**
 * Everybody who waits for one task, whatever they speak. Nothing here but telling them takes longer
 * when there are more of them; what is known of them is found out anew after an eviction.
 */
export class Watchers {
  readonly #sockets: Readonly<Record<SocketTag, ParkedSockets<ParkedWatch>>>;
  readonly #pingedAtMs: (socket: WatchSocket) => number | null;
  /** How many characters a stream was sent since the object woke up. */
  readonly #sent = new WeakMap<WatchSocket, number>();
  /** No token expires before this. Null: none expires. Undefined: not known since the eviction. */
  #nextExpiryAtMs: number | null | undefined;

  constructor(
    list: (tag: SocketTag) => readonly WatchSocket[],
    pingedAtMs: (socket: WatchSocket) => number | null,
  ) {
    const parked = (tag: SocketTag) => new ParkedSockets(() => list(tag));
    this.#sockets = {
      worker: parked("worker"),
      run: parked("run"),
      observer: parked("observer"),
      canceller: parked("canceller"),
    };
    this.#pingedAtMs = pingedAtMs;
  }

  /** How many workers watch the task. */
  get count(): number {
    return this.#sockets.worker.size + this.#sockets.run.size;
  }

  get isFull(): boolean {
    const { observer, canceller } = this.#sockets;
    return this.count + observer.size + canceller.size >= MAX_WATCHERS_PER_TASK;
  }

  /** Whether a cancel that everybody is told of now is delivered to a worker of the task. */
  hasWorker(task: Task): boolean {
    return this.#sockets.worker.size > 0 || this.signsOf(task).hasLine;
  }

  /** What the sockets of the run tell of its worker. There are few of them, however many watch. */
  signsOf(task: Task): SignsOfLife {
    let heardAtMs = Number.NEGATIVE_INFINITY;
    let hasLine = false;
    for (const [socket, watch] of this.#sockets.run) {
      if (!isOfRun(watch, task)) continue;
      hasLine = true;
      heardAtMs = Math.max(heardAtMs, watch.parkedAtMs ?? 0, this.#pingedAtMs(socket) ?? 0);
    }
    return { heardAtMs, hasLine };
  }

  /** No token expires before this; it may be that of a watcher that has left. Null: none expires. */
  get nextExpiryAtMs(): number | null {
    if (this.#nextExpiryAtMs === undefined) {
      this.#nextExpiryAtMs = null;
      for (const [, watch] of this.#streams()) this.#noteExpiry(watch);
    }
    return this.#nextExpiryAtMs;
  }

  /** Takes in a watch; `accept` gives it a socket that carries this tag. */
  park(watch: ParkedWatch, accept: (tag: SocketTag) => WatchSocket): WatchSocket {
    const tag = tagOf(watch);
    const socket = accept(tag);
    this.#sockets[tag].add(socket, watch);
    if (this.#nextExpiryAtMs !== undefined) this.#noteExpiry(watch);
    return socket;
  }

  /** The socket is closing, or gone. */
  remove(socket: WatchSocket): void {
    for (const sockets of Object.values(this.#sockets)) sockets.remove(socket);
  }

  close(socket: WatchSocket, code: number, reason: string): void {
    this.remove(socket);
    socket.close(code, reason);
  }

  /** Ends the watches whose token has expired, in a way that a client with a new one understands. */
  endExpired(nowMs: number): void {
    if (this.nextExpiryAtMs === null || nowMs < this.nextExpiryAtMs) return;
    this.#nextExpiryAtMs = null;
    for (const [socket, watch] of this.#streams()) {
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
    for (const sockets of Object.values(this.#sockets)) {
      for (const [socket, watch] of sockets) {
        try {
          if (!isFor(watch)) continue;
          socket.send(message);
          if (watch.kind === "poll") this.close(socket, 1000, "answered");
          else if (isLast) this.endStream(socket);
          else if (this.#hasHadItsShare(socket, message)) {
            this.close(socket, CONNECT_AGAIN_CLOSE_CODE, "connect again: this stream is long");
          }
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

  #hasHadItsShare(socket: WatchSocket, message: string): boolean {
    const sent = (this.#sent.get(socket) ?? 0) + message.length;
    this.#sent.set(socket, sent);
    return sent >= MAX_CHARACTERS_PER_STREAM;
  }

  /** All that may be streams. */
  *#streams(): Iterable<[WatchSocket, ParkedWatch]> {
    yield* this.#sockets.worker;
    yield* this.#sockets.run;
    yield* this.#sockets.observer;
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

function tagOf(watch: Watch): SocketTag {
  return isCanceller(watch) ? "canceller" : roleOf(watch).kind;
}
