import { describe, expect, it } from "vitest";
import { escapeTaskId, TASK_ID_PATTERN } from "../../worker-client/task-id.ts";

describe("escapeTaskId", () => {
  it.each([
    ["build-7", "build-7"],
    ["A.z_9~:-+@=,", "A.z_9~:-+@=,"],
    ["feature/x", "feature~2Fx"],
    ["größe", "gr~C3~B6~C3~9Fe"],
    ["a b\n%2F", "a~20b~0A~252F"],
    ["💥", "~F0~9F~92~A5"],
    ["\u0000*", "~00~2A"],
  ])("writes %j as %j, a valid id that is escaped no further", (text, id) => {
    expect(escapeTaskId(text)).toBe(id);
    expect(escapeTaskId(id)).toBe(id);
    expect(TASK_ID_PATTERN.test(id)).toBe(true);
  });

  it.each(["", ".", "..", "ö".repeat(22), "half \ud83d", "\udca5 half"])(
    "makes no valid id of %j",
    (text) => {
      expect(TASK_ID_PATTERN.test(escapeTaskId(text))).toBe(false);
    },
  );
});
