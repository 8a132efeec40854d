import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../../lab/seeded-random.ts";
import { checkHistory } from "../history/check-history.ts";
import { History } from "../history/history.ts";
import type { Violation } from "../history/violation.ts";
import { RecordedClient } from "../recorded-client.ts";
import { TRANSPORTS } from "../transport.ts";
import { untilEnded } from "../until-ended.ts";

const PATIENCE_MS = 10_000;
const GRACE_SECONDS = 0.2;
const TIMEOUT_SECONDS = 0.3;
const MOST_WATCHERS = 4;

/** One task from its declaration until it is forgotten; answers the promises that were broken. */
export async function soakLife(
  url: string,
  id: string,
  random: SeededRandom,
): Promise<Violation[]> {
  const history = new History();
  const { note } = history;
  const client = (name: string, transport = random.one(["WebSocket", "long poll"] as const)) =>
    new RecordedClient({ url, name: `${name} of ${id}`, transport, note });
  const tasks = client("the canceller");
  const end = random.one(["finish", "cancel", "cancel", "grace", "deadline", "cancel first"]);
  const timeout = end === "deadline" ? { timeoutSeconds: TIMEOUT_SECONDS } : {};
  await tasks.declare(id, { ...timeout, gracePeriodSeconds: GRACE_SECONDS });
  if (end === "cancel first") await tasks.cancel(id);
  else await tasks.start(id);

  const watchers = Array.from({ length: random.whole(1, MOST_WATCHERS) }, (_, number) => ({
    watcher: `watcher ${number} of ${id}`,
    tasks: client(`watcher ${number}`, TRANSPORTS[number % TRANSPORTS.length]),
  }));
  const told = watchers.map(({ watcher }) => history.heard(watcher, "told", PATIENCE_MS));
  const watches = watchers.map(({ watcher, tasks: of }) => of.watch(id, watcher));
  await Promise.all(told);
  for (const { watcher } of watchers) note({ kind: "connected", atMs: Date.now(), watcher, id });
  const events = fetch(`${url}/v1/tasks/${id}`, { headers: { Accept: "text/event-stream" } });
  await sleep(random.whole(0, 200));

  if (end === "finish") await tasks.finish(id, 1, random.one(["succeeded", "failed"]));
  if (end === "cancel" || end === "grace") await tasks.cancel(id);
  if (end === "cancel") {
    for (const watch of watches) {
      if (!watch.signal.aborted) {
        await history.next((entry) => entry.kind === "aborted", PATIENCE_MS);
      }
    }
    await tasks.finish(id, 1, "cancelled");
  }
  await untilEnded(tasks, id);
  // The stream ends with the task.
  await (await events).text();
  for (const [number, { watcher }] of watchers.entries()) {
    note({ kind: "closed", atMs: Date.now(), watcher, id });
    watches[number]?.close();
  }
  const broken = checkHistory(history.entries);
  await tasks.forget(id);
  return broken;
}
