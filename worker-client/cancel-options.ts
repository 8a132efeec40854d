import type { CallOptions } from "./call-options.ts";
import type { CancelRequest } from "./protocol.ts";

/** What a cancel says, and whether it waits for the end. */
export interface CancelOptions extends CancelRequest, CallOptions {
  /** How long to wait until the task has ended, in seconds. Default: 0, as soon as it is recorded. */
  readonly waitSeconds?: number | undefined;
}
