import type { IRequestStrict } from "itty-router";
import type { Caller } from "../auth/caller.ts";
import type { Env } from "../env.ts";
import type { TaskStub } from "../task/task-stub.ts";

/** A request about one task, by somebody who may make it. */
export interface TaskCall {
  readonly request: IRequestStrict;
  readonly env: Env;
  readonly id: string;
  readonly caller: Caller;
  /** The way to the task's object: a new stub each time. */
  readonly reach: () => TaskStub;
}
