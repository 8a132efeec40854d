import type { Cancellation, JsonObject, JsonValue, TaskState } from "../index.ts";
import { cutText } from "../protocol.ts";
import type { CommandContext } from "./command.ts";
import { outcomeOf } from "./outcome.ts";
import { inLine, jsonLine, type Line, oneLine, type Part, type Style } from "./terminal.ts";
import { isJsonObject } from "./values.ts";

/** Prints a task in one line: for people, or as JSON for machines. */
export function printTask({ json, print }: CommandContext, task: TaskState): void {
  print(json ? jsonLine(task) : taskLine(task));
}

/** A task in one line, for people; with its receipt if it was cancelled. */
export function taskLine(task: TaskState): Line {
  const { id, status, attempt, cancellation, startedAt, deadlineAt, endedAt, queue } = task;
  if (cancellation !== null)
    return inLine(id, statusPart(task), ...receiptParts(task, cancellation));
  const isPending = status === "pending";
  return inLine(
    id,
    statusPart(task),
    attempt > 0 && !isPending && `attempt ${attempt}`,
    startedAt && !isPending && `started ${startedAt}`,
    isPending && queue !== null && `in ${oneLine(queue)}`,
    lastFailure(task),
    isPending && task.availableAt && `waits until ${task.availableAt}`,
    deadlineAt && !endedAt && `deadline ${deadlineAt}`,
    endedAt && `ended ${endedAt}`,
  );
}

/** How the last attempt of a failed or retried task went wrong; empty for any other task. */
export function lastFailure({ status, attempts, error }: TaskState): string {
  const last = attempts.at(-1);
  if (status === "failed") return errorText(error);
  if (status !== "pending" || last === undefined) return "";
  const why = errorText(last.error);
  return `attempt ${last.attempt} ${oneLine(last.outcome ?? "")}${why && ` (${why})`}`;
}

const MOST_CHARACTERS = 200;

/** The error that a worker reported, in words; empty if there is none. */
function errorText(error: JsonValue): string {
  if (error === null) return "";
  const said = isJsonObject(error) ? (wordsOf(error) ?? JSON.stringify(error)) : String(error);
  return oneLine(cutText(said, MOST_CHARACTERS));
}

/** The words for an error as exec, a worker or the service reports it; undefined for any other. */
function wordsOf({ type, name, message, exitCode, signal }: JsonObject): string | undefined {
  const how = exitCode === undefined ? signal : `exit code ${exitCode}`;
  const kind = type ?? (name === "Error" ? undefined : name);
  const words = [kind, message ?? how].filter((word) => typeof word === "string");
  return words.length === 0 ? undefined : words.join(": ");
}

/** The status of a task, in its colour. */
export function statusPart(task: Pick<TaskState, "status"> | null): Part {
  if (task === null) return { text: "unknown", style: "dim" };
  return { text: oneLine(task.status), style: styleOf(task) };
}

function styleOf(task: Pick<TaskState, "status">): Style {
  switch (task.status) {
    case "pending":
      return "dim";
    case "running":
      return "cyan";
    case "succeeded":
      return "green";
    case "failed":
    case "timed_out":
      return "red";
    case "cancelling":
    case "cancelled":
      return "yellow";
    default:
      // A newer service may have more statuses.
      return "dim";
  }
}

/** The receipt of a cancel: when it was asked for, and how long after that the rest came. */
function receiptParts(task: TaskState, cancellation: Cancellation): (Part | false)[] {
  const { requestedAt } = cancellation;
  const reason = oneLine(cancellation.reason ?? "");
  const isDeadline = cancellation.cause === "timeout";
  return [
    isDeadline
      ? `${deadlineWords(task)} ${requestedAt}`
      : `asked ${requestedAt}${by(cancellation)}`,
    ...progressParts(task, cancellation),
    !isDeadline && reason !== "" && `reason: ${reason}`,
  ];
}

/** Which time limit a timed-out task has exceeded. */
export function deadlineWords({ startedAt }: TaskState): string {
  return startedAt === null ? "not started in time" : "deadline passed";
}

function progressParts(task: TaskState, cancellation: Cancellation): Part[] {
  const { requestedAt, deliveredAt, acknowledgedAt, graceEndsAt } = cancellation;
  const after = (time: string | null, name: string): string =>
    time === null ? `not ${name}` : `${name} +${showDuration(timeBetween(requestedAt, time))}`;
  const delivered = after(deliveredAt, "delivered");
  const ended = after(task.endedAt, "ended");
  switch (outcomeOf(task)) {
    case "stopping":
      return [delivered, "not acknowledged"];
    case "acknowledged":
      return [delivered, { text: after(acknowledgedAt, "acknowledged"), style: "green" }, ended];
    case "unacknowledged":
      return [delivered, { text: "never acknowledged", style: "red" }, ended];
    case "finished":
      return graceEndsAt === null ? ["it had ended before"] : [delivered, `${ended} by itself`];
    case "not-running":
      if (task.attempt > 0) return ["not running"];
      return cancellation.cause === "timeout" ? [] : ["never started"];
  }
}

function by({ requestedBy }: Cancellation): string {
  return requestedBy === null ? "" : ` by ${oneLine(requestedBy)}`;
}

/** What has happened to everything below a task; empty if there is nothing. */
export function treePart({ descendants }: Pick<TaskState, "descendants">): string {
  if (descendants === null || descendants.total === 0) return "";
  const { total, ended, acknowledged, unconfirmed } = descendants;
  const counts = [
    `${ended} of ${total} below it ended`,
    acknowledged > 0 && `${acknowledged} acknowledged`,
    unconfirmed > 0 && `${unconfirmed} never acknowledged`,
  ];
  return `  ${counts.filter((part) => part !== false).join(", ")}`;
}

/** Says who cancelled a task, and why: `cancelled by ci@example: wrong data`. */
export function cancellationLine(cancellation: Cancellation): string {
  const { cause, reason } = cancellation;
  const said = oneLine(reason ?? "");
  switch (cause) {
    case "timeout":
      return "cancelled: its deadline has passed";
    case "request":
      return `cancelled${by(cancellation)}${said && `: ${said}`}`;
    default:
      // A newer service may have more causes.
      return `cancelled (${oneLine(String(cause))})${said && `: ${said}`}`;
  }
}

/** How much later `to` is than `from`, in milliseconds; 0 if clocks disagree. */
export function timeBetween(from: string, to: string | number): number {
  const toMs = typeof to === "number" ? to : Date.parse(to);
  return Math.max(0, toMs - Date.parse(from));
}

/** How long a task ran, or has been running; empty while it waits for its first or its next attempt. */
export function ranFor(
  { status, startedAt, endedAt }: Pick<TaskState, "status" | "startedAt" | "endedAt">,
  nowMs: number,
): string {
  if (startedAt === null || status === "pending") return "";
  return showDuration(timeBetween(startedAt, endedAt ?? nowMs));
}

const UNITS = [
  { unit: "d", seconds: 86_400 },
  { unit: "h", seconds: 3600 },
  { unit: "m", seconds: 60 },
  { unit: "s", seconds: 1 },
] as const;

/** Formats a duration for people, in its two largest units: `12ms`, `1.2s`, `2h30m`. */
export function showDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.floor(milliseconds)}ms`;
  if (milliseconds < 10_000) return `${Math.floor(milliseconds / 100) / 10}s`;
  let left = Math.floor(milliseconds / 1000);
  const parts: string[] = [];
  for (const { unit, seconds } of UNITS) {
    const amount = Math.floor(left / seconds);
    if (amount > 0 && parts.length < 2) parts.push(`${amount}${unit}`);
    left -= amount * seconds;
  }
  return parts.join("");
}
