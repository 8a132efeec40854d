import type { TaskState } from "../../worker-client/protocol.ts";
import type { TaskCommand } from "../lifecycle/task-event.ts";
import type { CommandAnswer, ForgetAnswer } from "./command-answer.ts";

/** What a task object can be asked by RPC. */
export interface TaskCalls {
  read(): Promise<TaskState | null>;
  command(command: TaskCommand): Promise<CommandAnswer>;
  forget(): Promise<ForgetAnswer>;
}

/**
 * A task object as its callers see it. Written by hand: the platform's mapped type does not get
 * through JSON values, which contain themselves.
 */
export interface TaskStub extends TaskCalls {
  fetch(url: string, init: RequestInit): Promise<Response>;
}
