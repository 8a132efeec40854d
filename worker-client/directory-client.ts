import type { Calls, Command } from "./calls.ts";
import { isUnknownTask } from "./errors.ts";
import type { BulkCancelOptions, CallOptions, ListOptions, TreeOptions } from "./options.ts";
import type {
  BulkCancellation,
  HistoryEntry,
  TaskPage,
  TaskSelection,
  TaskSummary,
} from "./protocol-directory.ts";
import type { TaskTree } from "./protocol-trees.ts";
import { withEscapedIds } from "./task-id.ts";
import { delay } from "./timer.ts";
import { isBulkCancellation, isTaskHistory, isTaskPage, isTaskTree } from "./wire.ts";

const FIRST_LOOK_AFTER_MS = 250;
const LOOK_EVERY_MS = 2000;

/** The methods of `TaskClient` for trees, lists, histories and bulk cancels. */
export class DirectoryClient {
  readonly #calls: Calls;

  /** Use `TaskClient`. */
  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Returns the task with its children, their children, and so on down to `depth` levels.
   *
   * @example
   * ```ts
   * const { children, descendants } = await tasks.tree("upload-1", { depth: 1 });
   * ```
   */
  tree(id: string, { depth, signal }: TreeOptions = {}): Promise<TaskTree> {
    const depthPart = depth === undefined ? "" : `?depth=${depth}`;
    return this.#calls.ask(
      this.#calls.service.taskUrl(id),
      { method: "GET", path: `/tree${depthPart}`, signal },
      (status, body) => (status === 200 && isTaskTree(body) ? body : undefined),
    );
  }

  /**
   * Lists the tasks that match the selection and that your token covers, newest first. Fetches them
   * page by page.
   *
   * @example
   * ```ts
   * for await (const { id } of tasks.list({ status: "running", prefix: "train-" })) console.log(id);
   * ```
   */
  async *list(
    selection: TaskSelection = {},
    options: ListOptions = {},
  ): AsyncGenerator<TaskSummary> {
    let { cursor } = options;
    do {
      const page = await this.listPage(selection, { ...options, cursor });
      yield* page.tasks;
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
  }

  /**
   * Returns one page of a list. It may hold fewer tasks than its limit even if more follow: check its
   * `cursor`.
   *
   * @example
   * ```ts
   * const { tasks: newest, cursor } = await tasks.listPage({ queue: "gpu" }, { limit: 10 });
   * ```
   */
  listPage(
    selection: TaskSelection = {},
    { limit, cursor, signal }: ListOptions = {},
  ): Promise<TaskPage> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...withEscapedIds(selection), limit, cursor })) {
      if (value !== undefined) query.set(name, `${value}`);
    }
    const command: Command = { method: "GET", path: `/tasks?${query}`, signal };
    return this.#ask(command, (status, body) =>
      status === 200 && isTaskPage(body) ? body : undefined,
    );
  }

  /**
   * Returns what has happened to a task, oldest first, or null if the task is unknown.
   *
   * @example
   * ```ts
   * for (const { at, type } of (await tasks.history("1234")) ?? []) console.log(at, type);
   * ```
   */
  async history(id: string, { signal }: CallOptions = {}): Promise<readonly HistoryEntry[] | null> {
    try {
      return await this.#calls.ask(
        this.#calls.service.taskUrl(id),
        { method: "GET", path: "/history", signal },
        (status, body) => (status === 200 && isTaskHistory(body) ? body.entries : undefined),
      );
    } catch (error) {
      if (isUnknownTask(error)) return null;
      throw error;
    }
  }

  /**
   * Cancels every task that matches the selection and that your token covers, and waits until all have
   * ended. If you stop waiting, the service goes on cancelling. With `dryRun`, it only counts the tasks.
   *
   * @example
   * ```ts
   * const { matched, ended } = await tasks.cancelAll({ prefix: "sweep-7-" }, { reason: "wrong data" });
   * ```
   */
  async cancelAll(
    select: TaskSelection,
    options: BulkCancelOptions = {},
  ): Promise<BulkCancellation> {
    const { signal, onProgress, ...request } = options;
    const read = (status: number, body: unknown) =>
      status < 300 && isBulkCancellation(body) ? body : undefined;
    const body = { select: withEscapedIds(select), ...request };
    let bulk = await this.#ask({ method: "POST", path: "/cancellations", body, signal }, read);
    let pauseMs = FIRST_LOOK_AFTER_MS;
    while (bulk.status !== "done") {
      onProgress?.(bulk);
      await delay(pauseMs, signal, true);
      pauseMs = Math.min(LOOK_EVERY_MS, 1.5 * pauseMs);
      const path = `/cancellations/${bulk.id}`;
      bulk = await this.#ask({ method: "GET", path, signal }, read);
    }
    return bulk;
  }

  #ask<Answer>(
    command: Command,
    read: (status: number, body: unknown) => Answer | undefined,
  ): Promise<Answer> {
    return this.#calls.ask(this.#calls.service.apiUrl, command, read);
  }
}
