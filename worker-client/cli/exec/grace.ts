import { setTimeout as sleep } from "node:timers/promises";
import type { Cancellation } from "../../index.ts";

/** The service's grace period for a task that was declared without one. */
const DEFAULT_SECONDS = 30;
/** The longest grace period that the service accepts. */
const LONGEST_SECONDS = 86_400;
/** How long before the end of the grace period the command is killed, to leave time for the report. */
const MARGIN_SECONDS = 2;
/** The largest share of a grace period that this takes. */
const MARGIN_SHARE = 0.2;

/** What `--grace` asks for. */
export interface OwnGrace {
  /** Null if it was not given. */
  readonly seconds: number | null;
  /** Whether the task was declared with it, so that a cancellation names it by default. */
  readonly isDeclared: boolean;
}

/** The grace period to declare a task with, so that its command gets `seconds` of it. */
export function graceToDeclare(seconds: number): number {
  const margin = Math.min(MARGIN_SECONDS, (seconds * MARGIN_SHARE) / (1 - MARGIN_SHARE));
  return Math.min(LONGEST_SECONDS, Number((seconds + margin).toFixed(3)));
}

/**
 * How long a command may take to stop, in milliseconds. The canceller's grace period counts. `--grace`
 * applies if nobody has cancelled, or if the canceller gave none: the cancellation then names the
 * period that the task was declared with.
 */
export function graceMs(cancellation: Cancellation | null, own: OwnGrace): number {
  const told = toldSeconds(cancellation);
  const isOwn = told === null || isDefault(told, own);
  if (isOwn && own.seconds !== null) return own.seconds * 1000;
  const seconds = told ?? DEFAULT_SECONDS;
  return 1000 * (seconds - Math.min(MARGIN_SECONDS, seconds * MARGIN_SHARE));
}

/** The grace period that a cancellation names; null if it names none, or an invalid one. */
export function toldSeconds(cancellation: Cancellation | null): number | null {
  const seconds: unknown = cancellation?.gracePeriodSeconds;
  return typeof seconds === "number" && seconds >= 0 ? seconds : null;
}

/**
 * Whether the canceller gave no grace period: it is then the one that the task was declared with or, if
 * the task could not be declared with `--grace`, the service's default.
 */
function isDefault(told: number, { seconds, isDeclared }: OwnGrace): boolean {
  if (seconds === null) return false;
  return told === graceToDeclare(seconds) || (!isDeclared && told === DEFAULT_SECONDS);
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A grace period by this machine's own monotonic clock. It can be shortened, but not lengthened. */
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

  /** Makes it end after this time, if it does not end sooner. Returns whether that shortened it. */
  shorten(milliseconds: number): boolean {
    const endsAtMs = performance.now() + milliseconds;
    if (endsAtMs >= this.#endsAtMs) return false;
    this.#endsAtMs = endsAtMs;
    this.#wake();
    return true;
  }

  /** Resolves when the event happens, when the period is shortened or over, or after `atMostMs`. */
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
