import { setTimeout as sleep } from "node:timers/promises";
import type { DeclareRequest, TaskClient, TaskState } from "../../index.ts";
import type { CommandContext } from "../command-context.ts";
import { lightFetch } from "./light-fetch.ts";
import type { StartOutcome } from "./start-outcome.ts";
import { startTask } from "./start-task.ts";

interface Options {
  readonly taskId: string;
  readonly declaration: DeclareRequest | null;
  readonly client: CommandContext["client"];
}

/** The start of a task, which goes on while the command runs if the service does not answer. */
export class TaskStart {
  /** Null if it was given up. */
  readonly outcome: Promise<StartOutcome | null>;
  readonly #options: Options;
  readonly holder = crypto.randomUUID();
  readonly #tasks: TaskClient;
  readonly #over = new AbortController();
  readonly #failed: Promise<null>;
  #fail = () => {};
  #settle: (outcome: Promise<StartOutcome | null>) => void = () => {};
  #isReached = false;
  #task: TaskState | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#failed = new Promise((resolve) => {
      this.#fail = () => resolve(null);
    });
    this.#tasks = options.client((url, init) => this.#fetch(url, init));
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // Whoever waits for the outcome is told of its failure.
    this.outcome.then(
      (outcome) => {
        if (outcome?.kind === "started") this.#task = outcome.task;
      },
      () => {},
    );
    this.ask();
  }

  /** As the service has answered; null as long as the task is not started. */
  get task(): TaskState | null {
    return this.#task;
  }

  get attempt(): number | null {
    return this.#task?.attempt ?? null;
  }

  /** Whether anything was heard from the service. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Asks now, whatever pause there is; it is the same start, so asking twice starts it once. */
  ask(): void {
    const { taskId, declaration } = this.#options;
    const asked = startTask(this.#tasks, {
      taskId,
      declaration,
      holder: this.holder,
      signal: this.#over.signal,
      onUnreachable: this.#fail,
    });
    const settle = () => this.#settle(asked);
    asked.then(settle, settle);
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

  async #fetch(...[url, init]: Parameters<typeof lightFetch>): ReturnType<typeof lightFetch> {
    try {
      const response = await lightFetch(url, init);
      if (response.status >= 500) this.#fail();
      else this.#isReached = true;
      return response;
    } catch (error) {
      this.#fail();
      throw error;
    }
  }
}
