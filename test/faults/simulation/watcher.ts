import type { TaskState } from "../../../worker-client/protocol.ts";

/** Who waits at the service: the far end of a WebSocket or of a parked request. */
export interface Watcher {
  /** The watch is accepted. */
  open(): void;
  tell(task: TaskState | null): void;
  /** The service closes it. */
  end(): void;
  /** The service is gone without a word. */
  lose(): void;
}
