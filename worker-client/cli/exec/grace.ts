import { setTimeout as sleep } from "node:timers/promises";
import type { Cancellation } from "../../index.ts";

/** The service's grace period for a task that was declared without one. */
const DEFAULT_SECONDS = 30;
/** The longest grace period that the service accepts. */
const LONGEST_SECONDS = 86_400;
/** How much earlier than the grace period ends the command is killed, so that the report gets in. */
const MARGIN_SECONDS = 2;
/** The share of a short grace period that this takes. */
const MARGIN_SHARE = 0.2;

/** What `--grace` asks for. */
export interface OwnGrace {
  /** Null if it was not given. */
  readonly seconds: number | null;
  /** Whether the task was declared with it, so that a cancellation names it where nobody says another. */
  readonly isDeclared: boolean;
}

/** The grace period to declare a task with, so that its command has `seconds` of it. */
export function graceToDeclare(seconds: number): number {
  const margin = Math.min(MARGIN_SECONDS, (seconds * MARGIN_SHARE) / (1 - MARGIN_SHARE));
  return Math.min(LONGEST_SECONDS, Number((seconds + margin).toFixed(3)));
}

/**
 * How long a command may take to stop, in milliseconds. The length that the cancellation names counts;
 * `--grace` is for the rest: where nobody has cancelled, or the canceller says nothing, which is to
 * say that the cancellation names what the task was declared with.
 */
export function graceMs(cancellation: Cancellation | null, own: OwnGrace): number {
  const told = toldSeconds(cancellation);
  const isOwn = told === null || isUnsaid(told, own);
  if (isOwn && own.seconds !== null) return own.seconds * 1000;
  const seconds = told ?? DEFAULT_SECONDS;
  return 1000 * (seconds - Math.min(MARGIN_SECONDS, seconds * MARGIN_SHARE));
}

/** The grace period that a cancellation names; null if it names none, or none that makes sense. */
export function toldSeconds(cancellation: Cancellation | null): number | null {
  const seconds: unknown = cancellation?.gracePeriodSeconds;
  return typeof seconds === "number" && seconds >= 0 ? seconds : null;
}

/** Where the task could not be declared with `--grace`, the service's default says nothing either. */
function isUnsaid(told: number, { seconds, isDeclared }: OwnGrace): boolean {
  if (seconds === null) return false;
  return told === graceToDeclare(seconds) || (!isDeclared && told === DEFAULT_SECONDS);
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A time by this machine's own monotonic clock, which can only become shorter. */
export class GracePeriod {
  #endsAtMs: number;
  #wake = () => {};

  constructor(milliseconds: number) {
    this.#endsAtMs = performance.now() + milliseconds;
  }

  /** How much is left, in milliseconds; 0 when it is over. */
  get leftMs(): number {
    return Math.max(0, this.#endsAtMs - performance.now());
  }

  /** Ends it after this time, if it does not end sooner. Returns whether that made it shorter. */
  shorten(milliseconds: number): boolean {
    const endsAtMs = performance.now() + milliseconds;
    if (endsAtMs >= this.#endsAtMs) return false;
    this.#endsAtMs = endsAtMs;
    this.#wake();
    return true;
  }

  /** Resolves when the event happens, when it becomes shorter or is over, or after a time at most. */
  async wait(event: Promise<unknown>, atMostMs = LONGEST_TIMER_MS): Promise<void> {
    const done = new AbortController();
    const shorter = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const milliseconds = Math.min(this.leftMs, atMostMs, LONGEST_TIMER_MS);
    const timer = sleep(milliseconds, undefined, { signal: done.signal }).catch(() => {});
    await Promise.race([event, shorter, timer]);
    done.abort();
  }
}
