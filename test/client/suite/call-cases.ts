import { type JsonValue, TaskCancelledError, TaskClient } from "edge-canceler";
import { type Context, interceptedClient } from "./context.ts";
import { abortOf, check, checkInstance, rejectionOf } from "./harness.ts";

/** What the other calls promise. */
export const callCases = {
  async "declare, get, start, finish and forget go round"({ tasks, id }: Context) {
    const metadata = { model: "größte", steps: [1, 2.5, null], dry: true };
    const declared = await tasks.declare(id, {
      timeoutSeconds: 60,
      gracePeriodSeconds: 5,
      retentionSeconds: 600,
      metadata,
    });
    check([declared.id, declared.status, declared.attempt], [id, "pending", 0]);
    check(declared.metadata, metadata);
    check(await tasks.declare(id, { metadata: { model: "another" } }), declared);
    check(await tasks.get(id), declared);

    const started = await tasks.start(id, { holder: "holder-1" });
    check([started.status, started.attempt], ["running", 1]);
    check(Date.parse(started.deadlineAt ?? "") - Date.parse(started.startedAt ?? ""), 60_000);
    check(await tasks.start(id, { holder: "holder-1" }), started);

    const ended = await tasks.finish(id, { attempt: 1, status: "succeeded", result: { loss: 0 } });
    check([ended.status, ended.result], ["succeeded", { loss: 0 }]);
    check(await tasks.finish(id, { attempt: 1, status: "succeeded" }), ended);

    check(await tasks.forget(id), undefined);
    check(await tasks.get(id), null);
    await tasks.forget(id);
  },

  async "a task that nobody knows is null"({ tasks, id }: Context) {
    check(await tasks.get(id), null);
  },

  async "an id is escaped on its way, and escaping it first changes nothing"({
    tasks,
    id,
  }: Context) {
    const name = `feature/größe ${id}`;
    const escaped = `feature~2Fgr~C3~B6~C3~9Fe~20${id}`;
    let error: unknown;
    await tasks
      .run(name, async ({ signal }) => {
        check((await tasks.cancel(escaped)).id, escaped);
        throw await abortOf(signal);
      })
      .catch((thrown: unknown) => {
        error = thrown;
      });
    checkInstance(error, TaskCancelledError);
    check([error.taskId, (await tasks.get(name))?.status], [name, "cancelled"]);
  },

  async "what is no task id is a TypeError before anything is sent"(context: Context) {
    let sent = 0;
    using intercepted = interceptedClient(context, (_, send) => {
      sent++;
      return send();
    });
    const { tasks } = intercepted;
    for (const id of ["", ".", "..", "half \ud83d", "ä".repeat(22), "x".repeat(129)]) {
      for (const call of [
        () => tasks.declare(id),
        () => tasks.get(id),
        () => tasks.start(id),
        () => tasks.run(id, () => {}),
        () => tasks.cancel(id),
        () => tasks.finish(id, { attempt: 1, status: "succeeded" }),
        () => tasks.forget(id),
        async () => tasks.watch(id).close(),
      ]) {
        const error = await rejectionOf(call());
        checkInstance(error, TypeError);
        check(error.message.startsWith(`"${id}" is not a valid task id`), true);
      }
    }
    check(sent, 0);
  },

  async "every kind of character that an id may have gets through"({ tasks, id }: Context) {
    const odd = `~A.z_9:-+@=,${id}`;
    check((await tasks.declare(odd)).id, odd);
    check((await tasks.get(odd))?.id, odd);
  },

  async "a path and a final slash in the service's address are kept and left out"(
    context: Context,
  ) {
    const asked: string[] = [];
    const url = new URL("some/where//", `${context.url}/`);
    const tasks = new TaskClient({
      url,
      fetch: async (to) => {
        asked.push(to);
        return new Response("{}", { status: 404 });
      },
    });
    await rejectionOf(tasks.get("1234"));
    check(asked, [`${context.url}/some/where/v1/tasks/1234`]);
  },

  async "what cannot be JSON is a TypeError before anything is sent"({ tasks, id }: Context) {
    const circle: { [key: string]: JsonValue } = {};
    circle["circle"] = circle;
    checkInstance(await rejectionOf(tasks.declare(id, { metadata: circle })), TypeError);
    check(await tasks.get(id), null);
  },

  async "what is no URL is a TypeError at once"(_: Context) {
    checkInstance(await rejectionOf((async () => new TaskClient({ url: "no url" }))()), TypeError);
  },

  async "the caller's own signal stops a call before it is sent"(context: Context) {
    let sent = 0;
    using intercepted = interceptedClient(context, (_, send) => {
      sent++;
      return send();
    });
    const reason = new Error("never mind");
    const signal = AbortSignal.abort(reason);
    check((await rejectionOf(intercepted.tasks.get(context.id, { signal }))) === reason, true);
    check(sent, 0);
  },

  async "the caller's own signal stops a call that has no answer yet"(context: Context) {
    const own = new AbortController();
    const reason = new Error("never mind");
    using intercepted = interceptedClient(context, (_, send) => {
      const answer = send();
      own.abort(reason);
      return answer;
    });
    const call = intercepted.tasks.get(context.id, { signal: own.signal });
    check((await rejectionOf(call)) === reason, true);
  },
};
