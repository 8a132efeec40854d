/** What goes with every call. */
export interface CallOptions {
  /** Gives the call up; it then rejects with the signal's reason. Default: never. */
  readonly signal?: AbortSignal | undefined;
}
