import type { TaskState } from "../../../worker-client/protocol.ts";

/** What a client can ask for. */
export type Operation = "declare" | "start" | "cancel" | "finish" | "get" | "poll" | "forget";

interface At {
  /** Milliseconds since 1970. Everything runs on one machine, so there is one clock. */
  readonly atMs: number;
}

/** A call begins. */
export interface Asked extends At {
  readonly kind: "asked";
  /** The name of the call, which no other has. */
  readonly call: string;
  readonly operation: Operation;
  readonly id: string;
  /** The attempt that finishes. Null for any other operation. */
  readonly attempt: number | null;
  /** How long a poll waits. Null for any other operation. */
  readonly waitMs: number | null;
}

/** A call has its answer. */
interface Answered extends At {
  readonly kind: "answered";
  readonly call: string;
  readonly isRefused: boolean;
  /** The task in the answer; null if the service does not know it. */
  readonly task: TaskState | null;
}

/** The wait of a poll was over, and nothing had changed. */
interface Unchanged extends At {
  readonly kind: "unchanged";
  readonly call: string;
}

/** A call got no answer. The service may have carried it out or not. */
interface Unanswered extends At {
  readonly kind: "unanswered";
  readonly call: string;
}

interface OfWatcher extends At {
  /** The name of the watch, which no other has. */
  readonly watcher: string;
  readonly id: string;
}

/** A watch is open, over a line that works. */
interface Watching extends OfWatcher {
  readonly kind: "watching";
}

/** The watcher's line carries nothing from now on. */
interface Cut extends OfWatcher {
  readonly kind: "cut";
}

/** The watcher has reached the service, or its line works again. */
interface Connected extends OfWatcher {
  readonly kind: "connected";
}

/** A watcher got the task. */
interface Told extends OfWatcher {
  readonly kind: "told";
  readonly task: TaskState;
}

/** A watcher's signal aborted. */
interface Aborted extends OfWatcher {
  readonly kind: "aborted";
  /** The class of the reason, such as `TaskCancelledError`. */
  readonly error: string;
  /** The cause of the cancellation. Null if the reason is another. */
  readonly cause: string | null;
}

/** The watch was closed by its owner, and need not learn of anything. */
interface Closed extends OfWatcher {
  readonly kind: "closed";
}

/** Something a client did or saw. */
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

/** Everything the clients did and saw, in the order the lab heard of it. */
export class History {
  readonly #waiting = new Set<Waiting>();
  readonly #entries: Entry[] = [];

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Writes down an entry. Needs no `this`, so it can be passed around. */
  readonly note = (entry: Entry): void => {
    this.#entries.push(entry);
    for (const waiting of this.#waiting) {
      if (!waiting.isIt(entry)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  };

  /**
   * Waits until an entry is written down from now on, but not longer than the patience: then the
   * invariants say what is missing.
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

  /** Like `next`, but what is written down already counts too. */
  async until(isIt: (entry: Entry) => boolean, patienceMs: number): Promise<void> {
    if (!this.#entries.some(isIt)) await this.next(isIt, patienceMs);
  }

  /** Waits until a watcher is told something, or has nothing more to hear: it aborts, or its task ends. */
  async heard(watcher: string, kind: "told" | "aborted", patienceMs: number): Promise<void> {
    await this.until((entry) => {
      if (!("watcher" in entry) || entry.watcher !== watcher) return false;
      return entry.kind === kind || (entry.kind === "told" && entry.task.endedAt !== null);
    }, patienceMs);
  }
}
