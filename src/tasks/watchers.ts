import { type TaskState, TOKEN_EXPIRED_CLOSE_CODE } from "../../worker-client/protocol.ts";
import { type HibernatingSocket, ParkedSockets } from "../durable/sockets.ts";
import { logLine } from "../log-line.ts";
import type { Task } from "./task.ts";
import type { SignsOfLife } from "./timers.ts";
import { isCanceller, isOfRun, type ParkedWatch, roleOf, type Watch } from "./watch.ts";

/** How many watchers one task may have. The platform itself allows 32,768 sockets per object. */
const MAX_WATCHERS_PER_TASK = 10_000;

/**
 * How many characters of state one stream is sent. Nothing tells whether they are read, and unread
 * ones stay in memory. A client that wants more reconnects, and gets the newest state first.
 */
const MAX_CHARACTERS_PER_STREAM = 256 * 1024;
/** The close code for "Try Again Later". */
const CONNECT_AGAIN_CLOSE_CODE = 1013;

/** Whose socket it is. A worker that names its run is a `run`. A `canceller` waits for the end. */
export type SocketTag = "worker" | "run" | "observer" | "canceller";

export type WatchSocket = HibernatingSocket<ParkedWatch>;

/**
 * All watchers of one task, whatever protocol they use. Only telling them and ending expired ones
 * takes longer the more there are. Everything in memory is rebuilt after an eviction.
 */
export class Watchers {
  readonly #sockets: Readonly<Record<SocketTag, ParkedSockets<ParkedWatch>>>;
  readonly #pingedAtMs: (socket: WatchSocket) => number | null;
  /** How many characters a stream was sent since the object woke. */
  readonly #sent = new WeakMap<WatchSocket, number>();
  /** No token expires before this. Null if none expires, undefined if not known since the eviction. */
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

  /** Whether a cancel that is now sent to everybody is delivered to a worker of the task. */
  hasWorker(task: Task): boolean {
    return this.#sockets.worker.size > 0 || this.signsOf(task).hasLine;
  }

  /** The signs of life from the sockets of the run. There are few of these, however many watch. */
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

  /** No token expires before this, but its watcher may have left. Null if none expires. */
  get nextExpiryAtMs(): number | null {
    if (this.#nextExpiryAtMs === undefined) {
      this.#nextExpiryAtMs = null;
      for (const [, watch] of this.#streams()) this.#noteExpiry(watch);
    }
    return this.#nextExpiryAtMs;
  }

  /** Adds a watch. `accept` makes a socket that carries this tag. */
  park(watch: ParkedWatch, accept: (tag: SocketTag) => WatchSocket): WatchSocket {
    const tag = tagOf(watch);
    const socket = accept(tag);
    this.#sockets[tag].add(socket, watch);
    if (this.#nextExpiryAtMs !== undefined) this.#noteExpiry(watch);
    return socket;
  }

  /** Removes a socket that is closing or gone. */
  remove(socket: WatchSocket): void {
    for (const sockets of Object.values(this.#sockets)) sockets.remove(socket);
  }

  close(socket: WatchSocket, code: number, reason: string): void {
    this.remove(socket);
    socket.close(code, reason);
  }

  /** Closes the watches whose token has expired, so that the client knows to get a new one. */
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
   * Sends the state to every watcher that `isFor` selects. That ends a poll, and if `isLast`, a
   * stream.
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
          else if (this.#isOverLimit(socket, message)) {
            this.close(socket, CONNECT_AGAIN_CLOSE_CODE, "connect again: stream limit reached");
          }
        } catch (error) {
          // One broken socket must not keep the others from being told. Its client asks again.
          console.error(logLine("tell_failed", { error: String(error) }));
          this.close(socket, 1011, "connect again");
        }
      }
    }
  }

  /** Closes a stream, because the task has ended. */
  endStream(socket: WatchSocket): void {
    this.close(socket, 1000, "the task has ended");
  }

  #isOverLimit(socket: WatchSocket, message: string): boolean {
    const sent = (this.#sent.get(socket) ?? 0) + message.length;
    this.#sent.set(socket, sent);
    return sent >= MAX_CHARACTERS_PER_STREAM;
  }

  /** All sockets that may be streams. */
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
