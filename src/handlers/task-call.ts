import type { IRequestStrict } from "itty-router";
import type { Env } from "../env.ts";
import type { TaskStub } from "../task/task-stub.ts";

/** A request about one task. */
export interface TaskCall {
  readonly request: IRequestStrict;
  readonly env: Env;
  readonly id: string;
  /** The way to the task's object: a new stub each time. */
  readonly reach: () => TaskStub;
}
