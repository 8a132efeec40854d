/** Somebody who waits to be told that a task is cancelled. */
export interface Watcher {
  /** When it was told, on the clock of `performance.now()`. */
  readonly toldAtMs: Promise<number>;
  /** Leaves, as a client does that is done. */
  close(): Promise<void>;
}

/** Parks a watcher; resolves when it is parked. */
export type OpenWatcher = (serviceUrl: string, id: string) => Promise<Watcher>;
