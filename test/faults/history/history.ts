import type { TaskState } from "../../../worker-client/protocol.ts";

/** What a client can ask for. */
export type Operation = "declare" | "start" | "cancel" | "finish" | "get" | "poll" | "forget";

interface At {
  /** Milliseconds since 1970. Everybody is on one machine, so there is one clock. */
  readonly atMs: number;
}

/** A call begins. */
export interface Asked extends At {
  readonly kind: "asked";
  /** Names the call; no other has that name. */
  readonly call: string;
  readonly operation: Operation;
  readonly id: string;
  /** The attempt that finishes; null for any other operation. */
  readonly attempt: number | null;
  /** How long a poll waits, in milliseconds; null for any other operation. */
  readonly waitMs: number | null;
}

/** A call has its answer. */
interface Answered extends At {
  readonly kind: "answered";
  readonly call: string;
  readonly isRefused: boolean;
  /** The task as the answer shows it; null if the answer is that nobody knows it. */
  readonly task: TaskState | null;
}

/** A poll was told that its wait is over and nothing has changed. */
interface Unchanged extends At {
  readonly kind: "unchanged";
  readonly call: string;
}

/** A call was given up: it may have been carried out or not. */
interface Unanswered extends At {
  readonly kind: "unanswered";
  readonly call: string;
}

interface OfWatcher extends At {
  /** Names the watch; no other has that name. */
  readonly watcher: string;
  readonly id: string;
}

/** A watch is open, over a line that works. */
interface Watching extends OfWatcher {
  readonly kind: "watching";
}

/** From now on the watcher's line carries nothing. */
interface Cut extends OfWatcher {
  readonly kind: "cut";
}

/** The watcher has reached the service, or its line works again. */
interface Connected extends OfWatcher {
  readonly kind: "connected";
}

/** A watcher was handed the task. */
interface Told extends OfWatcher {
  readonly kind: "told";
  readonly task: TaskState;
}

/** A watcher's signal has aborted. */
interface Aborted extends OfWatcher {
  readonly kind: "aborted";
  /** The class of the reason, such as `TaskCancelledError`. */
  readonly error: string;
  /** The cause of the cancellation; null if it was none. */
  readonly cause: string | null;
}

/** The watch was closed by whoever opened it: it need not learn of anything any more. */
interface Closed extends OfWatcher {
  readonly kind: "closed";
}

/** Something that a client did or saw. */
export type Entry =
  | Asked
  | Answered
  | Unchanged
  | Unanswered
  | Watching
  | Cut
  | Connected
  | Told
  | Aborted
  | Closed;

interface Waiting {
  readonly isIt: (entry: Entry) => boolean;
  readonly resolve: () => void;
}

/** What every client did and saw, in the order in which the lab heard of it. */
export class History {
  readonly #waiting = new Set<Waiting>();
  readonly #entries: Entry[] = [];

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Writes down one more. It needs no `this`, so it can be handed to whoever has something to say. */
  readonly note = (entry: Entry): void => {
    this.#entries.push(entry);
    for (const waiting of this.#waiting) {
      if (!waiting.isIt(entry)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  };

  /**
   * Waits until something is written down, from now on, but no longer than a time in milliseconds:
   * then it is for the invariants to say what is missing.
   */
  async next(isIt: (entry: Entry) => boolean, patienceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        resolve();
      }, patienceMs);
      const waiting: Waiting = {
        isIt,
        resolve() {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiting.add(waiting);
    });
  }

  /** As `next`, but what is written down already counts as well. */
  async until(isIt: (entry: Entry) => boolean, patienceMs: number): Promise<void> {
    if (!this.#entries.some(isIt)) await this.next(isIt, patienceMs);
  }

  /** Waits until a watcher was told something, or has aborted. */
  async heard(watcher: string, kind: "told" | "aborted", patienceMs: number): Promise<void> {
    await this.until((entry) => entry.kind === kind && entry.watcher === watcher, patienceMs);
  }
}
