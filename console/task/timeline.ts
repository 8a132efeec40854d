import type { Attempt, TaskState } from "../../worker-client/protocol.ts";
import { type Tone, timeoutWords } from "../ui/status.ts";
import { between, duration } from "../ui/time.ts";

/** A period on the timeline, in pixels. */
interface Span {
  readonly x: number;
  readonly width: number;
  readonly tone: Tone;
  readonly label: string;
}

/** A moment on the timeline. */
interface Moment {
  readonly x: number;
  readonly label: string;
  /** The row of its label, from 0. */
  readonly row: number;
  /** Where its label starts. */
  readonly labelX: number;
}

/** A task's life, to scale. */
export interface Timeline {
  readonly width: number;
  /** The task's statuses from its creation until now or its end. */
  readonly life: readonly Span[];
  /** Its last attempts, each on its own line. */
  readonly attempts: readonly Span[];
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
  /** The cancel, enlarged, and its place in the life; null without a cancel. */
  readonly cancel: CancelStrip | null;
  /** The deadline, or null if there is none on the drawing. */
  readonly deadlineX: number | null;
}

/** A cancel, from the request to the end. */
export interface CancelStrip {
  readonly from: number;
  readonly to: number;
  /** The grace period in the enlarged drawing, or null if nothing was running. */
  readonly grace: { readonly x: number; readonly width: number } | null;
  readonly moments: readonly Moment[];
  readonly rows: number;
  /** Where the future starts, or null if the cancel is over. */
  readonly nowX: number | null;
}

const CHARACTER_WIDTH = 6.4;
const GAP = 10;
const SHOWN_ATTEMPTS = 6;
const LEAST_MS = 1000;

/** Lays out what happened to a task on a drawing of the given width. */
export function timelineOf(task: TaskState, nowMs: number, width: number): Timeline {
  const startMs = Date.parse(task.createdAt);
  const endMs = lastMs(task, nowMs);
  const spanMs = Math.max(LEAST_MS, endMs - startMs);
  const scale = (atMs: number) => (Math.min(Math.max(atMs - startMs, 0), spanMs) / spanMs) * width;
  const span = (fromMs: number, toMs: number, tone: Tone, label: string): Span => {
    const x = scale(fromMs);
    return { x, width: Math.max(scale(toMs) - x, 1), tone, label };
  };
  const deadlineMs = task.deadlineAt === null ? null : Date.parse(task.deadlineAt);
  return {
    width,
    life: lifeOf(task, endMs).map(({ fromMs, toMs, tone, label }) =>
      span(fromMs, toMs, tone, label),
    ),
    attempts: task.attempts.slice(-SHOWN_ATTEMPTS).map((attempt) => {
      const label = `attempt ${attempt.attempt}: ${attempt.outcome ?? "running"}`;
      return span(
        Date.parse(attempt.startedAt),
        endOf(attempt, task, endMs),
        toneOf(attempt),
        label,
      );
    }),
    ticks: ticksOf(spanMs, width),
    cancel: cancelStrip(task, nowMs, width, scale),
    deadlineX: deadlineMs === null || deadlineMs > endMs ? null : scale(deadlineMs),
  };
}

function lastMs(task: TaskState, nowMs: number): number {
  const times = [task.cancellation?.acknowledgedAt, task.endedAt].flatMap((at) =>
    at ? [Date.parse(at)] : [],
  );
  const startMs = Date.parse(task.createdAt);
  return Math.max(startMs, ...(task.endedAt === null ? [nowMs] : times));
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly tone: Tone;
  readonly label: string;
}

/** The periods of a task's life: waiting, running, waiting again, running again, stopping. */
function lifeOf(task: TaskState, endMs: number): Stretch[] {
  const endedMs = task.endedAt === null ? endMs : Date.parse(task.endedAt);
  const cancelledMs =
    task.cancellation?.graceEndsAt == null ? null : Date.parse(task.cancellation.requestedAt);
  const stretches: Stretch[] = [];
  let atMs = Date.parse(task.createdAt);
  const add = (toMs: number, tone: Tone, label: string) => {
    if (toMs > atMs) stretches.push({ fromMs: atMs, toMs, tone, label });
    atMs = Math.max(atMs, toMs);
  };
  const [first] = task.attempts;
  if (first !== undefined && first.attempt > 1) {
    add(Date.parse(first.startedAt), "waiting", "earlier attempts");
  }
  for (const attempt of task.attempts) {
    add(Date.parse(attempt.startedAt), "waiting", "pending");
    const toMs = Math.min(endOf(attempt, task, endMs), endedMs);
    if (cancelledMs !== null && cancelledMs < toMs) add(cancelledMs, "running", "running");
    else add(toMs, "running", "running");
  }
  if (cancelledMs !== null) add(endedMs, "stopping", "cancelling");
  else if (task.status === "pending" || task.attempts.length === 0)
    add(endedMs, "waiting", "pending");
  return stretches;
}

function endOf(attempt: Attempt, task: TaskState, endMs: number): number {
  if (attempt.endedAt !== null) return Date.parse(attempt.endedAt);
  return task.endedAt === null ? endMs : Date.parse(task.endedAt);
}

function toneOf({ outcome }: Attempt): Tone {
  switch (outcome) {
    case null:
      return "running";
    case "succeeded":
      return "good";
    case "failed":
    case "lost":
      return "bad";
    case "cancelled":
    case "released":
      return "stopped";
    case "fenced":
      return "unsure";
  }
}

function cancelStrip(
  task: TaskState,
  nowMs: number,
  width: number,
  scale: (atMs: number) => number,
): CancelStrip | null {
  const { cancellation, endedAt } = task;
  if (cancellation === null) return null;
  const { requestedAt, deliveredAt, acknowledgedAt, graceEndsAt } = cancellation;
  const fromMs = Date.parse(requestedAt);
  const graceMs = graceEndsAt === null ? null : Date.parse(graceEndsAt);
  const isOver = endedAt !== null;
  const lastAtMs = Math.max(
    ...[deliveredAt, acknowledgedAt, endedAt].flatMap((at) =>
      at === null ? [] : [Date.parse(at)],
    ),
    isOver ? fromMs : Math.max(nowMs, graceMs ?? nowMs),
  );
  const spanMs = Math.max(1, lastAtMs - fromMs);
  const x = (atMs: number) => (Math.min(Math.max(0, atMs - fromMs), spanMs) / spanMs) * width;
  const after = (name: string, at: string | null) =>
    at === null
      ? []
      : [{ x: x(Date.parse(at)), label: `${name} +${duration(between(requestedAt, at))}` }];
  const marks = [
    { x: 0, label: cancellation.cause === "timeout" ? timeoutWords(task) : "asked" },
    ...after("delivered", deliveredAt),
    ...after("acknowledged", acknowledgedAt),
    ...after("ended", endedAt !== null && Date.parse(endedAt) >= fromMs ? endedAt : null),
    ...(isOver || graceMs === null ? [] : [{ x: x(graceMs), label: "grace ends" }]),
  ];
  const moments = placeLabels(marks, width);
  const graceFromMs = Date.parse(deliveredAt ?? requestedAt);
  return {
    from: scale(fromMs),
    to: scale(isOver ? lastAtMs : nowMs),
    grace:
      graceMs === null
        ? null
        : { x: x(graceFromMs), width: Math.max(1, x(graceMs) - x(graceFromMs)) },
    moments,
    nowX: isOver ? null : x(nowMs),
    rows: 1 + Math.max(...moments.map(({ row }) => row)),
  };
}

/** Places each label in the first row that has room for it, so that none overlap. */
export function placeLabels(
  marks: readonly { readonly x: number; readonly label: string }[],
  width: number,
): Moment[] {
  const takenTo: number[] = [];
  return [...marks]
    .sort((one, other) => one.x - other.x)
    .map(({ x, label }) => {
      const wide = label.length * CHARACTER_WIDTH;
      const labelX = Math.max(0, Math.min(x, width - wide));
      const free = takenTo.findIndex((end) => labelX >= end + GAP);
      const row = free === -1 ? takenTo.length : free;
      takenTo[row] = labelX + wide;
      return { x, label, row, labelX };
    });
}

const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
  .concat([1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000))
  .concat([1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000))
  .concat([1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 2160, 8760].map((hours) => hours * 3_600_000));

const TICK_WIDTH = 90;

/** Round times since the task was created, as many as fit. */
export function ticksOf(spanMs: number, width: number): { x: number; label: string }[] {
  const most = Math.max(1, Math.floor(width / TICK_WIDTH));
  const stepMs = STEPS_MS.find((step) => spanMs / step <= most) ?? spanMs;
  const ticks: { x: number; label: string }[] = [];
  for (let atMs = 0; atMs <= spanMs; atMs += stepMs) {
    ticks.push({ x: (atMs / spanMs) * width, label: atMs === 0 ? "0" : shortDuration(atMs) });
  }
  return ticks;
}

/** Leaves out the fraction of a round time: `2 s`, not `2.0 s`. */
function shortDuration(ms: number): string {
  return duration(ms).replace(".0 ", " ");
}
