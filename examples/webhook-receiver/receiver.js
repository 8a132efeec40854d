import { TaskClient } from "edge-canceler";
import { Webhook } from "standardwebhooks";

/** The service waits 15 s for an answer. What takes longer goes on after it. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Makes a function that takes the requests of a webhook, and returns the response to each.
 *
 * `stop` is called with a task that is being cancelled, and resolves once its work has stopped. It can be
 * called again for the same task, so stopping what has stopped must not fail. `goOn` is told of work that
 * is not done when the response is sent: a Worker's `ctx.waitUntil`.
 */
export function webhookReceiver({ secret, url, token, stop }) {
  const webhook = new Webhook(secret);
  const tasks = new TaskClient({ url, token });
  /** What is being stopped, so that an event that comes again does not begin anew. */
  const stopping = new Map();

  async function stopAndReport(task) {
    await stop(task);
    const { id, attempt, attempts } = task;
    await tasks.finish(id, { attempt, holder: attempts.at(-1).holder, status: "cancelled" });
  }

  /** The same, but only once at a time. */
  function stopOnce(task) {
    const key = `${task.attempt} ${task.id}`;
    if (!stopping.has(key)) {
      stopping.set(
        key,
        stopAndReport(task).finally(() => stopping.delete(key)),
      );
    }
    return stopping.get(key);
  }

  return async (request, goOn = () => {}) => {
    const event = await eventIn(request, webhook);
    if (event === null)
      return new Response("not signed with this webhook's secret\n", { status: 401 });
    if (event.type !== "task.cancelling") return new Response(null, { status: 204 });
    // The event may have been on its way for days. The task knows how it is now.
    const task = await tasks.get(event.data.id);
    if (task?.status !== "cancelling" || task.attempt !== event.data.attempt) {
      return new Response(null, { status: 204 });
    }
    const stopped = stopOnce(task);
    // It is logged here if nobody waits for it any more.
    goOn(stopped.catch((error) => console.error(`${task.id} was not stopped: ${error}`)));
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(202), ANSWER_WITHIN_MS);
    });
    try {
      const status = await Promise.race([stopped.then(() => 204), late]);
      return new Response(null, { status });
    } catch {
      // The service tries again in a few seconds.
      return new Response("the work could not be stopped\n", { status: 500 });
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Returns the event in a request; null if it is not signed. */
async function eventIn(request, webhook) {
  try {
    return webhook.verify(await request.text(), Object.fromEntries(request.headers));
  } catch {
    return null;
  }
}
