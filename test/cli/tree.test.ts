import { expect, inject, it } from "vitest";
import { TaskClient } from "../../worker-client/index.ts";
import { RunningExec } from "./exec-harness.ts";
import { cliIn, newTaskId, runCli, untilWatched } from "./harness.ts";

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
  // The outer one stops its command, too: its signal may come before the news of the cancel.
  const { parent, status } = (await tasks.get(inner)) ?? expect.fail();
  expect([parent, ["cancelled", "failed"].includes(status)]).toEqual([outer, true]);
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
