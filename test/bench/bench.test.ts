import { mkdtempDisposable, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { untilEnded } from "../scripts/processes.ts";
import { FIGURES } from "./figures/figures.ts";
import { benchRun, leftIn } from "./harness.ts";
import type { Report } from "./report.ts";
import { resultsPage } from "./results-page.ts";
import { latencyChart } from "./write-results.ts";

const PROGRESS = /^ *\d+ s {2}\S/;
const newFolder = () => mkdtempDisposable(join(tmpdir(), "edge-canceler-bench-test-"));

function expectMeasured(values: readonly number[]): void {
  expect(values.length).toBeGreaterThan(0);
  for (const value of values) {
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(Number.POSITIVE_INFINITY);
  }
}

describe("npm run bench", () => {
  it("measures every figure on both sides, and leaves nothing behind", async () => {
    await using folder = await newFolder();
    const json = join(folder.path, "report.json");
    const end = await benchRun({
      args: ["--short", "--json", json],
      temporaryFolder: folder.path,
    });
    const report: Report = JSON.parse(await readFile(json, "utf8"));
    await rm(json);

    // Where it is, line by line, and not a word besides: nothing in the services' logs either.
    expect(end.stderr.split("\n").filter((line) => line && !PROGRESS.test(line))).toEqual([]);
    expect(report.serviceLog).toEqual([]);
    expect(end.code).toBe(0);
    // So few rounds say nothing about the targets.
    expect(end.stdout).not.toMatch(/\b(ok|missed)\b/);
    // The two sides and their generators, npm and the bench itself at least.
    expect(end.processes.length).toBeGreaterThan(5);
    await untilEnded(end.processes);
    expect(await leftIn(folder.path)).toEqual([]);

    expect(report.figures.map(({ key }) => key)).toEqual(FIGURES.map(({ key }) => key));
    for (const { floor, product, ratio, name } of report.figures) {
      expectMeasured([floor.median, product.median, ratio.median]);
      expect(end.stdout).toContain(name);
    }
    expect(report.growth.rows).toHaveLength(10);
    expect(report.watcherGrowth.rows).toHaveLength(6);
    for (const { values, factor } of [...report.growth.rows, ...report.watcherGrowth.rows]) {
      expectMeasured([...values, factor]);
    }
    expect(report.absolute).toHaveLength(6);
    expectMeasured(report.absolute.map(({ product }) => product));

    expect(resultsPage(report)).toContain("| GET state | /s |");
    expect(latencyChart(report.growth.points)).toMatch(/^<svg .*service, p50.*<\/svg>\n$/s);
  });

  it("ends with all it started when it is interrupted", async () => {
    await using folder = await newFolder();
    const end = await benchRun({
      args: ["--short", "--only", "told"],
      temporaryFolder: folder.path,
      interruptAt: /: told/,
    });
    expect(end.stdout).not.toContain("figure");
    expect(end.processes.length).toBeGreaterThan(5);
    await untilEnded(end.processes);
    expect(await leftIn(folder.path)).toEqual([]);
  });

  it.each([
    [["--rounds", "0"], '--rounds must be a number from 1 to 99, not "0"'],
    [["--only", "speed"], "--only must be one of rates, told, "],
    [["--write", "--short"], "--write needs the whole bench"],
    [["--fast"], "Unknown option '--fast'"],
  ])("says in one line what is wrong with %j", async (args, line) => {
    const { code, stderr } = await benchRun({ args, temporaryFolder: tmpdir() });
    expect(code).toBe(1);
    expect(stderr).toContain(line);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("explains itself", async () => {
    const { code, stdout } = await benchRun({ args: ["--help"], temporaryFolder: tmpdir() });
    expect(code).toBe(0);
    for (const option of ["--rounds N", "--only PART", "--json FILE", "--write", "--short"]) {
      expect(stdout).toContain(option);
    }
  });
});
