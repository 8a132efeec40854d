import type { ProblemKind, TaskState } from "../../../worker-client/protocol.ts";
import type { Answer } from "./answer.ts";

/** An error answer of the service itself. */
export function problemAnswer(
  kind: ProblemKind,
  status: number,
  detail = "",
  task: TaskState | null = null,
): Answer {
  const type = `urn:edge-canceler:problem:${kind}`;
  const text = JSON.stringify({ type, title: kind, status, detail, ...(task && { task }) });
  return { status, text, isSignOfLife: status < 500 };
}
