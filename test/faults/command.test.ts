import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { until } from "../../scripts/until.ts";
import { descendantsOf, untilEnded } from "../scripts/processes.ts";
import { readOptions } from "./options.ts";
import { scenarios } from "./scenarios.ts";

/** `npm run faults`, as a user types it. */
function faults(args: readonly string[], temporaryFolder = tmpdir()) {
  const child = spawn("npm", ["run", "--silent", "faults", "--", ...args], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: temporaryFolder },
    detached: true,
  });
  const ended = Promise.all([
    once(child, "close").then(([code]) => Number(code)),
    text(child.stdout),
    text(child.stderr),
  ]).then(([code, stdout, stderr]) => ({ code, stdout, stderr }));
  return { child, ended };
}

describe("npm run faults", () => {
  it("explains itself, and every scenario", async () => {
    const { code, stdout, stderr } = await faults(["--help"]).ended;
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of Object.keys(scenarios)) expect(stdout).toContain(`\n  ${name} `);
    for (const option of [
      "--seed N",
      "--rounds N",
      "--short",
      "--stop-at-first",
      "--planted",
      "--soak [TIME]",
    ]) {
      expect(stdout).toContain(option);
    }
  });

  it.each([
    [["kil"], '"kil" is not a scenario: they are '],
    [["--seed", "x"], '--seed must be a whole number, not "x"'],
    [["--rounds", "0"], '--rounds must be a whole number, not "0"'],
    [["--soak", "5"], '--soak must be a time such as 90s, 30m or 2h, not "5"'],
    [["--soak", "5s", "--planted"], "--soak and --planted exclude each other"],
    [["--fast"], "Unknown option '--fast'"],
  ])("refuses %j, and says why", (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
  });

  it("says what is wrong in one line", async () => {
    const { code, stdout, stderr } = await faults(["--fast"]).ended;
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("runs every scenario and the planted faults in short, the same each time", () => {
    const names = Object.keys(scenarios);
    expect(readOptions(["--short"])).toMatchObject({
      parts: ["scenarios", "planted"],
      names,
      seed: 1,
    });
    expect(readOptions([])).toMatchObject({ parts: ["scenarios"], names });
    expect(readOptions(["kill", "--short"])).toMatchObject({
      parts: ["scenarios"],
      names: ["kill"],
    });
    expect(readOptions(["--planted"]).parts).toEqual(["planted"]);
  });

  it("prints the seed, and what was done", async () => {
    const { code, stdout, stderr } = await faults(["every-byte", "--rounds", "1", "--seed", "7"])
      .ended;
    expect(stderr).toMatch(/^seed 7\n/);
    expect(stdout).toMatch(/^every-byte +1 cuts of an answer .* 0 /m);
    expect(stdout).toMatch(/^every promise was kept \(seed 7\)$/m);
    expect(code).toBe(0);
  });

  it("ends with everything it started when it is interrupted", async () => {
    await using temporary = await mkdtempDisposable(join(tmpdir(), "edge-canceler-faults-"));
    const { child, ended } = faults(["stopped-worker"], temporary.path);
    const pid = child.pid ?? 0;
    await until("npm, the lab, workerd and a worker run", () => descendantsOf(pid).length >= 3);
    const processes = [pid, ...descendantsOf(pid)];
    process.kill(-pid, "SIGINT");
    expect((await ended).code).not.toBe(0);
    await untilEnded(processes);
    const left = await readdir(temporary.path);
    expect(left.filter((name) => name.startsWith("edge-canceler"))).toEqual([]);
  });

  it("soaks the service, and says whether anything grew or was logged", async () => {
    const { stdout, stderr } = await faults(["--soak", "4s"]).ended;
    // In four seconds it shows that the soak works, not that nothing grows.
    expect(stdout).toMatch(/^memory, MiB +\d/m);
    expect(stdout).toMatch(/^open files +\d/m);
    expect(stdout).toMatch(/^files on disk +\d/m);
    expect(stdout).toMatch(/^\d+ lives in 4 s, \d+ cancels told in /m);
    expect(stdout).not.toMatch(/log has|broken/);
    expect(stderr).toMatch(/\d+ lives, \d+ MiB, \d+ open files, \d+ files, .* 0 log lines/);
  });
});
