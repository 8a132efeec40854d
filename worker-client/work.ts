import { problemOf, ServiceUnreachableError, TaskCancelledError, tellError } from "./errors.ts";
import { MAX_SILENCE_SECONDS, PARKED_AT_LEAST_MS } from "./follow.ts";
import type { WorkOptions } from "./options.ts";
import { hasFewConnections } from "./poll-places.ts";
import type { TaskState } from "./protocol.ts";
import { claimCommand, readClaim } from "./queue-client.ts";
import { backoffMs } from "./retry.ts";
import { runStarted, type StartedRun, type TaskRun } from "./run.ts";
import type { Service } from "./service.ts";
import type { TaskClient } from "./task-client.ts";
import { CONTACTS_PER_LEASE } from "./task-watch.ts";
import { delay, startTimer } from "./timer.ts";
import { Warnings } from "./warnings.ts";

const LEASE_SECONDS = 60;
const DRAIN_SECONDS = 30;
/** How long the service may be unreachable before `onError` is called. */
const PATIENCE_MS = 30_000;
/** How long the last claims may stay pending once the running tasks are stopped. */
const LAST_WORD_MS = 5000;

/** What a worker does with a task. Its return value is the task's result, if it is at most 4 KiB of JSON. */
export type Work = (run: TaskRun) => unknown;

interface WorkerOptions {
  readonly client: TaskClient;
  readonly service: Service;
  readonly queue: string;
  readonly work: Work;
  readonly options: WorkOptions;
}

/**
 * Claims tasks of a queue and runs them until its signal aborts, or the first claim is refused. A claim
 * is repeated with the same holder until it is answered, so a lost response loses no task.
 */
export class QueueWorker {
  readonly #given: WorkerOptions;
  readonly #url: string;
  readonly #concurrency: number;
  readonly #leaseSeconds: number;
  readonly #warnings: Warnings;
  /** The holders of the pending claims. */
  readonly #claims = new Set<string>();
  #recalls = 0;
  #running = 0;
  /** How many claims may be pending: one more after each that got a task, one less after each that did not. */
  #lanes = 1;
  /** Whether the service has ever accepted a claim. */
  #isAccepted = false;
  /** Ends the back-off between claims. */
  readonly #stop = new AbortController();
  /** Stops the running tasks. */
  readonly #end = new AbortController();
  /** Aborts the claims that are pending even then. */
  readonly #late = new AbortController();
  #wake = () => {};

  constructor(given: WorkerOptions) {
    const { concurrency = 1, leaseSeconds = LEASE_SECONDS } = given.options;
    if (!(Number.isSafeInteger(concurrency) && concurrency > 0)) {
      throw new TypeError(`concurrency must be a whole number from 1, not ${concurrency}`);
    }
    this.#given = given;
    this.#url = given.service.queueUrl(given.queue);
    this.#concurrency = concurrency;
    this.#leaseSeconds = leaseSeconds;
    this.#warnings = new Warnings(given.options);
  }

  /** Resolves when no run or claim is left; rejects if the first claim is refused. */
  async run(): Promise<void> {
    const { signal, hurry, drainSeconds = DRAIN_SECONDS } = this.#given.options;
    const stop = () => {
      this.#stop.abort(signal?.reason);
      this.#wake();
    };
    let stopTimer = () => {};
    const end = () => {
      this.#end.abort(signal?.reason);
      stopTimer = startTimer(LAST_WORD_MS, () => this.#late.abort(), undefined, true);
    };
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    try {
      await this.#until(() => this.#stop.signal.aborted);
      if (hurry?.aborted) end();
      else stopTimer = startTimer(drainSeconds * 1000, end, hurry, true);
      for (const holder of this.#claims) this.#recall(holder);
      await this.#until(() => this.#running + this.#claims.size + this.#recalls === 0);
      stopTimer();
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    if (!signal?.aborted) throw this.#stop.signal.reason;
  }

  /** Claims tasks whenever there is room, until a condition is true. */
  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      const room = this.#concurrency - this.#running - this.#claims.size;
      const lanes = hasFewConnections() ? 1 : this.#lanes;
      if (room > 0 && this.#claims.size < lanes && !this.#stop.signal.aborted) {
        this.#claim();
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** Claims a task, and runs it. Ends the worker if its first claim is refused. */
  async #claim(): Promise<void> {
    const holder = crypto.randomUUID();
    const sinceMs = performance.now();
    this.#claims.add(holder);
    try {
      const task = await this.#answer(holder, sinceMs);
      if (task !== null && this.#stop.signal.aborted) await this.#giveBack(task, holder);
      else if (task !== null) this.#run({ task, holder, sinceMs });
    } catch (error) {
      this.#stop.abort(error);
    } finally {
      this.#claims.delete(holder);
      this.#wake();
    }
  }

  /** Repeats a claim until the service answers it, with a task or with none. */
  async #answer(holder: string, sinceMs: number): Promise<TaskState | null> {
    const { signal } = this.#stop;
    // Even after a claim that was parked to the end, two thirds of the lease are left.
    const most = Math.floor(this.#leaseSeconds / CONTACTS_PER_LEASE);
    const waitSeconds = Math.max(1, Math.min(MAX_SILENCE_SECONDS, most));
    for (let failures = 0; ; failures++) {
      const askedAtMs = performance.now();
      try {
        const task = await this.#ask(holder, waitSeconds);
        this.#isAccepted = true;
        const lanes = this.#lanes + (task === null ? -1 : 1);
        this.#lanes = Math.max(1, Math.min(this.#concurrency, lanes));
        const wasParked = performance.now() - askedAtMs >= PARKED_AT_LEAST_MS;
        // Something in between responds without waiting: do not poll it in a tight loop.
        if (task === null && !wasParked) await this.#pause(PARKED_AT_LEAST_MS);
        return task;
      } catch (error) {
        const isUnreachable = error instanceof ServiceUnreachableError;
        if (!isUnreachable && !this.#isAccepted) throw error;
        const isNews = !isUnreachable || askedAtMs - sinceMs > PATIENCE_MS;
        if (isNews && !signal.aborted) this.#warnings.tell(error);
        this.#lanes = 1;
        await this.#pause(backoffMs(failures, isUnreachable ? error.retryAfterSeconds : 0));
        if (signal.aborted) return null;
      }
    }
  }

  /** Waits, or returns as soon as the worker is told to stop. */
  #pause(milliseconds: number): Promise<void> {
    return delay(milliseconds, this.#stop.signal, true).catch(() => {});
  }

  #ask(holder: string, waitSeconds: number): Promise<TaskState | null> {
    const body = { holder, leaseSeconds: this.#leaseSeconds };
    const { path, ...command } = claimCommand(body, waitSeconds, this.#late.signal);
    return this.#given.service.ask({ ...command, url: this.#url + path }, readClaim);
  }

  /**
   * Repeats a pending claim without waiting: the service then answers the parked one, too. A task that
   * either of them gets is given back.
   */
  async #recall(holder: string): Promise<void> {
    const { client, queue } = this.#given;
    this.#recalls++;
    try {
      const leaseSeconds = this.#leaseSeconds;
      const { signal } = this.#late;
      const task = await client.claim(queue, { holder, leaseSeconds, signal });
      if (task !== null) await this.#giveBack(task, holder);
    } catch {
      // If a task was lost with the response, its lease expires.
    } finally {
      // If the recall overtook the claim, the claim is parked by now.
      startTimer(PARKED_AT_LEAST_MS, () => this.#claims.has(holder) && this.#recall(holder));
      this.#recalls--;
      this.#wake();
    }
  }

  async #giveBack({ id, attempt }: TaskState, holder: string): Promise<void> {
    try {
      await this.#given.client.release(id, { attempt, holder });
    } catch (error) {
      // It has been given back already, or cancelled.
      if (problemOf(error)?.status !== 409) tellError(this.#given.options, error);
    }
  }

  async #run(started: Pick<StartedRun, "task" | "holder" | "sinceMs">): Promise<void> {
    const { client, service, work, options } = this.#given;
    const { id } = started.task;
    let signal: AbortSignal | null = null;
    let returned: unknown;
    this.#running++;
    try {
      await runStarted(
        client,
        service,
        {
          ...started,
          id,
          leaseSeconds: this.#leaseSeconds,
          result: () => JSON.parse(JSON.stringify(returned ?? null)),
        },
        async (run) => {
          signal = run.signal;
          returned = await work(run);
        },
        { ...options, signal: this.#end.signal },
      );
    } catch (error) {
      if (!isTold(signal, error, id)) tellError(options, error);
    } finally {
      this.#running--;
      this.#wake();
    }
  }
}

/** Whether the run of a task has ended because it was told to, and not because a run inside it was. */
function isTold(signal: AbortSignal | null, error: unknown, id: string): boolean {
  return signal?.aborted === true || (error instanceof TaskCancelledError && error.taskId === id);
}
