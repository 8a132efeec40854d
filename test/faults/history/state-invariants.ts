import type { TaskState } from "../../../worker-client/protocol.ts";
import { type Life, seenIn } from "./lives.ts";

/**
 * I1. A cancel that was answered is on record, unless the task had ended before. Somebody has to
 * read the task afterwards, or the lab would prove nothing; `knownIsSeen` checks what that read sees.
 */
export function acknowledgedStays({ calls }: Life, untilMs: number): string[] {
  const lastReadAtMs = Math.max(
    ...calls.map(({ operation, atMs, answer }) => (operation === "get" && answer ? atMs : 0)),
  );
  return calls.flatMap(({ operation, call, answer }) => {
    if (operation !== "cancel" || answer === null || answer.isRefused) return [];
    const { task, atMs } = answer;
    if (task === null || (task.cancellation === null && task.endedAt === null)) {
      return [`${call} was acknowledged at ${atMs}, and the answer shows no cancellation`];
    }
    if (lastReadAtMs < atMs && untilMs === Number.POSITIVE_INFINITY)
      return [`${call} was acknowledged, and no read followed`];
    return [];
  });
}

/** I2. A read sees everything that was seen of the task before it began, or what came of it. */
export function knownIsSeen(life: Life): string[] {
  const forgottenAtMs = life.calls.find(({ operation }) => operation === "forget")?.atMs;
  const all = seenIn(life);
  return all.flatMap(({ begunAtMs, seenAtMs, task }) => {
    if (begunAtMs === null || (forgottenAtMs ?? Number.POSITIVE_INFINITY) <= seenAtMs) return [];
    const known = newest(all.filter((earlier) => earlier.seenAtMs < begunAtMs));
    const lost = known && whatIsLost(known, task);
    return lost ? [`a read that began at ${begunAtMs} ${lost}`] : [];
  });
}

function newest(seen: readonly { readonly task: TaskState | null }[]): TaskState | null {
  let known: TaskState | null = null;
  for (const { task } of seen) {
    if (task !== null && (known === null || task.revision > known.revision)) known = task;
  }
  return known;
}

function whatIsLost(known: TaskState, task: TaskState | null): string | null {
  if (task === null) return `found no task, revision ${known.revision} was known`;
  if (task.revision < known.revision) {
    return `found revision ${task.revision}, ${known.revision} was known`;
  }
  if (known.cancellation === null) return null;
  const { cause, reason, requestedAt } = known.cancellation;
  const now = task.cancellation;
  if (now?.cause === cause && now.reason === reason && now.requestedAt === requestedAt) return null;
  return `found ${JSON.stringify(now)} in place of the cancellation of ${requestedAt}`;
}

/**
 * I5. Once a later attempt is known, an earlier one can neither finish the task nor overwrite its
 * end, and no two holders share an attempt. Each start in the lab has a holder of its own.
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
  // Each result in the lab names its attempt.
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

/**
 * I6. An attempt has one end, whoever looks, and whenever; only one that failed is followed by another.
 * What a worker says after the service has given it up is filled in once.
 */
export function endedIsEnded(life: Life): string[] {
  // A forgotten id may begin a new life.
  if (life.calls.some(({ operation }) => operation === "forget")) return [];
  const states = seenIn(life).flatMap(({ task }) => task ?? []);
  const ended = states.filter(({ endedAt }) => endedAt !== null);
  const latest = Math.max(...states.map(({ attempt }) => attempt));
  const followed = ended.filter(({ status, attempt }) => status !== "failed" && attempt < latest);
  return [
    ...severalOf(ended, ({ attempt, status, endedAt }) => [attempt, { status, endedAt }]),
    ...severalOf(ended, ({ attempt, result, error, cancellation }) => [
      `${attempt} ${cancellation?.acknowledgedAt ?? null}`,
      { result, error },
    ]),
    ...severalOf(ended, ({ attempt, cancellation }) =>
      cancellation?.acknowledgedAt ? [attempt, cancellation.acknowledgedAt] : null,
    ),
    ...followed.map(
      ({ attempt, status }) => `attempt ${attempt} ended (${status}), and ${latest} ran`,
    ),
  ];
}

/** What should be one value for each key, and was seen with several. */
function severalOf(
  states: readonly TaskState[],
  entryOf: (task: TaskState) => readonly [key: unknown, value: unknown] | null,
): string[] {
  const values = new Map<unknown, Set<string>>();
  for (const task of states) {
    const entry = entryOf(task);
    if (entry === null) continue;
    const [key, value] = entry;
    const seen = values.get(key) ?? new Set();
    values.set(key, seen.add(JSON.stringify(value)));
  }
  return [...values].flatMap(([key, seen]) =>
    seen.size > 1 ? [`attempt ${key} was seen with ${[...seen].join(" and ")}`] : [],
  );
}
