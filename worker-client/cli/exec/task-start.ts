import { setTimeout as sleep } from "node:timers/promises";
import type { DeclareRequest, TaskClient, TaskClientOptions } from "../../index.ts";
import type { StartOutcome } from "./start-outcome.ts";
import { startTask } from "./start-task.ts";

interface Options {
  readonly taskId: string;
  readonly declaration: DeclareRequest | null;
  /** Makes a client that reaches the service by this `fetch`. */
  readonly client: (fetch: TaskClientOptions["fetch"]) => TaskClient;
}

/** The start of a task, which goes on while the command runs if the service does not answer. */
export class TaskStart {
  /** Null if it was given up. */
  readonly outcome: Promise<StartOutcome | null>;
  readonly #failed: Promise<null>;
  readonly #over = new AbortController();
  #isReached = false;
  #attempt: number | null = null;

  constructor({ taskId, declaration, client }: Options) {
    let fail = () => {};
    this.#failed = new Promise((resolve) => {
      fail = () => resolve(null);
    });
    const tasks = client(async (url, init) => {
      try {
        const response = await fetch(url, init);
        if (response.status >= 500) fail();
        else this.#isReached = true;
        return response;
      } catch (error) {
        fail();
        throw error;
      }
    });
    this.outcome = startTask(tasks, {
      taskId,
      declaration,
      holder: crypto.randomUUID(),
      signal: this.#over.signal,
      onUnreachable: fail,
    });
    this.outcome.then(
      (outcome) => {
        if (outcome?.kind === "started") this.#attempt = outcome.task.attempt;
      },
      () => {}, // Whoever waits for the outcome is told.
    );
  }

  /** Null as long as the task is not started. */
  get attempt(): number | null {
    return this.#attempt;
  }

  /** Whether anything was heard from the service. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** The outcome; null at the first failure, or if there is none in time. */
  async soon(withinMs: number): Promise<StartOutcome | null> {
    const over = new AbortController();
    const late = sleep(withinMs, null, { signal: over.signal }).catch(() => null);
    try {
      return await Promise.race([this.outcome, this.#failed, late]);
    } finally {
      over.abort();
    }
  }

  giveUp(): void {
    this.#over.abort();
  }
}
