import { afterEach, beforeEach, vi } from "vitest";

/** What the client grants an answer that may be there already, when its time is over. */
const LAST_LOOK_MS = 10;

/**
 * Time that passes only when it is told to, for the client and for Node's own `fetch`; what is sent
 * arrives all the same.
 * It also tells when a timer is set, so that no test has to guess whether the client waits yet.
 */
export class FakeClock implements Disposable {
  /** The delays of the timers that were set and not yet asked for, in milliseconds. */
  readonly #set: number[] = [];
  #waiting: { readonly milliseconds: number; readonly resolve: () => void }[] = [];

  constructor() {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    const setFakeTimeout = globalThis.setTimeout;
    vi.stubGlobal("setTimeout", (...timer: Parameters<typeof setFakeTimeout>) => {
      this.#note(timer[1] ?? 0);
      return setFakeTimeout(...timer);
    });
  }

  /** Waits until a timer of so many milliseconds is set. Each one is told only once. */
  timer(milliseconds: number): Promise<void> {
    const index = this.#set.indexOf(milliseconds);
    if (index >= 0) {
      this.#set.splice(index, 1);
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push({ milliseconds, resolve }));
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    vi.advanceTimersByTime(milliseconds);
  }

  /** Waits until a timer of so many milliseconds is set, and lets them pass. */
  async ring(milliseconds: number): Promise<void> {
    await this.timer(milliseconds);
    this.pass(milliseconds);
  }

  /** The same for an answer that does not come within so many milliseconds. */
  async timeOut(milliseconds: number): Promise<void> {
    await this.timer(milliseconds);
    this.pass(milliseconds + LAST_LOOK_MS);
  }

  [Symbol.dispose](): void {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  }

  #note(milliseconds: number): void {
    const index = this.#waiting.findIndex((waiting) => waiting.milliseconds === milliseconds);
    if (index < 0) this.#set.push(milliseconds);
    else this.#waiting.splice(index, 1)[0]?.resolve();
  }
}

/**
 * Gives each test of a `describe` block a fake clock of its own, and takes chance out of back-off:
 * every pause is half of the longest that it may be.
 */
export function fakeClockInEachTest(): Omit<FakeClock, typeof Symbol.dispose> {
  let clock: FakeClock;

  beforeEach(() => {
    clock = new FakeClock();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    return () => clock[Symbol.dispose]();
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  return {
    timer: (milliseconds) => clock.timer(milliseconds),
    pass: (milliseconds) => clock.pass(milliseconds),
    ring: (milliseconds) => clock.ring(milliseconds),
    timeOut: (milliseconds) => clock.timeOut(milliseconds),
  };
}
