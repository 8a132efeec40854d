import type { TaskStub } from "./task/task-stub.ts";

/** What wrangler.toml binds. */
export interface Env {
  readonly TASKS: { getByName(id: string): TaskStub };
  readonly WATCH_WAIT_SECONDS: string;
  readonly WATCH_MAX_WAIT_SECONDS: string;
  readonly WATCH_TASK_WAIT_SECONDS: string;
}
