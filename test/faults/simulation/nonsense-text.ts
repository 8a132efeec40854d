import { cancellingTask } from "../../client/cancelling-task.ts";
import type { SeededRandom } from "../../lab/seeded-random.ts";

const LOGIN_PAGE = "<!doctype html><title>Welcome</title>Log in to use the network.";

/** What is no state of this task. Most of it looks like a cancel; none of it is one. */
export function nonsenseText(random: SeededRandom, id: string): string {
  const cancelled = cancellingTask(id, { revision: 99, attempt: 99 });
  const whole = JSON.stringify(cancelled);
  return random.one([
    LOGIN_PAGE,
    "",
    "null",
    "true",
    whole.slice(0, random.whole(1, whole.length - 1)),
    JSON.stringify({ ...cancelled, id: `${id}0` }),
    JSON.stringify([cancelled]),
    JSON.stringify({ ...cancelled, revision: "99" }),
    JSON.stringify({ ...cancelled, revision: undefined }),
    JSON.stringify({ ...cancelled, cancellation: undefined }),
    JSON.stringify({ type: "about:blank", title: "Gone", status: 410, task: cancelled }),
  ]);
}
