import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type RunOptions,
  ServiceUnreachableError,
  TaskClient,
  TaskFencedError,
  TaskLeaseLostError,
  type TaskRun,
} from "../../worker-client/index.ts";
import { fakeClockInEachTest } from "./fake-clock.ts";
import { fakeSocketService } from "./fake-socket.ts";
import { type Exchange, fakeService, nextReport, pollingClient } from "./harness.ts";
import { abortOf, latch, rejectionOf } from "./suite/harness.ts";
import { taskState } from "./task-state.ts";

const LEASE = { leaseSeconds: 30 };
/** How long a timer waits for an answer that may have arrived together with it. */
const LAST_LOOK_MS = 10;

describe("a run with a lease", () => {
  const clock = fakeClockInEachTest();
  afterEach(() => void vi.restoreAllMocks());

  /** A run whose work does nothing but wait for its signal, and what it was handed. */
  function waitingRun(tasks: TaskClient, options: RunOptions = LEASE) {
    const begun = latch();
    let handed: TaskRun | null = null;
    const rejected = rejectionOf(
      tasks.run(
        "1234",
        async (run) => {
          handed = run;
          begun.open();
          throw await abortOf(run.signal);
        },
        options,
      ),
    );
    return {
      rejected,
      async work(): Promise<TaskRun> {
        await begun.opened;
        if (handed === null) throw new Error("it has not begun");
        return handed;
      },
    };
  }

  /** The process was stopped, or too busy for its timers. */
  function holdUp(milliseconds: number): void {
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + milliseconds);
  }

  it("says so when it starts, and its watch names the run", async () => {
    await using service = await fakeService();
    const options = { ...LEASE, maxAttempts: 3, backoffSeconds: 1, maxBackoffSeconds: 9 };
    const run = waitingRun(pollingClient(service.url), { ...options, takeOver: true });
    const start = await service.requests.next();
    const holder = expect.any(String);
    const body = await start.body();
    expect(body).toEqual({ ...options, takeOver: true, holder });
    start.answer(200, taskState("1234", { attempt: 2, progress: { epoch: 3 } }));
    const poll = await service.requests.next();
    expect(Object.fromEntries(poll.query)).toMatchObject({ attempt: "2", holder });
    expect(body).toMatchObject({ holder: poll.query.get("holder") });
    expect((await run.work()).progress).toEqual({ epoch: 3 });
    clock.pass(LEASE.leaseSeconds * 1000 + LAST_LOOK_MS);
    await run.rejected;
  });

  it("aborts its work when the lease is over that its start has taken, and reports nothing", async () => {
    await using service = await fakeService();
    const run = waitingRun(pollingClient(service.url));
    const start = await service.requests.next();
    clock.pass(2000);
    start.answer(200, taskState("1234"));
    const { signal } = await run.work();
    await service.requests.next();
    clock.pass(28_000 + LAST_LOOK_MS - 1);
    expect(signal.aborted).toBe(false);
    clock.pass(1);
    const error = await run.rejected;
    expect(error).toBeInstanceOf(TaskLeaseLostError);
    expect(error).toMatchObject({ taskId: "1234", attempt: 1 });
  });

  it("counts from when a poll was sent, not from when it was answered", async () => {
    await using service = await fakeService();
    const run = waitingRun(pollingClient(service.url));
    (await service.requests.next()).answer(200, taskState("1234"));
    const { signal } = await run.work();
    const first = await service.requests.next();
    clock.pass(4000);
    first.answer(304, "");
    const second = await service.requests.next();
    expect(second.query.get("wait")).toBe("10");
    clock.pass(10_000);
    second.answer(304, "");
    await service.requests.next();
    clock.pass(20_000 + LAST_LOOK_MS - 1);
    expect(signal.aborted).toBe(false);
    clock.pass(1);
    expect(await run.rejected).toBeInstanceOf(TaskLeaseLostError);
  });

  it("counts the pings of a WebSocket, and not what the service says unasked", async () => {
    await using service = await fakeSocketService();
    const run = waitingRun(new TaskClient({ url: service.url }));
    (await service.requests.next()).answer(200, taskState("1234"));
    const { signal } = await run.work();
    const socket = await service.sockets.next();
    // That was for the answer to the start.
    await clock.timer(10_000);
    for (let pings = 0; pings < 5; pings++) {
      expect(await socket.messages.next()).toBe("ping");
      socket.send("pong");
      await clock.ring(10_000);
    }
    expect(await socket.messages.next()).toBe("ping");
    socket.send(taskState("1234", { revision: 2 }));
    // What it says unasked is heard, so the next ping is due later.
    await clock.timer(10_000);
    // The last ping that was answered was sent 10 s ago.
    clock.pass(20_000 + LAST_LOOK_MS - 1);
    expect(signal.aborted).toBe(false);
    clock.pass(1);
    expect(await run.rejected).toBeInstanceOf(TaskLeaseLostError);
  });

  it("is kept by heartbeats, which tell how far the work is", async () => {
    await using service = await fakeService();
    const run = waitingRun(pollingClient(service.url));
    (await service.requests.next()).answer(200, taskState("1234"));
    const { signal, heartbeat } = await run.work();
    await service.requests.next();
    clock.pass(10_000);
    const told = heartbeat({ epoch: 4 });
    const beat = await nextBeat(service.requests);
    expect(await beat.body()).toEqual({
      attempt: 1,
      holder: expect.any(String),
      progress: { epoch: 4 },
    });
    beat.answer(200, taskState("1234", { progress: { epoch: 4 } }));
    await told;
    clock.pass(30_000 + LAST_LOOK_MS - 1);
    expect(signal.aborted).toBe(false);
    clock.pass(1);
    expect(await run.rejected).toBeInstanceOf(TaskLeaseLostError);
  });

  it.each([
    ["goes on if it still counts", 200, taskState("1234"), null],
    ["is fenced if another run counts", 409, stale(), TaskFencedError],
    ["is over if the service does not know it", 404, "", TaskLeaseLostError],
  ])("that was held up asks first, and %s", async (_name, status, answer, error) => {
    await using service = await fakeService();
    const run = waitingRun(pollingClient(service.url));
    (await service.requests.next()).answer(200, taskState("1234"));
    const { signal } = await run.work();
    await service.requests.next();
    holdUp(60_000);
    clock.pass(30_000 + LAST_LOOK_MS);
    const beat = await nextBeat(service.requests);
    expect(signal.aborted).toBe(false);
    beat.answer(status, answer);
    if (error !== null) {
      expect(await run.rejected).toBeInstanceOf(error);
      return;
    }
    // From here on, the lease counts from that question.
    await clock.timer(30_000);
    clock.pass(30_000 - 1);
    expect(signal.aborted).toBe(false);
    clock.pass(1 + LAST_LOOK_MS);
    expect(await run.rejected).toBeInstanceOf(TaskLeaseLostError);
  });

  it("that was held up waits 5 s for an answer", async () => {
    await using service = await fakeService();
    const run = waitingRun(pollingClient(service.url));
    (await service.requests.next()).answer(200, taskState("1234"));
    await run.work();
    await service.requests.next();
    holdUp(60_000);
    clock.pass(30_000 + LAST_LOOK_MS);
    await nextBeat(service.requests);
    clock.pass(5000 + LAST_LOOK_MS);
    const error = await run.rejected;
    expect(error).toBeInstanceOf(TaskLeaseLostError);
    expect(error).toMatchObject({ cause: expect.any(ServiceUnreachableError) });
  });

  it.each(["lost", "released"] as const)(
    "is over as soon as the service says that it is %s",
    async (outcome) => {
      await using service = await fakeService();
      const run = waitingRun(pollingClient(service.url));
      (await service.requests.next()).answer(200, taskState("1234"));
      await run.work();
      (await service.requests.next()).answer(200, overState(outcome));
      expect(await run.rejected).toBeInstanceOf(TaskLeaseLostError);
      expect(service.requests.left).toBe(0);
    },
  );

  it("without one is not over for silence", async () => {
    await using service = await fakeService();
    const own = new AbortController();
    const run = waitingRun(pollingClient(service.url), { signal: own.signal });
    (await service.requests.next()).answer(200, taskState("1234"));
    const { signal } = await run.work();
    await service.requests.next();
    clock.pass(86_400_000);
    expect(signal.aborted).toBe(false);
    own.abort();
    (await nextReport(service.requests)).answer(200, taskState("1234"));
    await run.rejected;
  });

  it("tells onError what heartbeat could not deliver, and the work goes on", async () => {
    await using service = await fakeService();
    const onError = vi.fn();
    const run = pollingClient(service.url).run(
      "1234",
      async ({ heartbeat }) => {
        await heartbeat("ä".repeat(5000));
        return "done";
      },
      { ...LEASE, onError },
    );
    (await service.requests.next()).answer(200, taskState("1234"));
    (await nextBeat(service.requests)).answer(400, "");
    (await nextReport(service.requests)).answer(200, taskState("1234"));
    expect(await run).toBe("done");
    expect(onError).toHaveBeenCalledOnce();
  });
});

describe("a watch", () => {
  it("that only looks says so", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234", { observe: true });
    expect((await service.requests.next()).query.get("observe")).toBe("true");
  });

  it("of a worker says neither that it looks nor which run it is", async () => {
    await using service = await fakeService();
    using _ = pollingClient(service.url).watch("1234");
    const { query } = await service.requests.next();
    expect([...query.keys()].sort()).toEqual(["revision", "wait", "watch"]);
  });
});

type Requests = Awaited<ReturnType<typeof fakeService>>["requests"];

/** The next heartbeat; what else is asked stays without an answer. */
async function nextBeat(requests: Requests): Promise<Exchange> {
  const exchange = await requests.next();
  return exchange.path.endsWith("/heartbeat") ? exchange : nextBeat(requests);
}

function stale() {
  return {
    type: "urn:edge-canceler:problem:stale-attempt",
    title: "Stale attempt",
    status: 409,
    detail: "Another run of task 1234 counts now (attempt 2).",
    task: taskState("1234", { attempt: 2, revision: 3 }),
  };
}

function overState(outcome: "lost" | "released") {
  const [startedAt, endedAt] = ["2026-08-15T12:00:00.000Z", "2026-08-15T12:01:00.000Z"];
  const attempt = { attempt: 1, holder: "a", startedAt, endedAt, outcome, error: null };
  return taskState("1234", { status: "pending", revision: 2, attempts: [attempt] });
}
