import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { showDuration } from "../../worker-client/cli/task-lines.ts";
import { fitLine, jsonLine } from "../../worker-client/cli/terminal.ts";
import { sourceFiles } from "../layout/sources.ts";

describe("what the command prints", () => {
  it("goes through the printer that makes it safe, but for the warnings of exec, which do so too", () => {
    const writers = sourceFiles("worker-client/cli").filter((file) =>
      /\bwriteSync\b|\bwriteText\b|\bconsole\.|std(?:out|err)\.write/.test(
        readFileSync(join(projectFolder, file), "utf8"),
      ),
    );
    expect(writers).toEqual(["worker-client/cli/exec/warn.ts", "worker-client/cli/terminal.ts"]);
  });
});

describe("a line that is fitted to a width", () => {
  it("is cut in whatever part the width ends, between characters, and says so", () => {
    const line = ["job-1  ", { text: "running", style: "cyan" }, "  🙂🙂 reason"] as const;
    expect(fitLine(line, 10)).toEqual(["job-1  ", { text: "ru", style: "cyan" }, "", "…"]);
    expect(fitLine(line, 19)).toEqual(["job-1  ", { text: "running", style: "cyan" }, "  🙂", "…"]);
    expect(fitLine("job-1", 5)).toBe("job-1");
  });

  it("is measured in columns: some characters take two of them, some none", () => {
    expect(fitLine("資料錯誤", 7)).toEqual(["資料錯", "…"]);
    expect(fitLine("ﾃﾞｰﾀ データ", 8)).toEqual(["ﾃﾞｰﾀ デ", "…"]);
    expect(fitLine("데이터", 3)).toEqual(["데", "…"]);
    expect(fitLine("cafe\u0301 noir", 5)).toEqual(["cafe\u0301", "…"]);
  });
});

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

describe("a duration for people", () => {
  it.each([
    [0, "0ms"],
    [12.4, "12ms"],
    [999.6, "999ms"],
    [1000, "1s"],
    [1299, "1.2s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [9_000_000, "2h30m"],
    [90_061_000, "1d1h"],
    [86_401_000, "1d1s"],
  ])("of %d ms is %s", (milliseconds, text) => {
    expect(showDuration(milliseconds)).toBe(text);
  });
});
