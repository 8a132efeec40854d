/** A process of this machine, as it was a moment ago. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  /** The same for the whole life of a process, and another one if its number is used again. */
  readonly startedAt: string;
  readonly isStopped: boolean;
}
