import { describe, expect, it, vi } from "vitest";
import {
  RequestRefusedError,
  ServiceUnreachableError,
  TaskFailedError,
} from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { endReport, fakeService, nextReport, pollingClient } from "./harness.ts";
import { abortOf, rejectionOf } from "./suite/harness.ts";
import { cancellingTask, problem, taskState } from "./task-state.ts";

const FIVE_MINUTES_MS = 300_000;
/** As chance has it here: no other timer takes as long as a pause. */
const CHANCE = 0.4;
const LONGEST_PAUSE_MS = CHANCE * 10_000;

type FakeService = Awaited<ReturnType<typeof fakeService>>;

describe("the report of a run", () => {
  const clock = fakeClockInEachTest();

  /** Answers no report for as long as the client tries; says for how long that was. */
  async function refuseReports(service: FakeService, run: Promise<unknown>): Promise<number> {
    vi.spyOn(Math, "random").mockReturnValue(CHANCE);
    const sinceMs = performance.now();
    const settled = run.then(
      () => null,
      () => null,
    );
    for (let tries = 0; ; tries++) {
      const report = await Promise.race([nextReport(service.requests), settled]);
      if (report === null) return performance.now() - sinceMs;
      expect([report.method, report.path]).toEqual(["POST", "/v1/tasks/1234/finish"]);
      report.answer(503, "");
      const pauseMs = Math.min(LONGEST_PAUSE_MS, CHANCE * 500 * 2 ** tries);
      if (performance.now() - sinceMs + pauseMs <= FIVE_MINUTES_MS) await clock.ring(pauseMs);
    }
  }

  it("that cannot be delivered for five minutes loses no result: onError is told", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    const run = pollingClient(service.url).run("1234", () => "hours of work", { onError });
    (await service.requests.next()).answer(200, taskState("1234"));
    const triedForMs = await refuseReports(service, run);
    expect(FIVE_MINUTES_MS - triedForMs).toBeLessThan(LONGEST_PAUSE_MS);
    expect(await run).toBe("hours of work");
    expect(onError.mock.calls).toEqual([[expect.any(ServiceUnreachableError)]]);
  });

  it("of a failure that cannot be delivered does not hide the failure", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    const failure = new RangeError("out of memory");
    const run = pollingClient(service.url).run("1234", () => Promise.reject(failure), { onError });
    (await service.requests.next()).answer(200, taskState("1234"));
    await refuseReports(service, run);
    expect(await rejectionOf(run)).toBe(failure);
    expect(onError.mock.calls).toEqual([[expect.any(ServiceUnreachableError)]]);
  });

  it("is delivered when the service is back", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    const run = pollingClient(service.url).run("1234", () => "hours of work", { onError });
    (await service.requests.next()).answer(200, taskState("1234"));
    for (const pauseMs of [250, 500]) {
      (await nextReport(service.requests)).reset();
      await clock.ring(pauseMs);
    }
    const report = await nextReport(service.requests);
    expect(await report.body()).toEqual(endReport("succeeded"));
    report.answer(200, taskState("1234"));
    expect(await run).toBe("hours of work");
    expect(onError).not.toHaveBeenCalled();
  });

  it("of a cancel says no error when the work threw the signal's own reason", async () => {
    await using service = await fakeService();
    const run = rejectionOf(
      pollingClient(service.url).run("1234", async ({ signal }) => {
        throw await abortOf(signal);
      }),
    );
    (await service.requests.next()).answer(200, taskState("1234"));
    (await service.requests.next()).answer(200, cancellingTask("1234"));
    const report = await nextReport(service.requests);
    expect(await report.body()).toEqual(endReport("cancelled"));
    report.answer(200, taskState("1234"));
    await run;
  });

  it.each([
    ["of a cancel if a child hears first that both are cancelled", cancellingTask("1234"), "1234"],
    ["of a failure if only a child was cancelled", taskState("1234"), "5678"],
  ] as const)("is %s", async (_name, found, cancelled) => {
    await using service = await fakeService();
    const client = pollingClient(service.url);
    const run = rejectionOf(client.run("1234", () => client.run("5678", () => "never")));
    (await nextReport(service.requests)).answer(200, taskState("1234"));
    const refusal = problem("task-ended", 409, "It is cancelled.", cancellingTask("5678"));
    (await nextReport(service.requests)).answer(409, refusal);
    const asked = await nextReport(service.requests);
    expect([asked.method, asked.path]).toEqual(["POST", "/v1/tasks/1234/heartbeat"]);
    asked.answer(200, found);
    const report = await nextReport(service.requests);
    const error = { name: "AbortError", message: expect.stringContaining("5678") };
    const status = found.cancellation ? "cancelled" : "failed";
    expect(await report.body()).toEqual(endReport(status, { error }));
    report.answer(200, taskState("1234"));
    expect(await run).toMatchObject({ name: "AbortError", taskId: cancelled });
  });

  it("cuts a long error to what the service takes", async () => {
    await using service = await fakeService();
    const failure = new Error("ä".repeat(5000));
    const run = rejectionOf(pollingClient(service.url).run("1234", () => Promise.reject(failure)));
    (await service.requests.next()).answer(200, taskState("1234"));
    const report = await nextReport(service.requests);
    expect(await report.body()).toEqual(
      endReport("failed", { error: { name: "Error", message: "ä".repeat(500) } }),
    );
    report.answer(200, taskState("1234"));
    expect(await run).toBe(failure);
  });

  it("of something thrown that is no Error says it as a text", async () => {
    await using service = await fakeService();
    const run = rejectionOf(pollingClient(service.url).run("1234", () => Promise.reject("full")));
    (await service.requests.next()).answer(200, taskState("1234"));
    const report = await nextReport(service.requests);
    expect(await report.body()).toMatchObject({ error: { name: "Error", message: "full" } });
    report.answer(200, taskState("1234"));
    expect(await run).toBe("full");
  });

  it.each([
    [401, "unauthorized"],
    [403, "forbidden"],
  ] as const)(
    "that the service does not let through loses no result: onError is told (%d)",
    async (status, kind) => {
      await using service = await fakeService();
      const onError = vi.fn();
      const run = pollingClient(service.url).run("1234", () => "hours of work", { onError });
      (await service.requests.next()).answer(200, taskState("1234"));
      (await nextReport(service.requests)).answer(status, problem(kind, status, "No."));
      expect(await run).toBe("hours of work");
      expect(onError.mock.calls).toEqual([[expect.any(RequestRefusedError)]]);
    },
  );

  it.each([
    [400, "bad-request"],
    [413, "body-too-large"],
  ] as const)(
    "of a failure that says more than the service takes is made again without it (%d)",
    async (status, kind) => {
      await using service = await fakeService();
      const onError = vi.fn();
      const failure = new TaskFailedError("no luck", { error: { deep: [[]] }, retry: false });
      const work = () => Promise.reject(failure);
      const run = rejectionOf(pollingClient(service.url).run("1234", work, { onError }));
      (await service.requests.next()).answer(200, taskState("1234"));
      const report = await nextReport(service.requests);
      expect(await report.body()).toMatchObject({ error: { deep: [[]] }, retry: false });
      report.answer(status, problem(kind, status, "Too deep."));
      const plain = await nextReport(service.requests);
      expect(await plain.body()).toEqual(
        endReport("failed", {
          error: { name: "TaskFailedError", message: "no luck" },
          retry: false,
        }),
      );
      plain.answer(200, taskState("1234"));
      expect(await run).toBe(failure);
      expect(onError.mock.calls).toEqual([[expect.objectContaining({ message: "Too deep." })]]);
    },
  );

  it.each([
    ["is not JSON", 1n, "TypeError: "],
    ["is longer than any report may be", "x".repeat(20_000), "Error: the report is too long"],
  ])("of a failure whose error %s is made without it", async (_name, error, said) => {
    await using service = await fakeService();
    const onError = vi.fn();
    const report: object = { error };
    const failure = new TaskFailedError("no luck", report);
    const work = () => Promise.reject(failure);
    const run = rejectionOf(pollingClient(service.url).run("1234", work, { onError }));
    (await service.requests.next()).answer(200, taskState("1234"));
    const plain = await nextReport(service.requests);
    expect(await plain.body()).toMatchObject({
      status: "failed",
      error: { name: "TaskFailedError", message: "no luck" },
    });
    plain.answer(200, taskState("1234"));
    expect(await run).toBe(failure);
    expect(String(onError.mock.calls)).toContain(said);
  });

  it("of a cancel that says more than the service takes is made again without it", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    const run = rejectionOf(
      pollingClient(service.url).run(
        "1234",
        async ({ signal }) => {
          await abortOf(signal);
          throw new TaskFailedError("no clean-up", { error: { deep: [[]] } });
        },
        { onError },
      ),
    );
    (await service.requests.next()).answer(200, taskState("1234"));
    (await service.requests.next()).answer(200, cancellingTask("1234"));
    const report = await nextReport(service.requests);
    expect(await report.body()).toMatchObject({ status: "cancelled", error: { deep: [[]] } });
    report.answer(400, problem("bad-request", 400, "Too deep."));
    const plain = await nextReport(service.requests);
    expect(await plain.body()).toEqual(endReport("cancelled"));
    plain.answer(200, cancellingTask("1234", { status: "cancelled" }));
    await run;
    expect(onError).toHaveBeenCalledOnce();
  });

  it("that somebody else refuses in the service's place is made again", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    const run = pollingClient(service.url).run("1234", () => "hours of work", { onError });
    (await service.requests.next()).answer(200, taskState("1234"));
    (await nextReport(service.requests)).answer(403, "<h1>Log in to use the network</h1>");
    await clock.ring(250);
    (await nextReport(service.requests)).answer(200, taskState("1234"));
    expect([await run, onError.mock.calls]).toEqual(["hours of work", []]);
  });

  it("whose token has run out waits for the next one, which may not be there yet", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    let token = "old";
    const tasks = pollingClient(service.url, () => token);
    const run = tasks.run("1234", () => "hours of work", { onError });
    (await service.requests.next()).answer(200, taskState("1234"));
    const ranOut = problem("unauthorized", 401, "The token has expired.");
    (await nextReport(service.requests)).answer(401, ranOut);
    await clock.timer(250);
    token = "new";
    clock.pass(250);
    (await nextReport(service.requests)).answer(401, ranOut);
    const report = await nextReport(service.requests);
    expect(report.request.headers.authorization).toBe("Bearer new");
    report.answer(200, taskState("1234"));
    expect([await run, onError.mock.calls]).toEqual(["hours of work", []]);
  });

  it("that does not count, says the service, is no success", async () => {
    await using service = await fakeService();
    const run = rejectionOf(pollingClient(service.url).run("1234", () => "hours of work"));
    (await service.requests.next()).answer(200, taskState("1234"));
    const task = taskState("1234", { status: "failed", endedAt: "2026-08-15T13:00:00.000Z" });
    const ended = problem("task-ended", 409, "Task 1234 has ended.", task);
    (await nextReport(service.requests)).answer(409, ended);
    expect(await run).toBeInstanceOf(RequestRefusedError);
  });

  it.each([
    ["an object without a text", Object.create(null), { name: "Error", message: "object" }],
    ["nothing", undefined, { name: "Error", message: "undefined" }],
    ["an error with odd names", oddError(), { name: "7", message: "object" }],
  ])("says as much as there is to say of %s that was thrown", async (_name, thrown, error) => {
    await using service = await fakeService();
    const run = rejectionOf(pollingClient(service.url).run("1234", () => Promise.reject(thrown)));
    (await service.requests.next()).answer(200, taskState("1234"));
    const report = await nextReport(service.requests);
    expect(await report.body()).toEqual(endReport("failed", { error }));
    report.answer(200, taskState("1234"));
    expect(await run).toBe(thrown);
  });
});

function oddError(): Error {
  return Object.assign(new Error(), { name: 7, message: Object.create(null) });
}
