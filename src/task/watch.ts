/** A stream learns of every change; it stays until the task has ended. */
interface StreamWatch {
  readonly kind: "stream";
  /** When the token expires that it was opened with: no watch outlives it. Null: never. */
  readonly expiresAtMs: number | null;
  /** The revision that the caller already has; null: none. */
  readonly revision: number | null;
}

/** A poll is answered once, when what it waits for is so; the Worker closes it when its wait is over. */
export interface PollWatch {
  readonly kind: "poll";
  /**
   * `change`: the revision differs. `cancellation`: one is on record.
   * `end`: the task has ended; that is the canceller waiting, who counts as no watcher.
   */
  readonly until: "change" | "cancellation" | "end";
  /** The revision that the caller already has; null: none. */
  readonly revision: number | null;
}

/** What a watcher waits for. It travels to the task object, and stays attached to the socket. */
export type Watch = StreamWatch | PollWatch;
