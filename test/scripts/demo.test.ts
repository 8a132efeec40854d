import { once } from "node:events";
import { describe, expect, inject, it } from "vitest";
import { showRefusals, startDemoWorker } from "../../scripts/demo-steps.ts";
import { npmRun } from "./harness.ts";

const ALL_STOPPED = "All three workers stopped because they were cancelled.";
const JWT = /[\w-]+\.[\w-]+\.[\w-]{43}/;

function rowOf(stdout: string, id: string): string[] {
  const row = stdout.split("\n").find((line) => line.startsWith(`${id} `)) ?? "";
  return row.split(/ {2,}/);
}

describe("npm run demo", () => {
  it("cancels three workers, and says that the service is open", async () => {
    const { code, stdout, stderr } = await npmRun("demo", []);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("open: everybody who reaches it can cancel any task");
    expect(stdout).toContain(ALL_STOPPED);
    for (const runtime of ["node", "deno", "bun"]) {
      expect(rowOf(stdout, `training-on-${runtime}`).slice(-2)).toEqual(["cancelled", "0"]);
    }
  });

  it("--auth: does so on a closed service, and a cancel that is not allowed is refused", async () => {
    const { code, stdout, stderr } = await npmRun("demo", ["--auth"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("closed: each worker has a token for its own task");
    expect(stdout).toMatch(/ node +may cancel its own .* training-on-deno: 404 task-unknown\n/);
    expect(stdout).toMatch(/ deno +may not cancel, .*: 403 forbidden\n/);
    expect(stdout).toMatch(/: the demo says stop\n/);
    expect(stdout).not.toContain("the wrong one asks");
    expect(stdout).toContain(ALL_STOPPED);
    for (const runtime of ["node", "deno", "bun"]) {
      const row = rowOf(stdout, `training-on-${runtime}`);
      expect(row.slice(-3)).toEqual(["cancelled", "0", "you@demo"]);
    }
    expect(stdout).not.toMatch(JWT);
  });

  // A lease is ten seconds at least, and the demo waits for the end of one.
  it("--queue: hands on the task of a worker that is killed, and shows who ran what", async () => {
    const { code, stdout, stderr } = await npmRun("demo", ["--queue"]);
    expect([code, stderr]).toEqual([0, ""]);
    const [, lost = ""] =
      /killed the worker on bun \(kill -9\), which runs (\S+)\n/.exec(stdout) ?? [];
    const [, stopped = ""] = /cancelled (\S+), which runs on deno\n/.exec(stdout) ?? [];
    expect(rowOf(stdout, lost).slice(1, 3)).toEqual([
      "succeeded",
      expect.stringMatching(/^1 on bun: lost, 2 on (node|deno): succeeded$/),
    ]);
    expect(rowOf(stdout, stopped).slice(1, 3)).toEqual(["cancelled", "1 on deno: cancelled"]);
    expect(rowOf(stdout, "frame-12").slice(1, 3)).toEqual(["cancelled", "never started"]);
    expect(stdout).toContain("Every task ended as it should");
  });

  it("explains itself", async () => {
    const { code, stdout, stderr } = await npmRun("demo", ["--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const option of ["--auth", "--queue", "--help"]) expect(stdout).toContain(option);
  });

  it("says in one line that it does not know a flag", async () => {
    const { code, stderr } = await npmRun("demo", ["--nope"]);
    expect([code, stderr]).toEqual([1, "the demo failed: Unknown option '--nope'\n"]);
  });
});

describe("in the demo", () => {
  it("a cancel without the right to it is a failure if the service lets it through", async () => {
    const said: string[] = [];
    const refusals = showRefusals({
      url: inject("serviceUrl"),
      canceller: { runtime: "node", id: "demo-canceller", token: undefined },
      other: { runtime: "deno", id: "demo-other", token: undefined },
      say: (_, what) => said.push(what),
    });
    await expect(refusals).rejects.toThrow("an unauthorized cancel of demo-other was not refused");
    expect(said[0]).toContain("200, it was cancelled");
  });

  it("a worker's token is not among its arguments", async () => {
    const { process } = startDemoWorker({
      runtime: "node",
      id: "demo-arguments",
      url: inject("serviceUrl"),
      token: "token-of-the-worker",
      onLine: () => {},
    });
    const ended = once(process, "close");
    expect(process.spawnargs.join(" ")).toContain("demo-arguments");
    expect(process.spawnargs.join(" ")).not.toContain("token-of-the-worker");
    process.kill("SIGKILL");
    await ended;
  });
});
