/** A number of tasks, and a watcher for each that is to be kept up. */
export interface Load {
  /** Where the service listens. */
  readonly url: string;
  readonly ids: readonly string[];
  /** Ends every watch. */
  readonly signal: AbortSignal;
}
