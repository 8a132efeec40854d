import { describe, expect, it } from "vitest";
import { fillOptionalValues } from "../../worker-client/cli/arguments.ts";
import { UsageError } from "../../worker-client/cli/failure.ts";
import { durationSeconds } from "../../worker-client/cli/values.ts";

const fill = (...args: string[]) => fillOptionalValues(args, { wait: "60s" });

describe("an option that may stand without its value", () => {
  it.each([
    [
      ["a", "--wait"],
      ["a", "--wait=60s"],
    ],
    [
      ["--wait", "a", "--grace", "5s"],
      ["--wait=60s", "a", "--grace", "5s"],
    ],
    [
      ["--wait=5m", "a"],
      ["--wait=5m", "a"],
    ],
    [["--wait="], ["--wait="]],
    [
      ["wait", "--waits"],
      ["wait", "--waits"],
    ],
    [
      ["a", "--", "--wait"],
      ["a", "--", "--wait"],
    ],
  ])("is given it: %j", (args, filled) => {
    expect(fill(...args)).toEqual(filled);
  });

  it.each(["10s", "2h30m", "30"])("is refused with %s behind it, which would be a task", (next) => {
    expect(() => fill("a", "--wait", next)).toThrow(
      `write --wait=${next}: without the "=", ${next} would be a task`,
    );
  });
});

describe("a duration", () => {
  it.each([
    ["90s", 90],
    ["5m", 300],
    ["2h30m", 9000],
    ["1d", 86_400],
    ["1d1h1m1s", 90_061],
    ["1.5h", 5400],
    ["500ms", 0.5],
    ["1s500ms", 1.5],
    ["0s", 0],
  ])("%s is %d seconds", (text, seconds) => {
    expect(durationSeconds(text, "--grace")).toBe(seconds);
  });

  it.each(["", "5", "m", "5 m", "-5s", "5x", "30m2h", "5s5s", "1e3s", "Infinity"])(
    "is not written %j",
    (text) => {
      expect(() => durationSeconds(text, "--grace")).toThrow(UsageError);
    },
  );

  it("that is none is named, with what would be right", () => {
    expect(() => durationSeconds("30", "--grace")).toThrow(
      '--grace must be a duration like 90s, 5m, 2h30m or 1d, not "30" (give a unit, such as 30s)',
    );
  });
});
