import type { TaskState } from "../../worker-client/protocol.ts";
import type { Refusal, TaskCommand } from "./events.ts";

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

interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly task: TaskState | null;
}

/** What a task object answers to a command: what came of it, and the task as it is now. */
export type CommandAnswer =
  | { readonly kind: "changed" | "unchanged"; readonly task: TaskState }
  | Refused;

export type ForgetAnswer = { readonly kind: "forgotten" } | Refused;

/** The header in which the Worker hands a `Watch` to the task object, as JSON. */
export const WATCH_HEADER = "edge-canceler-watch";
