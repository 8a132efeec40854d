import { describe, expect, inject, it } from "vitest";
import { TaskClient, type TaskStatus } from "../../worker-client/index.ts";
import { fakeService } from "../client/harness.ts";
import { eventually } from "../client/suite/harness.ts";
import { CLI_RUNTIMES, hasTerminal, onTerminal, runCli, WatchedCli } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });
const newId = () => `cancel-${crypto.randomUUID()}`;
const cancel = (...args: string[]) => runCli(["cancel", "--url", url, ...args]);

/** A task that a worker runs, and stops when it is told to. */
async function runningTask(): Promise<{ readonly id: string; readonly stopped: Promise<unknown> }> {
  const id = newId();
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const run = tasks.run(id, ({ signal }) => {
    begin();
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  const stopped = expect(run).rejects.toThrow("was cancelled");
  await begun;
  return { id, stopped };
}

describe("edge-canceler cancel", () => {
  it("prints the receipt of a task that nobody runs", async () => {
    const id = newId();
    await tasks.declare(id);
    expect(await cancel(id, "--reason", "wrong data")).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(
        `^${id}  cancelled  asked \\S+Z  never started  reason: wrong data\n$`,
      ),
      stderr: "",
    });
  });

  it("records a cancel for an id that nobody has declared, and says so: it may be mistyped", async () => {
    const id = newId();
    for (const flags of [[], ["--json"], ["--wait"]]) {
      const { exitCode, stderr } = await cancel(id, ...flags);
      expect([exitCode, stderr]).toEqual([
        0,
        `edge-canceler: nobody has declared or started ${id}: the cancel is recorded for when somebody does\n`,
      ]);
    }
    expect((await tasks.get(id))?.status).toBe("cancelled");
  });

  it("returns at once while the worker still has to stop", async () => {
    const id = newId();
    await tasks.start(id);
    const { exitCode, stdout } = await cancel(id, "--grace", "90s");
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`${id}  cancelling  asked `)]);
    expect(stdout).toMatch(/ {2}not delivered {2}not acknowledged\n$/);
    expect((await tasks.get(id))?.cancellation?.gracePeriodSeconds).toBe(90);
  });

  it("or waits until it has stopped", async () => {
    const { id, stopped } = await runningTask();
    const { exitCode, stdout, stderr } = await cancel(id, "--wait");
    await stopped;
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      / cancelled {2}asked \S+ {2}delivered \+\S+ {2}acknowledged \+\S+ {2}ended \+\S+\n$/,
    );
  });

  it.each([
    [
      [],
      (id: string) => expect.stringMatching(`^${id} .* never acknowledged  ended \\+[\\d.]+s\n$`),
    ],
    [["--json"], () => expect.stringMatching('"acknowledgedAt":null.*"outcome":"unacknowledged"')],
  ])("exits with 3 if a task ended and nobody acknowledged: %j", async (flags, stdout) => {
    const id = newId();
    await tasks.start(id);
    expect(await cancel(id, "--wait", "--grace", "1s", ...flags)).toEqual({
      exitCode: 3,
      stdout: stdout(id),
      stderr: `edge-canceler: ${id} has ended, but its worker never confirmed that it stopped: the work may still be running\n`,
    });
  });

  it("exits with the highest code of several tasks", async () => {
    const ids = [newId(), newId(), newId()];
    const [stopping = "", unacknowledged = ""] = ids;
    await tasks.start(stopping);
    await tasks.start(unacknowledged);
    await tasks.cancel(unacknowledged, { gracePeriodSeconds: 0 });
    const { exitCode, stdout } = await cancel(...ids, "--wait=1s", "--json");
    const outcomes: [string, string][] = stdout
      .trimEnd()
      .split("\n")
      .map(parse)
      .map(({ id, outcome }) => [id, outcome]);
    expect(outcomes.sort()).toEqual(
      ids.map((id, index) => [id, ["stopping", "unacknowledged", "not-running"][index]]).sort(),
    );
    expect(exitCode).toBe(3);
  });

  it("exits with 1 if the worker did not stop in time", async () => {
    const id = newId();
    await tasks.start(id);
    const { exitCode, stdout } = await cancel(id, "--wait=1s");
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining(`${id}  cancelling  `)]);
  });

  it("exits with 1 for a task that had ended before, and with 0 if it only has to have ended", async () => {
    const id = newId();
    const { attempt } = await tasks.start(id);
    await tasks.finish(id, { attempt, status: "succeeded" });
    const stdout = `${id}  succeeded  had ended before: there was nothing to cancel\n`;
    expect(await cancel(id)).toEqual({ exitCode: 1, stdout, stderr: "" });
    expect(await cancel(id, "--wait")).toEqual({ exitCode: 0, stdout, stderr: "" });
  });

  it("goes on to what is below a task that had ended before, and says so", async () => {
    const [parent, child] = [newId(), newId()];
    const { attempt } = await tasks.start(parent);
    await tasks.start(child, { parent });
    await tasks.finish(parent, { attempt, status: "succeeded" });
    const said = `${parent}  succeeded  had ended before: the cancel goes to what is below it`;
    const first = await cancel(parent);
    expect(first).toEqual({ exitCode: 0, stdout: `${said}  0 of 1 below it ended\n`, stderr: "" });
    const waited = await cancel(parent, "--wait=0s", "--tree");
    expect([waited.exitCode, waited.stdout]).toEqual([1, first.stdout]);
    await untilStatus(child, "cancelling");
    const waiting = cancel(parent, "--wait", "--tree");
    await tasks.finish(child, { attempt: 1, status: "cancelled" });
    expect((await waiting).exitCode).toBe(0);
    expect((await cancel(parent)).exitCode).toBe(1);
  });

  it("says what became of a later grace period, which can only be shorter", async () => {
    const id = newId();
    await tasks.start(id);
    const note = async (grace: string) => (await cancel(id, "--grace", grace)).stderr;
    expect(await note("80s")).toBe("");
    const said = `edge-canceler: ${id} was cancelled before: its grace period`;
    expect(await note("90s")).toBe(`${said} stays 1m20s, it can only be shortened\n`);
    expect(await note("70s")).toBe(`${said} is now 1m10s\n`);
    expect((await tasks.get(id))?.cancellation?.gracePeriodSeconds).toBe(70);
  });

  it("takes any name, and a reason of any length", async () => {
    const name = newId();
    const ids = [`${name}~2Fx`, `${name}~C3~B6~20`, `-${name}`];
    const names = [`${name}/x`, `${name}ö `, "--", `-${name}`];
    const { exitCode, stdout } = await cancel("--json", "--reason", "x".repeat(20_000), ...names);
    const receipts: { id: string }[] = stdout.trimEnd().split("\n").map(parse);
    expect([exitCode, receipts.map(({ id }) => id)]).toEqual([0, ids]);
    for (const id of ids) {
      expect((await tasks.get(id))?.cancellation?.reason).toMatch(/^x{1000,1024}$/);
    }
  });

  it("cancels many tasks at once, each once, with a line for each", async () => {
    const ids = Array.from({ length: 40 }, newId);
    const { exitCode, stdout } = await cancel(...ids, ...ids, "--json");
    expect(exitCode).toBe(0);
    const receipts: { id: string }[] = stdout.trimEnd().split("\n").map(parse);
    expect(receipts.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const task = await tasks.get(ids[39] ?? "");
    expect(receipts).toContainEqual({ ...task, outcome: "not-running" });
  });

  it("cancels every task before it waits for any", async () => {
    const ids = Array.from({ length: 20 }, newId);
    for (const id of ids) await tasks.start(id);
    await using cli = new WatchedCli([
      process.execPath,
      ...[...CLI_RUNTIMES.node.slice(1), "cancel", ...ids],
      ...["--grace", "60s", "--wait", "--url", url],
    ]);
    for (const id of ids) await untilStatus(id, "cancelling");
    expect(cli.stdout).toBe("");
    for (const id of ids) await tasks.finish(id, { attempt: 1, status: "cancelled" });
    expect(await cli.exitCode()).toBe(0);
    expect(cli.stdout.match(/ cancelled {2}.* acknowledged \+/g)?.length).toBe(ids.length);
  });

  it("prints the receipts of the others if one fails", async () => {
    await using service = await fakeService();
    const [one, two, three] = [newId(), newId(), newId()];
    const asked = runCli(["cancel", one, two, three, "--url", service.url]);
    for (let requests = 0; requests < 3; requests++) {
      const exchange = await service.requests.next();
      const id = exchange.path.split("/").at(-2) ?? "";
      if (id === two) exchange.answer(403, "");
      else {
        await tasks.declare(id);
        exchange.answer(200, await tasks.cancel(id, { reason: "stop\u001b[2J" }));
      }
    }
    const { exitCode, stdout, stderr } = await asked;
    expect(exitCode).toBe(77);
    expect(stdout).toMatch(new RegExp(`^(${one}|${three}) .*stop \\[2J\n(${one}|${three}) .*\n$`));
    expect(stderr).toMatch(new RegExp(`^edge-canceler: ${two}: refused [^\n]* 403: [^\n]*\n$`));
  });

  it.each([
    [[], "name a task: edge-canceler cancel job-1"],
    [["good", ".."], '".." is not a valid task id: an id has '],
    [["good", "-x"], "there is no option -x: put a task of that name after --, as in -- -x"],
    [["good", "--wait", "10s"], "write --wait=10s: "],
    [["good", "--wait=soon"], '--wait must be a duration like 90s, 5m, 2h30m or 1d, not "soon"'],
    [["good", "--grace", "30"], '--grace must be a duration like 90s, 5m, 2h30m or 1d, not "30"'],
  ])("sends nothing if something is wrong: %j", async (args, words) => {
    await using service = await fakeService();
    const { exitCode, stdout, stderr } = await runCli(["cancel", "--url", service.url, ...args]);
    expect([exitCode, stdout, stderr.split("\n").length]).toEqual([2, "", 2]);
    expect(stderr).toContain(words);
    expect(service.requests.left).toBe(0);
  });
});

describe.runIf(hasTerminal)("edge-canceler cancel --wait on a terminal", () => {
  it("shows that it waits, until the worker has stopped", async () => {
    const id = newId();
    await tasks.start(id);
    await using cli = onTerminal(["cancel", id, "--grace", "60s", "--wait", "--url", url]);
    await cli.says(`\r\u001b[K${id}  cancelling for `);
    await cli.says(", grace period 1m");
    await tasks.finish(id, { attempt: 1, status: "cancelled" });
    expect(await cli.exitCode()).toBe(0);
    expect(cli.stdout).toMatch(new RegExp(`\r\u001b\\[K${id}  cancelled  asked [^\r]*\r\n$`));
  });

  it("or that it waits for what is below the task", async () => {
    const [parent, child] = [newId(), newId()];
    await tasks.start(child, { parent });
    await using cli = onTerminal(["cancel", parent, "--wait", "--tree", "--url", url]);
    await cli.says(`\r\u001b[K${parent}  cancelled, waiting for `);
    await untilStatus(child, "cancelling");
    await tasks.finish(child, { attempt: 1, status: "cancelled" });
    expect(await cli.exitCode()).toBe(0);
  });

  it("or until Ctrl-C, and says that the cancel holds", async () => {
    const ids = [newId(), newId()];
    for (const id of ids) await tasks.start(id);
    await using cli = onTerminal(["cancel", ...ids, "--grace", "60s", "--wait", "--url", url]);
    await cli.says("waiting for 2 of 2 tasks to stop, for ");
    cli.type("\u0003");
    expect(await cli.exitCode()).toBe(130);
    const end = "\r\u001b[Kedge-canceler: stopped waiting: the cancel stays on record\r\n";
    expect(cli.stdout.slice(-end.length)).toBe(end);
    for (const id of ids) expect((await tasks.get(id))?.status).toBe("cancelling");
  });
});

async function untilStatus(id: string, status: TaskStatus): Promise<void> {
  await eventually(
    () => tasks.get(id),
    (task) => task?.status === status,
  );
}

function parse(line: string) {
  return JSON.parse(line);
}
