import { expect } from "vitest";
import type { Problem, ProblemKind } from "../../worker-client/protocol.ts";

/** The problem in an answer (RFC 9457), which must have this status code and be of this kind. */
export async function problemInAnswer(
  answer: Response | Promise<Response>,
  status: number,
  kind: ProblemKind,
): Promise<Problem> {
  const response = await answer;
  const problem = await response.json<Problem>();
  expect(response.status, JSON.stringify(problem)).toBe(status);
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(problem).toMatchObject({
    type: `urn:edge-canceler:problem:${kind}`,
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
  });
  return problem;
}
