import {
  RequestRefusedError,
  TaskCancelledError,
  TaskFencedError,
  TaskGoneError,
} from "edge-canceler";
import { type Context, interceptedClient } from "./context.ts";
import { abortOf, check, checkInstance, latch, rejectionOf } from "./harness.ts";

/** What `run` promises. */
export const runCases = {
  async "run answers what the work answers, and the task has succeeded"({ tasks, id }: Context) {
    const answer = await tasks.run(id, ({ signal, attempt }) => ({
      attempt,
      aborted: signal.aborted,
    }));
    check(answer, { attempt: 1, aborted: false });
    const task = await tasks.get(id);
    check([task?.status, task?.attempt, task?.cancellation], ["succeeded", 1, null]);
  },

  async "a cancel aborts the work, run rejects with it, and the task ends as acknowledged"({
    tasks,
    id,
  }: Context) {
    let seen: unknown;
    const error = await rejectionOf(
      tasks.run(id, async ({ signal }) => {
        await tasks.cancel(id, { reason: "wrong data" });
        seen = await abortOf(signal);
        throw seen;
      }),
    );
    checkInstance(error, TaskCancelledError);
    check(seen === error, true);
    check(
      [error.name, error.taskId, error.cause, error.reason],
      ["AbortError", id, "request", "wrong data"],
    );
    check(error.message, `task ${id} was cancelled (request): wrong data`);
    const task = await tasks.get(id);
    check([task?.status, task?.error], ["cancelled", null]);
    check(typeof task?.cancellation?.deliveredAt, "string");
    check(task?.cancellation?.acknowledgedAt, task?.endedAt);
  },

  async "a deadline aborts the work with a TimeoutError, and the task has timed out"({
    tasks,
    id,
  }: Context) {
    await tasks.declare(id, { timeoutSeconds: 0.05 });
    const error = await rejectionOf(
      tasks.run(id, async ({ signal }) => {
        throw await abortOf(signal);
      }),
    );
    checkInstance(error, TaskCancelledError);
    check([error.name, error.cause], ["TimeoutError", "timeout"]);
    const task = await tasks.get(id);
    check([task?.status, task?.cancellation?.cause], ["timed_out", "timeout"]);
    check(task?.cancellation?.acknowledgedAt, task?.endedAt);
  },

  async "the work of a task that was cancelled first is never begun"({ tasks, id }: Context) {
    await tasks.cancel(id, { reason: "not needed" });
    let begun = false;
    const error = await rejectionOf(
      tasks.run(id, () => {
        begun = true;
      }),
    );
    checkInstance(error, TaskCancelledError);
    check([begun, error.reason], [false, "not needed"]);
    check((await tasks.get(id))?.status, "cancelled");
  },

  async "a cancel between the start and the watch is not lost"(context: Context) {
    const { id } = context;
    using intercepted = interceptedClient(context, async (url, send) => {
      const response = await send();
      if (url.endsWith("/start")) await context.tasks.cancel(id);
      return response;
    });
    const error = await rejectionOf(
      intercepted.tasks.run(id, async ({ signal }) => {
        throw await abortOf(signal);
      }),
    );
    checkInstance(error, TaskCancelledError);
  },

  async "work that throws is reported as failed with its message, and its error is rethrown"({
    tasks,
    id,
  }: Context) {
    const thrown = new RangeError("out of memory");
    const error = await rejectionOf(
      tasks.run(id, () => {
        throw thrown;
      }),
    );
    check(error === thrown, true);
    const task = await tasks.get(id);
    check([task?.status, task?.cancellation], ["failed", null]);
    check(task?.error, { name: "RangeError", message: "out of memory" });
  },

  async "work that throws something else because it was cancelled is reported as cancelled"({
    tasks,
    id,
  }: Context) {
    const error = await rejectionOf(
      tasks.run(id, async ({ signal }) => {
        await tasks.cancel(id);
        await abortOf(signal);
        throw new Error("half a file is left");
      }),
    );
    checkInstance(error, TaskCancelledError);
    const task = await tasks.get(id);
    check(task?.status, "cancelled");
    check(task?.error, { name: "Error", message: "half a file is left" });
  },

  async "work that returns after its signal aborted was cancelled, and run rejects"({
    tasks,
    id,
  }: Context) {
    const error = await rejectionOf(
      tasks.run(id, async ({ signal }) => {
        await tasks.cancel(id, { reason: "wrong data" });
        await abortOf(signal);
        return "half of it";
      }),
    );
    checkInstance(error, TaskCancelledError);
    check(error.reason, "wrong data");
    const task = await tasks.get(id);
    check([task?.status, task?.error], ["cancelled", null]);
    check(task?.cancellation?.acknowledgedAt, task?.endedAt);
  },

  async "work that returns after its deadline has timed out"({ tasks, id }: Context) {
    await tasks.declare(id, { timeoutSeconds: 0.05 });
    const error = await rejectionOf(
      tasks.run(id, async ({ signal }) => void (await abortOf(signal))),
    );
    checkInstance(error, TaskCancelledError);
    check(error.name, "TimeoutError");
    check((await tasks.get(id))?.status, "timed_out");
  },

  async "work that says it is done although it was cancelled has succeeded"({
    tasks,
    id,
  }: Context) {
    const answer = await tasks.run(
      id,
      async ({ signal }) => {
        await tasks.cancel(id, { reason: "too late" });
        await abortOf(signal);
        return "done";
      },
      { onLateSuccess: "succeeded" },
    );
    check(answer, "done");
    const task = await tasks.get(id);
    check([task?.status, task?.cancellation?.reason], ["succeeded", "too late"]);
    check(task?.cancellation?.acknowledgedAt, null);
  },

  async "another start fences the first run, and its finish is refused"({ tasks, id }: Context) {
    const error = await rejectionOf(
      tasks.run(id, async ({ signal }) => {
        await tasks.start(id);
        throw await abortOf(signal);
      }),
    );
    checkInstance(error, TaskFencedError);
    check([error.taskId, error.attempt], [id, 2]);
    const refusal = await rejectionOf(tasks.finish(id, { attempt: 1, status: "succeeded" }));
    checkInstance(refusal, RequestRefusedError);
    check(refusal.problem?.type, "urn:edge-canceler:problem:stale-attempt");
    const task = await tasks.get(id);
    check([task?.status, task?.attempt], ["running", 2]);
  },

  async "work that is done after another start does not count"({ tasks, id }: Context) {
    const error = await rejectionOf(tasks.run(id, () => tasks.start(id)));
    checkInstance(error, TaskFencedError);
    check((await tasks.get(id))?.status, "running");
  },

  async "a task that was forgotten meanwhile leaves nothing to work for"(context: Context) {
    const { tasks, id } = context;
    using intercepted = interceptedClient(context, async (url, send) => {
      const response = await send();
      if (url.endsWith("/start")) {
        await tasks.finish(id, { attempt: 1, status: "failed" });
        await tasks.forget(id);
      }
      return response;
    });
    const error = await rejectionOf(
      intercepted.tasks.run(id, async ({ signal }) => {
        throw await abortOf(signal);
      }),
    );
    checkInstance(error, TaskGoneError);
    check(error.taskId, id);
    checkInstance(error.cause, RequestRefusedError);
    check(error.cause.status, 410);
    check(await tasks.get(id), null);
  },

  async "a task with attempts left is given back when the caller's own signal aborts, with its progress"({
    tasks,
    id,
  }: Context) {
    const reason = new Error("the machine goes down");
    const own = new AbortController();
    const options = { leaseSeconds: 60, maxAttempts: 3 };
    const error = await rejectionOf(
      tasks.run(
        id,
        async ({ signal, progress, heartbeat }) => {
          check(progress, null);
          await heartbeat({ epoch: 3 });
          own.abort(reason);
          throw await abortOf(signal);
        },
        { ...options, signal: own.signal },
      ),
    );
    check(error === reason, true);
    const task = await tasks.get(id);
    check([task?.status, task?.failures, task?.progress], ["pending", 0, { epoch: 3 }]);
    const answer = await tasks.run(id, ({ attempt, progress }) => [attempt, progress], options);
    check(answer, [2, { epoch: 3 }]);
    const ended = await tasks.get(id);
    check(
      [ended?.status, ended?.attempts.map(({ outcome }) => outcome)],
      ["succeeded", ["released", "succeeded"]],
    );
  },

  async "the caller's own signal interrupts a run, whatever the work does then"({
    tasks,
    id,
  }: Context) {
    const reason = new Error("the machine goes down");
    const ends = {
      throws: async (signal: AbortSignal) => {
        throw await abortOf(signal);
      },
      returns: async (signal: AbortSignal) => void (await abortOf(signal)),
    };
    for (const [name, end] of Object.entries(ends)) {
      const own = new AbortController();
      const begun = latch();
      const run = tasks.run(
        `${id}-${name}`,
        async ({ signal }) => {
          begun.open();
          await end(signal);
        },
        { signal: own.signal },
      );
      await begun.opened;
      own.abort(reason);
      check((await rejectionOf(run)) === reason, true);
      const task = await tasks.get(`${id}-${name}`);
      check([task?.status, task?.cancellation], ["failed", null]);
      check(task?.error, { type: "interrupted", name: "Error", message: "the machine goes down" });
    }
  },
};
