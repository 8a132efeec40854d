import { describe, expect, it } from "vitest";
import { fillOptionalValues } from "../../worker-client/cli/arguments.ts";

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
