/** How a command ended. */
export interface CommandEnd {
  /** Null if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationSeconds: number;
  /** Why it could not even be started; null if it was. */
  readonly failure: string | null;
}
