import { describe, expect, inject, it } from "vitest";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { TaskClient, TaskFencedError, TaskGoneError } from "../../worker-client/index.ts";
import { fakeService, pollingClient } from "./harness.ts";
import { abortOf, eventually, rejectionOf } from "./suite/harness.ts";
import { cancellingTask, taskState } from "./task-state.ts";

const url = inject("serviceUrl");
const tasks = new TaskClient({ url });

/** Cancels the task, sees it end, forgets it, and runs another one under its id. */
async function reuse(id: string): Promise<void> {
  await tasks.cancel(id, { gracePeriodSeconds: 0, waitSeconds: 10 });
  await tasks.forget(id);
  await tasks.start(id);
}

describe("a worker that is cut off while its task is cancelled, forgotten, and its id taken again", () => {
  it("learns when the line is back that there is nothing left to work for", async () => {
    const line = await FaultyLine.open(url);
    const id = crypto.randomUUID();
    const run = rejectionOf(
      new TaskClient({ url: line.url }).run(id, async ({ signal }) => {
        await eventually(
          () => tasks.get(id),
          (task) => task?.watchers === 1,
        );
        line.cut();
        await reuse(id);
        line.restore();
        // As long as it is not told: for ever.
        throw await abortOf(signal);
      }),
    );
    expect(await run).toBeInstanceOf(TaskGoneError);
    expect(await tasks.get(id)).toMatchObject({ status: "running", attempt: 1 });
    line.close();
  });

  it("does not end the other one's run", async () => {
    const line = await FaultyLine.open(url);
    const id = crypto.randomUUID();
    const run = rejectionOf(
      new TaskClient({ url: line.url }).run(id, async () => {
        line.cut();
        await reuse(id);
        line.restore();
      }),
    );
    expect(await run).toBeInstanceOf(TaskFencedError);
    expect(await tasks.get(id)).toMatchObject({ status: "running", attempt: 1 });
    line.close();
  });
});

it("a task that was forgotten, and whose id is another task's by now, is gone", async () => {
  await using service = await fakeService();
  const revisions: number[] = [];
  using watch = pollingClient(service.url).watch("1234", {
    onChange: ({ revision }) => revisions.push(revision),
  });
  const known = taskState("1234", { revision: 3 });
  (await service.requests.next()).answer(200, known);
  const another = cancellingTask("1234", { createdAt: "2026-08-15T13:00:00.000Z" });
  (await service.requests.next()).answer(200, another);
  expect(await abortOf(watch.signal)).toBeInstanceOf(TaskGoneError);
  expect(revisions).toEqual([3]);
  expect(watch.task).toEqual(known);
});
