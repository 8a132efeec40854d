import type { TaskState } from "../../worker-client/protocol.ts";
import type { Refusal, TaskCommand } from "./events.ts";

/**
 * A task as its object answers with it. The Worker passes the JSON on as it is: a text costs an RPC
 * call much less than an object with as many fields.
 */
export interface TaskSnapshot {
  readonly revision: number;
  readonly hasEnded: boolean;
  /** A `TaskState`. */
  readonly json: string;
}

export function toSnapshot(task: TaskState): TaskSnapshot;
export function toSnapshot(task: TaskState | null): TaskSnapshot | null;
/** Returns the snapshot of a task, if there is one. */
export function toSnapshot(task: TaskState | null): TaskSnapshot | null {
  if (task === null) return null;
  return {
    revision: task.revision,
    hasEnded: task.endedAt !== null,
    json: JSON.stringify(task),
  };
}

/** What a task object can be asked by RPC. */
export interface TaskCalls {
  read(): Promise<TaskSnapshot | null>;
  command(command: TaskCommand): Promise<CommandAnswer<TaskSnapshot>>;
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
export type CommandAnswer<Shown = TaskState> =
  | { readonly kind: "changed" | "unchanged"; readonly task: Shown }
  | Refused;

export type ForgetAnswer = { readonly kind: "forgotten" } | Refused;

/** The header in which the Worker hands a `Watch` to the task object, as JSON. */
export const WATCH_HEADER = "edge-canceler-watch";
