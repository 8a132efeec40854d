import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RequestRefusedError, TaskCancelledError } from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { endReport, fakeService, nextReport, pollingClient } from "./harness.ts";
import { abortOf, latch } from "./suite/harness.ts";
import { cancellingTask, problem, taskState } from "./task-state.ts";

describe("a refusal is no cancel:", () => {
  beforeEach(() => {
    // No pauses.
    vi.spyOn(Math, "random").mockReturnValue(0);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([401, 403])(
    "a watch tells onError of a %i, goes on, and learns later",
    async (status) => {
      await using service = await fakeService();
      const onError = vi.fn();
      using watch = pollingClient(service.url).watch("1234", { onError });
      (await service.requests.next()).answer(status, "who are you?");
      const next = await service.requests.next();
      expect(onError.mock.calls).toEqual([[expect.any(RequestRefusedError)]]);
      expect(onError.mock.calls[0]?.[0]).toMatchObject({ status, problem: null });
      expect(watch.signal.aborted).toBe(false);
      next.answer(200, cancellingTask("1234"));
      expect(await abortOf(watch.signal)).toBeInstanceOf(TaskCancelledError);
    },
  );

  it("a watch without onError warns on the console", async () => {
    await using service = await fakeService();
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    using _ = pollingClient(service.url).watch("1234");
    (await service.requests.next()).answer(403, "");
    await service.requests.next();
    expect(warn.mock.calls).toEqual([[expect.any(RequestRefusedError)]]);
  });

  it("the work of a run goes on and is reported while its watch is refused", async () => {
    await using service = await fakeService();
    const refused = latch();
    const done = Promise.withResolvers<string>();
    const options = { onError: refused.open };
    const run = pollingClient(service.url).run("1234", () => done.promise, options);
    (await service.requests.next()).answer(200, taskState("1234"));
    (await service.requests.next()).answer(401, "");
    await refused.opened;
    done.resolve("done");
    const report = await nextReport(service.requests);
    expect(await report.body()).toEqual(endReport("succeeded"));
    report.answer(200, taskState("1234"));
    expect(await run).toBe("done");
  });

  it("a call rejects with it at once, and is not repeated", async () => {
    await using service = await fakeService();
    const call = pollingClient(service.url).cancel("1234");
    (await service.requests.next()).answer(401, "");
    await expect(call).rejects.toThrow(RequestRefusedError);
    expect(service.requests.left).toBe(0);
  });

  it("a run whose start is refused rejects with it, and its work is never begun", async () => {
    await using service = await fakeService();
    const work = vi.fn();
    const run = pollingClient(service.url).run("1234", work);
    (await service.requests.next()).answer(401, "");
    await expect(run).rejects.toThrow(RequestRefusedError);
    expect(work).not.toHaveBeenCalled();
  });

  it("somebody else's problem is not taken for the service's own", async () => {
    await using service = await fakeService();
    const call = pollingClient(service.url).cancel("1234");
    const problem = { type: "about:blank", title: "Forbidden", status: 403, detail: "No." };
    (await service.requests.next()).answer(403, problem);
    await expect(call).rejects.toMatchObject({ status: 403, problem: null });
  });

  it("only the service's own word makes a task unknown", async () => {
    await using service = await fakeService();
    const asked = pollingClient(service.url).get("1234");
    (await service.requests.next()).answer(404, "<h1>Not Found</h1>");
    await expect(asked).rejects.toMatchObject({
      name: "RequestRefusedError",
      status: 404,
      problem: null,
      message: "refused with HTTP status 404",
    });
  });
});

describe("a watch that is refused for hours", () => {
  const clock = fakeClockInEachTest();

  it("says so again after a minute, two, four, and of another reason at once", async () => {
    await using service = await fakeService();
    const toldAtMs: number[] = [];
    using _ = pollingClient(service.url).watch("1234", {
      onError: ({ message }) => toldAtMs.push(message === "No." ? performance.now() : -1),
    });
    const refuse = async (detail: string) => {
      (await service.requests.next()).answer(403, problem("forbidden", 403, detail));
    };
    for (const pauseMs of [250, 500, 1000, 2000, 4000, ...Array<number>(95).fill(5000)]) {
      await refuse("No.");
      await clock.ring(pauseMs);
    }
    expect(toldAtMs).toHaveLength(4);
    const startMs = toldAtMs[0] ?? 0;
    for (const [index, minutes] of [0, 1, 3, 7].entries()) {
      const lateMs = (toldAtMs[index] ?? 0) - startMs - minutes * 60_000;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThanOrEqual(3 * 5000);
    }
    await refuse("Not you.");
    await clock.timer(5000);
    expect(toldAtMs.at(-1)).toBe(-1);
  });
});
