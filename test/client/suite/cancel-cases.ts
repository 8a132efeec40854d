import { RequestRefusedError, TaskCancelledError } from "edge-canceler";
import type { Context } from "./context.ts";
import { abortOf, check, checkInstance, latch, rejectionOf } from "./harness.ts";

/** What `cancel` promises. */
export const cancelCases = {
  async "cancel answers at once with the receipt, while the worker still has to stop"({
    tasks,
    id,
  }: Context) {
    await tasks.start(id);
    const task = await tasks.cancel(id, { reason: "enough", gracePeriodSeconds: 60 });
    check([task.status, task.endedAt], ["cancelling", null]);
    const { requestedAt = "", graceEndsAt, ...rest } = task.cancellation ?? {};
    check(rest, {
      cause: "request",
      reason: "enough",
      requestedBy: null,
      deliveredAt: null,
      acknowledgedAt: null,
      gracePeriodSeconds: 60,
    });
    check(Date.parse(graceEndsAt ?? "") - Date.parse(requestedAt), 60_000);
  },

  async "cancel waits for the end if it is told to"({ tasks, id }: Context) {
    const begun = latch();
    const told = latch();
    const cleanedUp = latch();
    const run = rejectionOf(
      tasks.run(id, async ({ signal }) => {
        begun.open();
        await abortOf(signal);
        told.open();
        await cleanedUp.opened;
        throw signal.reason;
      }),
    );
    await begun.opened;
    let answered = false;
    const cancelled = tasks.cancel(id, { waitSeconds: 10 }).finally(() => {
      answered = true;
    });
    await told.opened;
    check([answered, (await tasks.get(id))?.status], [false, "cancelling"]);
    cleanedUp.open();
    const task = await cancelled;
    check(task.status, "cancelled");
    check(task.cancellation?.acknowledgedAt, task.endedAt);
    checkInstance(await run, TaskCancelledError);
  },

  async "cancel twice is as cancel once: the first reason stays"({ tasks, id }: Context) {
    await tasks.start(id);
    const first = await tasks.cancel(id, { reason: "first" });
    const second = await tasks.cancel(id, { reason: "second" });
    check(second, first);
  },

  async "the caller's own signal stops a cancel that waits, and the task stays cancelled"({
    tasks,
    id,
  }: Context) {
    await tasks.start(id);
    using watch = tasks.watch(id);
    const own = new AbortController();
    const waiting = tasks.cancel(id, { waitSeconds: 30, signal: own.signal });
    await abortOf(watch.signal);
    const reason = new Error("nobody waits any more");
    own.abort(reason);
    check((await rejectionOf(waiting)) === reason, true);
    check((await tasks.get(id))?.status, "cancelling");
  },

  async "a command that the task's state does not allow is refused with the problem"({
    tasks,
    id,
  }: Context) {
    await tasks.start(id);
    const error = await rejectionOf(tasks.forget(id));
    checkInstance(error, RequestRefusedError);
    check([error.name, error.status], ["RequestRefusedError", 409]);
    const { problem } = error;
    check(problem?.type, "urn:edge-canceler:problem:task-alive");
    check([problem?.task?.id, problem?.task?.status], [id, "running"]);
    check(error.message, problem?.detail);
  },
};
