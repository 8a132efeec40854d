import { eventually } from "../../scripts/until.ts";
import {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskCancelledError,
  TaskClient,
  type TaskState,
  type TaskWatch,
} from "../../worker-client/index.ts";
import type { DeclareRequest, FinishRequest } from "../../worker-client/protocol.ts";
import type { Entry, Operation } from "./history/history.ts";

/** How a client watches. */
export type Transport = "WebSocket" | "long poll";

/** Every way to watch. */
export const TRANSPORTS: readonly Transport[] = ["WebSocket", "long poll"];

interface Options {
  readonly url: string;
  /** Part of the name of each call and watch. No other client has it. */
  readonly name: string;
  readonly transport: Transport;
  readonly note: (entry: Entry) => void;
  readonly token?: string;
}

interface Call {
  readonly operation: Operation;
  readonly id: string;
  readonly attempt?: number;
}

/** A client that writes down what it does and sees. It writes failures down instead of throwing. */
export class RecordedClient {
  readonly #tasks: TaskClient;
  readonly #options: Options;
  #count = 0;

  constructor(options: Options) {
    const { transport } = options;
    const service = { url: options.url, token: options.token };
    this.#options = options;
    this.#tasks = new TaskClient(
      transport === "long poll" ? { ...service, fetch: (to, init) => fetch(to, init) } : service,
    );
  }

  declare(id: string, task: DeclareRequest): Promise<TaskState | null> {
    return this.#record({ operation: "declare", id }, () => this.#tasks.declare(id, task));
  }

  start(id: string): Promise<TaskState | null> {
    return this.#record({ operation: "start", id }, () => this.#tasks.start(id));
  }

  cancel(id: string, gracePeriodSeconds?: number): Promise<TaskState | null> {
    const reason = `${this.#options.name} says stop`;
    return this.#record({ operation: "cancel", id }, () =>
      this.#tasks.cancel(id, { reason, gracePeriodSeconds }),
    );
  }

  finish(id: string, attempt: number, status: FinishRequest["status"]): Promise<TaskState | null> {
    return this.#record({ operation: "finish", id, attempt }, () =>
      this.#tasks.finish(id, { attempt, status, result: { attempt } }),
    );
  }

  get(id: string): Promise<TaskState | null> {
    return this.#record({ operation: "get", id }, () => this.#tasks.get(id));
  }

  async forget(id: string): Promise<void> {
    await this.#record({ operation: "forget", id }, async () => {
      await this.#tasks.forget(id);
      return null;
    });
  }

  /** Watches a task; `watcher` names the watch. */
  watch(id: string, watcher: string): TaskWatch {
    const { note } = this.#options;
    const watch = this.#tasks.watch(id, {
      onChange: (task) => note({ kind: "told", atMs: Date.now(), watcher, id, task }),
      onError() {},
    });
    const noteAbort = () => {
      const { reason } = watch.signal;
      const cause = reason instanceof TaskCancelledError ? reason.cause : null;
      const error = reason instanceof Error ? reason.constructor.name : String(reason);
      note({ kind: "aborted", atMs: Date.now(), watcher, id, error, cause });
    };
    watch.signal.addEventListener("abort", noteAbort, { once: true });
    return watch;
  }

  async #record(
    { operation, id, attempt }: Call,
    act: () => Promise<TaskState | null>,
  ): Promise<TaskState | null> {
    const { note, name } = this.#options;
    const call = `${operation} ${++this.#count} of ${name}`;
    const asked = { call, operation, id, attempt: attempt ?? null, waitMs: null };
    note({ kind: "asked", atMs: Date.now(), ...asked });
    const answered = (task: TaskState | null, isRefused: boolean) =>
      note({ kind: "answered", atMs: Date.now(), call, task, isRefused });
    try {
      const task = await act();
      answered(task, false);
      return task;
    } catch (error) {
      if (error instanceof RequestRefusedError && error.problem !== null) {
        answered(error.problem.task ?? null, true);
      } else if (error instanceof ServiceUnreachableError) {
        note({ kind: "unanswered", atMs: Date.now(), call });
      } else throw error;
      return null;
    }
  }
}

/** Longer than any timer of the lab, and than one may be late. */
const PATIENCE_MS = 13_000;

/** Reads a task until it has ended, or should have long ago. */
export function untilEnded(tasks: RecordedClient, id: string): Promise<void> {
  return untilSeen(tasks, id, (task) => task?.endedAt !== null, PATIENCE_MS);
}

/** Whether somebody watches a task. */
export function isWatched(task: TaskState | null): boolean {
  return (task?.watchers ?? 0) > 0;
}

/** Reads a task until it is as expected, or the patience is over: then the invariants judge. */
export async function untilSeen(
  tasks: RecordedClient,
  id: string,
  isExpected: (task: TaskState | null) => boolean,
  patienceMs: number,
): Promise<void> {
  const giveUpAtMs = Date.now() + patienceMs;
  await eventually(
    () => tasks.get(id),
    (task) => isExpected(task) || Date.now() > giveUpAtMs,
  );
}
