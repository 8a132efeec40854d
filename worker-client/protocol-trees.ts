/**
 * The wire types of trees: tasks that are cancelled with their parent.
 * @module
 */

import type { TaskStatus } from "./protocol.ts";

/** The header that names the parent of a task to declare or start, if the body does not. */
export const PARENT_HEADER = "Edge-Canceler-Parent";

/** How a task relates to its parent. Only the request that creates the task sets it. */
export interface ChildRequest {
  /** The task that this one is cancelled with, created if it does not exist. Default: the one in the header, or none. */
  readonly parent?: string | null | undefined;
  /** What happens to this task when its parent is cancelled. Default: `cancel`. */
  readonly onParentCancel?: "cancel" | "ignore" | undefined;
}

/** How a declared task relates to its parent. */
export interface DeclaredChildRequest extends ChildRequest {
  /** Whether it replaces the parent's other children, which are then cancelled. Default: false. */
  readonly supersede?: boolean | undefined;
}

/** Counts of everything below a task. They usually lag by less than a second. */
export interface Descendants {
  readonly total: number;
  readonly ended: number;
  /** How many were cancelled, and their worker confirmed that it stopped. */
  readonly acknowledged: number;
  /** How many were cancelled while they ran and have ended, but their worker did not confirm that it stopped. */
  readonly unconfirmed: number;
}

/** The response to `GET /v1/tasks/:id/tree`: a task, and what is below it. */
export interface TaskTree {
  readonly id: string;
  /** Null if it was forgotten, or does not exist yet. */
  readonly status: TaskStatus | null;
  readonly descendants: Descendants | null;
  /** The children that the token covers, newest first. */
  readonly children: readonly TaskTree[];
  /** How many children are not shown: too many, too deep, not covered by the token, or out of reach. */
  readonly hidden: number;
}
