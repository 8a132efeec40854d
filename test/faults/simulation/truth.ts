import type { Cancellation, TaskState } from "../../../worker-client/protocol.ts";

/** What has really happened at the service, for whoever checks what the client believes. */
export class Truth {
  /** Every cancellation that was ever put on record. */
  readonly cancellations: Cancellation[] = [];
  /** How often a client has sent a cancel. */
  cancelsSent = 0;
  highestAttempt = 0;
  timesForgotten = 0;
  /** Reports that ended the task. */
  readonly #reported = new Set<string>();
  /** Which machine was granted which attempt of which life of the task. */
  readonly #granted = new Set<string>();
  /** Every state that was ever said. */
  readonly #said = new Set<string>();

  sayState(task: TaskState): void {
    this.#said.add(fingerprint(task));
  }

  wasSaid(task: TaskState): boolean {
    return this.#said.has(fingerprint(task));
  }

  grant(machine: string, task: TaskState): void {
    this.#granted.add(`${task.createdAt} ${task.attempt} ${machine}`);
  }

  wasGranted(machine: string, task: TaskState): boolean {
    return this.#granted.has(`${task.createdAt} ${task.attempt} ${machine}`);
  }

  /** Whether the machine was granted an earlier attempt of this life of the task. */
  wasGrantedEarlier(machine: string, task: TaskState): boolean {
    for (let attempt = 1; attempt < task.attempt; attempt++) {
      if (this.wasGranted(machine, { ...task, attempt })) return true;
    }
    return false;
  }

  report(attempt: number, status: string): void {
    this.#reported.add(`${attempt} ${status}`);
  }

  wasReported(attempt: number, status: string): boolean {
    return this.#reported.has(`${attempt} ${status}`);
  }

  /** Whether somebody has cancelled, with this very receipt. */
  hasCancellation({ requestedAt, cause, reason }: Cancellation): boolean {
    return this.cancellations.some(
      (real) => real.requestedAt === requestedAt && real.cause === cause && real.reason === reason,
    );
  }
}

function fingerprint({ createdAt, revision, status, attempt }: TaskState): string {
  return `${createdAt} ${revision} ${status} ${attempt}`;
}
