import { describe, expect, inject, it } from "vitest";
import { until } from "../../scripts/until.ts";
import { TaskClient, type TaskStatus } from "../../worker-client/index.ts";
import { type Exchange, fakeService } from "../client/harness.ts";
import { cancellingTask, taskState } from "../client/task-state.ts";
import { descendantsOf, isAlive } from "../scripts/processes.ts";
import { RunningExec } from "./exec-harness.ts";
import { cliIn, hasTerminal, newTaskId, onTerminal, runCli, untilWatched } from "./harness.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

it("an exec inside of an exec is its child: both end with one cancel, which counts them", async () => {
  const [outer, inner] = [newTaskId(), newTaskId()];
  const nested = [...cliIn("node"), "exec", inner, "--", "sleep", "600"];
  await using exec = new RunningExec(nested, { url, task: outer });
  await untilWatched(tasks, outer);
  await untilWatched(tasks, inner);
  const drawing = await runCli(["tree", outer, "--url", url]);
  expect(drawing.stdout).toBe(`${outer}  running  0 of 1 below it ended\n└─ ${inner}  running\n`);
  const cancel = await runCli(["cancel", outer, "--wait", "--tree", "--url", url]);
  expect(cancel.stdout).toMatch(
    /^\S+ {2}cancelled .* {2}1 of 1 below it ended(, 1 acknowledged)?\n$/,
  );
  expect(cancel.exitCode).toBe(0);
  await exec.ended;
  expect(await tasks.get(inner)).toMatchObject({ parent: outer, status: "cancelled" });
  expect(exec.stderr.text).not.toContain("not on record");
});

it("an exec that is signalled before it hears of the cancel above it asks, and ends cancelled", async () => {
  await using service = await fakeService();
  const [top, outer, inner] = [newTaskId(), newTaskId(), newTaskId()];
  const asked = async (what: string): Promise<Exchange> => {
    const exchange = await service.requests.next();
    const { method, path, query } = exchange;
    const kind = query.has("wait") ? "poll" : query.has("direct") ? "socket" : method;
    return `${kind} ${path}` === what.replace(" ", " /v1/tasks/") ? exchange : asked(what);
  };
  const flags = ["--parent", outer];
  await using exec = new RunningExec(["sleep", "600"], { url: service.url, task: inner, flags });
  const running = taskState(inner, { parent: outer });
  (await asked(`POST ${inner}/start`)).answer(200, running);
  // Its line says nothing.
  await asked(`socket ${inner}`);
  exec.signal("SIGTERM");
  (await asked(`GET ${inner}`)).answer(200, running);
  (await asked(`GET ${outer}`)).answer(200, taskState(outer, { parent: top }));
  (await asked(`GET ${top}`)).answer(200, cancellingTask(top));
  (await asked(`poll ${inner}`)).answer(200, cancellingTask(inner, { parent: outer }));
  const report = await asked(`POST ${inner}/finish`);
  expect(await report.body()).toMatchObject({ status: "cancelled", error: { signal: "SIGTERM" } });
  // The exec around it tells everything that its command has started, so there may be two signals.
  exec.signal("SIGTERM");
  report.answer(200, cancellingTask(inner, { status: "cancelled" }));
  expect(await exec.exitCode).toBe(143);
  expect(exec.stderr.text).toBe("edge-canceler: cancelled: wrong data\n");
});

it("an exec whose nested exec hears of the cancel first asks, and ends cancelled too", async () => {
  const [outer, inner] = [newTaskId(), newTaskId()];
  const nested = [...cliIn("node"), "exec", inner, "--", "sleep", "600"];
  await using exec = new RunningExec(nested, { url, task: outer });
  await untilWatched(tasks, outer);
  await untilWatched(tasks, inner);
  const [innerPid = 0] = descendantsOf(exec.pid);
  exec.signal("SIGSTOP");
  await tasks.cancel(outer, { reason: "wrong data" });
  await until("the nested exec ends", () => !isAlive(innerPid));
  exec.signal("SIGCONT");
  expect(await exec.exitCode).toBe(143);
  expect(await tasks.get(outer)).toMatchObject({
    status: "cancelled",
    error: { exitCode: 143 },
    cancellation: { acknowledgedAt: expect.any(String) },
  });
});

it("an exec that is signalled while nothing above it is cancelled was interrupted", async () => {
  const [outer, inner] = [newTaskId(), newTaskId()];
  const flags = ["--parent", outer];
  await using exec = new RunningExec(["sleep", "600"], { url, task: inner, flags });
  await untilWatched(tasks, inner);
  exec.signal("SIGTERM");
  expect(await exec.exitCode).toBe(143);
  expect(await tasks.get(inner)).toMatchObject({
    status: "failed",
    error: { type: "interrupted" },
    cancellation: null,
  });
});

it("--no-parent keeps a nested exec apart, and --parent names another", async () => {
  const environment = { EDGE_CANCELER_TASK: newTaskId() };
  const [apart, other, parent] = [newTaskId(), newTaskId(), newTaskId()];
  const ends = [
    new RunningExec(["true"], { url, task: apart, flags: ["--no-parent"], environment }),
    new RunningExec(["true"], { url, task: other, flags: ["--parent", parent], environment }),
  ];
  for (const exec of ends) expect(await exec.exitCode).toBe(0);
  expect(await tasks.get(apart)).toMatchObject({ parent: null });
  expect(await tasks.get(other)).toMatchObject({ parent });
});

it("declare --supersede cancels what the parent had before", async () => {
  const [deploys, d8, d9] = [newTaskId(), newTaskId(), newTaskId()];
  await tasks.declare(d8, { parent: deploys });
  const declared = await runCli(["declare", d9, "--parent", deploys, "--supersede", "--url", url]);
  expect(declared.exitCode).toBe(0);
  await using watch = tasks.watch(d8, { observe: true });
  await new Promise((resolve) => watch.signal.addEventListener("abort", resolve));
  expect(await tasks.get(d8)).toMatchObject({ cancellation: { cause: "superseded" } });
  const tree = await runCli(["tree", deploys, "--json", "--url", url]);
  expect(JSON.parse(tree.stdout)).toMatchObject({
    id: deploys,
    children: [{ id: d9 }, { id: d8, status: "cancelled" }],
  });
  const lone = await runCli(["declare", newTaskId(), "--supersede", "--url", url]);
  expect(lone.exitCode).toBe(2);
});

describe.runIf(hasTerminal)("edge-canceler tree on a terminal", () => {
  const treeOf = (status: TaskStatus, ended: number) => ({
    id: "top",
    status,
    hidden: 0,
    descendants: { total: 1, ended, acknowledged: 0, unconfirmed: 0 },
    children: [{ id: "low", status, hidden: 0, descendants: null, children: [] }],
  });
  const drawingOf = (status: TaskStatus, ended: number, end: string) =>
    `top  ${status}  ${ended} of 1 below it ended\r\n└─ low  ${status}${end}`;
  const taken = "\r\u001b[1A\u001b[J";

  it("draws it anew until all of it has ended", async () => {
    await using service = await fakeService();
    await using cli = onTerminal(["tree", "top", "--url", service.url]);
    (await service.requests.next()).answer(200, treeOf("running", 0));
    (await service.requests.next()).answer(200, treeOf("cancelled", 1));
    expect(await cli.exitCode()).toBe(0);
    const end = taken + drawingOf("cancelled", 1, "\r\n");
    expect(cli.stdout.slice(-end.length)).toBe(end);
  });

  it("leaves nothing of the drawing above what it has to say meanwhile", async () => {
    await using service = await fakeService();
    await using cli = onTerminal(["tree", "top", "--url", service.url]);
    (await service.requests.next()).answer(200, treeOf("running", 0));
    (await service.requests.next()).reset();
    await cli.says(`${taken}edge-canceler: cannot reach ${service.url}`);
    (await service.requests.next()).answer(200, treeOf("running", 0));
    (await service.requests.next()).answer(200, treeOf("cancelled", 1));
    expect(await cli.exitCode()).toBe(0);
    const [, below = ""] = cli.stdout.split("trying again\r\n");
    expect(below.startsWith(`\r\u001b[K${drawingOf("running", 0, "")}`)).toBe(true);
  });

  it("ends with Ctrl-C, also while it waits for an answer, and leaves what was seen last", async () => {
    await using service = await fakeService();
    await using cli = onTerminal(["tree", "top", "--url", service.url]);
    (await service.requests.next()).answer(200, treeOf("running", 0));
    await service.requests.next();
    cli.type("\u0003");
    expect(await cli.exitCode()).toBe(130);
    const end = drawingOf("running", 0, "\r\n");
    expect(cli.stdout.slice(-end.length)).toBe(end);
  });
});
