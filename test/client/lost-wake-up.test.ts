import { describe, expect, inject, it } from "vitest";
import { TaskCancelledError, TaskClient } from "../../worker-client/index.ts";
import { abortOf } from "./suite/harness.ts";

describe("no wake-up is lost:", () => {
  it("a cancel that lands between two polls is the answer to the second", async () => {
    const id = `between-${crypto.randomUUID()}`;
    const url = inject("serviceUrl");
    const canceller = new TaskClient({ url });
    await canceller.start(id);
    const statuses: number[] = [];
    const worker = new TaskClient({
      url,
      async fetch(to, init) {
        const answer = await fetch(to, init);
        statuses.push(answer.status);
        // The first poll is answered, and its client has not heard it yet.
        if (statuses.length === 1) await canceller.cancel(id);
        return answer;
      },
    });
    const changes: string[] = [];
    using watch = worker.watch(id, { onChange: ({ status }) => changes.push(status) });
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
    expect(changes).toEqual(["running", "cancelling"]);
    expect(statuses).toEqual([200, 200]);
  });

  it("a cancel that lands while a WebSocket is opened is told on it", async () => {
    const id = `between-${crypto.randomUUID()}`;
    const url = inject("serviceUrl");
    const canceller = new TaskClient({ url });
    await canceller.start(id);
    const changes: string[] = [];
    using watch = new TaskClient({ url }).watch(id, {
      onChange: ({ status }) => changes.push(status),
    });
    await canceller.cancel(id);
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
    expect(changes.at(-1)).toBe("cancelling");
  });
});
