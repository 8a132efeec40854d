/** What `exec` was asked to do. */
export interface ExecOptions {
  readonly taskId: string;
  readonly file: string;
  readonly args: readonly string[];
  /** What tells the command to stop. */
  readonly signal: NodeJS.Signals;
  /** How long it then may take; null: as long as the cancellation says. */
  readonly graceSeconds: number | null;
  /** The deadline, from the start; null: none. */
  readonly timeoutSeconds: number | null;
  /** Stop the command when the service was not heard for so long; null: never. */
  readonly abortAfterSeconds: number | null;
  /** Whether the command sees EDGE_CANCELER_TOKEN. */
  readonly passToken: boolean;
}
