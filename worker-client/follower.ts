import type { TaskState } from "./protocol.ts";

/** Who follows a task, and what is to be told there. */
export interface Follower {
  readonly id: string;
  readonly url: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** How long a poll is parked, and a WebSocket may be silent before it is asked for a sign of life. */
  readonly waitSeconds: number;
  /** The revision that is known by now; 0: none. */
  readonly revision: () => number;
  /** Called at every sign of life, with the task if it has changed. */
  readonly onContact: (task: TaskState | null) => void;
  /** Called with what is no failure of the line, such as a refusal. It goes on all the same. */
  readonly onError: (error: unknown) => void;
}
