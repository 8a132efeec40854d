import { expect, it } from "vitest";
import { TaskGoneError } from "../../worker-client/index.ts";
import { cancellingTask } from "./cancelling-task.ts";
import { fakeService } from "./fake-service.ts";
import { pollingClient } from "./polling-client.ts";
import { abortOf } from "./suite/abort-of.ts";
import { taskState } from "./task-state.ts";

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
