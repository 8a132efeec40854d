/** What the work of a run is handed. */
export interface TaskRun {
  /** Aborts when the work has to stop; its reason says why. Pass it on to whatever can be aborted. */
  readonly signal: AbortSignal;
  /** The number of this run of the task, from 1. */
  readonly attempt: number;
}
