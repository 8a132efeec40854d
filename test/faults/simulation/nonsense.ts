import { cancellingTask } from "../../client/cancelling-task.ts";
import type { SeededRandom } from "../../lab/seeded-random.ts";
import type { Answer } from "./answer.ts";
import { nonsenseText } from "./nonsense-text.ts";

/** What captive portals and broken proxies answer in the service's place, with any status. */
export function nonsense(random: SeededRandom, id: string): Answer {
  const status = random.one([200, 200, 200, 200, 204, 304, 302, 403, 404, 410, 500, 502, 503]);
  const isRefusal = status >= 400 && status < 500;
  if (status < 300 || isRefusal) {
    return { status, text: nonsenseText(random, id), isSignOfLife: isRefusal };
  }
  // With such a status, even what looks like a cancel of this very task is none.
  const text = status === 304 ? "" : JSON.stringify(cancellingTask(id, { revision: 99 }));
  return { status, text, isSignOfLife: status === 304 };
}
