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
/** Undefined where the runtime has none. */
const storage = Storage && new Storage();

/** Does the work of a task: whatever it declares or starts is a child of that task. */
export function withinTask<Result>(id: string, work: () => Result): Result {
  return storage ? storage.run(escapeTaskId(id), work) : work();
}

/**
 * The id of the task whose work is being done here: that of the `run` around the caller, where the
 * runtime has `AsyncLocalStorage`. Send it to another service as `Edge-Canceler-Parent`, for the tasks
 * that it starts on behalf of this one.
 */
export function currentTask(): string | undefined {
  const id = storage?.getStore();
  return typeof id === "string" ? id : undefined;
}

/** The parent of a run in a command that is a task itself, such as that of `edge-canceler exec`. */
export function surroundingTask(id: string): string | undefined {
  // Deno would ask its user.
  const permission = runtime.Deno?.permissions.querySync({ name: "env", variable: VARIABLE });
  if (permission && permission.state !== "granted") return undefined;
  const around = runtime.process?.env?.[VARIABLE];
  // A command that is run again in itself is the same task.
  return around === escapeTaskId(id) ? undefined : around || undefined;
}
