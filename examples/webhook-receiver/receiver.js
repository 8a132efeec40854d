import { TaskClient } from "edge-canceler";
import { Webhook } from "standardwebhooks";

/** The service waits 15 s for a response. Work that takes longer continues after the response. */
const RESPOND_WITHIN_MS = 10_000;

/**
 * Returns a function that handles a webhook's requests.
 *
 * `stop` is called with a task that is being cancelled, and resolves once its work has stopped. It can be
 * called again for the same task, so it must not fail if the work has already stopped. `goOn` is called
 * with a promise of work that may outlast the response, as for a Worker's `ctx.waitUntil`.
 */
export function webhookReceiver({ secret, url, token, stop }) {
  const webhook = new Webhook(secret);
  const tasks = new TaskClient({ url, token });
  /** The stops in progress, so that a repeated event does not start another. */
  const stopping = new Map();

  async function stopAndReport(task) {
    await stop(task);
    const { id, attempt, attempts } = task;
    await tasks.finish(id, { attempt, holder: attempts.at(-1).holder, status: "cancelled" });
  }

  /** Stops and reports a task, or returns the stop that is in progress. */
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
    // The event may have been on its way for days, so read the current state.
    const task = await tasks.get(event.data.id);
    if (task?.status !== "cancelling" || task.attempt !== event.data.attempt) {
      return new Response(null, { status: 204 });
    }
    const stopped = stopOnce(task);
    // Logged here, in case the response was sent before it failed.
    goOn(stopped.catch((error) => console.error(`${task.id} was not stopped: ${error}`)));
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(202), RESPOND_WITHIN_MS);
    });
    try {
      const status = await Promise.race([stopped.then(() => 204), late]);
      return new Response(null, { status });
    } catch {
      // The service retries in a few seconds.
      return new Response("the work could not be stopped\n", { status: 500 });
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Returns the event in a request, or null if its signature is not valid. */
async function eventIn(request, webhook) {
  try {
    return webhook.verify(await request.text(), Object.fromEntries(request.headers));
  } catch {
    return null;
  }
}
