import type { Life } from "./life.ts";
import { seenIn } from "./seen-in.ts";

/**
 * I5. Once a later attempt is known, an earlier one can neither finish the task nor overwrite its
 * end; and no two holders have the same attempt. Every start of the lab is another holder's.
 */
export function fencedStaysOut(life: Life): string[] {
  const all = seenIn(life);
  const fenced = life.calls.flatMap(({ call, operation, attempt, atMs, answer }) => {
    if (operation !== "finish" || attempt === null || !answer || answer.isRefused) return [];
    const latest = Math.max(
      ...all.map(({ task, seenAtMs }) => (seenAtMs < atMs ? (task?.attempt ?? 0) : 0)),
    );
    return attempt < latest
      ? [`${call} finished attempt ${attempt}, and attempt ${latest} was known`]
      : [];
  });
  const attempts = life.calls.flatMap(({ operation, answer }) =>
    operation === "start" && answer?.task && !answer.isRefused ? [answer.task.attempt] : [],
  );
  const shared = attempts.filter((attempt, index) => attempts.indexOf(attempt) < index);
  // Whoever reports a result in the lab says in it which attempt it is.
  const overwritten = all.flatMap(({ task }) => {
    const by = attemptIn(task?.result);
    return task && by !== null && by !== task.attempt
      ? [`attempt ${by} wrote the result of attempt ${task.attempt}`]
      : [];
  });
  return [
    ...fenced,
    ...shared.map((attempt) => `two holders were given attempt ${attempt}`),
    ...overwritten,
  ];
}

function attemptIn(result: unknown): number | null {
  if (typeof result !== "object" || result === null || !("attempt" in result)) return null;
  return typeof result.attempt === "number" ? result.attempt : null;
}
