import type { Calls, Command } from "./calls.ts";
import { DirectoryClient } from "./directory-client.ts";
import type { CallOptions, ClaimOptions } from "./options.ts";
import type { TaskState } from "./protocol.ts";
import type {
  ClaimRequest,
  EnqueueResult,
  QueuedTask,
  QueueSettings,
  QueueState,
} from "./protocol-queues.ts";
import { withEscapedIds } from "./task-id.ts";
import { isAnyTaskState, isEnqueueAnswer, isQueueState } from "./wire.ts";

/** The methods of `TaskClient` for queues. */
export class QueueClient extends DirectoryClient {
  readonly #calls: Calls;

  /** Use `TaskClient`. */
  constructor(calls: Calls) {
    super(calls);
    this.#calls = calls;
  }

  /**
   * Puts 1 to 100 tasks into a queue. Returns a result for each, in the same order: a task that exists
   * already stays as it is, and a refused one does not affect the others.
   *
   * Rejects with a `RequestRefusedError` (409) if the queue takes no new tasks.
   *
   * @example
   * ```ts
   * const [made] = await tasks.enqueue("gpu", [{ id: "1234", input: { epochs: 90 }, priority: 5 }]);
   * if (made && "problem" in made) throw new Error(made.problem.detail);
   * ```
   */
  enqueue(
    queue: string,
    tasks: readonly QueuedTask[],
    { signal }: CallOptions = {},
  ): Promise<readonly EnqueueResult[]> {
    const sent = { tasks: tasks.map(withEscapedIds) };
    const command: Command = { method: "POST", path: "/tasks", body: sent, signal };
    return this.#ask(queue, command, (status, body) =>
      status === 200 && isEnqueueAnswer(body, tasks) ? body.tasks : undefined,
    );
  }

  /**
   * Claims a task: starts the one of highest priority that has waited longest, and returns it with its
   * `attempt` and `input`, or null if there is none in time. Pass the attempt and the `holder`
   * (default: a new one) to `heartbeat` and `finish`. If a claim fails, repeat it with the same
   * `holder` to get the same task. `work` does all of this for you.
   *
   * @example
   * ```ts
   * const holder = crypto.randomUUID();
   * const task = await tasks.claim("gpu", { holder, waitSeconds: 30 });
   * if (task) await tasks.finish(task.id, { attempt: task.attempt, holder, status: "succeeded" });
   * ```
   */
  claim(queue: string, options: ClaimOptions = {}): Promise<TaskState | null> {
    const { waitSeconds = 0, signal, holder = crypto.randomUUID(), leaseSeconds } = options;
    return this.#calls.wait(
      waitSeconds,
      signal,
      (wait) => this.#ask(queue, claimCommand({ holder, leaseSeconds }, wait, signal), readClaim),
      (task) => task !== null,
    );
  }

  /**
   * Returns the state of a queue. A queue that was never used is empty.
   *
   * @example
   * ```ts
   * const { pending, running } = await tasks.queue("gpu");
   * ```
   */
  queue(queue: string, { signal }: CallOptions = {}): Promise<QueueState> {
    return this.#state(queue, { method: "GET", path: "", signal });
  }

  /**
   * Pauses a queue, closes it, or limits how many of its tasks run. Settings that you leave out stay as
   * they are. Returns the queue's new state.
   *
   * @example
   * ```ts
   * await tasks.setQueue("gpu", { paused: true, maxRunning: 8 });
   * ```
   */
  setQueue(
    queue: string,
    settings: QueueSettings,
    { signal }: CallOptions = {},
  ): Promise<QueueState> {
    return this.#state(queue, { method: "PUT", path: "", body: settings, signal });
  }

  #state(queue: string, command: Command): Promise<QueueState> {
    return this.#ask(queue, command, (status, body) =>
      status === 200 && isQueueState(body, queue) ? body : undefined,
    );
  }

  async #ask<Answer>(
    queue: string,
    command: Command,
    read: (status: number, body: unknown) => Answer | undefined,
  ): Promise<Answer> {
    return this.#calls.ask(this.#calls.service.queueUrl(queue), command, read);
  }
}

/** A claim that may be parked for `waitSeconds`. */
export function claimCommand(
  body: ClaimRequest,
  waitSeconds: number,
  signal: AbortSignal | undefined,
): Command {
  return { method: "POST", path: `/claim?wait=${waitSeconds}`, body, waitSeconds, signal };
}

/** Reads the response to a claim: a task, or null for none. */
export function readClaim(status: number, body: unknown): TaskState | null | undefined {
  if (status === 204) return null;
  return status === 200 && isAnyTaskState(body) ? body : undefined;
}
