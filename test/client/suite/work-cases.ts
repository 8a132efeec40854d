import { TaskCancelledError } from "edge-canceler";
import type { Context } from "./context.ts";
import { abortOf, check, checkInstance, eventually, latch } from "./harness.ts";

/** What `work` promises. Each case has a queue of its own, with the name of its id. */
export const workCases = {
  async "work runs the tasks of a queue with their input, several at a time, and records results"({
    tasks,
    id: queue,
  }: Context) {
    const ids = [1, 2, 3].map((number) => `${queue}-${number}`);
    await tasks.enqueue(
      queue,
      ids.map((id, index) => ({ id, input: { n: index + 1 }, maxAttempts: 1 })),
    );
    const shutdown = new AbortController();
    const failures: string[] = [];
    let running = 0;
    const all = latch();
    const ended = tasks.work(
      queue,
      async ({ id, input }) => {
        // None ends before all have begun.
        if (++running === ids.length) all.open();
        await all.opened;
        if (id === ids[1]) throw new Error("no luck");
        return { got: input };
      },
      {
        concurrency: 3,
        signal: shutdown.signal,
        onError: ({ message }) => void failures.push(message),
      },
    );
    const states = await eventually(
      () => Promise.all(ids.map((id) => tasks.get(id))),
      (read) => read.every((task) => task?.endedAt != null),
    );
    shutdown.abort();
    await ended;
    check(
      states.map((task) => task?.status),
      ["succeeded", "failed", "succeeded"],
    );
    check(states[2]?.result, { got: { n: 3 } });
    check(failures, ["no luck"]);
  },

  async "work never begins a task that was cancelled in its queue, and stops one that runs"({
    tasks,
    id: queue,
  }: Context) {
    const [gone, runs, last] = ["gone", "runs", "last"].map((name) => `${queue}-${name}`);
    if (!(gone && runs && last)) throw new Error("three names make three ids");
    await tasks.enqueue(
      queue,
      [gone, runs, last].map((id) => ({ id })),
    );
    await tasks.cancel(gone);
    const shutdown = new AbortController();
    const begun: string[] = [];
    let reason: unknown;
    const ended = tasks.work(
      queue,
      async ({ id, signal }) => {
        begun.push(id);
        if (id === last) {
          shutdown.abort();
          return;
        }
        await tasks.cancel(id, { reason: "wrong data" });
        reason = await abortOf(signal);
        throw reason;
      },
      { signal: shutdown.signal },
    );
    await ended;
    check(begun, [runs, last]);
    checkInstance(reason, TaskCancelledError);
    const task = await tasks.get(runs);
    check([task?.status, task?.attempt], ["cancelled", 1]);
    check(typeof task?.cancellation?.acknowledgedAt, "string");
  },

  async "work whose signal aborts gives back what it cannot finish, and its parked claim at once"({
    tasks,
    id: queue,
  }: Context) {
    await tasks.enqueue(queue, [{ id: `${queue}-long` }]);
    const shutdown = new AbortController();
    const begun = latch();
    const ended = tasks.work(
      queue,
      async ({ signal }) => {
        begun.open();
        throw await abortOf(signal);
      },
      { concurrency: 2, drainSeconds: 0, signal: shutdown.signal },
    );
    await begun.opened;
    await eventually(
      () => tasks.queue(queue),
      ({ waitingWorkers }) => waitingWorkers === 1,
    );
    const sinceMs = performance.now();
    shutdown.abort();
    await ended;
    // A claim is parked for 20 s.
    check(performance.now() - sinceMs < 10_000, true);
    const task = await tasks.get(`${queue}-long`);
    check([task?.status, task?.failures, task?.attempts[0]?.outcome], ["pending", 0, "released"]);
    check((await tasks.queue(queue)).waitingWorkers, 0);
  },
};
