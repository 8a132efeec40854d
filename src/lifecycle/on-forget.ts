import { isEnded } from "./is-ended.ts";
import type { ForgetOutcome } from "./outcome.ts";
import type { Task } from "./task.ts";

/** Only what has ended can be forgotten; what is not known is forgotten already. */
export function onForget(task: Task | null): ForgetOutcome {
  if (task === null || isEnded(task)) return { kind: "forgotten" };
  return { kind: "refused", refusal: "alive", task };
}
