/** A process of this machine, as it was a moment ago. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly group: number;
  readonly session: number;
  /** The same for the whole life of a process, and another one if its number is used again. */
  readonly id: string;
  /** In ticks since the machine's own start; null where no order that fine is told. */
  readonly startedAtTicks: number | null;
  readonly isStopped: boolean;
  /** A thread of it that runs: the main one, which has the number of the process, or another. */
  readonly thread: number;
}
