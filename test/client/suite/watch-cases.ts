import { TaskCancelledError, type TaskState } from "edge-canceler";
import { type Context, interceptedClient } from "./context.ts";
import { abortOf, check, checkInstance, eventually, latch } from "./harness.ts";

/** What `watch` promises. */
export const watchCases = {
  async "a watch of a task that was cancelled first aborts at once"({ tasks, id }: Context) {
    await tasks.start(id);
    await tasks.cancel(id, { reason: "before you came" });
    using watch = tasks.watch(id);
    const error = await abortOf(watch.signal);
    checkInstance(error, TaskCancelledError);
    check([error.reason, watch.task?.status], ["before you came", "cancelling"]);
  },

  async "a watch of a task that nobody knows yet learns of its cancel"({ tasks, id }: Context) {
    const watch = tasks.watch(id);
    await tasks.cancel(id);
    const error = await abortOf(watch.signal);
    checkInstance(error, TaskCancelledError);
    check(watch.task?.status, "cancelled");
  },

  async "two watchers of one task both learn"({ tasks, id }: Context) {
    await tasks.start(id);
    using first = tasks.watch(id);
    using second = tasks.watch(id);
    await eventually(
      () => tasks.get(id),
      (task) => task?.watchers === 2,
    );
    await tasks.cancel(id, { reason: "both of you" });
    for (const watch of [first, second]) {
      const error = await abortOf(watch.signal);
      checkInstance(error, TaskCancelledError);
      check(error.reason, "both of you");
    }
  },

  async "eight watches at once hold up no command, and each hears of a cancel soon"({
    tasks,
    id,
  }: Context) {
    const ids = Array.from({ length: 8 }, (_, index) => `${id}-${index}`);
    await Promise.all(ids.map((each) => tasks.start(each)));
    const watches = ids.map((each) => tasks.watch(each));
    await Promise.all(watches.map((watch) => eventually(async () => watch.task, Boolean)));
    for (const [index, watch] of watches.entries()) {
      const sinceMs = performance.now();
      await tasks.cancel(ids[index] ?? "");
      checkInstance(await abortOf(watch.signal), TaskCancelledError);
      // What waits for a poll of another watch waits for 20 s.
      check(performance.now() - sinceMs < 10_000, true);
      watch.close();
    }
  },

  async "a watch tells every change, first the task as it is"({ tasks, id }: Context) {
    const seen: string[] = [];
    const ended = latch();
    let known = latch();
    const declared = await tasks.declare(id);
    const onChange = (task: TaskState) => {
      seen.push(`${task.revision - declared.revision} ${task.status}`);
      known.open();
      if (task.endedAt !== null) ended.open();
    };
    const step = async (change: Promise<unknown>) => {
      await Promise.all([change, known.opened]);
      known = latch();
    };
    const watch = tasks.watch(id, { onChange });
    await step(Promise.resolve());
    await step(tasks.start(id));
    await step(tasks.cancel(id));
    await tasks.finish(id, { attempt: 1, status: "cancelled" });
    await ended.opened;
    check(seen, ["0 pending", "1 running", "2 cancelling", "3 cancelled"]);
    check(watch.task?.status, "cancelled");
  },

  async "a closed watch leaves no watcher on the service, and does not abort any more"({
    tasks,
    id,
  }: Context) {
    await tasks.start(id);
    const learnt = latch();
    // Not every runtime lets the service know that a poll was left, so that has to be a short one: of 4 s,
    // which leaves as much again for the answer.
    const watch = tasks.watch(id, {
      onChange: () => learnt.open(),
      onUnreachable: { abortAfterSeconds: 8 },
    });
    await learnt.opened;
    await eventually(
      () => tasks.get(id),
      (task) => task?.watchers === 1,
    );
    watch.close();
    await eventually(
      () => tasks.get(id),
      (task) => task?.watchers === 0,
    );
    using other = tasks.watch(id);
    await tasks.cancel(id);
    await abortOf(other.signal);
    check([watch.signal.aborted, watch.task?.status], [false, "running"]);
  },

  async "a watch that is closed as soon as it is opened asks for nothing more"({
    tasks,
    id,
  }: Context) {
    await tasks.start(id);
    tasks.watch(id).close();
    {
      using watch = tasks.watch(id);
      check(watch.task, null);
    }
    await eventually(
      () => tasks.get(id),
      (task) => task?.watchers === 0,
    );
  },

  async "a watch takes a WebSocket where there is one, and polls through a fetch of its own"(
    context: Context,
  ) {
    const { id, transport } = context;
    await context.tasks.start(id);
    let polls = 0;
    using intercepted = interceptedClient(context, (url, send) => {
      if (url.includes("?revision=")) polls++;
      return send();
    });
    using watch = intercepted.tasks.watch(id);
    await context.tasks.cancel(id);
    await abortOf(watch.signal);
    check(polls > 0, transport !== "WebSocket");
  },
};
