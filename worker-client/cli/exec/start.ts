import { setTimeout as sleep } from "node:timers/promises";
import {
  type DeclareRequest,
  RequestRefusedError,
  ServiceUnreachableError,
  type StartRequest,
  type TaskClient,
  type TaskState,
  type WatchedRun,
} from "../../index.ts";
import type { CommandContext } from "../command.ts";
import { rootCause } from "../failure.ts";
import { lightFetch } from "./light-fetch.ts";
import type { StopReason } from "./stop.ts";

/** The outcome of starting a task. */
type StartOutcome =
  | { readonly kind: "started"; readonly task: TaskState }
  /**
   * Another worker runs the task: it has taken over, holds a lease, or `--if-running=refuse` was given.
   * Or the task waits for its next attempt.
   */
  | { readonly kind: "held"; readonly task: TaskState }
  /** It was cancelled before it began. */
  | { readonly kind: "cancelled"; readonly reason: StopReason }
  | { readonly kind: "refused"; readonly error: RequestRefusedError };

interface TaskStartOptions {
  readonly taskId: string;
  readonly declaration: DeclareRequest | null;
  /** What the start request says, apart from its holder. */
  readonly request: Omit<StartRequest, "holder">;
  /** Whether another worker's run, with a lease or without one, is a reason not to start. */
  readonly refusesRunning: boolean;
  readonly client: CommandContext["client"];
  readonly renewsToken: boolean;
}

/** The start of a task. If the service does not answer, it is retried while the command runs. */
export class TaskStart {
  /** Null if it was given up. */
  readonly outcome: Promise<StartOutcome | null>;
  readonly #options: TaskStartOptions;
  readonly holder: string = crypto.randomUUID();
  readonly #tasks: TaskClient;
  readonly #over = new AbortController();
  readonly #failed: Promise<null>;
  #fail = () => {};
  #settle: (outcome: Promise<StartOutcome | null>) => void = () => {};
  #isReached = false;
  #trouble: string | null = "no token yet";
  #isDeclared = false;
  /** When the start was last sent; null if it never was. */
  #sentAtMs: number | null = null;
  #isLate = false;
  #task: TaskState | null = null;

  constructor(options: TaskStartOptions) {
    this.#options = options;
    this.#failed = new Promise((resolve) => {
      this.#fail = () => resolve(null);
    });
    this.#tasks = options.client((url, init) => this.#fetch(url, init));
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // The error goes to whoever awaits the outcome.
    this.outcome.then(
      (outcome) => {
        if (outcome?.kind === "started") this.#task = outcome.task;
      },
      () => {},
    );
    this.ask();
  }

  /** The task in the service's response; null until it is started. */
  get task(): TaskState | null {
    return this.#task;
  }

  get attempt(): number | null {
    return this.#task?.attempt ?? null;
  }

  /** The run to watch; null until the task is started. */
  get run(): WatchedRun | null {
    if (this.#task === null) return null;
    const { leaseSeconds } = this.#options.request;
    const sinceMs = this.#sentAtMs ?? performance.now();
    return { attempt: this.#task.attempt, holder: this.holder, leaseSeconds, sinceMs };
  }

  /** Whether the service has responded to anything. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Why the last request got no response from the service; null if that is unknown. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Whether the task was declared by this start, and not before by somebody else. */
  get isDeclared(): boolean {
    return this.#isDeclared;
  }

  /** Tries now, without waiting for the next retry. Both have the same holder, so they start it only once. */
  ask(): void {
    const { taskId, declaration, request, refusesRunning, renewsToken } = this.#options;
    const asked = startTask(this.#tasks, {
      taskId,
      declaration,
      request: { ...request, holder: this.holder },
      // Once this start was sent, the run may be our own.
      mayBeHeld: () => refusesRunning && this.#sentAtMs === null,
      // At first, a refused token is a mistake. Later, it may have expired.
      mayBeRenewed: ({ status }) => status === 401 && renewsToken && this.#isLate,
      onSend: () => {
        this.#sentAtMs = performance.now();
      },
      signal: this.#over.signal,
      onUnreachable: this.#fail,
    });
    const settle = () => this.#settle(asked);
    asked.then(settle, settle);
  }

  /** Returns the outcome, or null at the first failure or if there is no outcome in time. */
  async soon(withinMs: number): Promise<StartOutcome | null> {
    const over = new AbortController();
    const late = sleep(withinMs, null, { signal: over.signal }).catch(() => null);
    try {
      return await Promise.race([this.outcome, this.#failed, late]);
    } finally {
      this.#isLate = true;
      over.abort();
    }
  }

  giveUp(): void {
    this.#over.abort();
  }

  async #fetch(...[url, init]: Parameters<typeof lightFetch>): ReturnType<typeof lightFetch> {
    this.#trouble = "no answer yet";
    try {
      const response = await lightFetch(url, init);
      if (init.method === "PUT" && response.status === 201) this.#isDeclared = true;
      const isJson = response.headers.get("Content-Type")?.includes("json");
      const status = `HTTP status ${response.status}`;
      this.#trouble = isJson ? null : `something else answered, with ${status}`;
      if (response.status >= 500) {
        this.#trouble ??= status;
        this.#fail();
      } else this.#isReached = true;
      return response;
    } catch (error) {
      this.#trouble = rootCause(error);
      this.#fail();
      throw error;
    }
  }
}

const ASK_AGAIN_AFTER_MS = 5000;

interface StartOptions {
  readonly taskId: string;
  readonly request: StartRequest;
  /** What to declare the task with first; null to declare nothing. */
  readonly declaration: DeclareRequest | null;
  /** Whether another worker's run is a reason not to start. */
  readonly mayBeHeld: () => boolean;
  /** Whether a refused token may be replaced by a new one. */
  readonly mayBeRenewed: (error: RequestRefusedError) => boolean;
  /** Called before the start is sent. */
  readonly onSend: () => void;
  /** Aborts the start; its outcome is then null. */
  readonly signal: AbortSignal;
  /** Called at every failure to reach the service. */
  readonly onUnreachable: () => void;
}

/** Starts a task. Retries until the service answers, however long that takes. */
async function startTask(tasks: TaskClient, options: StartOptions): Promise<StartOutcome | null> {
  const { taskId, request, declaration, signal, mayBeHeld, mayBeRenewed, onSend, onUnreachable } =
    options;
  while (!signal.aborted) {
    try {
      if (mayBeHeld()) {
        const task = await tasks.get(taskId, { signal });
        if (task?.status === "running") return { kind: "held", task };
      }
      if (declaration !== null) await declare(tasks, taskId, declaration, signal);
      onSend();
      return { kind: "started", task: await tasks.start(taskId, { ...request, signal }) };
    } catch (error) {
      if (signal.aborted) return null;
      if (isByService(error) && !mayBeRenewed(error)) return outcomeOf(error);
      if (!isUnreachable(error)) throw error;
      onUnreachable();
      await sleep(ASK_AGAIN_AFTER_MS, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

/** Declares a task. A worker's token may not allow it, but `exec` enforces the deadline itself anyway. */
async function declare(
  tasks: TaskClient,
  taskId: string,
  declaration: DeclareRequest,
  signal: AbortSignal,
): Promise<void> {
  try {
    await tasks.declare(taskId, declaration, { signal });
  } catch (error) {
    const isForbidden = error instanceof RequestRefusedError && error.status === 403;
    if (!isForbidden) throw error;
  }
}

function outcomeOf(error: RequestRefusedError): StartOutcome {
  const { type, task } = error.problem ?? {};
  const kind = type?.split(":").at(-1);
  // Another worker has it, or took it over while this start was on its way.
  if (task && (kind === "task-held" || kind === "stale-attempt")) return { kind: "held", task };
  const cancellation = task?.cancellation;
  if (!cancellation) return { kind: "refused", error };
  const isTooLate = cancellation.cause === "timeout" && task.startedAt === null;
  return { kind: "cancelled", reason: { kind: "cancelled", cancellation, isTooLate } };
}

/** Whether the service itself refused, and not a firewall or a proxy in its place. */
function isByService(error: unknown): error is RequestRefusedError {
  return error instanceof RequestRefusedError && error.problem !== null;
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ServiceUnreachableError || error instanceof RequestRefusedError;
}
