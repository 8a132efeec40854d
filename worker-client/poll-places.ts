/**
 * Browsers open six connections to a host over HTTP/1.1, and a Worker has six for everything. Parked
 * polls may take this many, so that two are left for commands.
 */
const PLACES = 4;

/** How long a poll is parked while others wait for their turn, in seconds. */
const TURN_SECONDS = 0.6;

interface Poll {
  /** How long it would be parked if nobody else waited, in seconds. */
  readonly waitSeconds: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/**
 * The places at which the polls of one client park, where a runtime has few connections. Where there
 * are more watches than places they take turns, and each hears of a cancel at its next turn.
 */
export class PollPlaces {
  /** The polls that found a free place, and are parked for as long as they like until others wait. */
  readonly #atEase = new Set<AbortController>();
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  /**
   * Parks a poll as soon as there is a place; `ask` is told how long it may wait. Returns what it
   * returns, or undefined if the poll had to make room for another one.
   */
  async park<Answer>(
    { waitSeconds, signal }: Poll,
    ask: (waitSeconds: number, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    if (!hasFewConnections()) return ask(waitSeconds, signal);
    const isAtEase = this.#taken < PLACES;
    if (isAtEase) this.#taken++;
    else await this.#turn(signal);
    const turn = new AbortController();
    const giveUp = () => turn.abort(signal.reason);
    signal.addEventListener("abort", giveUp);
    if (isAtEase) this.#atEase.add(turn);
    try {
      const turnSeconds = isAtEase ? waitSeconds : Math.min(waitSeconds, TURN_SECONDS);
      return await ask(turnSeconds, turn.signal);
    } catch (error) {
      if (turn.signal.aborted && !signal.aborted) return undefined;
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#atEase.delete(turn);
      this.#leave();
    }
  }

  /** The next one that waits takes over the place. */
  #leave(): void {
    const [enter] = this.#waiting;
    if (enter === undefined) this.#taken--;
    else enter();
  }

  /** Waits for a place; one of those that are parked at their ease has to make room. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(enter);
      const [first] = this.#atEase;
      first?.abort();
    });
  }
}

/** Whether the runtime opens only a handful of connections at a time. */
export function hasFewConnections(): boolean {
  // Node 20 has no navigator.
  const { userAgent = "" } = globalThis.navigator ?? {};
  return /^(Mozilla|Cloudflare-Workers)/.test(userAgent);
}
