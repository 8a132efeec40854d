import { escapeTaskId } from "./task-id.ts";

/** The part of Node's `AsyncLocalStorage` that is used. */
interface TaskStorage {
  getStore(): unknown;
  run<Result>(id: string, work: () => Result): Result;
}

interface Runtime {
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(
      name: string,
    ): { readonly AsyncLocalStorage?: new () => TaskStorage } | undefined;
  };
  readonly Deno?: {
    readonly permissions: {
      querySync(asked: { name: "env"; variable: string }): { readonly state: string };
    };
  };
}

const VARIABLE = "EDGE_CANCELER_TASK";

const runtime: typeof globalThis & Runtime = globalThis;
const Storage = runtime.process?.getBuiltinModule?.("node:async_hooks")?.AsyncLocalStorage;
/** Undefined if the runtime has no `AsyncLocalStorage`. */
const storage = Storage && new Storage();

/** Calls `work` within a task: whatever it declares or starts becomes a child of that task. */
export function withinTask<Result>(id: string, work: () => Result): Result {
  return storage ? storage.run(escapeTaskId(id), work) : work();
}

/**
 * Returns the id of the task whose `run` the caller is in, or undefined outside of a `run` and in a
 * runtime without `AsyncLocalStorage`. Send it to another service as `Edge-Canceler-Parent`, so that
 * the tasks it starts become children of this one.
 */
export function currentTask(): string | undefined {
  const id = storage?.getStore();
  return typeof id === "string" ? id : undefined;
}

/** Returns the task that `edge-canceler exec` or `work` runs this process for, unless that is `id`. */
export function surroundingTask(id: string): string | undefined {
  // Without this, Deno would prompt its user for permission.
  const permission = runtime.Deno?.permissions.querySync({ name: "env", variable: VARIABLE });
  if (permission && permission.state !== "granted") return undefined;
  const around = runtime.process?.env?.[VARIABLE];
  // A run of the surrounding task itself is not its child.
  return around === escapeTaskId(id) ? undefined : around || undefined;
}
