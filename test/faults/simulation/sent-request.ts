import type { Machine } from "./machine.ts";

/** A request as it is on its way. */
export interface SentRequest {
  readonly machine: Machine;
  readonly method: string;
  /** What follows the task's own path, such as `/start`; empty: the task itself. */
  readonly verb: string;
  /** What follows the question mark. */
  readonly query: string;
  readonly body: string;
}
