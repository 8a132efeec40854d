import type { TaskState } from "../../../worker-client/protocol.ts";
import type { ProblemKind } from "../../../worker-client/protocol-problems.ts";
import { cancellingTask } from "../../client/task-state.ts";
import type { SeededRandom } from "../../lab/seeded-random.ts";
import type { World } from "./world.ts";

/** What comes back to a request. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds?: number;
  /** Whether the service itself has answered, and not only that it is busy: a sign of life. */
  readonly isSignOfLife: boolean;
}

/** The task as it is. */
export function stateAnswer(task: TaskState, status: number): Answer {
  return { status, text: JSON.stringify(task), isSignOfLife: true };
}

/** An error answer of the service itself. */
export function problemAnswer(
  kind: ProblemKind,
  status: number,
  detail = "",
  task: TaskState | null = null,
): Answer {
  const type = `urn:edge-canceler:problem:${kind}`;
  const text = JSON.stringify({ type, title: kind, status, detail, ...(task && { task }) });
  return { status, text, isSignOfLife: status < 500 };
}

/** What something in between answers, so that a request never reaches the service; null: nothing. */
export function interference({ weather, random, service }: World): Answer | null {
  if (weather.strikes("nonsense")) return nonsense(random, service.id);
  if (weather.strikes("busy")) return busy(random);
  return null;
}

function busy(random: SeededRandom): Answer {
  const status = random.one([429, 503]);
  const retryAfterSeconds = random.one([0, 1, 30, 60, 600]);
  return { ...problemAnswer("overloaded", status), retryAfterSeconds, isSignOfLife: false };
}

/** What captive portals and broken proxies answer in the service's place, with any status. */
function nonsense(random: SeededRandom, id: string): Answer {
  const status = random.one([200, 200, 200, 200, 204, 304, 302, 403, 404, 410, 500, 502, 503]);
  const isRefusal = status >= 400 && status < 500;
  if (status < 300 || isRefusal) {
    return { status, text: nonsenseText(random, id), isSignOfLife: false };
  }
  // With such a status, even what looks like a cancel of this very task is none.
  const text = status === 304 ? "" : JSON.stringify(cancellingTask(id, { revision: 99 }));
  return { status, text, isSignOfLife: status === 304 };
}

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
