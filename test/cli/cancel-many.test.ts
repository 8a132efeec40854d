import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { eventually } from "../client/suite/harness.ts";
import { cliIn, hasTerminal, onTerminal, runCli, runningTasks, WatchedCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

describe("edge-canceler cancel --prefix", () => {
  it("counts on trial, needs --yes in a script, and cancels all of them", async () => {
    const name = await runningTasks(tasks, 3);
    const many = ["cancel", "--prefix", name, "--url", url];
    const trial = await runCli([...many, "--dry-run"]);
    expect([trial.exitCode, trial.stdout]).toEqual([0, "3 tasks would be cancelled\n"]);
    const unsure = await runCli(many);
    expect(unsure.exitCode).toBe(2);
    expect(unsure.stderr).toContain("give --yes");
    const both = await runCli([...many, "job-1", "--yes"]);
    expect([both.exitCode, both.stderr]).toEqual([2, expect.stringContaining("not both")]);
    const done = await runCli([...many, "--yes", "--grace", "0s", "--reason", "wrong data"]);
    expect([done.exitCode, done.stdout]).toEqual([0, "3 of 3 tasks ended, 0 acknowledged\n"]);
    expect((await tasks.get(`${name}-1`))?.cancellation?.reason).toBe("wrong data");
  });

  it.each([
    ["30d", 0, "2 of 2 tasks ended", "2s"],
    ["0s", 1, "stopped waiting: the service goes on cancelling", "0s"],
  ])("waits for %s at most, from when it has begun", async (wait, exitCode, said, grace) => {
    const name = await runningTasks(tasks, 2);
    const many = ["cancel", "--prefix", name, "--yes", "--grace", grace, "--url", url];
    const waited = await runCli([...many, `--wait=${wait}`]);
    expect([waited.exitCode, waited.stdout + waited.stderr]).toEqual([
      exitCode,
      expect.stringContaining(said),
    ]);
    await eventually(
      () => tasks.get(`${name}-1`),
      (task) => task?.status === "cancelled",
    );
  });

  it("prints how far it is, as JSON, when the wait is over", async () => {
    const many = ["cancel", "--prefix", "nobody-", "--yes", "--wait=0s", "--json", "--url", url];
    const { exitCode, stdout } = await runCli(many);
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      1,
      expect.objectContaining({ id: expect.any(String), status: "running", ended: 0 }),
    ]);
  });

  it("does not say that a cancel goes on of which it has heard nothing", async () => {
    await using silent = await fakeService();
    const many = ["cancel", "--prefix", "sweep-7-", "--yes", "--url", silent.url];
    await using cli = new WatchedCli([process.execPath, ...cliIn("node").slice(1), ...many]);
    await silent.requests.next();
    cli.kill("SIGINT");
    expect(await cli.exitCode()).toBe(130);
    expect(cli.stderr).toContain("it may have begun or not");
  });

  it("says that a cancel goes on whose progress it cannot read", async () => {
    await using service = await fakeService();
    const many = ["cancel", "--prefix", "sweep-7-", "--yes", "--url", service.url];
    const asked = runCli(many);
    const bulk = {
      id: "a",
      status: "running",
      matched: 0,
      requested: 0,
      ended: 0,
      acknowledged: 0,
    };
    (await service.requests.next()).answer(202, bulk);
    (await service.requests.next()).answer(401, {});
    const { exitCode, stderr } = await asked;
    expect([exitCode, stderr]).toEqual([77, expect.stringContaining("the service goes on")]);
  });

  it("takes no --tree, as it waits for what is selected alone", async () => {
    const refused = await runCli(["cancel", "--prefix", "sweep-7-", "--yes", "--tree"]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining("edge-canceler cancel job-1 --wait --tree"),
    ]);
  });

  it.runIf(hasTerminal).each([
    ["Ctrl-C", "\u0003", 130],
    ["Ctrl-D", "\u0004", 1],
  ])("cancels nothing if the answer is %s", async (_, key, exitCode) => {
    const name = await runningTasks(tasks, 2);
    await using cli = onTerminal(["cancel", "--prefix", name, "--url", url]);
    await cli.says("Cancel 2 tasks? [y/N]");
    cli.type(key);
    expect(await cli.exitCode()).toBe(exitCode);
    expect(cli.stdout).toContain("\nedge-canceler: nothing was cancelled");
    expect((await tasks.get(`${name}-0`))?.status).toBe("running");
  });

  it.runIf(hasTerminal)("asks on a terminal, and takes anything but yes for no", async () => {
    const name = await runningTasks(tasks, 2);
    await using cli = onTerminal(["cancel", "--prefix", name, "--url", url]);
    await cli.says("Cancel 2 tasks? [y/N]");
    cli.type("n\n");
    expect(await cli.exitCode()).toBe(1);
    expect((await tasks.get(`${name}-0`))?.status).toBe("running");
  });
});
