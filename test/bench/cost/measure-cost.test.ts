import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { projectFolder } from "../../../scripts/folders.ts";
import { until } from "../../../scripts/until.ts";
import { descendantsOf, isAlive } from "../../scripts/processes.ts";
import { leftIn } from "../harness.ts";
import { lives } from "./lives.ts";

/** `npm run bench -- cost`, as a user types it. */
function bench(args: readonly string[], temporaryFolder: string) {
  return spawn("npm", ["run", "--silent", "bench", "--", "cost", ...args], {
    cwd: projectFolder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: temporaryFolder },
    // A shell gives each command a group of its own too; Ctrl-C goes to all of it.
    detached: true,
  });
}

it("the short form works, and leaves nothing behind", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-bench-"));
  await using results = await mkdtempDisposable(join(tmpdir(), "edge-canceler-bench-"));
  const json = join(results.path, "cost.json");
  const run = bench(["--short", "--json", json], folder.path);
  const [table, log, [code]] = await Promise.all([
    text(run.stdout),
    text(run.stderr),
    once(run, "exit"),
  ]);
  expect(code, log).toBe(0);
  expect(table).toMatch(/^one watch, one hour .* \$ per million$/m);
  expect(table).toMatch(/^WebSocket .* \d+\.\d\d$/m);
  expect(table).toMatch(/^opening one watch /m);
  for (const { name } of lives()) expect(table).toContain(`\n${name} `);
  expect(JSON.parse(await readFile(json, "utf8"))).toContainEqual(
    expect.objectContaining({ mode: expect.objectContaining({ name: "WebSocket" }), tasks: 5 }),
  );
  expect(await leftIn(folder.path)).toEqual([]);
});

it("Ctrl-C ends it in the middle, and leaves nothing running", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-bench-"));
  const run = bench(["--short"], folder.path);
  const { pid } = run;
  if (pid === undefined) throw new Error("npm does not start");
  let log = "";
  run.stderr.on("data", (data) => {
    log += data;
  });
  await until("a service with watches", () => log.includes("watches are open"));
  const processes = [pid, ...descendantsOf(pid)];
  process.kill(-pid, "SIGINT");
  await until("every process ends", () => !processes.some(isAlive));
  expect(await leftIn(folder.path)).toEqual([]);
});

it("what makes no sense is refused in one line", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "edge-canceler-bench-"));
  const run = bench(["--tasks", "none"], folder.path);
  const [log, [code]] = await Promise.all([text(run.stderr), once(run, "exit")]);
  expect(code).not.toBe(0);
  expect(log).toContain('--tasks must be a whole number from 1 to 2000, not "none"');
});
