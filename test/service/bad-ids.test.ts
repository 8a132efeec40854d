import { describe, expect, it } from "vitest";
import { call, problemInAnswer } from "./harness.ts";

const ROUTES = [
  ["GET", "/v1/tasks/ID"],
  ["PUT", "/v1/tasks/ID"],
  ["DELETE", "/v1/tasks/ID"],
  ["GET", "/v1/tasks/ID/history"],
  ["POST", "/v1/tasks/ID/start"],
  ["POST", "/v1/tasks/ID/cancel"],
  ["POST", "/v1/tasks/ID/finish"],
  ["GET", "/cancel-task/ID"],
  ["GET", "/watch-task/ID"],
] as const;

/** As it is sent, and as the answer quotes it. */
const BAD_IDS = [
  ["a letter outside the alphabet", "caf%C3%A9", "café"],
  ["a character outside the alphabet", "a!b", "a!b"],
  ["a space", "a b", "a b"],
  ["a slash", "a%2Fb", "a/b"],
  ["a percent sign", "100%25", "100%"],
  ["an escape that is none", "100%", "100%"],
  ["an escape that is no UTF-8", "%E0%A4%A", "%E0%A4%A"],
  ["an escaped zero", "a%00", "a\u0000"],
  ["a line break", "a%0A", "a\n"],
  ["129 characters", "x".repeat(129), "x".repeat(79)],
  ["16,000 characters", "x".repeat(16_000), "x".repeat(79)],
] as const;

describe.each(ROUTES)("%s %s", (method, route) => {
  it.each(BAD_IDS)("refuses an id with %s, and says what ids are", async (_, id, shown) => {
    const answer = call(
      method,
      route.replace("ID", () => id),
    );
    const { detail } = await problemInAnswer(answer, 400, "bad-request");
    expect(detail).toContain(JSON.stringify(shown).slice(0, 80));
    expect(detail).toContain(
      "is not a valid task id: an id has 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : - + @ = ,",
    );
    expect(detail.length).toBeLessThan(300);
  });
});
