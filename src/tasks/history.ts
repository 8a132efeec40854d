import type {
  AttemptOutcome,
  CancellationCause,
  EndedStatus,
} from "../../worker-client/protocol.ts";
import type { HistoryEntry } from "../../worker-client/protocol-directory.ts";
import { cancellationOf, isEnded, type StoredAttempt, type Task } from "./task.ts";
import { rfc3339 } from "./task-state.ts";

/**
 * A task's history: one line of JSON per entry, oldest first. It is stored as one string in the
 * task's row, and decoded only for somebody who asks for it.
 */
export type StoredHistory = string;

/** An entry as it is stored: without what the task itself records. */
type StoredEntry = { readonly atMs: number } & (
  | { readonly type: "declared" | "retried"; readonly by: string | null }
  | { readonly type: "queued"; readonly queue: string; readonly availableAtMs: number | null }
  | {
      readonly type: "started";
      readonly attempt: number;
      readonly holder: string;
      readonly by: string | null;
    }
  | { readonly type: "progress"; readonly attempt: number }
  | {
      readonly type: "cancelled";
      readonly cause: CancellationCause;
      readonly gracePeriodSeconds: number | null;
    }
  | { readonly type: "hurried"; readonly gracePeriodSeconds: number; readonly by: string | null }
  | { readonly type: "delivered" }
  | { readonly type: "lost"; readonly attempt: number; readonly holder: string }
  | {
      readonly type: "handed_on";
      readonly attempt: number;
      readonly holder: string;
      readonly outcome: AttemptOutcome;
      readonly availableAtMs: number | null;
    }
  | { readonly type: "acknowledged"; readonly attempt: number }
  | { readonly type: "ended"; readonly status: EndedStatus; readonly attempt: number }
);

type Event<Entry = StoredEntry> = Entry extends StoredEntry ? Omit<Entry, "atMs"> : never;

interface ChangeContext {
  /** The subject of the token behind the change, or null if there is none. */
  readonly by: string | null;
  readonly nowMs: number;
}

const MAX_ENTRIES = 100;
/** Limits the stored text and the response in bytes of UTF-8. The response wraps its entries. */
const MAX_BYTES = 16 * 1024 - '{"entries":[]}'.length;

const UTF_8 = new TextEncoder();

/** Returns the history with a change recorded. */
export function recordChange(
  history: StoredHistory,
  before: Task | null,
  after: Task,
  { by, nowMs }: ChangeContext,
): StoredHistory {
  const events = eventsBetween(before, after, by);
  if (events.length === 0) return history;
  const added = events.map((event) => JSON.stringify({ atMs: nowMs, ...event }));
  const kept = linesOf(history).filter((line) => !isReplaced(line, events));
  return shortened([...kept, ...added], (line) => line).join("\n");
}

/** Returns the history as readers see it. Filled in, it may be too long, so entries are left out. */
export function readHistory(history: StoredHistory, task: Task): readonly HistoryEntry[] {
  const entries = linesOf(history).map((line) => toEntry(JSON.parse(line), task));
  return shortened(entries, (entry) => JSON.stringify(entry));
}

function linesOf(history: StoredHistory): readonly string[] {
  return history === "" ? [] : history.split("\n");
}

/** Only the newest progress entry is kept. */
function isReplaced(line: string, events: readonly Event[]): boolean {
  if (!events.some(({ type }) => type === "progress")) return false;
  const { type }: StoredEntry = JSON.parse(line);
  return type === "progress";
}

/** Returns the first entry, and as many of the last ones as fit. */
function shortened<Entry>(
  entries: readonly Entry[],
  toLine: (entry: Entry) => string,
): readonly Entry[] {
  const [first, ...others] = entries;
  if (first === undefined) return entries;
  // Each is followed by a separator.
  const sizeOf = (entry: Entry) => UTF_8.encode(toLine(entry)).length + 1;
  let bytesLeft = MAX_BYTES - sizeOf(first);
  const kept: Entry[] = [];
  for (const entry of others.toReversed()) {
    bytesLeft -= sizeOf(entry);
    if (kept.length === MAX_ENTRIES - 1 || bytesLeft < 0) break;
    kept.push(entry);
  }
  return [first, ...kept.reverse()];
}

function eventsBetween(before: Task | null, after: Task, by: string | null): readonly Event[] {
  return [
    ...beginning(before, after, by),
    ...runEvents(before, after, by),
    ...cancelEvents(before, after, by),
    ...endEvents(before, after),
  ];
}

function beginning(before: Task | null, after: Task, by: string | null): readonly Event[] {
  if (after.status !== "pending") return [];
  if (before === null) return [{ type: "declared", by }];
  return before.status === "failed" ? [{ type: "retried", by }] : [];
}

/** What became of the earlier run, and which run started. */
function runEvents(before: Task | null, after: Task, by: string | null): readonly Event[] {
  const events: Event[] = [];
  const run = endedRun(before, after);
  if (run?.outcome === "lost") {
    events.push({ type: "lost", attempt: run.attempt, holder: run.holder });
  }
  const isHandedOn = after.status === "pending" || after.attempt > (before?.attempt ?? 0);
  if (run !== null && run.outcome !== null && isHandedOn) {
    const { attempt, holder, outcome } = run;
    const { availableAtMs } = after;
    events.push({ type: "handed_on", attempt, holder, outcome, availableAtMs });
  }
  const next = after.attempts.at(-1);
  if (next !== undefined && after.attempt > (before?.attempt ?? 0)) {
    events.push({ type: "started", attempt: next.attempt, holder: next.holder, by });
  }
  if (after.status === "pending" && before?.status !== "pending" && after.queued !== null) {
    const { queued, availableAtMs } = after;
    events.push({ type: "queued", queue: queued.name, availableAtMs });
  }
  if (after.progress !== null && after.progress !== before?.progress) {
    events.push({ type: "progress", attempt: after.attempt });
  }
  return events;
}

/** The run that ended with this change, or null. */
function endedRun(before: Task | null, after: Task): StoredAttempt | null {
  const last = before?.attempts.at(-1);
  if (last === undefined || last.outcome !== null) return null;
  const now = after.attempts.find(({ attempt }) => attempt === last.attempt);
  return now?.outcome == null ? null : now;
}

function cancelEvents(before: Task | null, after: Task, by: string | null): readonly Event[] {
  const now = cancellationOf(after);
  if (now === null) return [];
  const earlier = before && cancellationOf(before);
  const { cause, gracePeriodSeconds } = now;
  const events: Event[] = [];
  if (earlier === null) events.push({ type: "cancelled", cause, gracePeriodSeconds });
  else if (gracePeriodSeconds !== null && gracePeriodSeconds !== earlier.gracePeriodSeconds) {
    events.push({ type: "hurried", gracePeriodSeconds, by });
  }
  if (now.deliveredAtMs !== null && earlier?.deliveredAtMs == null) {
    events.push({ type: "delivered" });
  }
  if (now.acknowledgedAtMs !== null && earlier?.acknowledgedAtMs == null) {
    events.push({ type: "acknowledged", attempt: after.attempt });
  }
  return events;
}

function endEvents(before: Task | null, after: Task): readonly Event[] {
  if (!isEnded(after) || (before !== null && isEnded(before))) return [];
  return [{ type: "ended", status: after.status, attempt: after.attempt }];
}

/** Fills in what the task itself records. */
function toEntry({ atMs, ...event }: StoredEntry, task: Task): HistoryEntry {
  const at = rfc3339(atMs);
  switch (event.type) {
    case "queued":
    case "handed_on": {
      const { availableAtMs, ...rest } = event;
      return { at, ...rest, availableAt: rfc3339(availableAtMs) };
    }
    case "progress":
      return { at, ...event, progress: task.progress };
    case "cancelled": {
      const { reason = null, requestedBy = null } = cancellationOf(task) ?? {};
      return { at, ...event, reason, by: requestedBy };
    }
    default:
      return { at, ...event };
  }
}
