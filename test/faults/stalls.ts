/** A time in which nothing ran: the machine was suspended, or this process waited for a core. */
export interface Stall {
  readonly fromMs: number;
  readonly untilMs: number;
}

const LOOKS_EVERY_MS = 25;
/** A timer is this late on an idle machine, too. */
const LATE_MS = 5;

/**
 * Notes when the machine stands still. A promise about time can be judged only by the time in which
 * the machine ran.
 */
export class StallMeter implements Disposable {
  readonly #stalls: Stall[] = [];
  readonly #timer = setInterval(() => this.#look(), LOOKS_EVERY_MS);
  #lookedAtMs = Date.now();

  constructor() {
    this.#timer.unref();
  }

  /** Every stall so far. */
  get stalls(): readonly Stall[] {
    this.#look();
    return this.#stalls;
  }

  /** How long the machine ran between two times. */
  ranMs(fromMs: number, untilMs: number): number {
    const stalls = this.stalls;
    return runningTimeMs(stalls, untilMs) - runningTimeMs(stalls, fromMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const fromMs = this.#lookedAtMs + LOOKS_EVERY_MS;
    const untilMs = Date.now();
    this.#lookedAtMs = untilMs;
    if (untilMs > fromMs + LATE_MS) this.#stalls.push({ fromMs, untilMs });
  }
}

/** A time on a clock that stands still in every stall. */
export function runningTimeMs(stalls: readonly Stall[], atMs: number): number {
  let stalledMs = 0;
  for (const { fromMs, untilMs } of stalls) {
    if (fromMs < atMs) stalledMs += Math.min(untilMs, atMs) - fromMs;
  }
  return atMs - stalledMs;
}
