import type { TaskState } from "./protocol.ts";

/** What kind of problem a response reports: the last part of its `type`. */
export type ProblemKind =
  | "bad-request"
  | "unauthorized"
  | "forbidden"
  | "misdirected"
  | "body-too-large"
  | "body-too-slow"
  | "no-such-route"
  | "method-not-allowed"
  | "directory-off"
  | "cancellation-unknown"
  | "task-unknown"
  | "task-gone"
  | "task-ended"
  | "task-cancelling"
  | "task-alive"
  | "task-not-started"
  | "task-not-cancelled"
  | "task-not-failed"
  | "stale-attempt"
  | "task-held"
  | "queue-closed"
  | "cycle"
  | "too-many-children"
  | "webhook-unknown"
  | "delivery-unknown"
  | "webhook-disabled"
  | "webhooks-off"
  | "too-many-webhooks"
  | "too-many-requests"
  | "too-many-watchers"
  | "closed"
  | "keys-unreachable"
  | "overloaded"
  | "internal";

/** An error response, `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly type: `urn:edge-canceler:problem:${ProblemKind}`;
  readonly title: string;
  readonly status: number;
  /** What was wrong, including the value, and what would be right. */
  readonly detail: string;
  /** The current task, if the problem is that its state does not allow the request. */
  readonly task?: TaskState;
}
