import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { FaultyLine } from "../../scripts/faulty-line.ts";
import { TaskCancelledError, TaskClient, type TaskState } from "../../worker-client/index.ts";
import { pollingClient } from "./harness.ts";
import { abortOf, eventually, latch, rejectionOf } from "./suite/harness.ts";

const transports = {
  "a WebSocket": (url: string) => new TaskClient({ url }),
  "long polls": pollingClient,
};

describe.each(Object.entries(transports))("over %s", (_name, clientOf) => {
  const serviceUrl = inject("serviceUrl");
  const canceller = new TaskClient({ url: serviceUrl });
  let id: string;
  let line: FaultyLine;

  beforeEach(async () => {
    // Short pauses, but not none: nobody answers while the line is cut.
    vi.spyOn(Math, "random").mockReturnValue(0.01);
    id = `cut-${crypto.randomUUID()}`;
    line = await FaultyLine.open(serviceUrl);
  });

  afterEach(() => {
    line.close();
    vi.restoreAllMocks();
  });

  const isWatched = (task: TaskState | null) => task?.watchers === 1;

  it("a worker whose line is cut while its task is cancelled learns with the first answer", async () => {
    await canceller.start(id);
    const changes: string[] = [];
    const known = latch();
    using watch = clientOf(line.url).watch(id, {
      onChange({ status }) {
        changes.push(status);
        known.open();
      },
    });
    await known.opened;
    await eventually(() => canceller.get(id), isWatched);
    line.cut();
    await canceller.cancel(id, { reason: "while you were away" });
    expect(watch.signal.aborted).toBe(false);
    line.restore();
    const error = await abortOf(watch.signal);
    expect(error).toBeInstanceOf(TaskCancelledError);
    expect(error).toMatchObject({ reason: "while you were away" });
    expect(changes).toEqual(["running", "cancelling"]);
  });

  it("a worker that starts to watch while there is no line learns when there is one", async () => {
    await canceller.start(id);
    line.cut();
    using watch = clientOf(line.url).watch(id);
    await canceller.cancel(id);
    expect(watch.signal.aborted).toBe(false);
    line.restore();
    expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
  });

  it("a run whose line is cut again and again ends as it should, and its end is reported", async () => {
    const begun = latch();
    const run = rejectionOf(
      clientOf(line.url).run(id, async ({ signal }) => {
        begun.open();
        throw await abortOf(signal);
      }),
    );
    await begun.opened;
    for (let cuts = 0; cuts < 5; cuts++) {
      await eventually(
        () => canceller.get(id),
        (task) => (task?.watchers ?? 0) > 0,
      );
      line.cut();
      line.restore();
    }
    line.cut();
    await canceller.cancel(id);
    line.restore();
    expect(await run).toBeInstanceOf(TaskCancelledError);
    const task = await canceller.get(id);
    expect(task?.status).toBe("cancelled");
    expect(task?.cancellation?.acknowledgedAt).toBe(task?.endedAt);
  });

  it("a command that is given while there is no line is carried out when there is one", async () => {
    line.cut();
    const started = clientOf(line.url).start(id);
    expect(await canceller.get(id)).toBeNull();
    line.restore();
    expect(await started).toMatchObject({ id, status: "running", attempt: 1 });
  });
});
