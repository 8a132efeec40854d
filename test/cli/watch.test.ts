import { describe, expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { CLI_RUNTIMES, hasTerminal, onTerminal, runCli, WatchedCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `watch-${crypto.randomUUID()}`;

function watch(id: string, runtime: keyof typeof CLI_RUNTIMES = "node"): WatchedCli {
  return new WatchedCli([...CLI_RUNTIMES[runtime], "watch", id, "--url", url]);
}

describe.each(Object.keys(CLI_RUNTIMES))("edge-canceler watch under %s", (name) => {
  const runtime = name === "deno" || name === "bun" ? name : "node";

  it("prints a line for each change, until the task has ended", async () => {
    const id = newId();
    await tasks.declare(id);
    await using cli = watch(id, runtime);
    await cli.says(`${id}  pending\n`);
    const { attempt } = await tasks.start(id);
    await cli.says("  running");
    await tasks.cancel(id, { reason: "wrong\u001b[2J data" });
    await cli.says("  cancelling");
    await tasks.finish(id, { attempt, status: "cancelled" });
    expect(await cli.exitCode()).toBe(0);
    const [pending, running, cancelling, cancelled, ...more] = cli.stdout.split("\n");
    expect(pending).toBe(`${id}  pending`);
    expect(running).toMatch(new RegExp(`^${id}  running  attempt 1  started \\S+Z$`));
    expect(cancelling).toMatch(/ {2}not acknowledged {2}reason: wrong \[2J data$/);
    expect(cancelled).toMatch(/ {2}acknowledged \+\S+ {2}ended \+\S+ {2}reason: wrong/);
    expect([more, cli.stderr]).toEqual([[""], ""]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends cleanly on %s", async (signal, exitCode) => {
    const id = newId();
    await tasks.declare(id);
    await using cli = watch(id, runtime);
    await cli.says("pending");
    cli.kill(signal);
    expect(await cli.exitCode()).toBe(exitCode);
    expect([cli.stdout, cli.stderr]).toEqual([`${id}  pending\n`, ""]);
  });
});

describe("edge-canceler watch", () => {
  it("prints a line and ends for a task that has ended, in JSON if asked", async () => {
    const id = newId();
    const { cancellation } = await tasks.cancel(id);
    const { exitCode, stdout } = await runCli(["watch", id, "--json", "--url", url]);
    const requestedAt = cancellation?.requestedAt;
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([
      0,
      { id, cancellation: { requestedAt } },
    ]);
  });

  it("waits for a task that nobody has declared yet", async () => {
    const id = newId();
    await using cli = watch(id);
    await cli.says(`edge-canceler: ${id} is not known yet: waiting for it\n`);
    await tasks.cancel(id);
    expect(await cli.exitCode()).toBe(0);
    expect(cli.stdout).toMatch(new RegExp(`^${id}  cancelled  asked \\S+  never started\n$`));
  });

  it("says at once that it is refused", async () => {
    await using service = await fakeService();
    const asked = runCli(["watch", "1234", "--url", service.url]);
    (await service.requests.next()).answer(401, "");
    expect(await asked).toEqual({
      exitCode: 77,
      stdout: "",
      stderr: expect.stringContaining("edge-canceler watch: refused with HTTP status 401: "),
    });
  });
});

describe.runIf(hasTerminal)("edge-canceler watch on a terminal", () => {
  it("keeps a live line below the changes, and removes it at the end", async () => {
    const id = newId();
    await tasks.declare(id);
    await using cli = onTerminal(["watch", id, "--url", url]);
    await cli.says(`\r\u001b[K${id}  pending for `);
    const { attempt } = await tasks.start(id);
    await cli.says(`\r\u001b[K${id}  running for `);
    await tasks.finish(id, { attempt, status: "succeeded" });
    expect(await cli.exitCode()).toBe(0);
    expect(cli.stdout).toMatch(new RegExp(`\r\u001b\\[K${id}  succeeded [^\r]*\r\n$`));
  });

  it("ends cleanly on Ctrl-C: it removes its live line and says nothing else", async () => {
    const id = newId();
    await tasks.declare(id);
    await using cli = onTerminal(["watch", id, "--url", url]);
    await cli.says(`${id}  pending for `);
    cli.type("\u0003");
    expect(await cli.exitCode()).toBe(130);
    const [, afterwards] = cli.stdout.split(/ for [\d.]+m?s/).slice(-2);
    expect(afterwards?.replace("^C", "")).toBe("\r\u001b[K");
    expect((await tasks.get(id))?.status).toBe("pending");
  });
});
