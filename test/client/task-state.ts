import type { TaskState } from "../../worker-client/protocol.ts";
import type { Problem, ProblemKind } from "../../worker-client/protocol-problems.ts";

/** A running task as the service would say it, with the differences that a test is about. */
export function taskState(id: string, differences: Partial<TaskState> = {}): TaskState {
  return {
    id,
    status: "running",
    revision: 1,
    attempt: 1,
    createdAt: "2026-08-15T12:00:00.000Z",
    startedAt: "2026-08-15T12:00:00.000Z",
    deadlineAt: null,
    endedAt: null,
    cancellation: null,
    metadata: {},
    result: null,
    error: null,
    maxAttempts: 1,
    failures: 0,
    availableAt: null,
    lease: null,
    progress: null,
    parent: null,
    descendants: null,
    queue: null,
    priority: 0,
    traceparent: null,
    attempts: [],
    watchers: 1,
    ...differences,
  };
}

/** A task that somebody has cancelled while it ran. */
export function cancellingTask(id: string, differences: Partial<TaskState> = {}): TaskState {
  return taskState(id, {
    status: "cancelling",
    revision: 2,
    cancellation: {
      cause: "request",
      reason: "wrong data",
      requestedBy: null,
      requestedAt: "2026-08-15T12:00:01.000Z",
      deliveredAt: "2026-08-15T12:00:01.000Z",
      acknowledgedAt: null,
      gracePeriodSeconds: 30,
      graceEndsAt: "2026-08-15T12:00:31.000Z",
    },
    ...differences,
  });
}

/** An error answer as the service would say it. */
export function problem(
  kind: ProblemKind,
  status: number,
  detail: string,
  task?: TaskState,
): Problem {
  const type = `urn:edge-canceler:problem:${kind}` as const;
  return { type, title: kind, status, detail, ...(task && { task }) };
}
