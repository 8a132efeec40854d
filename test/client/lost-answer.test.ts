import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TaskCancelledError } from "../../worker-client/index.ts";
import { endReport, fakeService, nextReport, pollingClient } from "./harness.ts";
import { rejectionOf } from "./suite/harness.ts";
import { cancellingTask, taskState } from "./task-state.ts";

describe("when the answer to the start of a run is lost", () => {
  beforeEach(() => {
    // No pauses.
    vi.spyOn(Math, "random").mockReturnValue(0);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("and the task is cancelled meanwhile, its work is never begun, and the worker says so", async () => {
    await using service = await fakeService();
    const work = vi.fn();
    const run = rejectionOf(pollingClient(service.url).run("1234", work));
    (await service.requests.next()).reset();
    (await service.requests.next()).answer(200, cancellingTask("1234"));
    const report = await nextReport(service.requests);
    expect(await report.body()).toEqual(endReport("cancelled"));
    report.answer(200, cancellingTask("1234", { status: "cancelled" }));
    expect(await run).toBeInstanceOf(TaskCancelledError);
    expect(work).not.toHaveBeenCalled();
  });

  it("and nothing else happened, the work is begun once", async () => {
    await using service = await fakeService();
    const work = vi.fn(() => "done");
    const run = pollingClient(service.url).run("1234", work);
    (await service.requests.next()).reset();
    (await service.requests.next()).answer(200, taskState("1234"));
    (await nextReport(service.requests)).answer(200, taskState("1234"));
    expect(await run).toBe("done");
    expect(work).toHaveBeenCalledTimes(1);
  });
});
