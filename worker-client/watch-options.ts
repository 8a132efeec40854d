import type { TaskState } from "./protocol.ts";

/** How a watch behaves. */
export interface WatchOptions {
  /** Called with the task at every change, and first with the task as it is. Default: nobody. */
  readonly onChange?: ((task: TaskState) => void) | undefined;
  /**
   * Called when the service refuses to answer (401, 403), the token function answers what is no
   * token, or an outcome could not be reported. The work goes on and so does the watch: a refusal is
   * no cancel. Default: `console.warn`.
   */
  readonly onError?: ((error: Error) => void) | undefined;
  /**
   * A dead man's switch: abort with a `ServiceUnreachableError` when nothing was heard from the
   * service for so many seconds. Default: carry on and keep trying.
   */
  readonly onUnreachable?: { readonly abortAfterSeconds: number } | undefined;
}
