import type {
  BulkCancellation,
  TaskSelection,
  TaskState,
  TaskStatus,
  TaskSummary,
} from "../../../worker-client/index.ts";
import { LIVING_STATUSES, TASK_STATUSES } from "../../../worker-client/protocol.ts";
import { pause } from "../pause.ts";
import type { Operator } from "./operator.ts";
import type { PlatformWorld } from "./platform-world.ts";

const LIVING: readonly TaskStatus[] = LIVING_STATUSES;
const ENDED_STATUSES = TASK_STATUSES.filter((status) => !LIVING.includes(status));
/** What a task says has got through by then, unless it is lost. */
const LISTS_EVERY_MS = 5000;
/** Only where nothing gets lost a list has to be complete, so there it has several pages. */
const LIMITS = { lossy: 100, lossless: 5 };

/** What lists show, and what comes of a cancel of everything that one shows. */
export class ListFacts {
  readonly #world: PlatformWorld;
  readonly #operator: Operator;
  /** The newest revision that a list has shown of each task. */
  readonly #shown = new Map<string, number>();
  readonly #openBulks = new Set<TaskSelection>();
  readonly #isLossless: boolean;

  /** `isLossless`: what a task tells the directory gets there, be it late. */
  constructor(world: PlatformWorld, operator: Operator, isLossless: boolean) {
    this.#world = world;
    this.#operator = operator;
    this.#isLossless = isLossless;
  }

  /**
   * Lists everything again and again: no task is older than it was shown before, or than it was a
   * while ago, if what it said then has got through.
   */
  async watchUntil(endMs: number, ids: Iterable<string>): Promise<void> {
    const all = [...ids];
    await this.#list({});
    while (this.#world.nowMs < endMs) {
      const known = new Map(all.map((id) => [id, this.#revisionOf(id)]));
      await pause(LISTS_EVERY_MS);
      const listed = await this.#list({});
      const revisions = new Map(listed.map((task) => [task.id, task.revision]));
      for (const [id, revision] of this.#isLossless ? known : []) {
        const shown = revisions.get(id) ?? 0;
        if (shown < revision) this.#world.violate("list", `${id} is ${shown}, not ${revision}`);
      }
    }
  }

  /** As the task itself has it; 0: it does not exist. */
  #revisionOf(id: string): number {
    const task = this.#world.platform.find("TaskObject", id)?.storage.peek("task");
    if (typeof task !== "object" || task === null || !("revision" in task)) return 0;
    return Number(task.revision);
  }

  /** Once it is done, all that a list has shown before have ended, and a list shows that. */
  async cancelAll(select: TaskSelection): Promise<void> {
    const listed = await this.#list(select);
    this.#openBulks.add(select);
    const client = this.#world.client();
    const bulk = await this.#operator.insist(() => client.cancelAll(select));
    this.#openBulks.delete(select);
    this.#operator.note(`the cancel of ${JSON.stringify(select)} is done`);
    this.#checkFigures(bulk, listed.length);
    // By their status, so that none is asked before it is found.
    const ended = await this.#list({ ...select, status: ENDED_STATUSES });
    const missing = new Set(listed.map(({ id }) => id)).difference(
      new Set(ended.map(({ id }) => id)),
    );
    for (const id of missing) this.#world.violate("list", `${id} is not listed among the ended`);
    for (const { id } of listed) {
      const task = await this.#operator.insist(() => client.get(id));
      if (task?.endedAt === null) this.#world.violate("bulk", `${id} is ${task?.status}`);
    }
  }

  #checkFigures({ matched, requested, ended }: BulkCancellation, listed: number): void {
    if (ended === matched && requested <= matched) return;
    const detail = `${matched} of ${listed} matched, ${requested} requested, ${ended} ended`;
    this.#world.violate("bulk", detail);
  }

  /** Once everything has settled, a list shows what the tasks say. */
  async check(states: ReadonlyMap<string, TaskState>): Promise<void> {
    for (const select of this.#openBulks) {
      this.#world.violate("bulk", `a cancel of ${JSON.stringify(select)} does not come to its end`);
    }
    const listed = await this.#list({});
    for (const task of listed) this.#compare(task, states.get(task.id));
    const ids = new Set(listed.map(({ id }) => id));
    if (ids.size < listed.length) this.#world.violate("list", "a task is listed twice");
    for (const id of this.#isLossless ? states.keys() : []) {
      if (!ids.has(id)) this.#world.violate("list", `${id} is not listed`);
    }
  }

  #compare(listed: TaskSummary, state: TaskState | undefined): void {
    const [shown, said] = [listed, state].map((task) => JSON.stringify(essenceOf(task)));
    if (shown === said) return;
    this.#world.violate("list", `${listed.id} is listed as ${shown}, and says ${said}`);
  }

  async #list(select: TaskSelection): Promise<readonly TaskSummary[]> {
    const before = new Map(this.#shown);
    const client = this.#world.client();
    const limit = this.#isLossless ? LIMITS.lossless : LIMITS.lossy;
    const tasks = await this.#operator.insist(() =>
      Array.fromAsync(client.list(select, { limit })),
    );
    for (const { id, revision } of tasks) {
      const known = before.get(id) ?? 0;
      if (revision < known) {
        this.#world.violate("list", `${id} is listed as revision ${revision} after ${known}`);
      }
      this.#shown.set(id, Math.max(revision, this.#shown.get(id) ?? 0));
    }
    return tasks;
  }
}

/** What a list has to know of a task; that a worker stopped after its end may be news to it. */
function essenceOf(task: TaskSummary | TaskState | undefined) {
  if (task === undefined) return null;
  const { status, attempt, parent, createdAt, endedAt, cancellation } = task;
  const { cause = null, requestedAt = null } = cancellation ?? {};
  return { status, attempt, parent, createdAt, endedAt, cause, requestedAt };
}
