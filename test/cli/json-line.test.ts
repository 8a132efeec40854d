import { describe, expect, it } from "vitest";
import { jsonLine } from "../../worker-client/cli/terminal.ts";

describe("a line of JSON", () => {
  it("says the same, with nothing in it that a terminal acts on", () => {
    const value = { reason: "\u001b[31m\u0085\u009b\u007f\u202e\u2066\u2028\n é 🙂" };
    const line = jsonLine(value);
    expect(JSON.parse(line)).toEqual(value);
    expect(line).toBe(
      String.raw`{"reason":"\u001b[31m\u0085\u009b\u007f\u202e\u2066\u2028\n é 🙂"}`,
    );
  });
});
