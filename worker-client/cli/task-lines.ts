import type { Cancellation, TaskState } from "../index.ts";
import type { CommandContext } from "./command.ts";
import { jsonLine, oneLine } from "./terminal.ts";

/** Prints a task in one line: JSON for machines, and for people in the words of `show`. */
export function printTask(
  { json, print }: CommandContext,
  task: TaskState,
  show: (task: TaskState) => string = statusLine,
): void {
  print(json ? jsonLine(task) : show(task));
}

/** A task in one line, for people. */
export function statusLine(task: TaskState): string {
  const { id, status, attempt, cancellation, startedAt, deadlineAt, endedAt } = task;
  const parts = [
    id,
    status,
    attempt > 0 && `attempt ${attempt}`,
    startedAt && `started ${startedAt}`,
    deadlineAt && !endedAt && `deadline ${deadlineAt}`,
    endedAt && `ended ${endedAt}`,
    cancellation && cancellationLine(cancellation),
  ];
  return oneLine(parts.filter(Boolean).join("  "));
}

/** A task with the receipt of its cancel: when it was asked for, and how long after that the rest came. */
export function receiptLine({ id, status, endedAt, cancellation }: TaskState): string {
  if (cancellation === null) return oneLine(`${id}  ${status}  not cancelled: it had ended before`);
  const { requestedAt, deliveredAt, acknowledgedAt } = cancellation;
  const after = (time: string | null, name: string) => {
    if (time === null) return `not ${name}`;
    return `${name} +${showDuration(Math.max(0, Date.parse(time) - Date.parse(requestedAt)))}`;
  };
  return oneLine(
    [
      id,
      status,
      `asked ${requestedAt}`,
      after(deliveredAt, "delivered"),
      after(acknowledgedAt, "acknowledged"),
      after(endedAt, "ended"),
      cancellationLine(cancellation),
    ].join("  "),
  );
}

/** Who cancelled a task, and why: `cancelled by ci@example: wrong data`. */
export function cancellationLine({ cause, reason, requestedBy }: Cancellation): string {
  switch (cause) {
    case "timeout":
      return "cancelled: its deadline has passed";
    case "request": {
      const by = requestedBy === null ? "" : ` by ${oneLine(requestedBy)}`;
      return `cancelled${by}: ${oneLine(reason ?? "") || "no reason given"}`;
    }
  }
}

const UNITS = [
  { unit: "d", seconds: 86_400 },
  { unit: "h", seconds: 3600 },
  { unit: "m", seconds: 60 },
  { unit: "s", seconds: 1 },
] as const;

/** A time in milliseconds for people, in its two largest units: `12ms`, `1.2s`, `2h30m`. */
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
