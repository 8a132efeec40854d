/**
 * The wire types of trees: tasks that are cancelled with their parent.
 * @module
 */

import type { TaskStatus } from "./protocol.ts";

/** Names the parent in a request that declares or starts a task, if its body does not. */
export const PARENT_HEADER = "Edge-Canceler-Parent";

/** What a task is to its parent. Only what makes the task counts: a task that is known stays as it is. */
export interface ChildRequest {
  /** The task that this one is cancelled with. One that nobody has declared is made. Default: none, or the one in the header. */
  readonly parent?: string | null | undefined;
  /** What becomes of this task when its parent is cancelled. Default: it is cancelled as well. */
  readonly onParentCancel?: "cancel" | "ignore" | undefined;
}

/** What a task that is declared is to its parent. */
export interface DeclaredChildRequest extends ChildRequest {
  /** Whether it takes the place of the parent's other children: those are cancelled. Default: false. */
  readonly supersede?: boolean | undefined;
}

/** Everything below a task, in figures. They follow what happens there, usually within a second. */
export interface Descendants {
  readonly total: number;
  readonly ended: number;
  /** How many were cancelled, and their worker said that it stopped. */
  readonly acknowledged: number;
  /** How many were cancelled and count as ended, but no worker said that it stopped. */
  readonly unconfirmed: number;
}

/** The answer to `GET /v1/tasks/:id/tree`: a task, and what is below it. */
export interface TaskTree {
  readonly id: string;
  /** Null: it has been forgotten, or has not been made yet. */
  readonly status: TaskStatus | null;
  readonly descendants: Descendants | null;
  /** Those that the token reaches, the newest first. */
  readonly children: readonly TaskTree[];
  /** How many children are not shown: they are too many, too deep, or the token does not reach them. */
  readonly hidden: number;
}
