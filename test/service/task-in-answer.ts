import { expect } from "vitest";
import type { TaskState } from "../../worker-client/protocol.ts";

/** The task in an answer, which must have this status code and the headers of every such answer. */
export async function taskInAnswer(
  answer: Response | Promise<Response>,
  status: number,
): Promise<TaskState> {
  const response = await answer;
  const task = await response.json<TaskState>();
  expect(response.status, JSON.stringify(task)).toBe(status);
  expect(response.headers.get("Content-Type")).toBe("application/json");
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(response.headers.get("ETag")).toBe(`W/"${task.revision}"`);
  return task;
}
